"""Reads the blobs that commits introduce from `git log --raw`, however long the history is.

A merge introduces what differs from all of its parents (`-c`), as in
`snapshots.commit_range`.
"""

from __future__ import annotations

from pmgit.git.attribute_text import unquoted
from pmgit.git.blob import decode
from pmgit.git.raw_diff import LOG, change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pmgit.git.blob import Blob
    from pmgit.git.streams import Running, Stream

_LOG = (*LOG, "--encoding=UTF-8", "--format=%H %aI %an <%ae>", "--date-order")
_COLON = ord(":")


class Commit:
    """A commit as people name it; the author is whatever was written: escape it when shown."""

    __slots__ = ("author", "date", "oid")

    def __init__(self, line: str) -> None:
        self.oid, self.date, self.author = line.split(" ", 2)


class Piece:
    """Some lines of the output. No `-z`: at the begin of a line a name is never mistaken."""

    def __init__(self, text: bytes) -> None:
        self.lines = text.split(b"\n")
        #: Whether there may be merges that introduce something, or submodules; both are few.
        self.is_plain = not (text.startswith(b"::") or b"\n::" in text or b" 160000 " in text)

    @property
    def commits(self) -> list[bytes]:
        """The lines that `Commit` reads."""
        return [line for line in self.lines if line and line[0] != _COLON]

    def blobs(self, width: int) -> set[bytes]:
        """The introduced blobs, and zeros, when it is plain; ids have `width` digits."""
        part = _new_id(width)
        return {line[part] for line in self.lines if line and line[0] == _COLON}

    def places(self, wanted: set[bytes]) -> list[int]:
        """The lines that introduce one of these blobs, when it is plain."""
        part = _new_id(len(next(iter(wanted))))
        found = (at for at, line in enumerate(self.lines) if line[part] in wanted)
        # An author may have the name of a blob.
        return [at for at in found if self.lines[at][0] == _COLON]

    def commit_of(self, at: int) -> str:
        """The commit that a line belongs to; empty when it stands in an earlier piece."""
        while at >= 0 and (not self.lines[at] or self.lines[at][0] == _COLON):
            at -= 1
        return decode(self.lines[at]) if at >= 0 else ""


def _new_id(width: int) -> slice:
    # :100644 100644 <old id> <new id> M
    return slice(16 + width, 16 + 2 * width)


def begin(running: Running, *revisions: str, ahead: bool = False) -> Stream:
    """Start to read the commits of `rev-list <revisions>`, children before their parents."""
    return running.start((*_LOG, *revisions), ahead=ahead)


def read(
    stream: Stream, glance: Callable[[Piece], set[bytes] | None] | None = None
) -> Iterator[Blob]:
    """Everything that the commits introduce, newest first; `Commit` reads its `commit`.

    `glance` gets each piece of output first, and returns which of its blobs are wanted (None: all
    that it introduces): to read every line takes ten times as long.
    """
    commit = ""
    for text in stream.lines():
        piece = Piece(text)
        wanted = glance(piece) if glance else None
        if wanted is None:
            for line in piece.lines:
                if line[:1] != b":":
                    commit = decode(line) or commit
                elif (blob := _change(line)).introduces:
                    blob.commit = commit
                    yield blob
        else:
            for at in piece.places(wanted) if wanted else ():
                if (blob := _change(piece.lines[at])).introduces:
                    blob.commit = piece.commit_of(at) or commit
                    yield blob
            commit = piece.commit_of(len(piece.lines) - 1) or commit


def _change(line: bytes) -> Blob:
    record, _, path = line.partition(b"\t")
    return change(record.decode("ascii"), unquoted(decode(path)))
