"""What lines of attribute files give and decide, as Git says; of very many lines at once."""

from __future__ import annotations

from pmgit.git.attribute_text import Line
from pmgit.git.attributes import UNSPECIFIED
from pmgit.git.many_lines import Brief, apart, divided
from pmgit.setup.attributes.attribute_lines import NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmgit.git.repository import Repository

#: What attributes give that say nothing of a filter.
NOTHING = "pmgit-nothing"
#: So many lines are asked about each for itself.
_ALONE = 1000


def given(
    repository: Repository, attributes: Iterable[str], macros: Sequence[Line]
) -> dict[str, str]:
    """The filter that each list of attributes gives: `lfs`, `unset`, …, or NOTHING.

    NOTHING is also what a list gives that Git ignores because it cannot read it.
    """
    brief = Brief(macros)
    asked = {text: brief.of(text) for text in attributes}
    texts = list(dict.fromkeys(asked.values()))
    lines = []
    for number, text in enumerate(texts):
        lines.append(Line(NAME, 0, f"a{number} filter={NOTHING}"))
        lines.append(Line(NAME, 0, f"a{number} {text}"))
    found = divided(repository, lines, [f"a{number}" for number in range(len(texts))], macros)
    given = {text: found.get(f"a{number}", UNSPECIFIED) for number, text in enumerate(texts)}
    return {text: given[short] for text, short in asked.items()}


def deciding(
    repository: Repository, lines: Sequence[Line], paths: Iterable[str]
) -> dict[str, Line]:
    """The strongest of the lines that match each path; left out is what none of them matches."""
    found = divided(repository, lines, paths, numbered=True)
    return {path: lines[int(value)] for path, value in found.items()}


def matched(repository: Repository, asked: Mapping[Line, Sequence[str]]) -> dict[Line, list[str]]:
    """Of the paths that each line is asked about such as it matches; none only if there is none.

    A path that several lines match stands with the strongest, unless that leaves another without.
    """
    found = deciding(repository, list(asked), [path for paths in asked.values() for path in paths])
    answer = {line: [p for p in paths if found.get(p) is line] for line, paths in asked.items()}
    hidden = [
        line
        for line, paths in asked.items()
        if not answer[line] and any(path in found for path in paths)
    ]
    # Each for itself is the dearer way. Of more than these something is taken for granted.
    alone = hidden[:_ALONE]
    portions = [(asked[line], [line.giving("filter=x")]) for line in alone]
    answer.update((line, list(asked[line][:1])) for line in hidden[_ALONE:])
    for line, told in zip(alone, apart(repository, portions), strict=True):
        answer[line] = list(told)
    return answer
