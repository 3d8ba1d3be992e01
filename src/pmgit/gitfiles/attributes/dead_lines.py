"""Lines of `.gitattributes` that are meant to send files to Git LFS, and do not.

Which lines send, match and decide is asked of Git, of all lines at once (`many_lines`). Why one
does nothing, and the patterns that would do what was meant, is in a table (`mistakes`). A pattern
for files that may still come is no fault.
"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from pmgit.git.attribute_text import Line, lines_of
from pmgit.git.attributes import LFS
from pmgit.git.many_lines import LineAnswers, PathIndex
from pmgit.gitfiles.attributes import lfs_patterns, mistakes, other_lines, unread_files
from pmgit.gitfiles.attributes.attribute_lines import NAME
from pmgit.gitfiles.attributes.line_view import WILD, Layout, LineView, normalised
from pmgit.lfs import patterns
from pmgit.model.folder import root_of
from pmgit.model.weights import ALWAYS, AMBIGUOUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pmgit.core.finding import Fix
    from pmgit.git.repository import Repository
    from pmgit.gitfiles.attributes.mistakes import Mistake
    from pmgit.model.weights import Tiers

#: So many lines are looked at, and so many of them at a time; so many dead ones are reported.
_MOST_LINES = 100_000
_TOGETHER = 20_000
_REPORTED = 50
#: So many pairs of a path and a line are asked of Git for what looks like a mistake.
_PAIRS = 2_000_000


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


def find(
    repository: Repository,
    files: Mapping[str, bytes],
    paths: Iterable[str],
    roots: Sequence[str],
    tiers: Tiers,
    *,
    here: bool,
) -> list[Dead]:
    """The lfs lines that send nothing to Git LFS, or not all that is weights, in any clone.

    `files` are the contents of the `.gitattributes` files, by path, and of such as are nearly
    called so; `paths` are all files, `roots` the models folders. With `here`, also those that
    this clone's own attributes take out. Of very many only the first are reported.
    """
    search = _Search(repository, files, list(paths), roots, tiers)
    found = list(islice(search.dead(files, here=here), _REPORTED + 1))
    if len(found) > _REPORTED:
        file, number, *_ = found.pop()
        why = f"only the first {_REPORTED} lines that send nothing to Git LFS are named here"
        found.append(Dead(file, number, why))
    return found


class _Search:
    """The lines of all files with Git's answers about them, and the files that there are."""

    def __init__(
        self,
        repository: Repository,
        files: Mapping[str, bytes],
        paths: Sequence[str],
        roots: Sequence[str],
        tiers: Tiers,
    ) -> None:
        self._repository = repository
        self._roots = roots
        self._tiers = tiers
        self._tracked = frozenset(paths)
        self._layout = Layout("" if repository.bare else repository.top, paths, roots)
        self._lines, macros, self._refused = _read(files)
        self._macros = {line.macro for line in macros}
        self._answers = LineAnswers(repository, self._lines, macros)
        # Texts belong into Git, but for those that a line names from the top: too large for Git.
        named = {
            line.folder + lfs_patterns.path_of(line.glob)
            for line in self._answers.sending
            if patterns.must_be_text(line.glob)
        }
        self._index = PathIndex(p for p in paths if p in named or not patterns.must_be_text(p))

    def dead(self, files: Mapping[str, bytes], *, here: bool) -> Iterator[Dead]:
        """The dead lines, in the order of the files."""
        for line in self._refused:
            why = "Git takes '[attr]' only from the .gitattributes at the top, so nothing knows it"
            yield Dead(line.file, line.number, why)
        yield from self._unread(files, here)
        looks = {text: _looks_like_lfs(text) for text in {line.attributes for line in self._lines}}
        meant = [
            line
            for line in self._lines
            if self._answers.sends(line)
            or looks[line.attributes]
            or (not line.attributes and LFS in line.word)
        ]
        if not meant:
            return
        sends, decides = self._answers.strongest(self._index.all)
        out = self._taken_out(decides)
        if here:
            own = other_lines.own_lines(self._repository, sends).items()
            out |= {path: line for path, (line, is_sent) in own if not is_sent}
        matched: dict[Line, list[str]] = {}
        for path, line in sends.items():
            matched.setdefault(line, []).append(path)
        for begin in range(0, len(meant), _TOGETHER):
            found = {
                line: mistakes.find(
                    LineView(line, self._macros, self._layout), sends=self._answers.sends(line)
                )
                for line in meant[begin : begin + _TOGETHER]
            }
            yield from self._judge(found, matched, out)

    def _unread(self, files: Mapping[str, bytes], here: bool) -> Iterator[Dead]:
        """The first lfs line of each file that Git does not read, or not so far."""
        for file, data in files.items():
            fix = None
            if unread_files.is_misnamed(file):
                why = f"Git reads no file of this name, only {NAME}"
                lines = list(lines_of(file, data))
                fix = unread_files.renamed(file, self._tracked) if here else None
            else:
                lines = unread_files.lost_lines(file, data)
                why = "Git reads no UTF-16, and no text behind a NUL: it has to be UTF-8"
                fix = unread_files.as_text(self._repository, file, data) if lines and here else None
            lines = [line for line in lines if _looks_like_lfs(line.attributes)]
            asked = {path for line in lines[:_REPORTED] for path in _probes(line, line.glob, ())}
            if lines and not (asked and self._answers.sent(asked) == asked):
                yield _useless(lines[0], why, fix=fix)

    def _judge(
        self,
        lines: Mapping[Line, Mistake | None],
        matched: Mapping[Line, Sequence[str]],
        out: Mapping[str, Line],
    ) -> Iterator[Dead]:
        """The dead lines among `lines`, which have the mistake that each shows.

        `matched` are the files that each sends, `out` the lines that take files out again.
        """
        # A line that only takes out what lies somewhere must not make others look dead.
        roots = self._roots if self._answers.is_contradicted else ()
        sending = [line for line in lines if self._answers.sends(line)]
        probes = {line: _probes(line, line.glob, roots) for line in sending}
        sends, decides = self._answers.strongest([p for some in probes.values() for p in some])
        probes_out = self._taken_out(decides)
        cures = self._cures(self._wrong(lines, matched))
        for line, mistake in lines.items():
            found = cures.get(line)
            if mistake and found is not None:
                yield _useless(line, mistake.why, found)
            if line not in probes or line in cures:
                continue
            could = [path for path in probes[line] if sends.get(path) is line]
            if line in matched:
                yield from self._overridden(line, matched[line], out)
            elif could:
                by = {path: probes_out[path] for path in could if path in probes_out}
                if len(by) == len(could):
                    why = f"{_sends(line)}: {_named(by)} out whatever it matches"
                    yield _contradicted(line, by, why)
            # With a class of characters probes prove nothing; what another line sends is sent.
            elif probes[line] and "[" not in line.glob and sends.keys().isdisjoint(probes[line]):
                yield _useless(line, "no file can match it")

    def _wrong(
        self, lines: Mapping[Line, Mistake | None], matched: Mapping[Line, Sequence[str]]
    ) -> dict[Line, Mistake]:
        """The lines that show a mistake and match no existing file, with the mistake."""
        shown = {line: mistake for line, mistake in lines.items() if mistake}
        doubtful = [
            line
            for line, mistake in shown.items()
            if not mistake.sure
            and line not in matched
            # Of what is a fault only where such files exist, there may be some.
            and not (
                mistake.real_only
                and all(self._index.candidates(one, 0) == [] for one in _meant(line, mistake))
            )
        ]
        asked = self._candidates(doubtful)
        found = self._answers.matched(asked)
        useless = {line for line in asked if not found[line]}
        return {line: found for line, found in shown.items() if found.sure or line in useless}

    def _candidates(self, lines: Sequence[Line]) -> dict[Line, Sequence[str]]:
        """The files that each line may match; left out is a line with too many to ask about."""
        most = max(1000, _PAIRS // (len(lines) or 1))
        found = {line: self._index.candidates(line, most) for line in lines}
        return {line: paths for line, paths in found.items() if paths is not None}

    def _cures(self, wrong: Mapping[Line, Mistake]) -> dict[Line, tuple[str, ...] | None]:
        """For each dead line the patterns that would work; None where others do all its work."""
        meant = {line: _meant(line, mistake) for line, mistake in wrong.items()}
        probes = {
            other: _probes(other, glob, self._roots)
            for globs in meant.values()
            for other, glob in globs.items()
        }
        real = self._answers.matched(self._candidates(list(probes)))
        could = self._answers.matched(probes)
        sent = self._answers.sent(
            {p for all in (real, could) for some in all.values() for p in some}
        )
        cures: dict[Line, tuple[str, ...] | None] = {}
        for line, (_, _, sure, real_only) in wrong.items():
            # The patterns that match something, and whether others send all of it.
            needed = {
                glob: sent.issuperset([*real.get(other, ()), *could[other]])
                for other, glob in meant[line].items()
                if real.get(other) or (could[other] and not real_only)
            }
            if needed and all(needed.values()):
                cures[line] = None
            elif needed or not real_only or sure:
                open_ = (glob for glob, is_sent in needed.items() if not is_sent)
                cures[line] = tuple(_from_top(line, glob) for glob in open_)
        return cures

    def _is_weights(self, path: str) -> bool:
        tier = self._tiers.of(path)
        return tier == ALWAYS or (tier == AMBIGUOUS and bool(root_of(path, self._roots)))

    def _taken_out(self, decides: Mapping[str, Line]) -> dict[str, Line]:
        """The paths that a line takes out of Git LFS again, by the lines that decide."""
        return {path: line for path, line in decides.items() if not self._answers.sends(line)}

    def _overridden(
        self, line: Line, real: Sequence[str], out: Mapping[str, Line]
    ) -> Iterator[Dead]:
        """A line of whose files others take some out again.

        When these are not all, an exception is a fault only where it takes out weights without
        naming them.
        """
        by = {path: out[path] for path in real if path in out}
        if len(by) == len(real):
            files = f"all {len(real)} files that it matches" if len(real) > 1 else real[0]
            yield _contradicted(line, by, f"{_sends(line)}: {_named(by)} out {files}")
            return
        by = {
            path: other
            for path, other in by.items()
            if self._is_weights(path) and not WILD.isdisjoint(other.word)
        }
        if by:
            why = (
                f"{_named(by)} {len(by)} of the {len(real)} files of {line.word!r}"
                f" out of Git LFS again, the first is {min(by)}"
            )
            yield _contradicted(line, by, why)


def _read(files: Mapping[str, bytes]) -> tuple[list[Line], list[Line], list[Line]]:
    """The lines with patterns, the macros, and those macros for Git LFS that Git refuses."""
    lines: list[Line] = []
    macros: list[Line] = []
    refused: list[Line] = []
    for file, data in files.items():
        for line in () if unread_files.is_misnamed(file) else lines_of(file, data):
            if len(lines) == _MOST_LINES:
                break
            if not line.is_macro:
                lines.append(line)
            elif file == NAME:
                macros.append(line)
            elif LFS in line.attributes:
                refused.append(line)
    return lines, macros, refused


def _looks_like_lfs(attributes: str) -> bool:
    """Whether attributes have to do with Git LFS, in whatever signs and letters."""
    return LFS in normalised(attributes).lower()


def _meant(line: Line, mistake: Mistake) -> dict[Line, str]:
    """The patterns that were meant, by the line of the same file that each would be."""
    globs = {glob: f"{patterns.quoted(glob)} x" for glob in mistake.meant}
    return {Line(line.file, line.number, text): glob for glob, text in globs.items()}


def _probes(line: Line, glob: str, roots: Sequence[str]) -> list[str]:
    """Paths that a glob of the line's file could match, of files that may go to Git LFS."""
    found = lfs_patterns.probes(glob, () if line.folder else roots)
    # A text that is too large for Git is named from the top.
    return [
        line.folder + path
        for path in found
        if not patterns.must_be_text(path) or path == lfs_patterns.path_of(glob)
    ]


def _from_top(line: Line, glob: str) -> str:
    """A glob of the line's file as a pattern of the top of the repository."""
    if not line.folder:
        return patterns.quoted(glob)
    deep = "" if "/" in glob.rstrip("/") else "**/"
    return patterns.quoted(f"/{patterns.literal(line.folder)}{deep}{glob.lstrip('/')}")


def _useless(line: Line, why: str, cures: tuple[str, ...] = (), fix: Fix | None = None) -> Dead:
    """A line that does nothing by itself."""
    return Dead(line.file, line.number, f"{_sends(line)}: {why}", cures, fix=fix)


def _contradicted(line: Line, out: Mapping[str, Line], why: str) -> Dead:
    """A line of which others take files out again, each named by its path."""
    by = tuple(dict.fromkeys(out.values()))
    return Dead(line.file, line.number, why, by=by, pattern=_from_top(line, line.glob))


def _named(out: Mapping[str, Line]) -> str:
    """The lines that take out, as the begin of a sentence."""
    lines = dict.fromkeys(out.values())
    named = " and ".join(line.named for line in lines)
    return f"{named} {'takes' if len(lines) == 1 else 'take'}"


def _sends(line: Line) -> str:
    return f"the line for {line.word!r} sends nothing to Git LFS"
