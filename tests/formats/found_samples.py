"""Samples of kinds that a second set of files has found, which was made without a look at these."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING

from tests.formats.assemble import (
    CALL,
    array,
    call,
    field,
    gguf,
    gguf_tensor,
    legacy,
    named,
    onnx,
    pickled,
    state_dict,
    storage_id,
    text,
    torch_zip,
    zipped,
)
from tests.formats.container_samples import ENTRY, LOCAL, changed
from tests.formats.pickle_samples import tarred
from tests.formats.tensor_samples import encode, keras, layer, model, one

if TYPE_CHECKING:
    from tests.formats.container_samples import Samples

_END = b"PK\x05\x06"
_SPACE = named("argparse", "Namespace") + b")R"
#: A tensor of 18 bytes, and what fills it up.
_PADDED_GGUF = gguf(tensors=(gguf_tensor(b"w", (32,), 2),), body=bytes(32))
#: A dictionary with a text, bytes, numbers and an array in it.
_MSGPACK = b"\x82\xa1w\xc4\x04abcd\xa1l\x93\x01\xcb" + bytes(8) + b"\xc7\x03\x01xyz"
_UNKNOWN = named("my_package", "swish")
#: More classes than there are findings of one file, each thrown away again.
_MANY_NAMES = b"".join(named("my_package", f"Class{number}") + b"0" for number in range(60))
#: `os.system`, by a name that is worked out, and called.
_WORKED_OUT = (
    call("numpy.core", "_ufunc_reconstruct", "os", "system") + text("echo pmgit") + b"\x85R"
)


def found() -> Samples:
    """Verdict and content by the name of the file."""
    return _pickles() | _zips() | _arrays() | _others()


def _big(function: str, module: str = "builtins") -> bytes:
    """Something is made of very many numbers."""
    numbers = named("builtins", "range") + b"J\xff\xff\xff\x7f\x85R"
    return pickled(named(module, function) + numbers + b"\x85R")


def _old_array(name: str) -> bytes:
    """An array of joblib before 0.10, which lies in a file beside the pickle."""
    state = b"}" + text("filename") + text(name) + b"s"
    return pickled(named("joblib.numpy_pickle", "NDArrayWrapper") + b")\x81" + state + b"b")


def _as_text(data: bytes) -> bytes:
    """What protocol 2 has in place of bytes, in the pickle of a tensor by Python alone."""
    as_text = named("_codecs", "encode") + b"(" + text(data.decode("latin-1")) + text("latin1")
    return pickled(named("torch.storage", "_load_from_bytes") + as_text + b"tR\x85R")


def _as_line(data: bytes) -> bytes:
    """The same in protocol 0, whose lines have escapes."""
    line = data.decode("latin-1").replace("\\", "\\u005c").replace("\0", "\\u0000")
    line = line.replace("\n", "\\u000a").replace("\r", "\\u000d").replace("\x1a", "\\u001a")
    as_text = b"c_codecs\nencode\n(V" + line.encode("raw-unicode-escape") + b"\nVlatin1\ntR"
    return b"ctorch.storage\n_load_from_bytes\n(" + as_text + b"tR."


def _pickles() -> Samples:
    method = text("__setstate__") + _UNKNOWN
    endless = named("itertools", "count") + b")R"
    checkpoint, other_count = legacy(), legacy()[:-32] + struct.pack("<q", 7) + bytes(24)
    return {
        # What an object has got as its state is called to put something into it.
        "state-twice.pkl": ("unsafe", pickled(_SPACE + b"}" + method + b"sbNb")),
        "append-behind-state.pkl": (
            "unsafe", pickled(_SPACE + b"}" + text("append") + _UNKNOWN + b"sb" + text("x") + b"a"),
        ),
        "one-state.pkl": ("ok", pickled(_SPACE + b"}" + text("lr") + b"K\x01sb")),
        # A function that is only kept, and one that is called by another one.
        "kept-function.pkl": ("warn", pickled(b"}" + text("activation") + _UNKNOWN + b"s")),
        # However many harmless things stand before what runs.
        "behind-many-names.pkl": ("unsafe", pickled(_MANY_NAMES + _WORKED_OUT)),
        "called-function.pkl": ("unsafe", pickled(call("my_package", "swish", "x"))),
        "handed-function.pkl": (
            "unsafe",
            pickled(
                named("torch._tensor", "_rebuild_from_type_v2") + b"(" + _UNKNOWN
                + named("torch", "Tensor") + b"(" + text("x") + b"t}tR"
            ),
        ),
        "function-in-a-default.pkl": (
            "warn", pickled(named("collections", "defaultdict") + _UNKNOWN + b"\x85R"),
        ),
        "constructor.pkl": ("warn", pickled(call("my_package", "_rebuild_thing", "x"))),
        # More than memory, or time, has.
        "endless.pkl": ("unsafe", pickled(named("builtins", "list") + endless + b"\x85R")),
        "many-pairs.pkl": ("unsafe", _big("OrderedDict", "collections")),
        "long-array.pkl": (
            "unsafe",
            pickled(
                named("array", "array") + text("b") + named("builtins", "range")
                + b"J\xff\xff\xff\x7f\x85R\x86R"
            ),
        ),
        "large-storage.pkl": (
            "unsafe", pickled(named("torch", "FloatStorage") + b"J\xff\xff\xff\x7f\x85R"),
        ),
        "large-tensor.pkl": (
            "unsafe", pickled(named("torch", "FloatTensor") + b"J\xff\xff\xff\x0fK\x09\x86R"),
        ),
        "fraction.pkl": ("unsafe", pickled(call("fractions", "Fraction", "1e999999999"))),
        "small-fraction.pkl": ("ok", pickled(call("fractions", "Fraction", "1/3"))),
        # A tensor by Python alone, of before protocol 3.
        "as-text.pkl": ("ok", _as_text(checkpoint)),
        "as-line.pkl": ("ok", _as_line(checkpoint)),
        "unsafe-as-line.pkl": ("unsafe", _as_line(pickled(text("\xe9") + b"0" + CALL))),
        "unsafe-as-text.pkl": ("unsafe", _as_text(pickled(CALL))),
        "changes-a-logger.pkl": (
            "unsafe", pickled(call("logging", "getLogger", "root") + b"}" + text("a") + b"Nsb"),
        ),
        "old-array-elsewhere.joblib": ("unsafe", _old_array("/etc/x.npy")),
        "old-array-beside.joblib": ("ok", _old_array("m.joblib_01.npy")),
        # Storages of before torch 1.6: which, and how many elements each has.
        "beyond-storage.pt": ("broken", torch_zip(state_dict(storage_id(count=5)))),
        "in-storage.pt": ("ok", torch_zip(state_dict(storage_id(count=6)))),
        "beyond-storage.pth": ("broken", checkpoint.replace(b"K\x06NtQ", b"K\x05NtQ")[:-4]),
        "no-key.pth": ("broken", checkpoint.replace(b"](" + text("0") + b"e", b"]")),
        "other-count.pth": ("broken", other_count),
    }  # fmt: skip


def _with_gap(data: bytes, gap: bytes) -> bytes:
    """The zip with bytes between its members and its directory."""
    at, end = data.index(ENTRY), data.rindex(_END) + len(gap)
    data = data[:at] + gap + data[at:]
    return data[: end + 16] + struct.pack("<I", at + len(gap)) + data[end + 20 :]


def _commented(data: bytes, comment: bytes) -> bytes:
    return data[:-2] + struct.pack("<H", len(comment)) + comment


def _named_twice(name: bytes) -> bytes:
    """A zip whose second member has a name in UTF-8 in an extra field too."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a/data.pkl"), pickled(b"}"))
        info = zipfile.ZipInfo("a/x.txt")
        info.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, 0) + name
        archive.writestr(info, b"x")
        archive.writestr(zipfile.ZipInfo("a/version"), b"3\n")
    return out.getvalue()


