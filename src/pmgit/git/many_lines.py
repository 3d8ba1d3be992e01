"""Attribute files with very many lines: the filters of many paths, and which lines give them.

Git holds every path against every line: 10,000 paths and 80,000 lines take it half a minute. Most
patterns begin or end with a plain text, and only paths that do so too can match. So the paths
are divided into portions, and Git is asked about each with the lines alone that can match some of
it: all at once, every portion in a folder of its own. Whether a line matches is Git's to say; here
a line is only left out where it cannot.
"""

from __future__ import annotations

from bisect import bisect_left

from pmgit.git.attribute_text import Line, is_attribute, lines_of, name_of, words_of
from pmgit.git.attributes import LFS, UNSPECIFIED, EveryClone
from pmgit.git.blob import encode
from pmgit.git.names import ATTRIBUTES
from pmgit.git.temporary import EmptyRepository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmgit.git.repository import Repository

    #: Paths, and the lines that are to be asked about them, in the order of their files.
    Portion = tuple[Sequence[str], Sequence["Line"]]

#: So many paths are in a portion.
_PORTION = 250
#: A line that may match more paths than this is asked about in every portion; of such lines there
#: are at most so many in all portions together.
_FEW, _WIDE = 50, 100_000
#: The answer for attributes without a filter, or that Git ignores.
_NOTHING = "pmgit-nothing"
#: So many lines are asked about each for itself.
_ALONE = 1000
#: Behind all other characters.
_LAST = "\U0010ffff"


def filters(
    repository: Repository,
    files: Mapping[str, bytes],
    paths: Iterable[str],
) -> dict[str, str]:
    """The filter attribute that paths have in every clone; those that have none are left out.

    `files` are the contents of all `.gitattributes` files, by path.
    """
    macros: list[Line] = []
    every: list[Line] = []
    for file, data in files.items():
        for line in lines_of(file, data):
            if not line.is_macro:
                every.append(line)
            elif file == ATTRIBUTES:
                macros.append(line)  # in a folder Git refuses it
    words = FilterWords(macros)
    lines = (line.with_attributes(words.of(line.attributes)) for line in every)
    return divided(repository, lines, paths, macros)


class FilterWords:
    """The words of attributes that can set the filter.

    Git counts for every path all the names that there are, so 80,000 of them cost a minute.
    """

    def __init__(self, macros: Iterable[Line]) -> None:
        self._macros = {line.macro for line in macros}
        self._known: dict[str, str] = {}

    def of(self, attributes: str) -> str:
        """The attributes with `x` for each word that does not set the filter."""
        found = self._known.get(attributes)
        if found is None:
            words = ["x" if self._is_other(word) else word for word in words_of(attributes)]
            found = self._known[attributes] = " ".join(words)
        return found

    def _is_other(self, word: str) -> bool:
        name = name_of(word)
        if name == "filter" or name in self._macros or name.startswith("builtin_"):
            return False
        return is_attribute(word)


