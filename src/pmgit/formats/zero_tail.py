"""Zeros from the middle of a tensor to the end of a file, as a download leaves it that stopped in a
file which already had its full length.

Weights that are zero end where a tensor or a row of it ends: fresh adapters, biases, padding of a
vocabulary. A download stops anywhere, mostly where a block of the disk ends.
"""

from __future__ import annotations

from pmgit.formats.opinion import BROKEN, FileFinding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

#: What is read at once, and the fewest zeros that prove something.
_BLOCK = 4096
#: Files grow by sectors of the disk.
_SECTOR = 512
#: So many places of the zeros are looked at.
_PROBES = 16


class Extent:
    """Where a tensor begins and ends in its file; the bytes of a row (0: it has one dimension), and
    of one number or block of numbers."""

    __slots__ = ("begin", "end", "row", "width")

    def __init__(self, begin: int, end: int, row: int, width: int) -> None:
        self.begin = begin
        self.end = end
        self.row = row
        self.width = width


def findings(reader: Reader, caps: Caps, spans: Sequence[Extent]) -> list[FileFinding]:
    """What is wrong at the end of a file with these tensors, the first of them first."""
    if reader.size < 2 * _BLOCK or not _is_zero(reader, caps, reader.size - _BLOCK):
        return []
    begin = _begin(reader, caps)
    first = next((number for number, one in enumerate(spans) if one.end > begin), len(spans))
    if first == len(spans) or spans[first].begin >= begin:
        return []  # whole tensors are zero
    span = spans[first]
    into = -(-(begin - span.begin) // span.width) * span.width
    is_row = not span.row or into % span.row == 0 or span.end - span.begin - into <= span.row
    others = any(one.row for one in spans[first + 1 :])
    if is_row or (begin % _SECTOR and not others):
        return []
    left = reader.size - begin
    text = f"its last {left:,} bytes are zeros, from the middle of a tensor on: it was cut"
    return [FileFinding(BROKEN, text, offset=begin)]


def _is_zero(reader: Reader, caps: Caps, at: int) -> bool:
    caps.reading(_BLOCK)
    caps.step(1)
    return not reader.read(at, _BLOCK).strip(b"\0")


def _begin(reader: Reader, caps: Caps) -> int:
    """Where the zeros at the end begin: the longest run that a look at some places shows."""
    zero = reader.size - _BLOCK
    step = _BLOCK
    while zero and _is_zero(reader, caps, max(0, zero - step)):
        zero = max(0, zero - step)
        step *= 2
    other = max(0, zero - step)
    while zero - other > _BLOCK:
        middle = (zero + other) // 2
        if _is_zero(reader, caps, middle):
            zero = middle
        else:
            other = middle
    # In a block that is not all zeros lies the last byte of what came.
    data = reader.read(other, zero - other)
    begin = other + len(data.rstrip(b"\0"))
    apart = max((reader.size - begin) // _PROBES, _BLOCK)
    for place in range(begin, reader.size - _BLOCK, apart):
        if not _is_zero(reader, caps, place):
            return reader.size
    return begin
