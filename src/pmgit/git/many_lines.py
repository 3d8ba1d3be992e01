"""The filter attributes of many paths, by attribute files with very many lines.

Git holds every path against every line: 10,000 paths and 80,000 lines take it half a minute. Most
patterns begin or end with a plain text, and only paths that do so too can match. So the paths
are divided into portions, and Git is asked about each with the lines alone that can match some of
it: all at once, every portion in a folder of its own. Whether a line matches is Git's to say; here
a line is only left out where it cannot.
"""

from __future__ import annotations

from bisect import bisect_left

from pmgit.git.attribute_text import Line, is_attribute, lines_of, name_of, words_of
from pmgit.git.attributes import EveryClone
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
    *,
    numbered: bool = False,
) -> dict[str, str]:
    """The filter attribute that lines give to paths; those that get none are left out.

    With `numbered`, the value is the number of the line that decides (from 0).
    """
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
            kept = [(at, mine[at]) for at in sorted(mine)]
            if numbered:
                kept = [(at, line.with_attributes(f"filter={at}")) for at, line in kept]
            portions.append((names, [line for _, line in kept]))
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
