"""What is listed of files: as the libraries have it, and within bounds whatever a file claims."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import pickle
import random
import struct
import tracemalloc
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save, save_file

from pmgit.formats.reader import BytesReader
from pmgit.scan.scanned import judge_content
from pmgit.tensors.read import READERS, read
from tests.formats.all_samples import samples
from tests.formats.assemble import (
    array,
    field,
    gguf,
    gguf_tensor,
    gguf_text,
    initializer,
    legacy,
    named,
    onnx,
    pair,
    pickled,
    state_dict,
    storage_id,
    tensor,
    text,
    torch_zip,
    zipped,
)
from tests.formats.hdf5_samples import hdf5_files
from tests.formats.pickle_samples import joblib_array

if TYPE_CHECKING:
    from pathlib import Path

    from pmgit.tensors.contents import FileContents, ListedTensor
    from tests.weights import Weights


def contents(data: bytes, name: str) -> FileContents:
    reader = BytesReader(data)
    return read(reader, judge_content(reader, name).kind)


def listed(data: bytes, name: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {one.name: (one.dtype, one.shape) for one in contents(data, name).tensors}


def bytes_of(data: bytes, tensor: ListedTensor) -> bytes:
    return data[tensor.begin : tensor.begin + tensor.length]


# --- as the libraries have it


@pytest.mark.parametrize("name", ["datasets.h5", "datasets-latest.h5"])
def test_hdf5_as_h5py_has_written_it(name: str) -> None:
    """In its oldest form and in its newest; of two names of one dataset the first one counts."""
    data = hdf5_files()[name][1]
    expected = {
        "again": ("F32", (2, 3)), "layers/dense/bias": ("F16", (3,)), "mask": ("BOOL", (2,)),
        "none": ("F64", (0,)), "packed": ("U8", (64,)), "step": ("I64", ()),
    }  # fmt: skip
    assert listed(data, name) == expected
    by_name = {one.name: one for one in contents(data, name).tensors}
    assert bytes_of(data, by_name["again"]) == np.arange(6, dtype="<f4").tobytes()
    assert by_name["packed"].begin == -1  # in chunks, compressed
    # Behind bytes of its user, and in an archive of Keras.
    moved = bytes(512) + data
    there = {one.name: one for one in contents(moved, name).tensors}
    assert bytes_of(moved, there["again"]) == bytes_of(data, by_name["again"])
    keras = {"metadata.json": b"{}", "config.json": b"{}", "model.weights.h5": data}
    for compress in (False, True):
        archive = zipped(keras, compress=compress)
        inside = {one.name: one for one in contents(archive, "m.keras").tensors}
        assert {key: (one.dtype, one.shape) for key, one in inside.items()} == expected
        if not compress:
            assert bytes_of(archive, inside["again"]) == bytes_of(data, by_name["again"])
        else:
            assert {one.begin for one in inside.values()} == {-1}


def test_safetensors_as_the_library_has_them(weights: Weights, tmp_path: Path) -> None:
    mine = tmp_path / "m.safetensors"
    numbers = np.arange(12, dtype="f4").reshape(3, 4)
    every = {f"{kind}{n}": np.zeros(3, f"{kind}{n}") for kind in "iu" for n in (1, 2, 4, 8)}
    save_file({"w": numbers, "none": numbers[:0], "one": np.array(1.0), "ü": numbers[0], **every},
              mine, {"format": "pt", "by": "us"})  # fmt: skip
    for path in (mine, weights.path("silero_vad_16k.safetensors")):
        data = path.read_bytes()
        found = contents(data, path.name)
        with safe_open(path, framework="np") as theirs:
            names = list(theirs.keys())
            assert sorted(names) == sorted(one.name for one in found.tensors)
            assert found.metadata == (theirs.metadata() or {})
            for one in found.tensors:
                part = theirs.get_slice(one.name)
                assert (one.dtype, list(one.shape)) == (part.get_dtype(), part.get_shape())
                assert bytes_of(data, one) == theirs.get_tensor(one.name).tobytes()


def test_genuine_weights(weights: Weights) -> None:
    counts = {
        "silero_vad.jit": (33, {"F32": 545_282}), "onet.pt": (21, {"F32": 389_040}),
        "alex.pth": (5, {"F32": 1152}), "nmp.onnx": (102, {"F32": 35_740, "I64": 296, "I32": 1}),
        "silero_vad.onnx": (345, {"F32": 545_288, "I64": 313}),
    }  # fmt: skip
    for name, expected in counts.items():
        found = contents(weights[name], name)
        assert (len(found.tensors), found.parameters, found.notes) == (*expected, []), name
    script = contents(weights["silero_vad.jit"], "silero_vad.jit")
    assert any(name.endswith("vad_annotator.py") for name in script.files)
    model = contents(weights["nmp.onnx"], "nmp.onnx")
    assert [one.shape for one in model.inputs] == [(-1, 43844, 1)]
    assert model.metadata["opset ai.onnx"] == "15"
    assert contents(weights["nmp.tflite"], "nmp.tflite").notes != []


def test_arrays_of_numpy(tmp_path: Path) -> None:
    numbers = np.arange(24, dtype="f4").reshape(4, 6)
    np.savez(tmp_path / "a.npz", w=numbers, i=numbers.astype("i8"), f=np.asfortranarray(numbers))
    np.savez_compressed(tmp_path / "b.npz", w=numbers)
    np.save(tmp_path / "c.npy", numbers.astype(">f4"))
    data = (tmp_path / "a.npz").read_bytes()
    found = contents(data, "a.npz")
    assert {one.name: (one.dtype, one.shape, one.layout) for one in found.tensors} == {
        "w": ("F32", (4, 6), ""), "i": ("I64", (4, 6), ""),
        "f": ("F32", (4, 6), "column by column"),
    }  # fmt: skip
    assert bytes_of(data, found.tensors[0]) == numbers.tobytes()
    packed = contents((tmp_path / "b.npz").read_bytes(), "b.npz").tensors[0]
    assert (packed.dtype, packed.shape, packed.begin) == ("F32", (4, 6), -1)
    assert packed.mark.startswith("crc32 ")
    assert listed((tmp_path / "c.npy").read_bytes(), "c.npy") == {"": (">f4", (4, 6))}


def test_arrays_in_pickles() -> None:
    value = {"a": np.zeros((2, 3), "f4"), "b": [np.zeros(5, "i8"), np.float32(1)], "epoch": 4,
             "o": OrderedDict(c=np.zeros(1, ">f8"))}  # fmt: skip
    for protocol in range(6):
        data = pickle.dumps(value, protocol)
        found = contents(data, "m.pkl")
        assert {one.name: (one.dtype, one.shape) for one in found.tensors} == {
            "a": ("F32", (2, 3)), "b.0": ("I64", (5,)), "o.c": (">f8", (1,)),
        }, protocol  # fmt: skip
        assert found.metadata["epoch"] == "4"
    assert listed(joblib_array(bytes(48) + b"."), "m.joblib") == {"": ("F64", (2, 3))}


def test_compressed_files() -> None:
    plain = torch_zip(storage=bytes(range(24)))
    data = pickle.dumps({"a": np.zeros((2, 3), "f4")})
    for pack in (gzip.compress, zlib.compress, bz2.compress, lzma.compress):
        assert listed(pack(data), "m.pkl") == {"a": ("F32", (2, 3))}
        one = contents(pack(plain), "m.pt.gz").tensors[0]
        assert (one.name, one.begin) == ("weight", -1)
        assert one.mark == f"sha256 {hashlib.sha256(bytes(range(24))).hexdigest()[:16]}"
    assert listed(zlib.compress(joblib_array(bytes(48) + b".")), "m.joblib") == {
        "": ("F64", (2, 3))
    }  # fmt: skip


# --- what each format says


def test_gguf() -> None:
    template = b"{{ messages }}"
    data = gguf(
        (
            pair(b"general.architecture", 8, gguf_text(b"llama")),
            pair(b"llama.context_length", 4, struct.pack("<I", 4096)),
            pair(b"llama.rope", 6, struct.pack("<f", 0.5)),
            pair(b"tokens", 9, struct.pack("<IQ", 8, 2) + gguf_text(b"a") + gguf_text(b"b")),
            pair(b"tokenizer.chat_template", 8, gguf_text(template)),
        ),
        (gguf_tensor(b"w", (256, 2), 12), gguf_tensor(b"b", (8,), 0, 288)),
        bytes(288) + bytes(range(32)),
    )
    found = contents(data, "m.gguf")
    assert [(one.name, one.dtype, one.shape) for one in found.tensors] == [
        ("w", "Q4_K", (2, 256)), ("b", "F32", (8,)),
    ]  # fmt: skip
    assert bytes_of(data, found.tensors[1]) == bytes(range(32))
    assert found.metadata == {
        "GGUF version": "3", "general.architecture": "llama", "llama.context_length": "4096",
        "llama.rope": "0.5", "tokens": "an array of 2 texts",
    }  # fmt: skip
    assert found.templates == {"tokenizer.chat_template": template.decode()}


def test_onnx_with_tensors_outside() -> None:
    outside = initializer(("location", "w.bin"), ("offset", "0"), ("length", "8"))
    found = contents(onnx(outside, more=field(14, field(1, b"by") + field(2, b"us"))), "m.onnx")
    assert [(one.name, one.shape, one.layout) for one in found.tensors] == [("w", (2,), "in w.bin")]
    assert found.metadata["by"] == "us"
    data = onnx(initializer(inside=bytes(range(8))))
    assert bytes_of(data, contents(data, "m.onnx").tensors[0]) == bytes(range(8))


def test_templates_of_a_tokenizer() -> None:
    several = [{"name": "default", "template": "{{ a }}"}, {"name": "tool", "template": "{{ b }}"}]
    for value, expected in (
        ("{{ a }}", {"chat_template": "{{ a }}"}),
        (several, {"chat_template default": "{{ a }}", "chat_template tool": "{{ b }}"}),
    ):
        data = json.dumps({"chat_template": value, "model_max_length": 512}).encode()
        found = contents(data, "tokenizer_config.json")
        assert found.templates == expected
        assert found.metadata == {"model_max_length": "512"}
    assert contents(b"{{ a }}\n", "chat_template.jinja").templates == {"chat_template": "{{ a }}\n"}


@pytest.mark.parametrize("data", [torch_zip(), legacy()])
def test_a_checkpoint_of_torch(data: bytes) -> None:
    found = contents(data, "m.pt")
    one = found.tensors[0]
    assert (one.name, one.dtype, one.shape, one.length) == ("weight", "F32", (2, 3), 24)
    assert bytes_of(data, one) == bytes(24)
    assert found.globals[:2] == ["collections.OrderedDict", "torch._utils._rebuild_tensor_v2"]


# --- bounds


def test_every_sample_is_listed_or_said_why_not() -> None:
    """Judged bad or not: nothing trips, and what comes out is bounded plain data."""
    not_listed = 0
    for name, (verdict, data) in samples().items():
        if len(data) > 20_000:
            continue
        reader = BytesReader(data)
        kind = judge_content(reader, name).kind
        found = read(reader, kind)
        if verdict == "ok" and kind.endswith(("objects", "tar archive")):
            assert kind not in READERS
            assert found.notes != [], name
            not_listed += 1
        assert all(len(one.name) < 1200 for one in found.tensors), name
        assert all(len(one.shape) <= 64 for one in found.tensors), name
        assert all(type(size) is int for one in found.tensors for size in one.shape), name
    assert not_listed > 4


def test_cut_and_flipped_files_never_trip_it() -> None:
    small = {n: data for n, (verdict, data) in samples().items()
             if verdict == "ok" and 0 < len(data) < 700}  # fmt: skip
    assert len(small) > 40
    dice = random.Random(14)
    cut: set[tuple[str, bytes]] = set()
    for name, data in small.items():
        kind = judge_content(BytesReader(data), name).kind
        for size in range(len(data)):
            # What two samples begin with is the same file when it is cut there.
            if (kind, data[:size]) not in cut:
                cut.add((kind, data[:size]))
                read(BytesReader(data[:size]), kind)
        for _ in range(30):
            changed = bytearray(data)
            for _ in range(dice.randrange(1, 4)):
                changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
            found = read(BytesReader(bytes(changed)), kind)
            for one in found.tensors:
                assert one.begin < 0 or one.begin + one.length <= len(data), (name, one)


def shaped(*sizes: int, stride: int = 1) -> bytes:
    """A tensor of any shape."""
    numbers = b"".join(b"\x8a\x09" + size.to_bytes(9, "little", signed=True) for size in sizes)
    steps = b"".join(b"\x8a\x09" + stride.to_bytes(9, "little", signed=True) for _ in sizes)
    hooks = named("collections", "OrderedDict") + b")R"
    return (
        named("torch._utils", "_rebuild_tensor_v2") + b"(" + storage_id() + b"K\x00("
        + numbers + b"t(" + steps + b"t\x89" + hooks + b"tR"
    )  # fmt: skip


def test_shapes_that_no_storage_has() -> None:
    huge = state_dict(more=text("huge") + shaped(*[2**62] * 9) + text("neg") + shaped(-1)
                      + text("many") + shaped(*[2] * 99))  # fmt: skip
    found = contents(torch_zip(huge), "m.pt")
    one = {tensor.name: tensor for tensor in found.tensors}
    assert one["huge"].begin == -1
    assert one["huge"].layout == "reaches behind its storage"
    assert found.notes == [
        "neg is not listed: it is no tensor", "many is not listed: it is no tensor",
    ]  # fmt: skip
    json.dumps(found.parameters)


def test_names_that_are_very_long() -> None:
    long = b"n" * 10_000_000
    data = state_dict(more=b"X" + len(long).to_bytes(4, "little") + long + tensor())
    names = [one.name for one in contents(torch_zip(data), "m.pt").tensors]
    assert names[0] == "weight"
    assert len(names[1]) < 300
    assert "10,000,000" in names[1]
    header = json.dumps({"m" * 2_000_000: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}})
    data = len(header).to_bytes(8, "little") + header.encode()
    assert "2,000,000 characters" in contents(data, "m.safetensors").tensors[0].name


def hostile() -> dict[str, bytes]:
    """Pickles that are small, and make much of themselves."""
    deep = b"]" * 2_500 + b"a" * 2_499
    one = pickled(b"}(" + text("a" * 900) + b"}(" + text("b" * 900) + tensor() + b"q\x01u" + b"u")
    many = pickled(text("x") + b"0" + tensor() + b"q\x01]q\x020(" + b"h\x01" * 5_000 + b"l")
    double = b"]q\x00" + b"".join(
        b"](h" + bytes((n,)) + b"h" + bytes((n,)) + b"eq" + bytes((n + 1,)) for n in range(60)
    )
    chain = named("torch._utils", "_rebuild_parameter")
    parameter = tensor() + b"q\x01" + b"".join(
        chain + b"h\x01\x89\x89\x87Rq\x01" for _ in range(1100)
    )  # fmt: skip
    circle = pickled(b"]q\x01h\x01a")
    return {
        "deep": pickled(deep), "long": one, "many": many, "double": pickled(double),
        "parameters": pickled(parameter), "circle": circle,
        "foreign": pickled(b"(" + (b"X\x20\0\0\0" + "é".encode() * 16) * 5_000 + b"l"),
        "keys": pickled(b"}(" + b"".join(b"J" + n.to_bytes(4, "little") + b"N"
                                         for n in range(2_500)) + b"u"),
    }  # fmt: skip


def test_hostile_pickles_are_bounded() -> None:
    """Twice what these take at most; the caps of a scan hold what is 200 times as large."""
    for name, data in hostile().items():
        tracemalloc.start()
        found = read(BytesReader(torch_zip(data)), "torch archive")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000, (name, peak)
        assert sum(len(one.name) for one in found.tensors) <= 20_000_000, name


def test_tensors_that_lie_in_one_another_are_hashed_a_few_times() -> None:
    """1,000 views of one storage, packed, each from another number on."""
    size = 250_000
    views = b"".join(
        text(f"v{n}") + named("torch._utils", "_rebuild_tensor_v2") + b"(" + storage_of(size)
        + b"M" + n.to_bytes(2, "little") + b"J" + (size - n).to_bytes(4, "little")
        + b"\x85K\x01\x85\x89" + named("collections", "OrderedDict") + b")RtR"
        for n in range(1000)
    )  # fmt: skip
    data = gzip.compress(torch_zip(pickled(b"}(" + views + b"u"), storage=bytes(4 * size)), 1)
    found = contents(data, "m.pt.gz").tensors
    assert len(found) == 1000
    assert sum(bool(one.mark) for one in found) < 10


def storage_of(count: int) -> bytes:
    """The id of a storage of very many numbers."""
    parts = text("storage") + named("torch", "FloatStorage") + text("0") + text("cpu")
    return b"(" + parts + b"J" + count.to_bytes(4, "little") + b"tQ"


def test_very_many_tensors_are_too_many_to_list() -> None:
    tensors = {
        f"t{n}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for n in range(90_000)
    }
    header = json.dumps(tensors).encode()
    data = len(header).to_bytes(8, "little") + header
    assert "over 4,000,000" in contents(data, "m.safetensors").notes[0]


def test_many_tensors_are_listed() -> None:
    many: dict[str, Any] = {f"layer.{n}.weight": np.zeros(1, "f4") for n in range(11_000)}
    assert len(contents(save(many), "m.safetensors").tensors) == 11_000
    assert len(listed(zipped({f"a{n}.npy": array() for n in range(500)}), "m.npz")) == 500
