"""Messages of protobuf, read field by field; what is not asked for is passed over."""

from __future__ import annotations

from pmgit.formats.opinion import BrokenError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_VARINT, _FIXED64, _BYTES, _GROUP, _GROUP_END, _FIXED32 = range(6)
_WINDOW = 1 << 14
_LONGEST_VARINT = 10


class Messages:
    """The fields of messages in `reader`, which are read window by window."""

    def __init__(self, reader: Reader, caps: Caps) -> None:
        self._reader = reader
        self._caps = caps
        self._at = 0
        self._buffer = b""

    def fields(self, begin: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        """Number, kind, and the value or the range of every field of a message between two places.

        Of bytes and of numbers of a fixed width it is where they begin and end; of a varint the
        value, twice. Groups are passed over: no format of ours has some, and readers do the same.
        BrokenError when it is no message.
        """
        at, caps = begin, self._caps
        while at < end:
            # Nearly all fields are in the window, with numbers of one byte or two.
            buffer, pos = self._buffer, at - self._at
            if 0 <= pos < len(buffer) - 3 and at < end - 2 and caps.steps > 2:
                key, size, more = buffer[pos], buffer[pos + 1], buffer[pos + 2]
                if size >= 0x80:
                    size = size & 0x7F | more << 7 if more < 0x80 else -1
                first = at + 2 + (buffer[pos + 1] >= 0x80)
                last = first + size if key & 7 == _BYTES else first
                if 8 <= key < 0x80 and key & 5 == 0 and size >= 0 and last <= end:
                    caps.steps -= 2
                    at = last
                    if key & 7 == _BYTES:
                        yield key >> 3, _BYTES, first, last
                    else:
                        yield key >> 3, _VARINT, size, size
                    continue
            key, at = self._varint(at, end)
            number, kind = key >> 3, key & 7
            if number == 0:
                raise BrokenError("a field without a number", at)
            if kind == _VARINT:
                value, at = self._varint(at, end)
                yield number, kind, value, value
                continue
            if kind == _GROUP:
                at = self._behind_group(number, at, end)
                continue
            first, at = self._range(kind, at, end)
            yield number, kind, first, at

    def all_of(self, number: int, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Where every field of this number is that is bytes, in a message between two places."""
        for found, kind, at, until in self.fields(begin, end):
            if found == number and kind == _BYTES:
                yield at, until

    def _behind_group(self, number: int, at: int, end: int) -> int:
        """Where the group of this number ends, which may hold others."""
        opened = [number]
        while opened:
            key, at = self._varint(at, end)
            number, kind = key >> 3, key & 7
            if kind == _GROUP:
                opened.append(number)
            elif kind == _GROUP_END:
                if opened.pop() != number:
                    raise BrokenError("a group that ends as another one", at)
            elif kind == _VARINT:
                _, at = self._varint(at, end)
            else:
                _, at = self._range(kind, at, end)
        return at

    def _range(self, kind: int, at: int, end: int) -> tuple[int, int]:
        """Where the value of a field begins and ends, which is no varint and no group."""
        if kind == _BYTES:
            length, at = self._varint(at, end)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise BrokenError(f"a field of kind {kind}, which there is not", at)
        if length > end - at:
            raise BrokenError("it ends in a field", at)
        return at, at + length

    def numbers(self, begin: int, end: int) -> list[int]:
        """The varints that are packed between two places."""
        found = []
        at = begin
        while at < end:
            value, at = self._varint(at, end)
            found.append(value)
        return found

    def count(self, steps: int) -> None:
        """Count fields that were read in a text."""
        self._caps.step(steps)

    def text(self, begin: int, end: int, most: int = 4096) -> bytes:
        """The bytes between two places, as far as they are not too many."""
        length = min(end - begin, most)
        self._need(begin, length)
        at = begin - self._at
        return self._buffer[at : at + length]

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        self._caps.steps -= 1
        if self._caps.steps < 0:
            self._caps.step(0)
        if at >= end:
            raise BrokenError("it ends in a field", at)
        self._need(at, _LONGEST_VARINT)
        value = shift = 0
        pos = at - self._at
        for byte in self._buffer[pos : pos + min(_LONGEST_VARINT, end - at)]:
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value, at + shift // 7
        raise BrokenError("a number without an end", at)

    def _need(self, at: int, length: int) -> None:
        """Have these bytes in the window, as far as the content has them."""
        if self._at <= at and at + length <= self._at + len(self._buffer):
            return
        if self._at <= at and self._at + len(self._buffer) >= self._reader.size:
            return
        self._caps.step(0)
        want = max(_WINDOW, length)
        self._buffer = self._reader.read(at, want)
        self._caps.reading(min(want, 4096) if length < want else length)
        self._at = at
