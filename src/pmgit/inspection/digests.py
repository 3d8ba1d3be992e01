"""The content of tensors: compared byte by byte, or as a hash, within a number of bytes."""

from __future__ import annotations

import hashlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.reader import Reader
    from pmgit.tensors.contents import ListedTensor

_PORTION = 1 << 20
#: So many bytes of one file are hashed. Tensors may lie in one another, so the file is no bound.
MOST_HASHED = 64_000_000_000
#: Digits of the hash that are shown.
_DIGITS = 16


class Digests:
    """The hashes of the tensors of a file, each place once."""

    def __init__(self, reader: Reader | None) -> None:
        self._reader = reader
        self._known: dict[tuple[int, int], str] = {}
        self._left = MOST_HASHED

    def of(self, tensor: ListedTensor) -> str:
        """What stands for the content of a tensor; '' when that cannot be known."""
        if tensor.begin < 0 or self._reader is None:
            return tensor.mark
        place = (tensor.begin, tensor.length)
        if place not in self._known:
            self._left -= tensor.length
            self._known[place] = self._hash(self._reader, *place) if self._left >= 0 else ""
        return self._known[place]

    def _hash(self, reader: Reader, begin: int, length: int) -> str:
        found = hashlib.sha256()
        end = begin + length
        while begin < end:
            data = reader.read(begin, min(_PORTION, end - begin))
            if not data:
                return ""
            found.update(data)
            begin += len(data)
        return found.hexdigest()[:_DIGITS]


def are_same(one: Reader, begin: int, other: Reader, at: int, length: int) -> bool:
    """Whether two contents have the same bytes at two places."""
    done = 0
    while done < length:
        portion = min(_PORTION, length - done)
        data = one.read(begin + done, portion)
        if len(data) < portion or data != other.read(at + done, portion):
            return False
        done += portion
    return True
