"""Models of TensorFlow Lite: a flatbuffer, of which every table and vector has to be in the file.

After tensorflow/compiler/mlir/lite/schema/schema.fbs and the verifier of flatbuffers. Interpreters
follow these places without a look at where the file ends.
"""

from __future__ import annotations

import struct

from pmgit.formats import behind, graph_operations, zips
from pmgit.formats.names import TFLITE
from pmgit.formats.opinion import (
    BROKEN,
    BrokenError,
    FileFinding,
    Opinion,
    TooMuchError,
    opinion,
    short,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_MAGIC = b"TFL3"
_VERSION = 3
#: Fields of tables by their numbers: the bytes of a number, `s` text, `v` and the bytes of each
#: item of a vector, a table, a vector of tables in brackets, or with `?` a table whose kind is
#: the number in the field before: of these only such with vectors are listed.
_TABLES: dict[str, dict[int, int | str]] = {
    "Model": {
        0: 4, 1: "[OperatorCode]", 2: "[SubGraph]", 3: "s", 4: "[Buffer]", 5: "v4",
        6: "[Metadata]", 7: "[SignatureDef]",
    },
    "OperatorCode": {0: 1, 1: "s", 2: 4, 3: 4},
    "SubGraph": {0: "[Tensor]", 1: "v4", 2: "v4", 3: "[Operator]", 4: "s", 5: 4},
    "Tensor": {
        0: "v4", 1: 1, 2: 4, 3: "s", 4: "Quantization", 5: 1, 6: "Sparsity", 7: "v4", 8: 1,
        9: "[Variant]",
    },
    "Variant": {0: "v4", 1: 1, 2: 1},
    "Quantization": {0: "v4", 1: "v4", 2: "v4", 3: "v8", 4: 1, 5: "?Details", 6: 4},
    "Sparsity": {0: "v4", 1: "v4", 2: "[Dimension]"},
    "Dimension": {0: 1, 1: 4, 2: 1, 3: "?Indices", 4: 1, 5: "?Indices"},
    "Operator": {
        0: 4, 1: "v4", 2: "v4", 3: 1, 4: "?Options", 5: "v1", 6: 1, 7: "v1", 8: "v4", 9: 8, 10: 8,
        11: 1, 12: "?Options2", 13: 4,
    },
    "Buffer": {0: "v1", 1: 8, 2: 8},
    "Metadata": {0: "s", 1: 4},
    "SignatureDef": {0: "[TensorMap]", 1: "[TensorMap]", 2: "s", 4: 4},
    "TensorMap": {0: "s", 1: 4},
    "Details 1": {0: "v1"},
    "Indices 1": {0: "v4"}, "Indices 2": {0: "v2"}, "Indices 3": {0: "v1"},
    "Options 3": {1: "v4", 2: "v4"}, "Options 17": {0: "v4"}, "Options 30": {0: "v4"},
    "Options 111": {0: "s", 1: "s"}, "Options 115": {0: "v4"},
    "Options2 2": {0: "v8"}, "Options2 3": {0: "v8", 1: "v8", 2: "v8"},
    "Options2 4": {
        0: "v8", 1: "v8", 2: "v8", 3: "v8", 4: "v1", 7: "v8", 10: "v8", 13: "v8", 16: "v4",
    },
    "Options2 5": {0: "s", 2: "s", 4: "v4", 5: "v1"}, "Options2 6": {0: "v8"},
    "Options2 7": {1: "v8", 2: "v8", 3: "v8"}, "Options2 9": {0: "v8"},
    "Options2 10": {0: "v8", 1: "v8", 2: "v8"},
    "Options2 12": {0: "v8", 1: "v8", 2: "v8", 3: "v8", 4: "v4"},
    "Options2 13": {0: "v8", 1: "v8", 2: "v8", 3: "v8", 4: "v8"},
    "Options2 16": {0: "v8", 1: "v8", 2: "v8", 4: "v8"}, "Options2 17": {0: "v8"},
    "Options2 21": {0: "s", 2: "v1"}, "Options2 23": {0: "v4"},
}  # fmt: skip
#: Bytes of one number of a tensor, by its type; the others are texts, halves of bytes, resources.
_WIDTHS = {
    0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 8: 8, 9: 1, 10: 8, 11: 16, 12: 8, 15: 4, 16: 2,
    18: 2,
}  # fmt: skip
_WINDOW = 1 << 14
_MOST_FINDINGS, _MOST_NUMBERS = 200, 100_000
#: A table takes as long as so many opcodes of a pickle.
_STEPS = 8
#: What a writer may leave behind the last of its vectors, so that the next one would be aligned.
_PADDING = 64


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is a model of TensorFlow Lite: by its mark, in a head that is no text."""
    return head[4:8] == _MAGIC and b"\0" in head


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge the flatbuffer, and the archive behind it in which writers put descriptions."""
    found = _Flatbuffer(reader, caps)
    found.look()
    return opinion(TFLITE, found.findings)


class _Table:
    """A table: where it is, and the places of its fields."""

    __slots__ = ("at", "fields")

    def __init__(self, at: int, fields: tuple[int, ...]) -> None:
        self.at = at
        self.fields = fields

    def place(self, number: int) -> int:
        """Where a field is; 0 when the table has none."""
        offset = self.fields[number] if number < len(self.fields) else 0
        return self.at + offset if offset else 0


class _Flatbuffer:
    def __init__(self, reader: Reader, caps: Caps) -> None:
        self._reader = reader
        self._caps = caps
        self._at = 0
        self._buffer = b""
        self._known: dict[tuple[str, int], _Table] = {}
        #: Where the last thing ends that the model names.
        self._extent = 0
        #: Whether bytes lie behind the flatbuffer, as those of a large model do.
        self._is_apart = False
        self.findings: list[FileFinding] = []

    # --- bytes

    def _bytes(self, at: int, length: int, what: str) -> bytes:
        """Bytes at a place. BrokenError when the file ends before."""
        if at < 0 or at + length > self._reader.size:
            raise BrokenError(f"{what} lies behind the end", self._reader.size)
        if at < self._at or at + length > self._at + len(self._buffer):
            want = max(_WINDOW, length)
            # Writers go from the end to the begin, so what comes next is before and behind.
            self._at = max(0, at - _WINDOW // 2) if length <= _WINDOW // 2 else at
            self._caps.reading(4096 if length <= 4096 else length)
            self._caps.step(0)
            self._buffer = self._reader.read(self._at, want)
            if len(self._buffer) < at - self._at + length:
                raise BrokenError("it could not be read as far as it is long", at)
        begin = at - self._at
        return self._buffer[begin : begin + length]

    def _number(self, at: int, width: int, what: str, *, signed: bool = False) -> int:
        return int.from_bytes(self._bytes(at, width, what), "little", signed=signed)

    def _ends(self, end: int) -> None:
        self._extent = max(self._extent, end)

    # --- what flatbuffers are made of

    def _target(self, place: int, what: str) -> int:
        """Where the offset at a place leads to."""
        offset = self._number(place, 4, what)
        if not 0 < offset < 1 << 31 or place + offset >= self._reader.size:
            raise BrokenError(f"{what} lies behind the end", place)
        return place + offset

    def _table(self, at: int, kind: str) -> _Table:
        """The table of a kind at a place, with all that it names."""
        if (kind, at) in self._known:
            return self._known[kind, at]
        self._caps.step(_STEPS)
        back = self._number(at, 4, kind, signed=True)
        list_at = at - back
        head = self._bytes(list_at, 4, f"the list of fields of {kind}")
        length, extent = struct.unpack("<HH", head)
        if length < 4 or length % 2 or extent < 4 or at % 4 or list_at % 2:
            raise BrokenError(f"{kind} has a list of fields that is none", at)
        raw = self._bytes(list_at, length, f"the list of fields of {kind}")
        self._bytes(at, extent, kind)
        self._ends(max(at + extent, list_at + length))
        table = _Table(at, struct.unpack(f"<{length // 2 - 2}H", raw[4:]))
        if any(0 < one < 4 or one >= extent for one in table.fields):
            raise BrokenError(f"{kind} has a field outside of it", at)
        self._known[kind, at] = table
        for number, what in _TABLES.get(kind, {}).items():
            place = table.place(number)
            if place:
                before = table.place(number - 1) if number else 0
                self._field(place, before, what, at + extent, kind)
        return table

    def _field(self, place: int, before: int, what: int | str, end: int, kind: str) -> None:
        """Look at what a field leads to; `before` is where the field before it is."""
        width = what if isinstance(what, int) else 4
        if place + width > end or place % width:
            raise BrokenError(f"{kind} has a field outside of it", place)
        if isinstance(what, int):
            return
        if what == "s":
            self._text(place)
        elif what[0] == "v":
            self._vector(place, int(what[1:]), kind)
        elif what[0] == "[":
            for one in self._offsets(place, what[1:-1]):
                self._table(one, what[1:-1])
        else:
            if what[0] == "?":
                what = f"{what[1:]} {self._number(before, 1, what) if before else 0}"
            self._table(self._target(place, what), what)

    def _vector(self, place: int, width: int, kind: str) -> tuple[int, int]:
        """Where the items of a vector begin, and how many there are."""
        at = self._target(place, f"a vector of {kind}")
        count = self._number(at, 4, f"a vector of {kind}")
        if at % 4 or at + 4 + count * width > self._reader.size:
            raise BrokenError(f"a vector of {kind} ends behind the end", at)
        self._ends(at + 4 + count * width)
        return at + 4, count

    def _text(self, place: int) -> bytes:
        """The first bytes of a text, behind which a NUL has to stand."""
        begin, count = self._vector(place, 1, "text")
        if self._bytes(begin + count, 1, "a text") != b"\0":
            raise BrokenError("a text without its end", begin + count)
        self._ends(begin + count + 1)
        return self._bytes(begin, min(count, 256), "a text")

    def _offsets(self, place: int, kind: str) -> list[int]:
        """The places of the tables of a vector."""
        begin, count = self._vector(place, 4, kind)
        self._caps.step(count)
        self._caps.reading(4 * count)
        found = []
        for first in range(0, count, 1024):
            some = min(1024, count - first)
            at = begin + 4 * first
            for number, offset in enumerate(
                struct.unpack(f"<{some}I", self._bytes(at, 4 * some, kind))
            ):
                found.append(at + 4 * number + offset)
        return found

    def _tables(self, table: _Table, number: int, kind: str) -> list[_Table]:
        place = table.place(number)
        return [self._table(at, kind) for at in self._offsets(place, kind)] if place else []

    def _numbers(self, table: _Table, number: int) -> list[int]:
        """The numbers of a vector of whole ones, of four bytes each."""
        place = table.place(number)
        if not place:
            return []
        begin, count = self._vector(place, 4, "numbers")
        if count > _MOST_NUMBERS:
            raise TooMuchError(f"more than {_MOST_NUMBERS:,} tensors of an operation")
        self._caps.step(count // 16)
        self._caps.reading(4 * count)
        return list(struct.unpack(f"<{count}i", self._bytes(begin, 4 * count, "numbers")))

    def _value(self, table: _Table, number: int, width: int = 4, *, signed: bool = False) -> int:
        place = table.place(number)
        return self._number(place, width, "a number", signed=signed) if place else 0

    # --- what the tables say of each other

    def look(self) -> None:
        root = self._table(self._target(0, "its root"), "Model")
        if self._value(root, 0) != _VERSION:
            raise BrokenError(f"version {self._value(root, 0)} of the format is unknown")
        buffers = self._tables(root, 4, "Buffer")
        lengths = [self._length(one) for one in buffers]
        codes = self._tables(root, 1, "OperatorCode")
        graphs = self._tables(root, 2, "SubGraph")
        if not graphs:
            raise BrokenError("a model without a graph")
        for code in codes:
            self._of_code(code)
        for graph in graphs:
            self._of_graph(graph, lengths, len(codes))
        for one in self._tables(root, 6, "Metadata"):
            if self._value(one, 1) >= len(buffers):
                raise BrokenError("metadata in a buffer that there is not", one.at)
        for one in self._tables(root, 7, "SignatureDef"):
            if self._value(one, 4) >= len(graphs):
                raise BrokenError("a signature of a graph that there is not", one.at)
        self._behind()

    def _length(self, buffer: _Table) -> int:
        """The bytes of a buffer; of a large model they lie behind the flatbuffer."""
        offset, size = self._value(buffer, 1, 8), self._value(buffer, 2, 8)
        if self._lies_apart(offset, size, "a buffer"):
            return size
        place = buffer.place(0)
        return self._vector(place, 1, "Buffer")[1] if place else 0

    def _lies_apart(self, offset: int, size: int, what: str) -> bool:
        """Whether so many bytes lie at an offset of the file, which is 0 or 1 where none do."""
        if offset > 1:
            if offset + size > self._reader.size:
                raise BrokenError(f"{what} ends behind the end", self._reader.size)
            self._ends(offset + size)
            self._is_apart = True
        return offset > 1

    def _of_code(self, code: _Table) -> None:
        place = code.place(1)
        if not place:
            return
        name = self._text(place).decode("utf-8", "replace")
        verdict, why = graph_operations.verdict(name.removeprefix("Flex"), self._reader.name)
        if why and name.startswith("Flex"):
            self.findings.append(FileFinding(verdict, f"an operation that {why}", short(name)))

    def _of_graph(self, graph: _Table, lengths: list[int], codes: int) -> None:
        tensors = self._tables(graph, 0, "Tensor")
        for tensor in tensors:
            self._of_tensor(tensor, lengths)
        for operator in self._tables(graph, 3, "Operator"):
            if self._value(operator, 0) >= codes:
                raise BrokenError("an operation that is not listed", operator.at)
            offset, size = self._value(operator, 9, 8), self._value(operator, 10, 8)
            self._lies_apart(offset, size, "what an operation is set to")
            for number in (1, 2, 8):
                self._are_tensors(operator, number, len(tensors))
        for number in (1, 2):
            self._are_tensors(graph, number, len(tensors))

    def _are_tensors(self, table: _Table, number: int, count: int) -> None:
        if any(not -1 <= one < count for one in self._numbers(table, number)):
            raise BrokenError("a tensor that is not listed", table.at)

    def _of_tensor(self, tensor: _Table, lengths: list[int]) -> None:
        buffer = self._value(tensor, 2)
        if buffer >= max(len(lengths), 1):
            raise BrokenError("a tensor in a buffer that there is not", tensor.at)
        width = _WIDTHS.get(self._value(tensor, 1, 1))
        if not (buffer and lengths[buffer] and width) or tensor.place(6):
            return
        elements = 1
        for size in self._numbers(tensor, 0):
            elements = min(elements * max(size, 0), 1 << 62)
        if elements * width != lengths[buffer]:
            text = f"a tensor of {elements * width:,} bytes has {lengths[buffer]:,}"
            if len(self.findings) < _MOST_FINDINGS:
                name = self._text(tensor.place(3)) if tensor.place(3) else b""
                self.findings.append(FileFinding(BROKEN, text, short(name), offset=tensor.at))

    def _is_lost_table(self, end: int) -> bool:
        """Whether a small table with its numbers is all that lies behind `end`, with its list of
        fields or behind that of another table.

        A flatbuffer is written from its end on, and the first table is often the code of an
        operation that the converter has left out later.
        """
        size = self._reader.size
        if end % 4 or not 8 <= size - end <= _PADDING:
            return False
        for at in range(end, size - 7, 4):
            back = self._number(at, 4, "a table", signed=True)
            if 4 <= back <= _PADDING and at in (end, end + back):
                length, extent = struct.unpack("<HH", self._bytes(at - back, 4, "its fields"))
                if 4 <= length <= back and at + extent == size:
                    return True
        return False

    def _behind(self) -> None:
        """What stands behind the flatbuffer: nothing, or an archive with its description."""
        size, end = self._reader.size, self._extent
        left = size - end
        if b"PK\x05\x06" in self._reader.read(max(end, size - 65_557), 65_557):
            self.findings += zips.attached(self._reader, end, self._caps)
            return
        if size % 4 and not self._is_apart:
            self.findings.append(FileFinding(BROKEN, "it ends in its padding", offset=size))
        self._caps.reading(min(left, 1 << 20))
        rest = self._reader.read(end, min(left, 1 << 20))
        if rest[:_PADDING].lstrip(b"\0").startswith(b"PK\3\4"):
            text = "an archive without its directory behind the model: it was cut"
            self.findings.append(FileFinding(BROKEN, text, offset=end))
        elif (left > _PADDING or rest.strip(b"\0")) and not self._is_lost_table(end):
            self.findings += behind.findings(self._reader, end, self._caps, "the model")
