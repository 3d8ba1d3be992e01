"""Ranges of bytes: of a file, of bytes in memory, of a part of either.

Judging asks for the ranges that it needs, so the bytes of tensors are never read.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO


class Reader:
    """`size` bytes that can be read at any place. `folder` is where the file lies, '' when it has
    no place (a blob, a member of an archive); `names` are those of the files beside it, where
    somebody knows them without a folder. `name` is what it is called, while it is judged: of some
    formats that decides what they are for."""

    size: int
    folder = ""
    name = ""
    names: frozenset[str] = frozenset()

    def read(self, offset: int, length: int) -> bytes:
        """The bytes at a place; fewer where the content ends."""
        raise NotImplementedError

    def part(self, offset: int, length: int) -> Reader:
        """A part of the content as a content of its own."""
        return Part(self, offset, max(0, min(length, self.size - offset)))


class FileReader(Reader):
    """The content of an open file, as large as it was when it was opened.

    ValueError for one that seems to be empty and is not, as those of /proc: nobody knows its end.
    """

    def __init__(self, file: IO[bytes], folder: str = "") -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size
        self.folder = folder
        if not self.size and self._at(0, 1):
            raise ValueError("the system does not say how long it is")

    def read(self, offset: int, length: int) -> bytes:
        length = min(length, self.size - offset)
        return self._at(offset, length) if length > 0 else b""

    def _at(self, offset: int, length: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), length, offset)
        self._file.seek(offset)
        return self._file.read(length)


class BytesReader(Reader):
    """Bytes that are in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length] if length > 0 else b""


class Part(Reader):
    """A part of another content."""

    def __init__(self, whole: Reader, offset: int, length: int) -> None:
        self._whole = whole
        self._offset = offset
        self.size = length

    def read(self, offset: int, length: int) -> bytes:
        return self._whole.read(self._offset + offset, min(length, self.size - offset))
