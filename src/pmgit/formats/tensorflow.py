"""Graphs of TensorFlow: SavedModel, a frozen graph, a graph beside a checkpoint, Keras metadata.

A graph is a program, which reads and writes files where it has operations for that. Every saved
model has some, to save itself: there the name of the file comes from who asks for it, and is no
constant of the graph.
"""

from __future__ import annotations

import bisect
import json
import re

from pmgit.formats import graph_operations
from pmgit.formats.keras_config import judge_config
from pmgit.formats.kinds import is_text
from pmgit.formats.members import wrong_name
from pmgit.formats.names import GRAPH, KERAS_METADATA, SAVED_MODEL
from pmgit.formats.opinion import (
    BROKEN,
    UNKNOWN,
    UNSAFE,
    WARN,
    BrokenError,
    FileFinding,
    Opinion,
    opinion,
    short,
)  # fmt: skip
from pmgit.formats.protobuf import Messages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_BYTES = 2
_CORE_ML = ".mlmodel"
#: Fields by their numbers (tensorflow/core/protobuf, core/framework).
_SAVED_META = 2
_META_GRAPH, _META_ASSET, _META_OBJECTS = 2, 6, 7
_GRAPH_NODE, _GRAPH_LIBRARY, _GRAPH_VERSIONS = 1, 2, 4
_NODE_NAME, _NODE_OP, _NODE_INPUT = 1, 2, 3
_OPERATION = re.compile(rb"[A-Za-z_>][\w>]{0,200}")
_TEXT_STRING = re.compile(rb"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\"")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|.)", re.DOTALL)
_TEXT_OPERATION = re.compile(rb"\bop\s*:\s*((?:(?:%b)\s*)++)" % _TEXT_STRING.pattern)
#: A node that is larger holds numbers, and is read field by field.
_SMALL_NODE = 1 << 14
#: A node takes as long as so many opcodes of a pickle.
_STEPS = 8
_MOST_FINDINGS = 200
_LONGEST_JSON = 5_000_000
_MOST_TEXT_NODES = 100_000
#: Names of files come from here when somebody asks for it.
_ASKED = frozenset((b"Placeholder", b"PlaceholderV2", b"PlaceholderWithDefault", b"_Arg"))
#: Stands for a placeholder among the numbers of arguments.
_ASKED_FOR = -1
#: The name that a Saver of TensorFlow 1 has until its caller gives one, and what it puts behind it.
_SAVERS_OWN = re.compile(rb"model|_temp_[0-9a-f]{32}/part")
#: The fields of a tensor that hold texts: string_val, and tensor_content.
_TEXTS_OF_TENSORS = (8, 4)
_MAIN = b""
#: So many bytes, and names, are searched at once.
_PORTION, _MOST_NAMES = 1 << 20, 100


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this begins as a SavedModel, a graph, or Keras metadata does.

    A model of Core ML does, too, and says by its name what it is.
    """
    if reader.name.lower().endswith(_CORE_ML):
        return False
    return bool(_kind(head)) or _is_meta(head, reader)


def _is_meta(head: bytes, reader: Reader) -> bool:
    """Whether this begins as a graph beside a checkpoint: what is said of it, as the operations
    that it needs, then the graph."""
    inner = _behind_length(head, 1)
    at = inner + _length(head, 1)
    if head[:1] != b"\x0a" or at < 4:
        return False
    if head[inner : inner + 1] == b"\x12":
        listed = head[_behind_length(head, inner + 1) :]
        name = listed[_behind_length(listed, 1) :]
        begin = _behind_length(name, 1)
        if (listed[:1], name[:1]) == (b"\x0a", b"\x0a"):
            return bool(_OPERATION.fullmatch(name[begin : begin + _length(name, 1)]))
    behind = reader.read(at, 600)
    return behind[:1] == b"\x12" and _kind(behind[_behind_length(behind, 1) :]) == GRAPH


def _kind(head: bytes) -> str:
    """What a content of these first bytes is; '' when it is none of these."""
    if head[:3] == b"\x08\x01\x12":
        inner = _behind_length(head, 3)
        return SAVED_MODEL if head[inner : inner + 1] in (b"\x0a", b"\x12") else ""
    if head[:1] != b"\x0a":
        return ""
    inner = _behind_length(head, 1)
    if head[inner : inner + 6] == b"\x1a\x04root" or head[inner : inner + 1] == b"\x10":
        return KERAS_METADATA if b'"_tf_keras' in head or b"_tf_keras_" in head else ""
    # The first node: its name, then its operation.
    if head[inner : inner + 1] != b"\x0a":
        return ""
    name = _behind_length(head, inner + 1)
    at = name + _length(head, inner + 1)
    if head[at : at + 1] != b"\x12":
        return ""
    begin = _behind_length(head, at + 1)
    operation = head[begin : begin + _length(head, at + 1)]
    return GRAPH if operation and _OPERATION.fullmatch(operation) else ""


def _length(head: bytes, at: int) -> int:
    """The number at a place of a head."""
    value = shift = 0
    for byte in head[at : at + 10]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value


def _behind_length(head: bytes, at: int) -> int:
    while at < len(head) and head[at] >= 0x80:
        at += 1
    return at + 1


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge what it is by its begin or, where that is open, by its name."""
    base = reader.name.replace("\\", "/").rpartition("/")[2].lower()
    head = reader.read(0, 4096)
    kind = _kind(head)
    model = _GraphFile(reader, caps)
    if base == "saved_model.pb" or kind == SAVED_MODEL:
        return opinion(SAVED_MODEL, model.saved_model())
    if base == "keras_metadata.pb" or kind == KERAS_METADATA:
        return opinion(KERAS_METADATA, model.metadata())
    if base.endswith(".meta") or (not kind and _is_meta(head, reader)):
        return opinion(GRAPH, model.meta_graph(0, reader.size))
    return opinion(GRAPH, model.graph(0, reader.size))