def divided(
    repository: Repository,
    lines: Iterable[Line],
    paths: Iterable[str],
    macros: Sequence[Line] = (),
) -> dict[str, str]:
    """The filter attribute that lines give to paths; those that get none are left out."""
    known = PathIndex(paths)
    if not known.all:
        return {}
    few: list[list[tuple[int, Line]]] = [[] for _ in range(len(known.all) // _PORTION + 1)]
    wide: list[tuple[int, Line]] = []
    for at, line in enumerate(lines):
        found = known.candidates(line, _FEW)
        if found is None:
            wide.append((at, line))
        else:
            for number in {known.place(path) // _PORTION for path in found}:
                few[number].append((at, line))
    count = max(1, min(len(few), _WIDE // (len(wide) or 1)))
    width = -(-len(few) // count)
    portions: list[Portion] = []
    for begin in range(0, len(few), width):
        mine = {at: line for part in few[begin : begin + width] for at, line in part}
        mine.update(wide)
        names = known.all[begin * _PORTION : (begin + width) * _PORTION]
        if mine and names:
            portions.append((names, [mine[at] for at in sorted(mine)]))
    found_all: dict[str, str] = {}
    for answer in filters_by_portion(repository, portions, macros):
        found_all |= answer
    return found_all


def filters_by_portion(
    repository: Repository, portions: Sequence[Portion], macros: Sequence[Line] = ()
) -> list[dict[str, str]]:
    """The filter attribute that the lines of each portion, and no others, give to its paths."""
    found: list[dict[str, str]] = [{} for _ in portions]
    files: dict[str, list[str]] = {
        ATTRIBUTES: [line.padded for line in macros if line.file == ATTRIBUTES]
    }
    asked: list[str] = []
    for number, (paths, lines) in enumerate(portions):
        for line in lines:
            files.setdefault(f"{number}/{line.file}", []).append(line.padded)
        asked += [f"{number}/{path}" for path in paths]
    if not asked:
        return found
    empty = EmptyRepository(repository)
    here = empty.with_index({path: encode("\n".join(texts)) for path, texts in files.items()})
    files.clear()
    for path, value in EveryClone(here).filters(asked).items():
        portion, _, name = path.partition("/")
        found[int(portion)][name] = value
    return found


class PathIndex:
    """Paths, and which of them a pattern may match."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.all = sorted(set(paths))
        self._tails = sorted([path[::-1] for path in self.all])
        self._names = sorted([(path[path.rfind("/") + 1 :], path) for path in self.all])

    def place(self, path: str) -> int:
        """Where a path stands among all of them."""
        return bisect_left(self.all, path)

    def candidates(self, line: Line, most: int) -> list[str] | None:
        """The paths that a line may match; None where that may be more than `most`."""
        head, tail, whole = line.ends
        folder = line.folder
        if len(tail) >= len(head) + (len(folder) if whole else 0):
            tail = tail[::-1]
            begin, end = _between(self._tails, tail)
            return None if end - begin > most else [t[::-1] for t in self._tails[begin:end]]
        if whole or not head:
            begin, end = _between(self.all, folder + head)
            return None if end - begin > most else self.all[begin:end]
        begin = bisect_left(self._names, (head, ""))
        end = bisect_left(self._names, (head + _LAST, ""))
        return None if end - begin > most else [path for _, path in self._names[begin:end]]


def _between(texts: list[str], begin: str) -> tuple[int, int]:
    """From where to where the texts stand that begin so."""
    return bisect_left(texts, begin), bisect_left(texts, begin + _LAST)


class LineAnswers:
    """Git's answers about the lines of all attribute files; `macros` are those at the top.

    `sending` are the lines whose attributes send files to Git LFS; `is_contradicted` is whether
    others give files another filter.
    """

    def __init__(
        self, repository: Repository, lines: Sequence[Line], macros: Sequence[Line]
    ) -> None:
        self._repository = repository
        given = _filters_of(repository, [line.attributes for line in lines], macros)
        self._speaking = [line for line in lines if given[line.attributes] != _NOTHING]
        self.sending = [line for line in lines if given[line.attributes] == LFS]
        self._sends = frozenset(self.sending)
        self.is_contradicted = len(self.sending) < len(self._speaking)

    def sends(self, line: Line) -> bool:
        """Whether the attributes of a line send to Git LFS what it matches."""
        return line in self._sends

    def strongest(self, paths: Iterable[str]) -> tuple[dict[str, Line], dict[str, Line]]:
        """For each path that a line sends to Git LFS the strongest such line, and the deciding one.

        That is another one only where it takes the path out of Git LFS again.
        """
        sends = _deciding(self._repository, self.sending, paths)
        if not self.is_contradicted:
            return sends, sends
        return sends, _deciding(self._repository, self._speaking, sends)

    def sent(self, paths: Iterable[str]) -> set[str]:
        """The `paths` that go to Git LFS."""
        _, decides = self.strongest(paths)
        return {path for path, line in decides.items() if self.sends(line)}

    def matched(self, asked: Mapping[Line, Sequence[str]]) -> dict[Line, list[str]]:
        """For each line some of its asked paths that it matches; none if it matches none of them.

        A path that several lines match stands with the strongest, unless that leaves another
        without.
        """
        paths = [path for paths in asked.values() for path in paths]
        found = _deciding(self._repository, list(asked), paths)
        answer = {line: [p for p in paths if found.get(p) is line] for line, paths in asked.items()}
        hidden = [
            line
            for line, paths in asked.items()
            if not answer[line] and any(path in found for path in paths)
        ]
        # Each for itself is the dearer way. Of more than these something is taken for granted.
        answer.update((line, list(asked[line][:1])) for line in hidden[_ALONE:])
        portions = [(asked[line], [line.with_attributes("filter=x")]) for line in hidden[:_ALONE]]
        answers = filters_by_portion(self._repository, portions)
        answer.update((line, list(one)) for line, one in zip(hidden, answers, strict=False))
        return answer


def _filters_of(
    repository: Repository, attributes: Iterable[str], macros: Sequence[Line]
) -> dict[str, str]:
    """The filter that each list of attributes gives: `lfs`, `unset`, …, or _NOTHING."""
    brief = FilterWords(macros)
    asked = {text: brief.of(text) for text in attributes}
    texts = list(dict.fromkeys(asked.values()))
    lines = []
    for number, text in enumerate(texts):
        lines.append(Line(ATTRIBUTES, 0, f"a{number} filter={_NOTHING}"))
        lines.append(Line(ATTRIBUTES, 0, f"a{number} {text}"))
    found = divided(repository, lines, [f"a{number}" for number in range(len(texts))], macros)
    given = {text: found.get(f"a{number}", UNSPECIFIED) for number, text in enumerate(texts)}
    return {text: given[short] for text, short in asked.items()}


def _deciding(
    repository: Repository, lines: Sequence[Line], paths: Iterable[str]
) -> dict[str, Line]:
    """The strongest of the lines that match each path; left out is what none of them matches."""
    numbered = (line.with_attributes(f"filter={at}") for at, line in enumerate(lines))
    found = divided(repository, numbered, paths)
    return {path: lines[int(value)] for path, value in found.items()}
