"""Models of fastText: a dictionary, and behind it two matrices of numbers.

As fastText's own sources read them (`FastText::loadModel`, `Args`, `Dictionary`, `DenseMatrix`,
`QuantMatrix` and `ProductQuantizer` of version 0.9.2). Files of before May 2017 have no mark, and
neither the pruned part of the dictionary nor the flags before the matrices.
"""

from __future__ import annotations

import struct

from pmgit.formats import behind
from pmgit.formats.names import FASTTEXT
from pmgit.formats.opinion import BrokenError, Opinion, opinion, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

MAGIC = b"\xba\x16\x4f\x2f"
_NEWEST = 12
#: How a model is trained, in numbers; then the dictionary: all, words, labels, what was read.
_ARGUMENTS, _DICTIONARY = struct.Struct("<12id"), struct.Struct("<3iq")
#: The least and the most of each number with which anybody trains: dimensions, window, epochs,
#: fewest of a word, negatives, words, kind of loss, kind of model, buckets, letters, steps.
_LEAST = (1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0)
_MOST = (100_000, 10_000, 1_000_000, 1 << 31, 10_000, 100, 4, 3, 1 << 31, 1000, 1000, 1 << 31)
_SUPERVISED = 3
#: Behind each word: how often it was read, and whether it is a word or a label.
_OF_WORD, _KINDS = 9, (0, 1)
_LONGEST_WORD = 100_000
_WINDOW = 1 << 20
#: Vectors of a quantized matrix share so many for each part of theirs.
_CENTROIDS = 256


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether the first bytes are the mark of fastText, of which no text has the first one."""
    return head.startswith(MAGIC)


def is_older(head: bytes) -> bool:
    """Whether this is a model without a mark: numbers as they are trained with, then a word."""
    begin = _ARGUMENTS.size + _DICTIONARY.size
    if len(head) < begin + _OF_WORD + 1:
        return False
    numbers = _ARGUMENTS.unpack_from(head)[:12]
    if not all(a <= n <= z for a, n, z in zip(_LEAST, numbers, _MOST, strict=True)):
        return False
    count, words, labels, tokens = _DICTIONARY.unpack_from(head, _ARGUMENTS.size)
    end = head.find(b"\0", begin)
    is_word = end > begin and head[end + _OF_WORD : end + _OF_WORD + 1] in (b"\0", b"\1")
    return min(words, labels, tokens) >= 0 and 0 < count == words + labels and is_word


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Whether the dictionary and both matrices are as large as its header says."""
    model = _FastText(reader)
    end = reader.size if model.fits() else model.walk(caps)
    return opinion(FASTTEXT, behind.findings(reader, end, caps, "the model"))


class _FastText:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._has_mark = reader.read(0, 4) == MAGIC
        at = 8 if self._has_mark else 0
        if self._has_mark and not 0 < int.from_bytes(self._take(4, 4), "little") <= _NEWEST:
            raise BrokenError("a version that fastText does not have", 4)
        numbers = _ARGUMENTS.unpack(self._take(at, _ARGUMENTS.size))
        self._dimensions, kind, self._buckets = numbers[0], numbers[7], numbers[8]
        at += _ARGUMENTS.size
        self._count, self._words, labels, _ = _DICTIONARY.unpack(self._take(at, _DICTIONARY.size))
        if self._dimensions < 1 or min(self._count, self._words, labels, self._buckets) < 0:
            raise BrokenError("a number in its header that is too small", at)
        if self._count != self._words + labels:
            raise BrokenError("not as many words and labels as its dictionary has", at)
        self._outputs = labels if kind == _SUPERVISED else self._words
        at += _DICTIONARY.size
        self._pruned = -1
        if self._has_mark:
            self._pruned = int.from_bytes(self._take(at, 8), "little", signed=True)
            at += 8
        self._begin = at

    def _take(self, at: int, length: int) -> bytes:
        data = self._reader.read(at, length)
        if len(data) < length:
            raise BrokenError("cut in its header or in its dictionary", self._reader.size)
        return data

    def fits(self) -> bool:
        """Whether both matrices stand at the end, where plain ones do: soon, of any size."""
        flag = int(self._has_mark)
        end = self._reader.size
        for rows in (self._outputs, self._words + self._buckets):
            end -= 4 * rows * self._dimensions + 16
            size = struct.pack("<qq", rows, self._dimensions)
            if end < self._begin or self._reader.read(end - flag, 16 + flag) != bytes(flag) + size:
                return False
            end -= flag
        most = self._begin + self._count * (_OF_WORD + 1)
        return self._pruned <= 0 and end >= most and self._reader.read(end - 1, 1) in (b"\0", b"\1")

    def walk(self, caps: Caps) -> int:
        """The place behind the model, word by word and matrix by matrix."""
        if self._begin + self._count * (_OF_WORD + 1) > self._reader.size:
            raise BrokenError("a dictionary that ends after the file", self._reader.size)
        caps.step(self._count)
        at = self._behind_words(caps) + 8 * max(0, self._pruned)
        quantized = False
        for what, rows in (("words", self._words + self._buckets), ("outputs", self._outputs)):
            if self._has_mark:
                is_packed = self._take(at, 1) != b"\0"
                quantized = is_packed and (what == "words" or quantized)
                at += 1
            at = self._behind_quantized(at) if quantized else self._behind_matrix(at, rows)
            if at > self._reader.size:
                text = (
                    f"the matrix of its {what} ends {at - self._reader.size:,} bytes after the file"
                )
                raise BrokenError(text, self._reader.size)
        return at

    def _behind_words(self, caps: Caps) -> int:
        at, base, window = self._begin, 0, b""
        for _ in range(self._count):
            end = window.find(b"\0", at - base)
            if end < 0 or end + _OF_WORD >= len(window):
                base = at
                window = self._reader.read(base, _WINDOW)
                caps.reading(len(window))
                end = window.find(b"\0", 0, _LONGEST_WORD)
                if end < 0 or end + _OF_WORD >= len(window):
                    raise BrokenError("cut in its dictionary, or no word there", base)
            if window[end + _OF_WORD] not in _KINDS:
                text = f"neither a word nor a label: {short(window[at - base : end])}"
                raise BrokenError(text, base + end)
            at = base + end + _OF_WORD + 1
        return at

    def _behind_matrix(self, at: int, rows: int) -> int:
        found, width = struct.unpack("<qq", self._take(at, 16))
        if width != self._dimensions or found < rows:
            raise BrokenError("a matrix of another size than its header says", at)
        return at + 16 + 4 * int(found) * int(width)

    def _behind_quantized(self, at: int) -> int:
        has_norms, rows, width, codes = struct.unpack("<?qqi", self._take(at, 21))
        if width != self._dimensions or min(rows, codes) < 0:
            raise BrokenError("a matrix of another size than its header says", at)
        at = self._behind_quantizer(at + 21 + codes)
        return self._behind_quantizer(at + rows) if has_norms else at

    def _behind_quantizer(self, at: int) -> int:
        width = struct.unpack("<4i", self._take(at, 16))[0]
        if width < 0:
            raise BrokenError("a number in its header that is too small", at)
        return at + 16 + 4 * _CENTROIDS * int(width)
