"""Blocks of bytes that snappy has packed, as indexes of TensorFlow's checkpoints may have them.

The format: https://github.com/google/snappy/blob/main/format_description.txt. These blocks have a
few kB, so a library of its own for them would be a dependency for nothing.
"""

from __future__ import annotations

from pmgit.formats.opinion import BrokenError, TooMuchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps

_LITERAL, _SHORT_COPY = 0, 1


def unpack(data: bytes, most: int, caps: Caps) -> bytes:
    """The bytes that are packed in `data`. BrokenError when it is none; TooMuchError when there are
    more than `most`.
    """
    size, at = _size(data)
    if size > most:
        raise TooMuchError(f"a block of snappy with more than {most:,} bytes")
    caps.reading(size)
    out = bytearray()
    while at < len(data) and len(out) <= size:
        caps.step(4)
        tag = data[at]
        at += 1
        if tag & 3 == _LITERAL:
            length = (tag >> 2) + 1
            if length > 60:
                more = length - 60
                length = int.from_bytes(data[at : at + more], "little") + 1
                at += more
            out += data[at : at + length]
            at += length
            if at > len(data):
                break
            continue
        if tag & 3 == _SHORT_COPY:
            length, offset = (tag >> 2 & 7) + 4, tag >> 5 << 8 | int.from_bytes(data[at : at + 1])
            at += 1
        else:
            width = 2 if tag & 3 == 2 else 4
            length, offset = (tag >> 2) + 1, int.from_bytes(data[at : at + width], "little")
            at += width
        if not 0 < offset <= len(out):
            raise BrokenError("a block of snappy that copies what is not there")
        # What it copies may be what it is just writing.
        first = len(out) - offset
        taken = out[first : first + length]
        out += (taken * (length // len(taken) + 1))[:length]
    if at != len(data) or len(out) != size:
        raise BrokenError("a block of snappy of another length than it says")
    return bytes(out)


def _size(data: bytes) -> tuple[int, int]:
    """How many bytes are packed, and where they begin."""
    value = 0
    for at, byte in enumerate(data[:5]):
        value |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return value, at + 1
    raise BrokenError("a block of snappy without its length")
