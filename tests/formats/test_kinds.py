"""What proves weights, and what does not."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile

import pytest

from pmgit.formats import kinds
from pmgit.git.objects import HEAD_BYTES
from tests.weights import FILES, Weights

PROVED = {
    "silero_vad_16k.safetensors": "safetensors",
    "silero_vad.jit": "torch archive",
    "onet.pt": "torch checkpoint",
    "alex.pth": "torch checkpoint",
    "nmp.tflite": "TFLite",
    # ONNX is told by its name: protobuf has no magic number.
    "silero_vad.onnx": "",
    "nmp.onnx": "",
}


@pytest.mark.parametrize("name", [entry[2] for entry in FILES])
def test_genuine_weights(weights: Weights, name: str) -> None:
    head = weights[name][:HEAD_BYTES]

    assert kinds.weights_kind(head) == PROVED[name]
    assert kinds.is_binary(head)


def a_zip(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"GGUF\x03\0\0\0" + bytes(100), "GGUF"),
        (b"lmgg" + bytes(100), "GGML"),
        (
            a_zip(("archive/data.pkl", b"\x80\x02}."), ("archive/data/0", bytes(64))),
            "torch archive",
        ),
        (
            a_zip(("metadata.json", b'{"keras_version": "3.9.0"}'), ("config.json", b"{}" * 5000)),
            "Keras archive",
        ),
        (a_zip(("config.json", b"{}"), ("model.weights.h5", bytes(9))), "Keras archive"),
    ],
)
def test_other_formats(data: bytes, kind: str) -> None:
    assert kinds.weights_kind(data[:HEAD_BYTES]) == kind


NPY = b"\x93NUMPY\x01\0v\0{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }" + b" " * 60
DATA = {
    "zip": a_zip(("docs/readme.txt", b"text"), compression=zipfile.ZIP_DEFLATED),
    "zip with json": a_zip(("metadata.json", b"{}"), ("config.json", b"{}")),
    "npz": a_zip(("arr_0.npy", NPY)),
    "npy": NPY,
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(200),
    "pickle": pickle.dumps({"weight": [1.0] * 99}, protocol=2),
    "newer pickle": pickle.dumps({"weight": [1.0] * 99}, protocol=5),
    "gzip": gzip.compress(bytes(999)),
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(200),
    "text": b"Lorem ipsum\n" * 99,
    "JSON": b'{"weights": 1}',
    "brace": b"1234567 {",
    "header of no length": struct.pack("<Q", 0) + b"{}",
    "endless header": struct.pack("<Q", 2**62) + b'{"a": 1}',
    "cut zip": b"PK\x03\x04",
    "nothing": b"",
}


@pytest.mark.parametrize("name", DATA)
def test_data_is_no_weights(name: str) -> None:
    assert kinds.weights_kind(DATA[name]) == ""


def test_a_git_lfs_pointer_is_no_weights() -> None:
    assert kinds.weights_kind(b"version https://git-lfs.github.com/spec/v1\noid sha256:") == ""


def test_text_is_not_binary() -> None:
    assert not kinds.is_binary("模型 é\n".encode())
    assert not kinds.is_binary(b"")
    assert kinds.is_binary(b"text\0")
