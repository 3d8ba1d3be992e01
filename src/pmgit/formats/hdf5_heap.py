"""The heap in which HDF5 keeps the links of a group that has many ("fractal heap").

Read after the specification of the format, III.G. The heap is a tree of blocks; links lie in the
blocks at its leaves, one behind the other, with gaps where others were.
"""

from __future__ import annotations

from pmgit.formats.opinion import BrokenError, TooMuchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read = Callable[[int, int], bytes]

_MOST_ROWS, _MOST_BLOCKS, _LARGEST_BLOCK = 64, 10_000, 1 << 20
_SOFT, _EXTERNAL = 1, 64


class HeapLink:
    """A link: its name, the object that it leads to (None where it leads to a name), and where its
    message ends."""

    __slots__ = ("end", "is_external", "name", "target")

    def __init__(self, name: bytes, end: int, *, target: int | None, is_external: bool) -> None:
        self.name = name
        self.end = end
        self.target = target
        self.is_external = is_external


def link_at(data: bytes, pos: int, width: int) -> HeapLink | None:
    """The link whose message begins at a place; None where none does. `width` is that of
    addresses."""
    flags = data[pos + 1] if pos + 2 < len(data) else 0xFF
    if flags > 0x1F:
        return None
    at = pos + 2
    kind = data[at] if flags & 8 else 0
    at += (1 if flags & 8 else 0) + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    size = 1 << (flags & 3)
    length = int.from_bytes(data[at : at + size], "little")
    name = data[at + size : at + size + length]
    at += size + length
    if not name or len(name) < length or b"\0" in name:
        return None
    if kind == 0:
        target = int.from_bytes(data[at : at + width], "little")
        return HeapLink(name, at + width, target=target, is_external=False)
    if kind not in (_SOFT, _EXTERNAL):
        return None
    end = at + 2 + int.from_bytes(data[at : at + 2], "little")
    if end > len(data):
        return None
    return HeapLink(name, end, target=None, is_external=kind == _EXTERNAL)


def blocks_of_heap(
    read: Read, heap: int, offset_width: int, length_width: int
) -> Iterator[tuple[int, bytes]]:
    """The places and contents of the blocks with links. `read` reads bytes at a place, or raises
    BrokenError."""
    o, n = offset_width, length_width

    def number(at: int, width: int) -> int:
        return int.from_bytes(read(at, width), "little")

    if read(heap, 5) != b"FRHP\0":
        raise BrokenError("no heap where one should be", heap)
    if number(heap + 7, 2):
        raise TooMuchError("links that are packed in a way which pmgit does not open")
    # Sizes and counts of the heap, which begin behind those of its free space.
    table = heap + 14 + n + o + n + o + 8 * n
    columns, smallest, largest = number(table, 2), number(table + 2, n), number(table + 2 + n, n)
    bits = number(table + 2 + 2 * n, 2)
    root, rows = number(table + 6 + 2 * n, o), number(table + 6 + 2 * n + o, 2)
    head = 5 + o + (bits + 7) // 8
    if not 0 < columns <= _MOST_ROWS or not 0 < smallest <= largest <= _LARGEST_BLOCK:
        raise BrokenError("a heap with impossible sizes", table)
    nowhere = (1 << 8 * o) - 1
    waiting, seen = [(root, rows, smallest)], 0
    while waiting:
        at, rows, size = waiting.pop()
        seen += 1
        if seen > _MOST_BLOCKS or rows > _MOST_ROWS:
            raise TooMuchError(f"more than {_MOST_BLOCKS:,} blocks of links")
        if at == nowhere:
            continue
        if read(at, 4) == b"FHDB":
            yield at, read(at, size)
            continue
        if read(at, 4) != b"FHIB" or not rows:
            raise BrokenError("no block of a heap where one should be", at)
        place = at + head
        for row in range(rows):
            size = smallest << max(0, row - 1)
            # A row of blocks that are larger than a leaf may be has blocks with rows of their own.
            inner = (size // (smallest * columns)).bit_length() if size > largest else 0
            for _ in range(columns):
                waiting.append((number(place, o), inner, size))
                place += o
