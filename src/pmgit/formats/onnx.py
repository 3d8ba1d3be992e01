"""ONNX models: the graph, and where it says that the numbers lie outside of the file."""

from __future__ import annotations

import os
import re
import stat

from pmgit.formats import onnx_wires
from pmgit.formats.members import wrong_name
from pmgit.formats.names import ONNX
from pmgit.formats.onnx_tensor import PlainTensor
from pmgit.formats.opinion import (
    BROKEN,
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
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

#: Fields by their numbers in onnx.proto, as `message: {field: message}`.
_BELOW = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "weight", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse",
    },
    "sparse": {1: "tensor", 2: "tensor"},
}  # fmt: skip
_VERSION, _GRAPH, _OPERATORS = 1, 7, 8
#: The version from which on a model says which operators it has; and more than there will be soon:
#: in nine years 13 came.
_WITH_OPERATORS, _HIGHEST_VERSION = 3, 100
_OPERATION, _ATTRIBUTE = 4, 5
_RUNS_CODE = re.compile(rb"Py(?:thon)?(?:Op|Func)|EPContext")
_NAME, _EXTERNAL, _LOCATION = 8, 13, 14
_IS_EXTERNAL = 1
#: Fields of a model, with the kinds that they are written in.
_FIELDS = {
    1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2,
}  # fmt: skip
#: Graphs in graphs.
_DEEPEST = 30
_KEYS = frozenset(("location", "offset", "length", "checksum"))
_MOST_FINDINGS = 200
_SMALL_NODE = 4096


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this begins as a model of ONNX does: versions and names, then the graph.

    A SavedModel of TensorFlow and a model of Core ML begin with a version too, and have no graph.
    """
    at = 0
    while at + 1 < len(head):
        number, kind = head[at] >> 3, head[at] & 7
        if _FIELDS.get(number) != kind or (at == 0 and number != 1):
            return False
        if number == _GRAPH:
            return True
        end = next((n for n in range(at + 1, len(head)) if head[n] < 0x80), len(head))
        value = sum((byte & 0x7F) << 7 * n for n, byte in enumerate(head[at + 1 : end + 1]))
        at = end + 1 + (value if kind == 2 else 0)
    return False


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge the model: every message has to be whole, and every external file inside its folder."""
    return opinion(ONNX, _Model(reader, caps).look())


