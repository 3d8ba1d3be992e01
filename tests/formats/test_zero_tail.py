"""Zeros at the end of weights: a download that stopped, or weights that are zero."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save

from pmgit.formats.judge import judge
from pmgit.formats.reader import BytesReader
from tests.formats.assemble import gguf, gguf_tensor

RANDOM = np.random.default_rng(3)


def numbers(*shape: int, kind: str = "f4") -> np.ndarray:
    return RANDOM.normal(size=shape).astype(kind)


def verdict(data: bytes, name: str = "m.safetensors") -> str:
    return judge(BytesReader(data), name).verdict


def stopped(data: bytes, at: int) -> bytes:
    """What is on disk when a download into a file of full length stops."""
    return data[:at] + bytes(len(data) - at)


def test_a_download_that_stopped() -> None:
    safe = save({f"layer.{number}": numbers(50, 70) for number in range(6)})
    tensors = tuple(
        gguf_tensor(b"layer.%d" % number, (64, 50), 0, number * 12_800) for number in range(6)
    )
    parts = gguf(tensors=tensors, body=numbers(6, 50, 64).tobytes())
    for name, data in (("m.safetensors", safe), ("m.gguf", parts)):
        assert verdict(data, name) == "ok"
        for at in (8192, 20_480, 30_000, 40_001, 62_464):
            assert verdict(stopped(data, at), name) == "broken", (name, at)


def test_in_the_last_tensor_a_sector_of_the_disk_decides() -> None:
    """Rows may be filled up, and the last ones be zero: that ends at a sector by chance only."""
    data = save({"a": numbers(200, 70)})
    assert verdict(stopped(data, 4096 * 5)) == "broken"
    assert verdict(stopped(data, 4096 * 5 + 100)) == "ok"


@pytest.mark.parametrize(
    "tensors",
    [
        {"a": numbers(90, 50), "b": np.zeros((90, 50), "f4")},
        {"a": np.zeros((90, 50), "f4")},
        {"a": np.vstack([numbers(90, 50), np.zeros((60, 50), "f4")]), "b": np.zeros(4000, "f4")},
        {"a": np.vstack([numbers(90, 50, kind="f2"), np.zeros((90, 50), "f2")])},
        {"a": np.concatenate([numbers(999), np.zeros(5000, "f4")])},
        {"a": np.arange(4000, dtype="i8")[::-1].reshape(80, 50) - 200},
        {"a": np.triu(np.full((90, 90), -np.inf, "f4"), 1)},
        {"a": numbers(200, 70) * (RANDOM.random((200, 70)) > 0.99)},
        {"a": numbers(2000, 4).astype("i8")},
    ],
    ids=[
        "adapter", "nothing else", "vocabulary and bias", "vocabulary", "one dimension", "numbers",
        "mask", "pruned", "small numbers",
    ],
)  # fmt: skip
def test_weights_that_are_zero(tensors: dict[str, np.ndarray]) -> None:
    assert verdict(save(tensors)) == "ok"


def test_zeros_that_a_look_takes_for_more() -> None:
    """Between the places that are looked at may be numbers."""
    data = bytearray(save({"a": numbers(400, 70), "b": numbers(400, 70)}))
    data[60_000:] = bytes(len(data) - 60_000)
    assert verdict(bytes(data)) == "broken"
    data[-20_000] = 1
    assert verdict(bytes(data)) == "ok"
