"""The bytes of a pickle that are looked at together, and the lines in them."""

from __future__ import annotations

from pmgit.formats.pickle_lines import StreamError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

#: So many bytes of the stream are looked at together.
_SMALL_WINDOW, _LARGE_WINDOW = 1 << 12, 1 << 16
#: More than every opcode takes whose argument has no length of its own.
ROOM = 300
#: The longest line of a name in protocol 0. Of longer texts and numbers the begin is enough.
_LONGEST_LINE = 1 << 16


class Window:
    """A part of a content that can be moved; zeros lie behind it."""

    def __init__(self, reader: Reader, begin: int, caps: Caps) -> None:
        self._reader = reader
        self._caps = caps
        self._window = _SMALL_WINDOW
        self._at = begin  # of the window in the content
        self._buffer = bytes(ROOM)

    def _load(self, at: int) -> None:
        """Move the window to a place. Behind the end it holds zeros, which are no opcode."""
        # Behind large bytes that were passed over, there is often little until the next ones.
        follows = at <= self._at + len(self._buffer) - ROOM
        self._window = min(2 * self._window, _LARGE_WINDOW) if follows else _SMALL_WINDOW
        length = min(self._window, self._reader.size - at)
        if length < 0:
            raise StreamError("it ends in the middle of a pickle")
        self._caps.reading(length)
        self._buffer = self._reader.read(at, length) + bytes(ROOM)
        self._at = at

    def _line(self, pos: int) -> tuple[bytes, int]:
        """The line at a place of the window, and the place behind it."""
        end = self._buffer.find(b"\n", pos, len(self._buffer) - ROOM)
        if end < 0:
            at = self._at + pos
            self._load(at)
            pos = 0
            end = self._buffer.find(b"\n", 0, len(self._buffer) - ROOM)
            if end < 0 and self._reader.size - at > len(self._buffer) - ROOM:
                self._buffer = self._reader.read(at, _LONGEST_LINE) + bytes(ROOM)
                end = self._buffer.find(b"\n", 0, len(self._buffer) - ROOM)
            if end < 0:
                raise StreamError("it ends in the middle of a line")
        return self._buffer[pos:end], end + 1

    def _long_line(self, pos: int, letters: bytes = b"") -> tuple[bytes, int, int]:
        """The line at a place, or the begin of a long one; its length, and the place behind it.
        With `letters` a long one is given up that has others."""
        begin = at = self._at + pos
        if self._buffer.find(b"\n", pos, len(self._buffer) - ROOM) >= 0:
            line, pos = self._line(pos)
            return line, len(line), pos
        line = b""
        size = _SMALL_WINDOW
        while portion := self._reader.read(at, size):
            self._caps.reading(len(portion))
            end = portion.find(b"\n")
            if len(line) < _LONGEST_LINE:
                line = (line + (portion if end < 0 else portion[:end]))[:_LONGEST_LINE]
                if letters and line.translate(None, letters):
                    raise StreamError("a number in it is no number")
            if end >= 0:
                self._load(at + end + 1)
                return line, at + end - begin, 0
            at += len(portion)
            size = min(2 * size, _LONGEST_LINE)
        raise StreamError("it ends in the middle of a line")