def by_name(reader: Reader, caps: Caps, name: str) -> str:
    """The kind of a file of messages (.pb) by what a loader would read it as, whatever it begins
    with: its fields may stand in any order; '' when it is no graph. BrokenError when it is nothing.

    Other programs write `.pb` too (Caffe2 its nets, whose first field is a name): messages, and
    text.
    """
    if name.endswith(("saved_model.pb", "keras_metadata.pb")):
        return SAVED_MODEL
    found = _GraphFile(reader, caps)
    try:
        found.graph(0, reader.size)
    except BrokenError:
        if not is_text(reader.read(0, 4096)):
            for _ in Messages(reader, caps).fields(0, reader.size):
                pass
        return ""
    return GRAPH if found.count else ""


def judge_text(text: bytes, name: str) -> list[FileFinding]:
    """What speaks against a graph as text, in a file of this name. The names of the files that it
    writes are not followed in it."""
    if len(text) > _LONGEST_JSON:
        return [FileFinding(UNKNOWN, "a graph as text that is too long to judge")]
    found = []
    for number, one in enumerate(_TEXT_OPERATION.finditer(text)):
        if number > _MOST_TEXT_NODES:
            found.append(FileFinding(UNKNOWN, "a graph as text that is too long to judge"))
            break
        pieces = [_ESCAPE.sub(_meant, piece[1:-1]) for piece in _TEXT_STRING.findall(one[1])]
        operation = b"".join(pieces).decode("utf-8", "replace")
        verdict, why = graph_operations.verdict(operation, name)
        if why and len(found) < _MOST_FINDINGS:
            text_of = f"an operation that {why}"
            found.append(FileFinding(verdict, text_of, short(operation), one.start()))
    return found


def _meant(escape: re.Match[bytes]) -> bytes:
    """The byte that an escape of a text stands for."""
    if escape[1]:
        return bytes([int(escape[1], 8) & 0xFF])
    return bytes([int(escape[2], 16)]) if escape[2] else escape[0][1:]


class _Scope:
    """A graph or a function: where its nodes are, the names of its arguments, and those of its
    nodes that write files of a name that they are given."""

    __slots__ = ("arguments", "constants", "name", "nodes", "writers")

    def __init__(self) -> None:
        self.name = _MAIN
        self.arguments: list[bytes] = []
        self.nodes: list[tuple[int, int]] = []
        #: Those that are large and call nothing.
        self.constants: set[tuple[int, int]] = set()
        self.writers: list[tuple[int, int]] = []


class _GraphNode:
    """A node: its name, its operation, what it takes; of a small one how many fields it has.

    `place` is where it begins and ends, where somebody asks for it again.
    """

    __slots__ = ("fields", "inputs", "name", "operation", "place")

    def __init__(self) -> None:
        self.fields = 0
        self.place = (0, 0)
        self.name = self.operation = b""
        self.inputs: list[bytes] = []


