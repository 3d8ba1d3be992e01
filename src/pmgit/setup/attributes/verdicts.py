"""What is told of a line that sends nothing, or not all, to Git LFS."""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pmgit.finding import Fix
    from pmgit.git.attribute_text import Line
    from pmgit.setup.attributes.suspects import Suspect

_WILD = frozenset("*?[\\")


class Dead(NamedTuple):
    """A line that sends nothing, or not all, to Git LFS; `cures` are the patterns that would.

    They count from the top of the repository, for `pmgit lfs-setup`; none when no line helps.
    Of lines that contradict each other `by` are those that win, `pattern` is what this one is for.
    `fix` is what mends a file that Git does not read.
    """

    file: str
    number: int
    why: str
    cures: tuple[str, ...] = ()
    by: tuple[Line, ...] = ()
    pattern: str = ""
    fix: Fix | None = None


def useless(suspect: Suspect, why: str, cures: tuple[str, ...] = ()) -> Dead:
    """A line that does nothing by itself."""
    line = suspect.line
    return Dead(line.file, line.number, f"{_sends(suspect)}: {why}", cures)


def overridden(
    suspect: Suspect,
    real: Sequence[str],
    out: Mapping[str, Line],
    is_weights: Callable[[str], bool],
) -> Iterator[Dead]:
    """A line of whose files others take some `out` again.

    When these are not all, an exception is a fault only where it takes out weights without naming
    them.
    """
    if len(out) == len(real):
        files = f"all {len(real)} files that it matches" if len(real) > 1 else real[0]
        yield _by(suspect, out, f"{_sends(suspect)}: {_named(out)} out {files}")
        return
    out = {
        path: by for path, by in out.items() if is_weights(path) and not _WILD.isdisjoint(by.word)
    }
    if out:
        why = (
            f"{_named(out)} {len(out)} of the {len(real)} files of {suspect.line.word!r}"
            f" out of Git LFS again, the first is {min(out)}"
        )
        yield _by(suspect, out, why)


def contradicted(suspect: Suspect, out: Mapping[str, Line], could: int) -> Iterator[Dead]:
    """A line without files, of which others take `out` all that it could match."""
    if len(out) == could:
        yield _by(suspect, out, f"{_sends(suspect)}: {_named(out)} out whatever it matches")


def _by(suspect: Suspect, out: Mapping[str, Line], why: str) -> Dead:
    line = suspect.line
    by = tuple(dict.fromkeys(out.values()))
    return Dead(line.file, line.number, why, by=by, pattern=suspect.from_top(suspect.glob))


def _named(out: Mapping[str, Line]) -> str:
    """The lines that take out, as the begin of a sentence."""
    lines = dict.fromkeys(out.values())
    named = " and ".join(f"{line.file}:{line.number} ({line.text})" for line in lines)
    return f"{named} {'takes' if len(lines) == 1 else 'take'}"


def _sends(suspect: Suspect) -> str:
    return f"the line for {suspect.line.word!r} sends nothing to Git LFS"
