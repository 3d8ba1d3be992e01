"""Values of a pickle whose length stands before them: texts, bytes and long numbers."""

from __future__ import annotations

import struct

from pmgit.formats import pickle_lines
from pmgit.formats.pickle_lines import LONGEST_TEXT, StreamError
from pmgit.formats.pickle_values import ANY, ByteRange, TextRange
from pmgit.formats.pickle_window import ROOM, Window

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

#: So many bytes of text that is not ASCII are kept at most: one character may make it four times
#: as large.
_MOST_FOREIGN = 4_000_000
#: So many bytes of longer texts are read, to see whether they are texts.
_MOST_PROVED = 4_000_000
#: The texts of Python 2, which are bytes.
_OF_PYTHON_2 = (0x54, 0x55)
#: The bytes behind an opcode that say how long its argument is: `<` little-endian, signed or not.
SIZED = {
    0x58: ("<I", 4, "text"), 0x8C: ("<B", 1, "text"), 0x8D: ("<Q", 8, "text"),
    0x54: ("<i", 4, "text"), 0x55: ("<B", 1, "text"),
    0x42: ("<I", 4, "bytes"), 0x43: ("<B", 1, "bytes"), 0x8E: ("<Q", 8, "bytes"),
    0x96: ("<Q", 8, "bytes"), 0x8A: ("<B", 1, "number"), 0x8B: ("<i", 4, "number"),
}  # fmt: skip


class SizedValues(Window):
    """Reads such values. `keeps`: texts are kept as they are, for who wants to know them."""

    def __init__(self, reader: Reader, begin: int, caps: Caps, *, keeps: bool) -> None:
        super().__init__(reader, begin, caps)
        self._keeps = keeps
        self._foreign_left = _MOST_FOREIGN if keeps else 0
        self._unproved = _MOST_PROVED

    def _sized(self, op: int, pos: int) -> tuple[Any, int]:
        """The value of an opcode whose argument has its length before it, and what follows."""
        code, width, what = SIZED[op]
        length = struct.unpack_from(code, self._buffer, pos)[0]
        begin = self._at + pos + width
        if length < 0 or length > self._reader.size - begin:
            raise StreamError(f"it lacks {what} of {length:,} bytes")
        end = begin + length
        if what == "bytes":
            value: Any = ByteRange(begin, length)
        elif what == "number":
            value = int.from_bytes(self._bytes(begin, length), "little", signed=True)
            value = value if length <= 16 else ANY
        elif length > LONGEST_TEXT and not self._keeps:
            if op not in _OF_PYTHON_2 and length <= self._unproved:
                self._unproved -= length
                pickle_lines.prove(self._reader.read(begin, length))
            value = TextRange(begin, length)
        else:
            raw = self._bytes(begin, min(length, LONGEST_TEXT))
            if length <= LONGEST_TEXT and op not in _OF_PYTHON_2:
                pickle_lines.prove(raw)
            value = raw.decode("ascii") if raw.isascii() else self._foreign(raw, begin)
            if length > LONGEST_TEXT and isinstance(value, str):
                value = f"{value[:200]}… ({length:,} bytes)"
        pos = end - self._at
        if pos > len(self._buffer) - ROOM:
            self._load(end)
            pos = 0
        return value, pos

    def _bytes(self, begin: int, length: int) -> bytes:
        """Bytes at a place of the content, from the window where they are in it."""
        pos = begin - self._at
        if pos + length <= len(self._buffer) - ROOM:
            return self._buffer[pos : pos + length]
        return self._reader.read(begin, min(length, LONGEST_TEXT))

    def _foreign(self, raw: bytes, begin: int) -> Any:
        """A text at a place that is not ASCII. No module has such a name."""
        if not self._keeps:
            return TextRange(begin, len(raw))
        self._foreign_left -= len(raw)
        return raw.decode("utf-8", "replace") if self._foreign_left >= 0 else ANY
