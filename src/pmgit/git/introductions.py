"""What commits bring in: `rev-list | diff-tree`, read as it comes, however long the history is.

A merge brings in what differs from all of its parents (`-c`), as `git.ranges` has it too.
"""

from __future__ import annotations

from pmgit.git.objects import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.streams import Running, Stream

_DIFF_TREE = (
    "diff-tree", "--stdin", "-c", "--root", "-r", "--raw", "-z", "--no-renames", "--no-abbrev",
    "--no-ext-diff", "--encoding=UTF-8", "--format=%H %aI %an <%ae>",
)  # fmt: skip
_COLON, _NEWLINE = b":\n"


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


def begin(running: Running, *revisions: str, ahead: bool = False) -> Stream:
    """Start to read the commits of `rev-list <revisions>`, children before their parents."""
    return running.start(("rev-list", "--date-order", *revisions), _DIFF_TREE, ahead=ahead)


def read(stream: Stream) -> Iterator[Introduction]:
    """Everything that the commits bring in, newest first."""
    commit = entry = rest = b""
    for chunk in stream.chunks():
        fields = chunk.split(b"\0")
        fields[0] = rest + fields[0]
        rest = fields.pop()
        for field in fields:
            if entry:
                # One colon for each parent: ::<mode> <mode> <new mode> <id> <id> <new id> MM
                words = entry.split(b" ")
                parents = len(words) // 2 - 1
                oid = words[-2]
                # What a side of a merge has already is no news, nor is another mode.
                if oid.strip(b"0") and oid not in words[parents + 1 : -2]:
                    yield Introduction(commit, words[parents], oid, field)
                entry = b""
            elif field:
                if field[0] == _COLON or field[0] == _NEWLINE:
                    entry = field
                else:
                    commit = field
