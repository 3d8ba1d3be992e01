"""The header of safetensors files: genuine ones are read, broken ones say why."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import parse_local_safetensors_file_metadata

from pmgit.formats.safetensors import MAX_HEADER, read_header
from tests.bounds import FOR_EVER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.weights import Weights


def encode(header: Any, body: int = 0) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(body)


def tensor(dtype: Any = "F32", shape: Any = (2, 3), offsets: Any = (0, 24)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def read(tmp_path: Path, data: bytes) -> dict[str, int]:
    file = tmp_path / "model.safetensors"
    file.write_bytes(data)
    return read_header(str(file)).parameters


def test_genuine_weights(weights: Weights) -> None:
    path = weights.path("silero_vad_16k.safetensors")
    header = read_header(str(path))

    assert header.parameters == {"F32": 309_633}
    assert len(header.tensors) == 15
    # As the Hub's own client counts.
    assert header.parameters == parse_local_safetensors_file_metadata(path).parameter_count


def test_genuine_weights_that_were_cut(weights: Weights, tmp_path: Path) -> None:
    whole = weights.safetensors
    header = 8 + int.from_bytes(whole[:8], "little")
    for size in (0, 1, 7, 8, 9, header - 1, header, header + 1, len(whole) - 1):
        with pytest.raises(ValueError):
            read(tmp_path, whole[:size])
    with pytest.raises(ValueError):
        read(tmp_path, whole + b"\0")


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        ({"a": tensor()}, 24, {"F32": 6}),
        ({"a": tensor(), "b": tensor("I64", [], (24, 32))}, 32, {"F32": 6, "I64": 1}),
        ({"b": tensor("U8", [8], (24, 32)), "a": tensor()}, 32, {"F32": 6, "U8": 8}),
        ({"a": tensor("F4", [3, 2], (0, 3))}, 3, {"F4": 6}),
        ({"a": tensor("F32", [0, 9], (0, 0))}, 0, {"F32": 0}),
        ({"__metadata__": {"format": "pt"}, "a": tensor()}, 24, {"F32": 6}),
        (b"{}", 0, {}),
        (b"{}      ", 0, {}),
    ],
)
def test_sound_headers(tmp_path: Path, header: Any, body: int, expected: dict[str, int]) -> None:
    assert read(tmp_path, encode(header, body)) == expected


@pytest.mark.parametrize(
    ("header", "body", "why"),
    [
        (b"[]", 0, "does not begin"),
        (b" {}", 0, "does not begin"),
        (b'{"a"', 0, "not JSON"),
        (b"{}\0", 0, "not JSON"),
        (b'{"\xff": 1}', 0, "not UTF-8"),
        (b'{"\\ud800": {}}', 0, "not UTF-8"),
        (b'{"a": {}, "a": {}}', 0, "twice"),
        (b'{"a": {"dtype": "F32", "dtype": "F32"}}', 0, "twice"),
        (b'{"a": NaN}', 0, "NaN"),
        (b'{"a": -Infinity}', 0, "Infinity"),
        (b'{"a": 1.0}', 0, "1.0"),
        (b'{"a": -1}', 0, "-1"),
        (b'{"a": ' + b"9" * 5000 + b"}", 0, "number"),
        (b'{"a": ' * 200_000, 0, "deeply"),
        (b'{"a":' + b"[" * 200_000, 0, "deeply"),
        ({"__metadata__": {"a": 1}}, 0, "__metadata__"),
        ({"__metadata__": []}, 0, "__metadata__"),
        ({"a": 1}, 0, "exactly"),
        ({"a": {"dtype": "F32", "shape": []}}, 0, "exactly"),
        ({"a": {**tensor(), "x": 1}}, 24, "exactly"),
        ({"a": tensor("F33")}, 24, "unknown type"),
        ({"a": tensor(["F32"])}, 24, "unknown type"),
        ({"a": tensor(shape=[True, 6])}, 24, "shape"),
        ({"a": tensor(shape="6")}, 24, "shape"),
        ({"a": tensor(offsets=[0])}, 24, "offsets"),
        ({"a": tensor(offsets=[24, 0])}, 24, "offsets"),
        ({"a": tensor(offsets=[0, 20])}, 20, "24|192"),
        ({"a": tensor("F4", [3], (0, 1))}, 1, "12 bits"),
        ({"a": tensor(shape=[2**62, 2**62])}, 24, "too large"),
        ({"a": tensor(), "b": tensor(offsets=(0, 24))}, 24, "begins at 0, not at 24"),
        ({"a": tensor(), "b": tensor(offsets=(25, 49))}, 49, "begins at 25, not at 24"),
        ({"a": tensor(offsets=(1, 25))}, 25, "begins at 1"),
        ({"a": tensor()}, 25, "end at 24, the file at 25"),
        ({"a": tensor()}, 23, "end at 24, the file at 23"),
    ],
)
def test_broken_headers_say_why(tmp_path: Path, header: Any, body: int, why: str) -> None:
    begin = time.process_time()
    with pytest.raises(ValueError, match=why) as error:
        read(tmp_path, encode(header, body))

    assert time.process_time() - begin < FOR_EVER
    assert len(str(error.value)) < 300
    assert str(error.value).isprintable()


def test_a_length_that_lies_is_not_believed(tmp_path: Path) -> None:
    for length in (3, MAX_HEADER, MAX_HEADER + 1, 2**63, 2**64 - 1):
        with pytest.raises(ValueError, match="header"):
            read(tmp_path, length.to_bytes(8, "little") + b"{}")


def test_a_header_over_the_bound_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes((MAX_HEADER + 1).to_bytes(8, "little") + b"{}")
    os.truncate(file, MAX_HEADER + 100)  # sparse

    with pytest.raises(ValueError, match="is over"):
        read_header(str(file))


def test_a_name_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as error:
        read(tmp_path, encode({"\x1b]0;x\x07\u202e" + "a" * 10_000_000: 1}))

    assert str(error.value).isprintable()
    assert len(str(error.value)) < 500
