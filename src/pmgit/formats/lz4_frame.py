"""LZ4 frames, which joblib writes with compress="lz4": what comes out of one, within caps.

After the descriptions of the frame and the block format of LZ4. Python's library has no LZ4. The
checksums (xxHash) are not compared.
"""

from __future__ import annotations

from pmgit.formats.opinion import BrokenError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

MAGIC = b"\x04\x22\x4d\x18"
_BLOCK_SUMS, _SIZE, _SUM, _DICTIONARY = 0x10, 0x08, 0x04, 0x01
_PLAIN = 1 << 31
_LARGEST_BLOCK = 4_194_304
#: The shortest match, and how far back it can lie.
_SHORTEST, _WINDOW = 4, 65_536
_PORTION = 256
#: Steps for a block, with which something may come out or nothing.
_BLOCK = 10


def unpack(reader: Reader, caps: Caps) -> bytes:
    """All that comes out. BrokenError when it does not come out whole."""
    flags = int.from_bytes(reader.read(4, 1), "little")
    if flags >> 6 != 1:
        raise BrokenError("an unknown version of LZ4", 4)
    at = 7 + (8 if flags & _SIZE else 0) + (4 if flags & _DICTIONARY else 0)
    out = bytearray()
    while True:
        head = reader.read(at, 4)
        if len(head) < 4:
            raise BrokenError("it ends before all is unpacked", reader.size)
        length = int.from_bytes(head, "little")
        at += 4
        caps.step(_BLOCK)
        if length == 0:
            break
        is_plain, length = bool(length & _PLAIN), length & ~_PLAIN
        block = reader.read(at, length) if length <= _LARGEST_BLOCK else b""
        if len(block) < length:
            raise BrokenError("it ends before all is unpacked", at)
        caps.reading(length)
        if is_plain:
            caps.inflating(length)
            out += block
        else:
            _block(block, out, caps)
        at += length + (4 if flags & _BLOCK_SUMS else 0)
    at += 4 if flags & _SUM else 0
    if at > reader.size:
        raise BrokenError("it ends before its checksum", reader.size)
    if at < reader.size:
        raise BrokenError(f"{reader.size - at:,} bytes behind its end", at)
    return bytes(out)


def _block(data: bytes, out: bytearray, caps: Caps) -> None:
    """Unpack one block to the end of `out`: literal bytes, then a copy of earlier ones, again."""
    at, end, count = 0, len(data), 0
    before = len(out)
    try:
        while at < end:
            count += 1
            if not count % _PORTION:
                caps.step(3 * _PORTION)  # each takes three times as long as an opcode
                caps.inflating(len(out) - before)
                before = len(out)
            token = data[at]
            length, at = _length(data, at + 1, token >> 4)
            if length > end - at:
                raise BrokenError("a block of it is damaged")
            out += data[at : at + length]
            at += length
            if at == end:
                break
            back = data[at] | data[at + 1] << 8
            length, at = _length(data, at + 2, token & 15)
            length += _SHORTEST
            begin = len(out) - back
            if back == 0 or begin < 0:
                raise BrokenError("a block of it is damaged")
            caps.inflating(length)
            before += length
            piece = out[begin : begin + length]
            out += (piece * (length // len(piece) + 1))[:length]
    except IndexError:
        raise BrokenError("a block of it is damaged") from None
    caps.inflating(len(out) - before)


def _length(data: bytes, at: int, begin: int) -> tuple[int, int]:
    """A length that goes on in more bytes when its four bits are full; and the place behind it."""
    if begin < 15:
        return begin, at
    while data[at] == 255:
        begin += 255
        at += 1
    return begin + data[at], at + 1
