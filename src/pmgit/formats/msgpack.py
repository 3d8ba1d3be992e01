"""Messages of msgpack, in which Flax keeps weights: whether they are whole, and whether each array
is as long as its shape and type say; nothing is kept."""

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


#: What Flax calls an array: its shape, the name of its type, its bytes.
_ARRAY, _PARTS = 1, 0x93
#: The head of an array has its shape and type, and the length of its bytes.
_LONGEST_HEAD = 400
#: Bits of one number, by the names of numpy and ml_dtypes; four bits take a byte there.
_BITS = {
    "bool": 8, "int2": 8, "int4": 8, "int8": 8, "int16": 16, "int32": 32, "int64": 64,
    "uint2": 8, "uint4": 8, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64, "float16": 16,
    "float32": 32, "float64": 64, "float128": 128, "bfloat16": 16, "complex64": 64,
    "complex128": 128, "complex256": 256,
}  # fmt: skip
#: Types that say how wide they are, in bits; and times, which have a unit.
_WIDE, _TIMES = ("str", "bytes", "void"), ("datetime64", "timedelta64")
#: All small types of ml_dtypes begin so (`float8_e4m3fn`), and take a byte.
_SMALL = ("float8_", "float6_", "float4_")


def begins(head: bytes) -> bool:
    """Whether this begins as a dictionary."""
    return bool(head) and (head[0] & 0xF0 == 0x80 or head[0] in (0xDE, 0xDF))


def check(reader: Reader, caps: Caps) -> None:
    """Raises BrokenError when the first value ends behind the end of the file, or before it."""
    at, left, begin, buffer = 0, 1, 0, b""
    are_texts, is_of_flax = True, False
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
            are_texts &= _is_text(buffer[at - begin : at - begin + (code & 31)])
            at += code & 31
        elif code in _FIXED:
            at += _FIXED[code]
        elif code in _SIZED:
            width, kind = _SIZED[code]
            length = int.from_bytes(head[1 : 1 + width], "big")
            at += width + kind + length
            if kind and head[1 + width] == _ARRAY and at <= reader.size:
                is_of_flax |= _check_array(reader, at - length, length, caps)
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
    if is_of_flax and not are_texts:
        # Others have bytes in place of texts: msgpack before 1.0 wrote them so, if not told else.
        raise BrokenError("a text that is not UTF-8")


def _is_text(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # which may lie behind what was read
    return True


def _check_array(reader: Reader, begin: int, length: int, caps: Caps) -> bool:
    """Whether this is an array of Flax. Raises BrokenError when it is not as long as it says."""
    caps.reading(min(length, _LONGEST_HEAD))
    head = _Head(reader.read(begin, min(length, _LONGEST_HEAD)), begin)
    if head.byte() != _PARTS:
        return False  # of another program, which means something else by this number
    elements = 1
    for _ in range(head.count(0x90, {0xDC: 2})):
        elements *= head.number()
    kind = head.take(head.count(0xA0, {0xD9: 1, 0xC4: 1})).decode("utf-8", "backslashreplace")
    size = head.count(None, {0xC4: 1, 0xC5: 2, 0xC6: 4})
    needed = elements * _bits_of(kind, begin) // 8
    if head.at + size != length or size != needed:
        text = f"an array of {size:,} bytes, where its shape and type take {needed:,}"
        raise BrokenError(text, begin)
    return True


def _bits_of(kind: str, begin: int) -> int:
    known = _BITS.get(kind, 64 if kind.startswith(_TIMES) else 8 if kind.startswith(_SMALL) else 0)
    width = next((kind[len(word) :] for word in _WIDE if kind.startswith(word)), "")
    if known or (width.isascii() and width.isdecimal() and len(width) < 10):
        return known or int(width)
    raise BrokenError(f"an array of the type {kind[:40]}, which is none of numbers", begin)


class _Head:
    """The first bytes of an array, taken one after the other."""

    def __init__(self, data: bytes, begin: int) -> None:
        self._data = data
        self._begin = begin
        self.at = 0

    def take(self, length: int) -> bytes:
        found = self._data[self.at : self.at + length]
        if len(found) < length:
            raise BrokenError("an array that ends in its head", self._begin)
        self.at += length
        return found

    def byte(self) -> int:
        return self.take(1)[0]

    def count(self, small: int | None, wide: dict[int, int]) -> int:
        """The length before texts, bytes and lists: in the first byte, or in so many behind it."""
        code = self.byte()
        if code in wide:
            return int.from_bytes(self.take(wide[code]), "big")
        most = 32 if small == 0xA0 else 16
        if small is None or not small <= code < small + most:
            raise BrokenError("an array that is none", self._begin)
        return code - small

    def number(self) -> int:
        """A whole number that is no less than zero."""
        code = self.byte()
        if code < 0x80:
            return code
        if not 0xCC <= code <= 0xCF:
            raise BrokenError("an array with a shape that is none", self._begin)
        return int.from_bytes(self.take(1 << code - 0xCC), "big")