class _Model:
    def __init__(self, reader: Reader, caps: Caps) -> None:
        self._reader = reader
        self._messages = Messages(reader, caps)
        self._found: list[FileFinding] = []
        #: What is known of each external file: its size, None where it cannot be looked at.
        self._sizes: dict[str, int | None] = {}

    def look(self) -> list[FileFinding]:
        self._walk("model", 0, self._reader.size, 0)
        fields = {n: value for n, _, value, _ in self._messages.fields(0, self._reader.size)}
        if _GRAPH not in fields:
            raise BrokenError("a model without a graph")
        version = fields.get(_VERSION, 0)
        if not version:
            # Refused by onnx.checker; onnxruntime 1.32 runs it.
            self._add(WARN, "a model of no version, which some readers refuse", "")
        elif version > _HIGHEST_VERSION:
            text = f"a model of the unknown version {version:,} of the format"
            self._add(BROKEN, f"{text}, which no reader takes", "")
        if _OPERATORS not in fields:
            # They stand behind the graph; readers demand them from version 3 on, which is of 2017.
            verdict = BROKEN if version >= _WITH_OPERATORS else WARN
            self._add(verdict, "a model without the version of its operators: it may be cut", "")
        for text, name in onnx_wires.faults(self._messages, self._reader.size):
            self._add(BROKEN, text, name)
        return self._found

    def _walk(
        self, kind: str, begin: int, end: int, depth: int, weights: set[bytes] | None = None
    ) -> None:
        """Look at a message and at those in it. `weights` are the names of those in its graph."""
        if depth > _DEEPEST:
            raise BrokenError(f"graphs in graphs, more than {_DEEPEST} deep", begin)
        if kind in ("tensor", "weight"):
            self._tensor(begin, end, weights if kind == "weight" else None)
            return
        # Of the tensors of this graph that are its weights, by their names.
        weights = set()
        for number, wire, at, until in self._messages.fields(begin, end):
            below = _BELOW[kind].get(number)
            # A tensor outside names its file. Models have tens of thousands of nodes without one.
            if below == "node" and wire == 2:
                text = self._messages.text(at, until, _SMALL_NODE)
                if _RUNS_CODE.search(text):
                    self._node(at, until)
                small = until - at <= _SMALL_NODE
                below = "" if small and b"location" not in text else below
            if below and wire == 2:
                self._walk(below, at, until, depth + 1, weights)

    def _node(self, begin: int, end: int) -> None:
        """Look at a node that may be code of Python, or a context of a device in another file."""
        operation, texts, embedded = b"", {}, True
        for number, wire, at, until in self._messages.fields(begin, end):
            if number == _OPERATION and wire == 2:
                operation = self._messages.text(at, until)
            elif number == _ATTRIBUTE and wire == 2:
                key, text, value = b"", b"", 1
                for inner, kind, first, last in self._messages.fields(at, until):
                    if kind == 2 and inner in (1, 4):
                        found = self._messages.text(first, last)
                        key, text = (found, text) if inner == 1 else (key, found)
                    elif kind == 0 and inner == 3:
                        value = first
                texts[key] = text
                embedded = embedded and (key != b"embed_mode" or value != 0)
        if operation in (b"PyOp", b"PyFunc", b"PythonOp", b"PythonOpGrad"):
            self._add(UNSAFE, "an operation that runs code of Python", short(operation))
        elif operation == b"EPContext" and not embedded:
            place = texts.get(b"ep_cache_context", b"").decode("utf-8", "backslashreplace")
            wrong = wrong_name(place)
            if wrong:
                self._add(UNSAFE, f"the context of a device: {wrong}", short(place))

    def _tensor(self, begin: int, end: int, weights: set[bytes] | None) -> None:
        """Look at a tensor. One of the weights has a name of its own, and its numbers."""
        name, entries, is_external = b"", [], False
        plain = PlainTensor()
        for number, wire, at, until in self._messages.fields(begin, end):
            if number == _NAME and wire == 2:
                name = self._messages.text(at, until)
            elif number == _EXTERNAL and wire == 2:
                entries.append((at, until))
            elif number == _LOCATION and wire == 0:
                is_external = at == _IS_EXTERNAL
            elif weights is not None:
                plain.take(self._messages, number, wire, at, until)
        if weights is None:
            if entries or is_external:
                self._external(short(name), entries)
            return
        if not name or name in weights:
            what = "two weights of one name" if name else "a weight without a name"
            # Refused by onnx.checker; onnxruntime 1.32 takes the last one of a name.
            self._add(WARN, f"{what}, which some readers refuse", short(name))
        weights.add(name)
        if entries or is_external:
            self._external(short(name), entries, plain)
        fault = plain.fault(is_external=bool(entries) or is_external)
        if fault:
            self._add(BROKEN, f"a tensor with {fault}", short(name))

    def _external(
        self, name: str, entries: list[tuple[int, int]], plain: PlainTensor | None = None
    ) -> None:
        values: dict[str, str] = {}
        for begin, end in entries[:100]:
            pair = ["", ""]
            for number, wire, at, until in self._messages.fields(begin, end):
                if wire == 2 and number in (1, 2):
                    pair[number - 1] = self._messages.text(at, until).decode("utf-8", "replace")
            if pair[0] not in _KEYS:
                self._add(UNSAFE, "sets something of the reader that is no place", short(pair[0]))
            if pair[0] in values:
                self._add(BROKEN, "a tensor outside: its place is named twice", name)
            values[pair[0]] = pair[1]
        location = values.get("location", "")
        wrong = wrong_name(location) if location else "no name"
        if wrong:
            self._add(UNSAFE if location else BROKEN, f"a tensor outside: {wrong}", short(location))
            return
        numbers = {}
        for key in ("offset", "length"):
            text = values.get(key, "0")
            if not (text.isascii() and text.isdigit() and len(text) < 20):
                self._add(BROKEN, f"a tensor outside: its {key} is no number", name)
                return
            numbers[key] = int(text)
        needed = plain.size() if plain else None
        if needed is not None and "length" in values and numbers["length"] != needed:
            text = f"a tensor outside: {numbers['length']:,} bytes, its shape takes {needed:,}"
            self._add(BROKEN, text, name)
            return
        size = self._size(location)
        end = numbers["offset"] + (numbers["length"] or needed or 0)
        if size is not None and end > size:
            over = end - size
            text = f"a tensor outside ends {over:,} bytes after {short(location)}"
            self._add(BROKEN, text, name)

    def _size(self, location: str) -> int | None:
        """The size of an external file; None where it cannot be known."""
        if location not in self._sizes:
            self._sizes[location] = self._measure(location) if self._reader.folder else None
        return self._sizes[location]

    def _measure(self, location: str) -> int | None:
        path = self._reader.folder
        for part in location.replace("\\", "/").split("/"):
            path = os.path.join(path, part)
            try:
                state = os.lstat(path)
            except (OSError, ValueError):
                self._add(BROKEN, "a file with its tensors is missing", short(location))
                return None
            if stat.S_ISLNK(state.st_mode):
                if _leads_out(path, self._reader.folder):
                    text = "a tensor outside: a link that leads out of its folder"
                    self._add(UNSAFE, text, short(location))
                    return None
                try:
                    state = os.stat(path)
                except OSError:
                    self._add(BROKEN, "a file with its tensors is missing", short(location))
                    return None
        if not stat.S_ISREG(state.st_mode):
            self._add(UNSAFE, "a tensor outside: it is no regular file", short(location))
            return None
        return state.st_size

    def _add(self, verdict: str, message: str, evidence: str) -> None:
        # What blocks is kept, however many warnings stand before it.
        if len(self._found) < _MOST_FINDINGS or verdict != WARN:
            self._found.append(FileFinding(verdict, message, evidence))


def _leads_out(link: str, folder: str) -> bool:
    """Whether a link leads out of the folder of the model.

    The cache of the Hub is made of links to `../../blobs/`, and onnxruntime refuses these too.
    """
    top = os.path.realpath(folder)
    return not os.path.realpath(link).startswith(os.path.join(top, ""))
