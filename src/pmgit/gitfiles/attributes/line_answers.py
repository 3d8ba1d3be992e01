"""Git's answers about lines of attribute files, of which there may be very many."""

from __future__ import annotations

from pmgit.git.attribute_text import Line
from pmgit.git.attributes import LFS, UNSPECIFIED
from pmgit.git.many_lines import FilterWords, divided, filters_by_portion
from pmgit.gitfiles.attributes.attribute_lines import NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmgit.git.repository import Repository

#: The answer for attributes without a filter, or that Git ignores.
_NOTHING = "pmgit-nothing"
#: So many lines are asked about each for itself.
_ALONE = 1000


class LineAnswers:
    """Git's answers about the lines of all attribute files; `macros` are those at the top.

    `sending` are the lines whose attributes send files to Git LFS; `is_contradicted` is whether
    others give files another filter.
    """

    def __init__(
        self, repository: Repository, lines: Sequence[Line], macros: Sequence[Line]
    ) -> None:
        self._repository = repository
        given = _given(repository, [line.attributes for line in lines], macros)
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


def _given(
    repository: Repository, attributes: Iterable[str], macros: Sequence[Line]
) -> dict[str, str]:
    """The filter that each list of attributes gives: `lfs`, `unset`, …, or _NOTHING."""
    brief = FilterWords(macros)
    asked = {text: brief.of(text) for text in attributes}
    texts = list(dict.fromkeys(asked.values()))
    lines = []
    for number, text in enumerate(texts):
        lines.append(Line(NAME, 0, f"a{number} filter={_NOTHING}"))
        lines.append(Line(NAME, 0, f"a{number} {text}"))
    found = divided(repository, lines, [f"a{number}" for number in range(len(texts))], macros)
    given = {text: found.get(f"a{number}", UNSPECIFIED) for number, text in enumerate(texts)}
    return {text: given[short] for text, short in asked.items()}


def _deciding(
    repository: Repository, lines: Sequence[Line], paths: Iterable[str]
) -> dict[str, Line]:
    """The strongest of the lines that match each path; left out is what none of them matches."""
    found = divided(repository, lines, paths, numbered=True)
    return {path: lines[int(value)] for path, value in found.items()}
