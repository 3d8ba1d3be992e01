"""What commits bring in: `git log --raw`, read as it comes, however long the history is.

A merge brings in what differs from all of its parents (`-c`), as `git.ranges` has it too.
"""

from __future__ import annotations

import re

from pmgit.git.blob import decode
from pmgit.git.raw_diff import LOG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pmgit.git.streams import Running, Stream

_LOG = (*LOG, "--encoding=UTF-8", "--format=%H %aI %an <%ae>", "--date-order")
_COLON = ord(":")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_NAMED = dict(zip(b"abtnvfr", b"\a\b\t\n\v\f\r", strict=True))


class Commit:
    """A commit as people name it; the author is whatever was written: escape it when shown."""

    __slots__ = ("author", "date", "oid")

    def __init__(self, line: bytes) -> None:
        oid, date, author = line.split(b" ", 2)
        self.oid = oid.decode("ascii")
        self.date = date.decode("ascii", "replace")
        self.author = decode(author)


class Introduction:
    """A commit brings in content that none of its parents has at this path.

    All as git prints it; `commit` is the line that `Commit` reads, the same object for all that
    one commit brings in. `mode` is that of the new file, `oid` its blob.
    """

    __slots__ = ("commit", "mode", "oid", "path")

    def __init__(self, commit: bytes, mode: bytes, oid: bytes, path: bytes) -> None:
        self.commit = commit
        self.mode = mode
        self.oid = oid
        self.path = path


class Piece:
    """Some lines of the output. No `-z`: at the begin of a line a name is never mistaken."""

    def __init__(self, text: bytes) -> None:
        self.lines = text.split(b"\n")
        #: Whether there may be merges that bring in something, or submodules; both are few.
        self.is_plain = not (text.startswith(b"::") or b"\n::" in text or b" 160000 " in text)

    @property
    def commits(self) -> list[bytes]:
        """The lines that `Commit` reads."""
        return [line for line in self.lines if line and line[0] != _COLON]

    def blobs(self, width: int) -> set[bytes]:
        """The blobs that are brought in, and zeros, when it is plain; ids have `width` digits."""
        part = _new_id(width)
        return {line[part] for line in self.lines if line and line[0] == _COLON}

    def places(self, wanted: set[bytes]) -> list[int]:
        """The lines that bring in one of these blobs, when it is plain."""
        part = _new_id(len(next(iter(wanted))))
        found = (at for at, line in enumerate(self.lines) if line[part] in wanted)
        # An author may have the name of a blob.
        return [at for at in found if self.lines[at][0] == _COLON]

    def commit_of(self, at: int) -> bytes:
        """The commit that a line belongs to; empty when it stands in an earlier piece."""
        while at >= 0 and (not self.lines[at] or self.lines[at][0] == _COLON):
            at -= 1
        return self.lines[at] if at >= 0 else b""


def _new_id(width: int) -> slice:
    # :100644 100644 <old id> <new id> M
    return slice(16 + width, 16 + 2 * width)


def begin(running: Running, *revisions: str, ahead: bool = False) -> Stream:
    """Start to read the commits of `rev-list <revisions>`, children before their parents."""
    return running.start((*_LOG, *revisions), ahead=ahead)


def read(
    stream: Stream, glance: Callable[[Piece], set[bytes] | None] | None = None
) -> Iterator[Introduction]:
    """Everything that the commits bring in, newest first.

    `glance` is shown each piece of output before, and says which blobs of it are worth telling
    (None: whatever it brings in): to read every line takes ten times as long.
    """
    commit = b""
    for text in stream.lines():
        piece = Piece(text)
        wanted = glance(piece) if glance else None
        if wanted is None:
            for line in piece.lines:
                if line[:1] == b":":
                    one = _introduction(commit, line)
                    if one is not None:
                        yield one
                elif line:
                    commit = line
        else:
            for at in piece.places(wanted) if wanted else ():
                one = _introduction(piece.commit_of(at) or commit, piece.lines[at])
                if one is not None:
                    yield one
            commit = piece.commit_of(len(piece.lines) - 1) or commit


def _introduction(commit: bytes, line: bytes) -> Introduction | None:
    # One colon for each parent: ::<mode> <mode> <new mode> <id> <id> <new id> MM
    entry, _, path = line.partition(b"\t")
    words = entry.split(b" ")
    parents = len(words) // 2 - 1
    oid = words[-2]
    # What a side of a merge has already is no news, nor is another mode.
    if not oid.strip(b"0") or oid in words[parents + 1 : -2]:
        return None
    return Introduction(commit, words[parents], oid, _unquoted(path))


def _unquoted(path: bytes) -> bytes:
    """The name that git has put into C quotes, if it has."""
    if path[:1] != b'"':
        return path

    def plain(match: re.Match[bytes]) -> bytes:
        text = match[1]
        return bytes([int(text, 8) if len(text) == 3 else _NAMED.get(text[0], text[0])])

    return _ESCAPE.sub(plain, path[1:-1])
