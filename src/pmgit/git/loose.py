"""Loose objects, files that are inflated here: a shortcut that asks Git nothing.

What `git add` has just written lies as one. A read gives the size and the first bytes, 8 us
against 38 us for asking `git cat-file` (docs/performance.md). The answer to all that is in any way
not as Git writes it is None: only Git calls an object unreadable.
"""

from __future__ import annotations

import os
import zlib

#: Content of fewer bytes than this is read whole. A pointer is under 1024 bytes.
SMALL = 1024
#: No blob of under 1024 bytes is a loose object of more than this: deflate adds some 20 bytes.
SMALL_STORED = 1100

#: Of a tree so much is read here; 50 folders fit into 2 KB.
TREE_BYTES = 1 << 16
#: `blob <size>` and a NUL, with room to spare.
_HEADER_BYTES = 64
#: Nobody ever writes into a pipe that lies where an object should.
READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


def tree(data: bytes) -> bytes | None:
    """The content of a tree that is not too large; `data` is what its file begins with."""
    stream = zlib.decompressobj()
    try:
        header, _, content = stream.decompress(data).partition(b"\0")
    except zlib.error:
        return None
    return content if header == b"tree %d" % len(content) and _is_whole(stream) else None


def small_blob(data: bytes) -> tuple[int, bytes] | None:
    """Size and content of a small blob in half the time of `blob`; None: ask that one."""
    if len(data) < SMALL_STORED:
        stream = zlib.decompressobj()
        try:
            stored = stream.decompress(data)
        except zlib.error:
            return None
        head = stored[stored.find(b"\0") + 1 :]
        size = len(head)
        if size < SMALL and stored.startswith(b"blob %d\0" % size) and _is_whole(stream):
            return size, head
    return None


def blob(data: bytes, count: int = 0) -> tuple[int, bytes] | None:
    """Size of a loose blob, and of its content all when it is small, else `count` bytes.

    `data` is what its file begins with. Only what is asked for is inflated. None also where that
    takes more of the file.
    """
    stream = zlib.decompressobj()
    # All of it: a small blob, or one of at most 1.1 MB that is easy to deflate.
    everything = len(data) < SMALL_STORED and not count
    try:
        start = stream.decompress(data, 0 if everything else _HEADER_BYTES)
        header, end, head = start.partition(b"\0")
        size = int(header[5:])
        # int() reads more than Git does: blanks, signs, zeros in front.
        if not end or header != b"blob %d" % size or size < 0:
            return None
        if everything and (len(head) != size or not _is_whole(stream)):
            return None
        wanted = size if size < SMALL else min(count, size)
        if len(head) < wanted:
            head += stream.decompress(stream.unconsumed_tail, wanted - len(head))
    except (zlib.error, ValueError):
        return None
    return (size, head[:wanted]) if len(head) >= wanted else None


def _is_whole(stream: zlib._Decompress) -> bool:
    """Whether all of an object has been inflated, and nothing follows it."""
    return stream.eof and not stream.unused_data


def from_here(folder: str) -> str:
    """The folder as seen from here: a short path is looked up in half the time of a long one."""
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:
        return folder  # where we stand has been removed
    return folder[len(here) :] if folder.startswith(here) else folder
