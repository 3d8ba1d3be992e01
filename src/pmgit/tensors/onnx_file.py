"""ONNX: the tensors of the graph, what goes in and comes out, the sets of operators.

Tensors are initializers, and the values of nodes (constants), also in graphs below a node.
"""

from __future__ import annotations

from math import prod

from pmgit.formats import dtypes
from pmgit.formats.opinion import BrokenError, short
from pmgit.formats.protobuf import Messages
from pmgit.tensors.contents import MOST_DIMENSIONS, FileContents, ListedTensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_BYTES = 2
#: Fields of a model that are one text or number.
_OF_MODEL = {1: "ir_version", 2: "producer_name", 3: "producer_version", 4: "domain",
             5: "model_version"}  # fmt: skip
_GRAPH, _OPERATORS, _PROPERTIES = 7, 8, 14
#: Fields that hold numbers in another way than as their bytes, with the word for it.
_AS_FIELDS = {4: "", 5: "varints", 7: "varints", 10: "", 11: "varints"}
#: Fields of an attribute that hold tensors, and graphs.
_TENSORS, _GRAPHS = (5, 10), (6, 11)
_DEEPEST = 30
#: A longer name is cut.
_LONGEST_NAME = 4096


def read(reader: Reader, caps: Caps) -> FileContents:
    """The contents of the model."""
    return _ModelListing(reader, caps).read()


class _ModelListing:
    def __init__(self, reader: Reader, caps: Caps) -> None:
        self._size = reader.size
        self._caps = caps
        self._messages = Messages(reader, caps)
        self._found = FileContents()

    def read(self) -> FileContents:
        found = self._found
        for number, wire, at, until in self._fields(0, self._size):
            if number in _OF_MODEL:
                value = self._text(at, until) if wire == _BYTES else str(at)
                if value:
                    found.say(_OF_MODEL[number], value)
            elif number == _GRAPH and wire == _BYTES:
                self._graph(at, until, 0)
            elif number == _OPERATORS and wire == _BYTES:
                domain, version = self._pair(at, until)
                found.say(f"opset {domain or 'ai.onnx'}", version)
            elif number == _PROPERTIES and wire == _BYTES:
                key, value = self._pair(at, until)
                found.say(key, value)
        return found

    def _fields(self, begin: int, end: int) -> Iterator[tuple[int, int, int, int]]:
        for one in self._messages.fields(begin, end):
            self._caps.step()
            yield one

    def _text(self, at: int, until: int) -> str:
        return short(self._messages.text(at, until, _LONGEST_NAME))

    def _pair(self, begin: int, end: int) -> tuple[str, str]:
        """A message of two fields, as text."""
        values = {1: "", 2: ""}
        for number, wire, at, until in self._fields(begin, end):
            if number in values:
                values[number] = self._text(at, until) if wire == _BYTES else str(at)
        return values[1], values[2]

    def _graph(self, begin: int, end: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise BrokenError(f"graphs in graphs, more than {_DEEPEST} deep", begin)
        nodes = 0
        found = self._found
        for number, wire, at, until in self._fields(begin, end):
            if wire != _BYTES:
                continue
            if number == 1:
                nodes += 1
                self._node(at, until, depth)
            elif number == 5:
                found.tensors.append(self._tensor(at, until))
            elif depth == 0 and number == 2:
                found.say("graph", self._text(at, until))
            elif depth == 0 and number == 11:
                found.inputs.append(self._value(at, until))
            elif depth == 0 and number == 12:
                found.outputs.append(self._value(at, until))
        if depth == 0:
            found.say("nodes", nodes)

    def _node(self, begin: int, end: int, depth: int) -> None:
        """List what a node holds: the value of a constant is called as what comes out of it."""
        output, attributes = "", []
        for number, wire, at, until in self._fields(begin, end):
            if number == 2 and wire == _BYTES and not output:
                output = self._text(at, until)
            elif number == 5 and wire == _BYTES:
                attributes.append((at, until))
        for attribute in attributes:
            for number, wire, at, until in self._fields(*attribute):
                if number in _TENSORS and wire == _BYTES:
                    self._found.tensors.append(self._tensor(at, until, output))
                elif number in _GRAPHS and wire == _BYTES:
                    self._graph(at, until, depth + 1)

    def _tensor(self, begin: int, end: int, otherwise: str = "") -> ListedTensor:
        """A tensor; `otherwise` is its name when it has none."""
        shape: list[int] = []
        kind, name, raw, outside, layout = 0, "", (-1, 0), "", ""
        for number, wire, at, until in self._fields(begin, end):
            if number == 1:
                shape += [at] if wire != _BYTES else self._packed(at, until)
            elif number == 2 and wire != _BYTES:
                kind = at
            elif number == 8 and wire == _BYTES:
                name = self._text(at, until)
            elif number == 9 and wire == _BYTES:
                raw = at, until - at
            elif number in _AS_FIELDS and wire == _BYTES:
                raw, layout = (at, until - at), _AS_FIELDS[number]
            elif number == 13 and wire == _BYTES:
                key, value = self._pair(at, until)
                outside = value if key == "location" else outside
        name = name or otherwise
        dims = tuple(shape[:MOST_DIMENSIONS])
        dtype = dtypes.ONNX.get(kind, f"type {kind}")
        if outside:
            return ListedTensor(name, dtype, dims, prod(dims), f"in {short(outside)}")
        return ListedTensor(name, dtype, dims, prod(dims), layout, "", raw[0], raw[1])

    def _packed(self, begin: int, end: int) -> list[int]:
        """Numbers that stand one behind the other in one field."""
        found: list[int] = []
        data = self._messages.text(begin, end, 10 * MOST_DIMENSIONS)
        value = shift = 0
        for byte in data:
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                found.append(value)
                value = shift = 0
        return found

    def _value(self, begin: int, end: int) -> ListedTensor:
        """An input or output: its shape has -1 where any size will do."""
        name, kind = "", 0
        shape: list[int] = []
        for number, wire, at, until in self._fields(begin, end):
            if number == 1 and wire == _BYTES:
                name = self._text(at, until)
            elif number == 2 and wire == _BYTES:
                for inner, inner_wire, a, b in self._fields(at, until):
                    if inner == 1 and inner_wire == _BYTES:
                        kind, shape = self._type(a, b)
        dtype = dtypes.ONNX.get(kind, f"type {kind}")
        return ListedTensor(name, dtype, tuple(shape[:MOST_DIMENSIONS]), 0)

    def _type(self, begin: int, end: int) -> tuple[int, list[int]]:
        kind, shape = 0, []
        for number, wire, at, until in self._fields(begin, end):
            if number == 1 and wire != _BYTES:
                kind = at
            elif number == 2 and wire == _BYTES:
                for inner, inner_wire, a, b in self._fields(at, until):
                    if inner == 1 and inner_wire == _BYTES:
                        sizes = [value for n, w, value, _ in self._fields(a, b) if (n, w) == (1, 0)]
                        shape.append(sizes[0] if sizes else -1)
        return kind, shape
