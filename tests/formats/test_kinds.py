"""What proves weights, and what does not."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
from random import Random

import pytest

from pmgit.formats import kinds
from pmgit.git.objects import HEAD_BYTES
from pmgit.lfs import pointer
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


# -- text and tokenizers --------------------------------------------------------------------------

CHINESE, FRENCH = "模型说明：来源与许可证\n", "modèle pré-entraîné : été\n"
TEXTS = {
    "nothing": b"",
    "ncnn": b"7767517\n3 3\nInput data 0 1 data\n",
    "JSON": b'{"a": [1.5, 2]}',
    "tiktoken": b"IQ== 0\nIg== 1\n" * 400,
    "all characters once": b"".join(b"%c\n" % n for n in range(1, 128)) + b"word\n" * 200,
    "a pickle of Python 2": pickle.dumps({"weight": [1.0] * 99}, protocol=0),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + CHINESE.encode() * 99,
    "UTF-16 of ASCII, without a mark": ("word\n" * 99).encode("utf-16-be"),
    "half a character of UTF-16": CHINESE.encode("utf-16")[:99],
    **{c: CHINESE.encode(c) * 99 for c in ("utf-8", "utf-16", "gbk", "gb18030")},
    "latin-1": FRENCH.encode("latin-1") * 99,
    "shift_jis": "学習済みモデル\n".encode("shift_jis") * 99,
}
random = Random(0).randbytes


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_text_wherever_it_is_cut(name: str) -> None:
    text = TEXTS[name]
    assert kinds.is_text(text[:HEAD_BYTES])
    if len(text) > 1000:  # wherever a character is cut
        assert all(kinds.is_text(text[:end]) for end in range(990, 1000))
    assert not kinds.is_sentencepiece(text)


def test_what_is_no_text() -> None:
    for size in (20, 100, 300, 4000):
        for _ in range(50):
            data = random(size)
            assert not kinds.is_text(data), data
            # Nor without the NUL by which Git tells.
            assert not kinds.is_text(data.replace(b"\0", b"\xc8")), data
    floats = struct.pack("<999f", *(n / 7 for n in range(999)))
    halves = struct.pack("<999e", *((n - 500) / 7 for n in range(999)))
    small = bytes([0, 66, 0])  # could be UTF-16, and anything else
    for data in (
        floats,
        halves,
        b"\xff\xfe" + random(999),
        small,
        *(DATA[n] for n in ("npy", "gzip")),
    ):
        assert not kinds.is_text(data), data


def pieces(count: int, *, types: bool = True) -> bytes:
    """A SentencePiece model, as its own library writes it: pieces, then how it was trained."""
    model = []
    for n in range(count):
        text = (f"<{n}>" if n < 3 else f"▁{'模' * (n % 60)}{n}").encode()
        piece = b"\x0a" + varint(len(text)) + text + b"\x15" + struct.pack("<f", -n / 3)
        piece += b"\x18\x02" if types and n < 3 else b""
        model.append(b"\x0a" + varint(len(piece)) + piece)
    return b"".join(model) + b"\x12\x05\x0a\x03a.b"


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number % 128 + 128, number // 128])


@pytest.mark.parametrize("types", [True, False])
def test_sentencepiece_models_are_no_weights(types: bool) -> None:
    model = pieces(200, types=types)
    assert len(model) > HEAD_BYTES
    assert kinds.is_sentencepiece(model[:HEAD_BYTES])
    assert kinds.is_sentencepiece(model)
    assert all(kinds.is_sentencepiece(model[:end]) for end in range(3000, HEAD_BYTES))
    assert not kinds.is_text(model[:HEAD_BYTES])
    assert not kinds.weights_kind(model[:HEAD_BYTES])


def test_what_is_no_sentencepiece(weights: Weights) -> None:
    whole = pieces(30)
    behind = pieces(30).partition(b"\x12\x05")[0]
    for data in (
        b"",
        pieces(2),
        whole[3:],
        behind + b"\0" * 500,
        behind + random(500),
        b"\x0a" * 999,
        b"\x0a\x00" * 500,
        b"\x0a\x06\x0a\x04abcd" * 2,
        b"\x0a\x09\x0a\x00\x15\0\0\0\0\x18\x02" * 99,
        *(random(4000) for _ in range(50)),
        *(b"\x0a" + random(4000) for _ in range(50)),
        *(weights[entry[2]][:HEAD_BYTES] for entry in FILES),
    ):
        assert not kinds.is_sentencepiece(data), data[:40]


def test_a_text_is_no_weights_whatever_it_begins_with() -> None:
    assert kinds.weights_kind(b"GGUF is a format of files" * 99) == ""


def test_pointers_begin_as_their_reader_says() -> None:
    """Formats are below Git LFS in the house, so the words stand twice."""
    assert kinds._POINTERS == pointer._OPENINGS
    assert kinds.is_pointer(pointer.encode("a" * 64, 5_000_000))
    assert not kinds.is_pointer(b"# version https://git-lfs.github.com/spec/v1\n")
