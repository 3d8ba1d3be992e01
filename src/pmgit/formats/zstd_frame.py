"""Zstandard frames, which pandas writes as `.pkl.zst`: unpacked by the library that is there.

Python has one from 3.14 on; before, the package zstandard. Neither hands out less than all that
comes of what it got, and one byte may stand for 30 KB. So a frame is given to it block by block,
after the description of the format (RFC 8878): of each come 128 KB at most.
"""

from __future__ import annotations

import sys

from pmgit.formats.opinion import BrokenError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAGIC = b"\x28\xb5\x2f\xfd"
#: Behind a first byte 0x50 to 0x5F: a frame that is passed over. Parallel writers put some in.
_PASSED_OVER = b"\x2a\x4d\x18"
_LARGEST_BLOCK = 1 << 17
#: What the library itself takes at most, if nobody asks for more.
_LARGEST_WINDOW = 1 << 27
#: Parts of the byte that describes a frame: it has no window of its own, it ends with a checksum.
_ONE_SEGMENT, _SUM = 0x20, 0x04
#: Types of blocks: one byte that stands for all; what the format has no meaning for.
_ONE_BYTE, _RESERVED = 1, 3


def begins(head: bytes) -> bool:
    """Whether this begins as a frame."""
    return head.startswith(MAGIC) or (head[1:4] == _PASSED_OVER and head[:1] in _FIRST)


_FIRST = frozenset(bytes((0x50 + number,)) for number in range(16))


def is_there() -> bool:
    """Whether this Python can unpack one."""
    try:
        _engine()
    except ImportError:
        return False
    return True


def _engine() -> Any:
    if sys.version_info >= (3, 14):
        try:
            from compression import zstd
        except ImportError:  # Python was built without it
            pass
        else:
            return zstd.ZstdDecompressor()
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()


class Frame:
    """Unpacks one frame, in the way of the decompressors of Python's library."""

    def __init__(self) -> None:
        self.eof = False
        self.needs_input = True
        self.unused_data = b""
        self._engine = _engine()
        self._kept = bytearray()
        self._is_begun = False
        self._has_sum = False
        #: So many blocks have been unpacked. One may hold nothing.
        self.blocks = 0

    def decompress(self, data: bytes, most: int) -> bytes:
        """What comes next, about `most` bytes of it. MemoryError when its window is too large."""
        self._kept += data
        out = b""
        while not self.eof and len(out) < most:
            length, is_last = self._next()
            self.needs_input = not length or length > len(self._kept)
            if self.needs_input:
                return out
            piece = bytes(self._kept[:length])
            del self._kept[:length]
            if self._is_begun or not is_last:
                out += self._engine.decompress(piece)
            self._is_begun = True
            self.blocks += 1
            self.eof = is_last
        if self.eof:
            self.unused_data = bytes(self._kept)
        return out

    def _next(self) -> tuple[int, bool]:
        """The bytes of the next part, which are 0 where that lies behind what is here; whether the
        frame ends with it."""
        kept = self._kept
        if not self._is_begun:
            if kept[1:4] == _PASSED_OVER:  # all of it is one part
                return (8 + int.from_bytes(kept[4:8], "little") if len(kept) >= 8 else 0), True
            return self._header(), False
        if len(kept) < 3:
            return 0, False
        head = int.from_bytes(kept[:3], "little")
        kind, size = head >> 1 & 3, head >> 3
        if kind == _RESERVED or size > _LARGEST_BLOCK:
            raise BrokenError("a block of it is damaged")
        is_last = bool(head & 1)
        length = 3 + (1 if kind == _ONE_BYTE else size)
        return length + (4 if is_last and self._has_sum else 0), is_last

    def _header(self) -> int:
        """The length of the header, of which 18 bytes are the most."""
        kept = self._kept
        if len(kept) < 6:
            return 0
        flags = kept[4]
        self._has_sum = bool(flags & _SUM)
        is_one = bool(flags & _ONE_SEGMENT)
        at = 5 + (not is_one) + (0, 1, 2, 4)[flags & 3]
        width = (1 if is_one else 0, 2, 4, 8)[flags >> 6]
        if len(kept) < at + width:
            return 0
        window = 1 << 10 + (kept[5] >> 3)
        if is_one:  # the window is all that it holds; a size of two bytes counts from 256 on
            window = int.from_bytes(kept[at : at + width], "little")
        else:
            window += window // 8 * (kept[5] & 7)
        if window > _LARGEST_WINDOW:
            raise MemoryError
        return at + width