class _GraphFile:
    def __init__(self, reader: Reader, caps: Caps) -> None:
        self._reader = reader
        self._caps = caps
        self._messages = Messages(reader, caps)
        self._found: list[FileFinding] = []
        #: Nodes that have an operation.
        self.count = 0
        #: The names of constants, and of what other nodes take.
        self._constants: set[bytes] = set()
        self._used: set[bytes] = set()

    def _add(self, verdict: str, message: str, evidence: str | bytes = "") -> None:
        if len(self._found) < _MOST_FINDINGS:
            self._found.append(FileFinding(verdict, message, short(evidence)))

    # --- the messages

    def saved_model(self) -> list[FileFinding]:
        graphs = 0
        for number, wire, at, until in self._messages.fields(0, self._reader.size):
            if number == _SAVED_META and wire == _BYTES:
                graphs += 1
                self.meta_graph(at, until)
        if not graphs:
            raise BrokenError("a SavedModel without a graph: it was cut", self._reader.size)
        return self._found

    def meta_graph(self, begin: int, end: int) -> list[FileFinding]:
        numbers = set()
        for number, wire, at, until in self._messages.fields(begin, end):
            numbers.add(number)
            if wire != _BYTES:
                continue
            if number == _META_GRAPH:
                self.graph(at, until)
            elif number == _META_ASSET:
                self._asset(at, until)
            elif number == _META_OBJECTS:
                self._objects(at, until)
        if _META_GRAPH not in numbers:
            raise BrokenError("it ends before its graph: it was cut", end)
        return self._found

    def graph(self, begin: int, end: int) -> list[FileFinding]:
        scopes = [_Scope()]
        numbers = set()
        for number, wire, at, until in self._messages.fields(begin, end):
            numbers.add(number)
            if number == _GRAPH_NODE and wire == _BYTES:
                self._node(scopes[0], at, until)
            elif number == _GRAPH_LIBRARY and wire == _BYTES:
                scopes += [self._function(*one) for one in self._messages.all_of(1, at, until)]
        if _GRAPH_VERSIONS not in numbers and begin == 0 and self.count:
            # It is the last field, and most writers have set it since 2016. What is cut has numbers
            # whose operation came behind.
            cut = bool(self._constants - self._used)
            text = "a graph without the version of its writer: it may be cut"
            self._add(BROKEN if cut else WARN, text)
        _WrittenNames(self._messages, self._reader, self._caps, scopes).follow(self._add)
        return self._found

    def metadata(self) -> list[FileFinding]:
        nodes = 0
        for begin, end in self._messages.all_of(1, 0, self._reader.size):
            nodes += 1
            for place in self._messages.all_of(5, begin, end):
                self._json(*place)
        if not nodes:
            raise BrokenError("Keras metadata of nothing", self._reader.size)
        return self._found

    def _asset(self, begin: int, end: int) -> None:
        for place in self._messages.all_of(2, begin, end):
            name = self._messages.text(*place)
            wrong = wrong_name(name.decode("utf-8", "backslashreplace"))
            if wrong:
                self._add(UNSAFE, f"a file that it needs: {wrong}", name)

    def _objects(self, begin: int, end: int) -> None:
        """Layers of Keras, as TensorFlow before 2.5 keeps them: text of JSON in an object."""
        for one in self._messages.all_of(1, begin, end):
            for made in self._messages.all_of(4, *one):
                for place in self._messages.all_of(3, *made):
                    self._json(*place)

    def _json(self, begin: int, end: int) -> None:
        if end - begin > _LONGEST_JSON:
            self._add(UNKNOWN, "a configuration that is too long to judge")
            return
        self._caps.reading(end - begin)
        raw = self._reader.read(begin, end - begin)
        if not raw.lstrip().startswith(b"{"):
            return
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            self._add(BROKEN, "the configuration of a layer is no JSON")
            return
        self._caps.step(len(raw) // 16)
        self._found += judge_config(document, "")

    def _function(self, begin: int, end: int) -> _Scope:
        scope = _Scope()
        for number, wire, at, until in self._messages.fields(begin, end):
            if number == 1 and wire == _BYTES:
                for place in self._messages.all_of(1, at, until):
                    scope.name = self._messages.text(*place)
                for argument in self._messages.all_of(2, at, until):
                    names = [
                        self._messages.text(*place) for place in self._messages.all_of(1, *argument)
                    ]
                    scope.arguments.append(names[-1] if names else b"")
            elif number == 3 and wire == _BYTES:
                self._node(scope, at, until)
        return scope

    def _node(self, scope: _Scope, begin: int, end: int) -> None:
        """Look at one node of a graph or a function."""
        self._caps.step(_STEPS)
        scope.nodes.append((begin, end))
        node = read_node(self._messages, begin, end)
        name = node.operation.decode("utf-8", "replace")
        if node.operation == b"Const":
            self._constants.add(node.name)
            if end - begin > _SMALL_NODE:
                scope.constants.add((begin, end))
        self._used.update(one.partition(b":")[0].lstrip(b"^") for one in node.inputs)
        self.count += bool(_OPERATION.fullmatch(node.operation))
        verdict, why = graph_operations.verdict(name, self._reader.name)
        if why:
            self._add(verdict, f"an operation that {why}", name)
        elif name in graph_operations.MAPS:
            if b"memmapped_package://" not in self._messages.text(begin, end, _SMALL_NODE):
                self._add(UNSAFE, "an operation that reads files", name)
        elif name in graph_operations.PRINTS:
            if b"file:" in self._messages.text(begin, end, _SMALL_NODE):
                self._add(UNSAFE, "an operation that writes files", name)
        elif name in graph_operations.WRITES_NAMED:
            scope.writers.append((begin, end))


def read_node(messages: Messages, begin: int, end: int) -> _GraphNode:
    """The node between two places. Raises BrokenError."""
    if end - begin <= _SMALL_NODE:
        plain = _plain_node(messages.text(begin, end, _SMALL_NODE))
        if plain is not None:
            messages.count(plain.fields)
            return plain
    node = _GraphNode()
    for number, wire, at, until in messages.fields(begin, end):
        if wire == _BYTES and number in (_NODE_NAME, _NODE_OP, _NODE_INPUT):
            text = messages.text(at, until)
            if number == _NODE_INPUT:
                node.inputs.append(text)
            elif number == _NODE_OP:
                node.operation = text
            else:
                node.name = text
    return node


def _plain_node(data: bytes) -> _GraphNode | None:
    """The node in these bytes, if it has nothing but short fields of bytes, as nearly all have."""
    node = _GraphNode()
    at, size = 0, len(data)
    while at < size - 1:
        node.fields += 1
        key, length, begin = data[at], data[at + 1], at + 2
        if length >= 0x80 and begin < size:
            length = length & 0x7F | data[begin] << 7
            begin += 1
        at = begin + length
        if key & 7 != _BYTES or not 8 <= key < 0x80 or length >= 1 << 14 or at > size:
            return None
        if key >> 3 == _NODE_INPUT:
            node.inputs.append(data[begin:at])
        elif key >> 3 == _NODE_OP:
            node.operation = data[begin:at]
        elif key >> 3 == _NODE_NAME:
            node.name = data[begin:at]
    return node if at == size else None


class _WrittenNames:
    """Where the names of the files come from that a graph writes.

    Every saved model has operations that save it, under a name that the program gives which calls
    them. A name that is made of constants alone is written whenever the model is used. Before
    TensorFlow 1.11 the name to be given was a constant, too (`_SAVERS_OWN`).
    """

    def __init__(
        self, messages: Messages, reader: Reader, caps: Caps, scopes: list[_Scope]
    ) -> None:
        self._messages = messages
        self._reader = reader
        self._caps = caps
        self._scopes = scopes
        self._known: dict[_Scope, dict[bytes, _GraphNode]] = {}
        self._all: list[tuple[int, int, int]] = []

    def follow(self, add: Callable[[str, str, bytes], None]) -> None:
        """Call `add` for each operation that writes a file of a name which nobody is asked for."""
        writes: dict[bytes, set[int]] = {}
        for scope in self._scopes:
            for writer in scope.writers:
                node = read_node(self._messages, *writer)
                for number in graph_operations.WRITES_NAMED[node.operation.decode()]:
                    found = self._arguments(scope, node.inputs[number : number + 1])
                    if not found:
                        text = "an operation that writes a file of a name of its own"
                        add(UNSAFE, text, node.operation)
                    elif scope.name:
                        writes.setdefault(scope.name, set()).update(found - {_ASKED_FOR})
        if writes:
            self._all = sorted(
                (*place, number)
                for number, scope in enumerate(self._scopes)
                for place in scope.nodes
                if place not in scope.constants
            )
        done: set[bytes] = set()
        # Each function once, so it ends.
        while new := {name: args for name, args in writes.items() if name not in done and args}:
            done |= new.keys()
            waiting = [*new]
            for first in range(0, len(waiting), _MOST_NAMES):
                names = waiting[first : first + _MOST_NAMES]
                for name, scope, node in self._callers(names):
                    for number in new[name]:
                        found = self._arguments(scope, self._given(node, name, number))
                        if not found:
                            text = "calls a function that writes a file, with a name of its own"
                            add(UNSAFE, text, name)
                        elif scope.name:
                            writes.setdefault(scope.name, set()).update(found - {_ASKED_FOR})

    def _given(self, node: _GraphNode, function: bytes, number: int) -> list[bytes]:
        """What a function gets as its argument of this number; all, where that is open."""
        plain = node.operation in (b"PartitionedCall", b"StatefulPartitionedCall", function)
        return node.inputs[number : number + 1] if plain else node.inputs

    def _nodes(self, scope: _Scope) -> dict[bytes, _GraphNode]:
        """The nodes of a scope by their names."""
        key = scope
        if key not in self._known:
            self._caps.step(_STEPS * len(scope.nodes))
            found = {}
            for place in scope.nodes:
                node = read_node(self._messages, *place)
                node.place = place
                found[node.name] = node
            self._known[key] = found
        return self._known[key]

    def _arguments(self, scope: _Scope, inputs: list[bytes]) -> set[int]:
        """The numbers of the arguments that values are made of, and _ASKED_FOR for a placeholder or
        the name that a Saver has until somebody gives one; nothing, where they are made of other
        constants alone."""
        nodes = self._nodes(scope)
        numbers = {name: number for number, name in enumerate(scope.arguments)}
        found: set[int] = set()
        texts: list[bytes] = []
        waiting, seen = list(inputs), set()
        while waiting:
            one = waiting.pop()
            name = one.partition(b":")[0]
            if one.startswith(b"^") or name in seen:
                continue
            seen.add(name)
            self._caps.step(3)
            if name in numbers:
                found.add(numbers[name])
            elif name in nodes:
                node = nodes[name]
                if node.operation in _ASKED:
                    found.add(_ASKED_FOR)
                elif node.operation == b"Const":
                    texts += self._texts_of(*node.place)
                waiting += node.inputs
        if not found and texts and all(map(_SAVERS_OWN.fullmatch, texts)):
            found.add(_ASKED_FOR)
        return found

    def _texts_of(self, begin: int, end: int) -> list[bytes]:
        """The texts that a constant holds (`attr["value"].tensor.string_val`)."""
        found = []
        for attribute in self._messages.all_of(5, begin, end):
            for value in self._messages.all_of(2, *attribute):
                for tensor in self._messages.all_of(8, *value):
                    for number, wire, at, until in self._messages.fields(*tensor):
                        if wire == _BYTES and number in _TEXTS_OF_TENSORS:
                            found.append(self._messages.text(at, until))
        return found

    def _callers(self, names: list[bytes]) -> Iterator[tuple[bytes, _Scope, _GraphNode]]:
        """The nodes in which the name of one of these functions stands, with what has them."""
        one_of = re.compile(b"|".join(map(re.escape, sorted(names, key=len, reverse=True))))
        for begin, data in self._portions():
            for hit in one_of.finditer(data):
                self._caps.step(50)
                place = begin + hit.start()
                at = bisect.bisect_right(self._all, place, key=lambda one: one[0]) - 1
                if at >= 0 and place < self._all[at][1]:
                    first, last, number = self._all[at]
                    node = read_node(self._messages, first, last)
                    yield hit[0], self._scopes[number], node

    def _portions(self) -> Iterator[tuple[int, bytes]]:
        """The bytes of all nodes that may call something, with the place where they begin."""
        at = 0
        while at < len(self._all):
            begin, end = self._all[at][:2]
            at += 1
            while at < len(self._all) and self._all[at][0] - end < 100 and end - begin < _PORTION:
                end = self._all[at][1]
                at += 1
            self._caps.reading(end - begin)
            yield begin, self._reader.read(begin, end - begin)
