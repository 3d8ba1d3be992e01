"""Messages of msgpack, in which Flax keeps weights: whether they are whole; nothing is kept."""

from __future__ import annotations

from pmgit.formats.opinion import BrokenError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_WINDOW = 1 << 14
#: By the first byte: the bytes of a value, or of its length before its bytes (and of a type), or of
#: the number of values in it, and how many values each of these is.
_FIXED = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1,
    0xD1: 2, 0xD2: 4, 0xD3: 8, 0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17,
}  # fmt: skip
_SIZED = {
    0xC4: (1, 0), 0xC5: (2, 0), 0xC6: (4, 0), 0xC7: (1, 1), 0xC8: (2, 1), 0xC9: (4, 1),
    0xD9: (1, 0), 0xDA: (2, 0), 0xDB: (4, 0),
}  # fmt: skip
_LISTS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def begins(head: bytes) -> bool:
    """Whether this begins as a dictionary."""
    return bool(head) and (head[0] & 0xF0 == 0x80 or head[0] in (0xDE, 0xDF))


def check(reader: Reader, caps: Caps) -> None:
    """Raises BrokenError when the first value ends behind the end of the file, or before it."""
    at, left, begin, buffer = 0, 1, 0, b""
    while left:
        caps.step(2)
        if at + 6 > begin + len(buffer):
            begin, buffer = at, reader.read(at, _WINDOW)
        head = buffer[at - begin : at - begin + 6]
        if not head:
            raise BrokenError("it ends in a value", reader.size)
        code = head[0]
        left -= 1
        at += 1
        if code < 0x80 or code >= 0xE0:
            continue
        if code < 0xA0:
            left += (code & 15) * (2 if code < 0x90 else 1)
        elif code < 0xC0:
            at += code & 31
        elif code in _FIXED:
            at += _FIXED[code]
        elif code in _SIZED:
            width, kind = _SIZED[code]
            at += width + kind + int.from_bytes(head[1 : 1 + width], "big")
        elif code in _LISTS:
            width, each = _LISTS[code]
            at += width
            left += int.from_bytes(head[1 : 1 + width], "big") * each
        else:
            raise BrokenError("a value of a kind that there is not", at - 1)
        if at > reader.size:
            raise BrokenError("it ends in a value", reader.size)
    if at < reader.size:
        raise BrokenError(f"{reader.size - at:,} bytes behind its end", at)
