"""What commits bring in: `rev-list | diff-tree`, read as it comes, however long the history is.

A merge brings in what differs from all of its parents (`-c`), as `git.ranges` has it too.
"""

from __future__ import annotations

import re

from pmgit.git.blob import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pmgit.git.streams import Running, Stream

_DIFF_TREE = (
    "diff-tree", "--stdin", "-c", "--root", "-r", "--raw", "--no-renames", "--no-abbrev",
    "--no-ext-diff", "--encoding=UTF-8", "--format=%H %aI %an <%ae>",
)  # fmt: skip
_COMMITS = re.compile(rb"^[0-9a-f]{40,64} .*$", re.MULTILINE)
#: What a commit with one parent brings in; a submodule's commit (160000) is no blob.
BLOBS = re.compile(rb"^:\d+ (?!160000)\d+ [0-9a-f]+ ([0-9a-f]+) [AMT]\t", re.MULTILINE)
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


def begin(running: Running, *revisions: str, ahead: bool = False) -> Stream:
    """Start to read the commits of `rev-list <revisions>`, children before their parents."""
    return running.start(("rev-list", "--date-order", *revisions), _DIFF_TREE, ahead=ahead)


def read(
    stream: Stream, glance: Callable[[bytes, list[bytes]], bool] | None = None
) -> Iterator[Introduction]:
    """Everything that the commits bring in, newest first.

    `glance` is shown each piece of output before, with its commits, and says whether it is worth
    reading: that is told by one search in C, while each line costs a microsecond here. No `-z`
    for that reason: at the begin of a line a name is never mistaken for anything else.
    """
    commit = b""
    for lines in stream.lines():
        commits = _COMMITS.findall(lines)
        if glance is None or glance(lines, commits):
            for line in lines.split(b"\n"):
                if line[:1] == b":":
                    one = _introduction(commit, line)
                    if one is not None:
                        yield one
                elif line:
                    commit = line
        elif commits:
            commit = commits[-1]


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
