"""GGUF files of llama.cpp: the header, the list of tensors, and the chat templates.

After ggml/src/gguf.cpp and the description of the format: the numbers are never read.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from pmgit.formats import behind, kinds, zero_tail
from pmgit.formats.names import GGUF
from pmgit.formats.opinion import BROKEN, WARN, BrokenError, FileFinding, Opinion, opinion, short
from pmgit.formats.templates import judge_template
from pmgit.formats.zero_tail import Extent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
#: Bytes of one value, by its type; text (8) and arrays (9) have their length before them.
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_CODES = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_TEXT, _ARRAY, _UINT32, _BOOL = 8, 9, 4, 7
_ALIGNMENT = b"general.alignment"
_TEXTS = (b"general.architecture", b"tokenizer.ggml.model")
_WHOLE_NUMBERS = (0, 1, 2, 3, 4, 5, 10, 11)
_NUMBER, _COUNT, _WORDS = b"split.no", b"split.count", b"tokenizer.ggml.tokens"
_SPLITS = (_NUMBER, _COUNT)
_OF_WORDS = (b"tokenizer.ggml.scores", b"tokenizer.ggml.token_type")
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
_SMALLEST_PAIR, _SMALLEST_TENSOR = 13, 24
_LONGEST_KEY, _LONGEST_NAME, _MOST_DIMENSIONS = 65_535, 64, 4
_LONGEST_TEMPLATE = 4_000_000
#: A longer text is not kept, nor are more entries.
_LONGEST_KEPT, _MOST_KEPT = 4_000, 10_000
#: Elements in a block and bytes of a block, by the type of a tensor (ggml.h, `ggml_type`).
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8),
    28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip
#: Types that were there for a while: no program reads them any more.
_GONE = frozenset((4, 5, 31, 32, 33, 36, 37, 38))
_WINDOW = 1 << 16


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is a GGUF file; a text may begin with these letters too."""
    return head.startswith(_MAGIC) and (b"\0" in head[4:8] or len(head) < 8)


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge the header, the tensors and the templates."""
    return opinion(GGUF, GgufFile(reader, caps).look())


@dataclass(frozen=True)
class GgufTensor:
    """A tensor: its name, its shape (the innermost dimension first), the number of its type, and
    its bytes from the begin of the data."""

    name: bytes
    shape: tuple[int, ...]
    kind: int
    offset: int
    size: int


class GgufFile:
    """A file that is looked through once. With `keeps`, what is in it is kept meanwhile: in
    `entries` the numbers, the begin of texts, chat templates, and of arrays how long they are; in
    `tensors` the tensors, which begin at `data`."""

    def __init__(self, reader: Reader, caps: Caps, *, keeps: bool = False) -> None:
        self._keeps = keeps
        self.version = self.data = 0
        self.entries: dict[str, Any] = {}
        self.templates: dict[str, str] = {}
        self.tensors: list[GgufTensor] = []
        self._reader = reader
        self._caps = caps
        self._at = 4
        self._begin = 0  # of the window
        self._buffer = b""
        self._order = "<"
        #: What the file says of its place among others, and the lengths of lists of its vocabulary.
        self._split: dict[bytes, int] = {}
        self._lengths: dict[bytes, int] = {}
        self._found: list[FileFinding] = []

    def look(self) -> list[FileFinding]:
        """What is wrong with it; BrokenError or TooMuchError where it cannot be read on."""
        version = self._number("I")
        if version not in _VERSIONS:
            swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
            if swapped not in _VERSIONS:
                raise BrokenError(f"version {version} of the format is unknown", 4)
            self._order = ">"
        self.version = version if version in _VERSIONS else swapped
        tensors, pairs = self._number("Q"), self._number("Q")
        left = self._reader.size - self._at
        if pairs > left // _SMALLEST_PAIR:
            raise BrokenError(f"{pairs:,} entries do not fit into the file", 16)
        if tensors > left // _SMALLEST_TENSOR:
            raise BrokenError(f"{tensors:,} tensors do not fit into the file", 8)
        alignment = self._pairs(pairs)
        self._tensors(tensors, alignment)
        self._of_split()
        self._of_vocabulary()
        return self._found

    def _of_split(self) -> None:
        """Whether a part of a model is the part that its name says: llama.cpp finds the others by
        this name, and refuses one with another number."""
        named = _PART.search(self._reader.name)
        count = self._split.get(_COUNT, 0)
        if not named or count < 2:
            return
        number, of = int(named[1]), int(named[2])
        if count != of or self._split.get(_NUMBER, number - 1) != number - 1:
            text = f"part {self._split.get(_NUMBER, 0) + 1:,} of {count:,}, under another's name"
            self._found.append(FileFinding(BROKEN, text))

    def _of_vocabulary(self) -> None:
        """Whether each word has its score and its type: llama.cpp takes as many of each."""
        words = self._lengths.get(_WORDS, 0)
        for key in _OF_WORDS:
            length = self._lengths.get(key, words)
            if length < words:
                text = f"{words:,} words, and {short(key)} has {length:,}"
                self._found.append(FileFinding(BROKEN, text))

    # --- bytes

    def _take(self, length: int) -> bytes:
        """The next bytes. BrokenError when the file ends before."""
        if length > self._reader.size - self._at:
            raise BrokenError("it ends in its header", self._at)
        pos = self._at - self._begin
        if pos < 0 or pos + length > len(self._buffer):
            want = max(length, min(_WINDOW, self._reader.size - self._at))
            self._caps.reading(want)
            self._buffer, self._begin, pos = self._reader.read(self._at, want), self._at, 0
        self._at += length
        return self._buffer[pos : pos + length]

    def _skip(self, length: int) -> None:
        if length > self._reader.size - self._at:
            raise BrokenError("it ends in its header", self._at)
        self._at += length

    def _number(self, code: str) -> int:
        data = self._take(struct.calcsize("<" + code))
        found: int = struct.unpack(self._order + code, data)[0]
        return found

    def _length(self, most: int, what: str) -> int:
        length = self._number("Q")
        if length > most or length > self._reader.size - self._at:
            raise BrokenError(f"{what} of {length:,} bytes", self._at - 8)
        return length

    # --- entries

    def _pairs(self, count: int) -> int:
        """Look at the entries; the alignment of the tensors."""
        alignment = 32
        keys: set[bytes] = set()
        for _ in range(count):
            self._caps.step(10)
            key = self._take(self._length(_LONGEST_KEY, "a key"))
            if key in keys:
                raise BrokenError(f"the key {short(key)} stands twice", self._at)
            keys.add(key)
            if not key or not key.isascii():
                raise BrokenError("a key that is no ASCII", self._at)
            kind = self._number("I")
            if key in _TEXTS and kind != _TEXT:
                raise BrokenError(f"{short(key)} is no text", self._at)
            if key in _SPLITS and kind not in _WHOLE_NUMBERS:
                raise BrokenError(f"{short(key)} is no whole number", self._at)
            if kind == _TEXT and key != _ALIGNMENT:
                self._text(key)
            elif kind == _ARRAY and key != _ALIGNMENT:
                self._array(key)
            elif key == _ALIGNMENT:
                if kind != _UINT32:
                    raise BrokenError("the alignment is no whole number", self._at)
                alignment = self._number("I")
                if alignment == 0 or alignment & (alignment - 1) or alignment % 8:
                    raise BrokenError(f"an alignment of {alignment:,} bytes", self._at)
                self._keep(key, alignment)
            elif kind in _WIDTHS:
                value = self._take(_WIDTHS[kind])
                if kind == _BOOL and value not in (b"\0", b"\1"):
                    raise BrokenError(f"{short(key)} is neither true nor false", self._at)
                number = struct.unpack(self._order + _CODES[kind], value)[0]
                if key in _SPLITS:
                    self._split[key] = number
                self._keep(key, number)
            else:
                raise BrokenError(f"{short(key)} has the unknown type {kind}", self._at)
        return alignment

    def _text(self, key: bytes) -> None:
        length = self._length(self._reader.size, "a text")
        if not _is_template(key) or length > _LONGEST_TEMPLATE:
            if self._keeps and length <= _LONGEST_KEPT:
                self._keep(key, self._take(length).decode("utf-8", "replace"))
            else:
                self._keep(key, f"a text of {length:,} bytes")
                self._skip(length)
            if _is_template(key):
                raise BrokenError(f"a chat template of {length:,} bytes", self._at)
            return
        try:
            text = self._take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise BrokenError(f"{short(key)} is not UTF-8", self._at) from None
        self._found += judge_template(text, short(key))
        if self._keeps:
            self.templates[short(key)] = text

    def _keep(self, key: bytes, value: Any) -> None:
        if self._keeps and len(self.entries) < _MOST_KEPT:
            self.entries[key.decode("ascii")] = value

    def _array(self, key: bytes) -> None:
        kind, count = self._number("I"), self._number("Q")
        left = self._reader.size - self._at
        if key == _WORDS or key in _OF_WORDS:
            self._lengths[key] = count
        if kind == _ARRAY:
            raise BrokenError(f"{short(key)} is an array of arrays", self._at)
        self._keep(key, f"an array of {count:,} {'texts' if kind == _TEXT else 'numbers'}")
        if kind in _WIDTHS:
            if count > left // _WIDTHS[kind]:
                raise BrokenError(f"{short(key)} has {count:,} items", self._at)
            self._skip(count * _WIDTHS[kind])
            return
        if kind != _TEXT:
            raise BrokenError(f"{short(key)} has items of the unknown type {kind}", self._at)
        if count > left // 8:
            raise BrokenError(f"{short(key)} has {count:,} items", self._at)
        self._texts(count, is_template=_is_template(key), key=key)

    def _texts(self, count: int, *, is_template: bool, key: bytes) -> None:
        """Pass over texts; a vocabulary has hundreds of thousands."""
        unpack = struct.Struct(self._order + "Q").unpack_from
        size = self._reader.size
        for done in range(count):
            if not done % 4096:
                self._caps.step(min(3072, count - done))
            pos = self._at - self._begin
            if pos < 0 or pos + 8 > len(self._buffer):
                self._take(8)
                self._at -= 8
                pos = self._at - self._begin
            length = unpack(self._buffer, pos)[0]
            self._at += 8 + length
            if self._at > size:
                raise BrokenError("it ends in its header", self._at - length)
            if is_template:
                self._at -= length
                text = self._take(min(length, _LONGEST_TEMPLATE))
                self._found += judge_template(text.decode("utf-8", "replace"), short(key))

    # --- tensors

    def _tensors(self, count: int, alignment: int) -> None:
        names: set[bytes] = set()
        spans: list[Extent] = []
        expected = 0
        last = b""
        for _ in range(count):
            self._caps.step(15)
            length = self._number("Q")
            if length >= _LONGEST_NAME:
                raise BrokenError(f"the name of a tensor has {length:,} bytes", self._at)
            last = name = self._take(length)
            if name in names:
                raise BrokenError(f"the tensor {short(name)} stands twice", self._at)
            if b"\0" in name or not kinds.is_utf8(name):
                what = "a NUL" if b"\0" in name else "bytes that are no UTF-8"
                raise BrokenError(f"the name {short(name)} of a tensor has {what}", self._at)
            names.add(name)
            shape, kind, size = self._tensor(name)
            offset = self._number("Q")
            block, width = _BLOCKS[kind]
            row = shape[0] // block * width if len(shape) > 1 else 0
            spans.append(Extent(offset, offset + size, row, width))
            if self._keeps:
                self.tensors.append(GgufTensor(name, shape, kind, offset, size))
            if offset % alignment:
                raise BrokenError(f"the tensor {short(name)} is not aligned", self._at)
            if offset != expected:
                text = f"the tensor {short(name)} begins at {offset:,}, not at {expected:,}"
                raise BrokenError(text, self._at)
            expected = -(-(offset + size) // alignment) * alignment
            end = offset + size
        self.data = data = -(-self._at // alignment) * alignment
        if count and data + end > self._reader.size:
            over = data + end - self._reader.size
            text = f"the tensor {short(last)} ends {over:,} bytes after the file"
            self._found.append(FileFinding(BROKEN, text, offset=self._reader.size))
        elif count and self._reader.size < data + expected:
            # All numbers are there. Most writers fill up the last tensor as the others.
            text = "it ends in the padding behind its last tensor: it may be cut"
            self._found.append(FileFinding(WARN, text, offset=self._reader.size))
        elif self._reader.size > data + expected and count:
            self._found += behind.findings(self._reader, data + expected, self._caps, "its tensors")
        else:
            moved = [Extent(data + one.begin, data + one.end, one.row, one.width) for one in spans]
            self._found += zero_tail.findings(self._reader, self._caps, moved)

    def _tensor(self, name: bytes) -> tuple[tuple[int, ...], int, int]:
        """The shape, the type and the bytes of a tensor."""
        dimensions = self._number("I")
        if dimensions > _MOST_DIMENSIONS:
            raise BrokenError(f"the tensor {short(name)} has {dimensions:,} dimensions", self._at)
        shape = [self._number("Q") for _ in range(dimensions)]
        kind = self._number("I")
        if kind not in _BLOCKS:
            what = "which no program reads any more" if kind in _GONE else "which is unknown"
            raise BrokenError(f"the tensor {short(name)} has the type {kind}, {what}", self._at)
        elements = 1
        for size in shape:
            elements *= size
            if elements >= 2**63:
                raise BrokenError(f"the tensor {short(name)} is too large for any file", self._at)
        block, width = _BLOCKS[kind]
        if shape and shape[0] % block:
            text = f"a row of the tensor {short(name)} is no multiple of {block}"
            raise BrokenError(text, self._at)
        return tuple(shape), kind, elements // block * width


def _is_template(key: bytes) -> bool:
    return key.startswith(b"tokenizer.chat_template")
