"""What the nodes of a graph of ONNX take from each other: each name has to be made, and once.

Tried with onnx 1.17's checker and onnxruntime: both refuse a node or an output of the graph whose
value nothing makes, and a value that two nodes make. The order of the nodes is not looked at
(onnxruntime sorts them), nor are graphs in attributes, which also see what is around them.
"""

from __future__ import annotations

from pmgit.formats.opinion import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.formats.protobuf import Messages

_GRAPH = 7
#: Fields of a graph: its nodes, tensors, inputs, outputs, and tensors that are mostly zeros.
_NODE, _TENSOR, _INPUT, _OUTPUT, _SPARSE = 1, 5, 11, 12, 15
#: Fields of a node.
_TAKES, _MAKES = 1, 2
_TENSOR_NAME, _VALUE_NAME, _VALUES = 8, 1, 1
#: A node has a tensor in it that is larger; its names stand before that.
_LARGEST_NODE = 1 << 16
_MOST_FAULTS = 20


def faults(messages: Messages, size: int) -> list[tuple[str, str]]:
    """What is wrong, and the name of the value; nothing where it cannot be made out."""
    graphs = [
        (at, end) for n, wire, at, end in messages.fields(0, size) if (n, wire) == (_GRAPH, 2)
    ]
    if len(graphs) != 1:  # readers put them together
        return []
    nodes: list[tuple[int, int]] = []
    given: set[bytes] = set()
    wanted: list[bytes] = []
    for number, wire, at, end in messages.fields(*graphs[0]):
        if wire != 2:
            continue
        if number == _NODE:
            nodes.append((at, end))
        elif number == _TENSOR:
            given.add(_name(messages, at, end, _TENSOR_NAME))
        elif number == _SPARSE:
            parts = messages.fields(at, end)
            given |= {_name(messages, a, z, _TENSOR_NAME) for n, _, a, z in parts if n == _VALUES}
        elif number in (_INPUT, _OUTPUT):
            name = _name(messages, at, end, _VALUE_NAME)
            if number == _INPUT:
                given.add(name)
            else:
                wanted.append(name)
    found: dict[tuple[str, str], None] = {}
    made: set[bytes] = set()
    for begin, end in nodes:
        names = _names(messages.text(begin, end, _LARGEST_NODE), end - begin)
        if names is None:
            return []
        takes, makes = names
        wanted += takes
        for name in filter(None, makes):
            if name in made:
                found["two nodes make one value", short(name)] = None
            made.add(name)
    for name in _absent(wanted, given | made):
        found["a value that nothing makes", short(name)] = None
    return list(found)[:_MOST_FAULTS]


def _absent(wanted: Iterable[bytes], there: set[bytes]) -> list[bytes]:
    """Those that are not there; an input that may be left out has no name."""
    return [name for name in wanted if name and name not in there]


def _name(messages: Messages, begin: int, end: int, field: int) -> bytes:
    found = b""
    for place in messages.all_of(field, begin, end):
        found = messages.text(*place)
    return found


def _names(node: bytes, size: int) -> tuple[list[bytes], list[bytes]] | None:
    """What a node takes and makes, read in one go: large models have tens of thousands of them."""
    takes: list[bytes] = []
    makes: list[bytes] = []
    at, end = 0, len(node)
    while at < end:
        key = node[at]
        if key & 7 != 2 or key > 0x7F:
            return None  # no node has such a field
        at, length, shift = at + 1, 0, 0
        while at < end:
            byte = node[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                break
        if key >> 3 == _TAKES:
            takes.append(node[at : at + length])
        elif key >> 3 == _MAKES:
            makes.append(node[at : at + length])
        at += length
    # Of a large one only the begin is here, and in it all names: they are its first fields.
    return (takes, makes) if at >= size or end < size else None