def _script(code: bytes) -> bytes:
    more = {"constants.pkl": pickled(b")"), "code/__torch__.py": code}
    return torch_zip(pickled(b"}"), more=more)


def _zips() -> Samples:
    good = torch_zip()
    hidden = torch_zip(pickled(CALL))
    hidden = hidden[: hidden.index(ENTRY)]
    elf = b"\x7fELF\x02\x01\x01" + bytes(60)
    return {
        "other-name.pt": ("unsafe", _named_twice(b"../x.txt")),
        "same-name.pt": ("ok", _named_twice(b"a/x.txt")),
        "hidden-member.pt": ("broken", _with_gap(good, hidden)),
        "hidden-pickle.pt": ("broken", _with_gap(good, pickled(CALL) + b"x" * 20)),
        "padded.pt": ("ok", _with_gap(good, bytes(100))),
        "comment-of-bytes.pt": ("broken", _commented(good, pickled(CALL))),
        "local-size.pt": ("broken", changed(good, LOCAL, 22, b"\x09\x00\x00\x00")),
        "program-inside.pt": ("unsafe", torch_zip(more={"data.bin": elf})),
        "README.ENGINE": ("warn", b"ENGINE\n======\n"),
        "app.aar": ("ok", zipped({"jni/arm64/libx.so": elf, "classes.jar": zipped({"a": b"1"})})),
        "library.mar": ("unsafe", zipped({"lib/y.so": elf, "MAR-INF/M.json": b"1"})),
        "library.pt2": ("unsafe", zipped({"model/a.so": elf, "model/version": b"1"})),
        "saves.pt": ("unsafe", _script(b"def f():\n  torch . save ([1], 'a.txt')\n")),
        "loads.pt": ("unsafe", _script(b"def f():\n  return ops.aten.from_file('/etc/passwd')\n")),
        "saved.pt": ("ok", _script(b"def saved(x):\n  return torch.saved_tensors(x)\n")),
        # Several archives in one file are how torch writes a distributed checkpoint.
        "__0_0.distcp": ("ok", good + torch_zip(pickled(b"}")) + good),
        "unsafe.distcp": ("unsafe", torch_zip(pickled(CALL)) + good),
        "broken.distcp": ("broken", good[:-30] + good),
        "text-first.distcp": ("broken", b"text\n" * 9 + good),
        "two.pt": ("broken", good + good),
        "keras.pt": ("broken", keras(model(layer("Dense")))),
        "in-numbers.safetensors": (
            "unsafe",
            encode(one(dtype="U8", shape=[len(good)], data_offsets=[0, len(good)])) + good,
        ),
    }  # fmt: skip


def _arrays() -> Samples:
    short = array(body=bytes(20))
    numbers = bytes(8_000_000)
    return {
        "short-packed.npz": ("broken", zipped({"a.npy": short}, compress=True)),
        "sum-of-packed.npz": (
            "broken", changed(zipped({"a.npy": array()}, compress=True), ENTRY, 16, b"abcd"),
        ),
        "page.npz": ("broken", zipped({"a.npy": b"<html></html>"})),
        "nothing-in-it.npz": ("broken", zipped({"a.npy": b""})),
        "large-packed.npz": (
            "ok", zipped({"a.npy": array(shape="(2000000,)", body=numbers)}, compress=True),
        ),
        "large-short.npz": (
            "broken",
            zipped({"a.npy": array(shape="(2000009,)", body=numbers)}, compress=True),
        ),
    }  # fmt: skip


def _node(operation: str, *attributes: bytes) -> bytes:
    parts = field(1, b"x") + field(2, b"z") + field(4, operation.encode())
    return onnx(graph=field(1, parts + b"".join(field(5, one) for one in attributes)))


def _others() -> Samples:
    place = field(1, b"ep_cache_context") + field(4, b"../x.bin")
    apart, within = (field(1, b"embed_mode") + field(3, n) for n in (0, 1))
    near = field(1, b"ep_cache_context") + field(4, b"x.bin")
    bad_layers = {
        "words-of-a-file": layer("StringLookup", config={"vocabulary": "/etc/passwd"}),
        "words-of-a-page": layer("TextVectorization", config={"vocabulary": "http://a/b"}),
        "other-graph": layer("TFSMLayer", config={"filepath": "a.txt"}),
        "wrapped-pickle": layer("TorchModuleWrapper", config={"module": "gASV"}),
        "eval": layer("function", "builtins", config="eval", registered_name="function"),
        "no-name": layer("system", "keras..os"),
        "of-tests": layer("TestCase", "keras.src.testing.test_case"),
        "of-backend": layer("function", "keras.src.backend.x", config="load", registered_name="x"),
    }
    config = json.dumps({"chat_template": "{{ messages }}"})
    return {
        "py-op.onnx": ("unsafe", _node("PyOp")),
        "python-op.onnx": ("unsafe", _node("PythonOp")),
        "context-outside.onnx": ("unsafe", _node("EPContext", place, apart)),
        "context-inside.onnx": ("ok", _node("EPContext", place, within)),
        "context-beside.onnx": ("ok", _node("EPContext", near, apart)),
        **{f"{name}.keras": ("unsafe", keras(model(one))) for name, one in bad_layers.items()},
        "words-beside.keras": (
            "warn", keras(model(layer("StringLookup", config={"vocabulary": "words.txt"}))),
        ),
        "list.keras": ("broken", keras([1])),
        "utf-16/tokenizer_config.json": ("broken", config.encode("utf-16")),
        # Some writers fill up the last tensor as the others, some do not.
        "padded.gguf": ("ok", _PADDED_GGUF),
        "not-padded.gguf": ("warn", _PADDED_GGUF[:-14]),
        "odd-escape/graph.pbtxt": ("unsafe", b"op: 'Write\\106\\i\\x6ce'\n"),
        # A tensor of ONNX, as its tests have them.
        "tensor.pb": ("ok", field(1, 2) + field(2, 1) + field(8, b"y") + field(9, b"abcdefgh")),
        "cut-tensor.pb": ("broken", field(1, 2) + field(2, 1) + field(9, b"abcdefgh")[:-1]),
        "whole.msgpack": ("ok", _MSGPACK),
        "cut.msgpack": ("broken", _MSGPACK[:-1]),
        "longer.msgpack": ("broken", _MSGPACK + b"x"),
        "net.caffemodel": ("ok", field(1, b"net") + field(100, bytes(300))),
        "cut.caffemodel": ("broken", (field(1, b"net") + field(100, bytes(300)))[:-1]),
        "model.safetensors.index.json": ("ok", b'{"weight_map": {}}\n'),
        "cut/model.safetensors.index.json": ("broken", b'{"weight_map": {'),
        "cut/tokenizer.json": ("broken", b'{"version": "1.0", "model": {"vocab": {"a": 1'),
        "blanks/tokenizer.json": ("ok", b"{}" + b" " * 9_000),
        "mark/config.json": ("broken", b'\xef\xbb\xbf{"a": 1}'),
        "latin/config.json": ("broken", b'{"a": "Z\xfcrich"}'),
        "zeros/adapter_config.json": ("broken", b'{"a": 1}' + bytes(99)),
        "words/config.json": ("broken", b"model_type: bert\n"),
        "words/other.json": ("ok", b"model_type: bert\n"),
        "no-manifest.mar": ("broken", zipped({"model.py": b"x = 1\n"})),
        "manifest.mar": ("ok", zipped({"MAR-INF/MANIFEST.json": b"{}", "m.json": b"{}"})),
        "page/tokenizer.json": ("broken", b"<!DOCTYPE html><html></html>"),
        "target/config.yaml": ("unsafe", b"a:\n  _target_: subprocess.Popen\n  args: [x]\n"),
        "tag/config.yml": ("unsafe", b"a: !!python/object/apply:os.system ['x']\n"),
        "targets/config.yaml": (
            "ok",
            b"a: {_target_: torch.utils.data.DataLoader}\nb: {_target_: my.own.Thing}\n",
        ),
        "partial/config.yaml": ("ok", b"a: {_target_: functools.partial}\n"),
        "namespace/config.yaml": ("ok", b"a: !!python/object:argparse.Namespace {}\n"),
        "target.nemo": ("unsafe", tarred({"m.yaml": b"x: {'_target_': 'builtins.exec'}\n"})),
        "entity/model.pmml": (
            "unsafe",
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///a">]><PMML>&x;</PMML>',
        ),
        "seven.msgpack": ("unknown", b"7z\xbc\xaf\x27\x1c" + bytes(50)),
        "element.pt": ("broken", b'<svg xmlns="http://www.w3.org/2000/svg"></svg>\n'),
        "packed.pkl.gz": ("unsafe", gzip.compress(pickled(CALL) + storage_id(), mtime=0)),
    }  # fmt: skip
