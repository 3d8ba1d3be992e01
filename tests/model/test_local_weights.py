"""Weights in the work tree, found by names and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.core.config import Config
from pmgit.model import local_weights
from pmgit.model.weights import ALWAYS, AMBIGUOUS, BINARY_BYTES, Tiers
from tests.kit import weights_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

STEMS = (
    "a", "model", "model.bin", "x.pt", "model.safetensors", "a.ckpt.data-00000-of-00001", "W",
    "a.data-00000-of-00001", "tokenizer.model.v1", "spiece.model", ".hidden", "x.tar.001", "x.zip",
)  # fmt: skip


def test_by_name_else_by_size(tmp_path: Path) -> None:
    sizes = {"a.bin": 10, "large.xyz": BINARY_BYTES + 1, "small.xyz": 10, "large.png": 0}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(weights_bytes(size) if size else bytes(BINARY_BYTES + 1))
    found = local_weights.find([*sizes, "gone.xyz"], Tiers(Config()), str(tmp_path))
    assert found == ["a.bin", "large.xyz"]


def test_a_name_that_decides_alone_decides_as_all_names_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every suffix that is looked up first, behind names of weights, of parts and of shards."""
    every = [*local_weights._NO_WEIGHTS, ".so", ".PNG", ".part-aa", ".001"]
    names = [f"{stem}{end}" for end in every for stem in STEMS]
    for name in names:
        (tmp_path / name).touch()
    monkeypatch.setattr(local_weights, "BINARY_BYTES", -1)  # all of them are large
    tiers = Tiers(Config())
    quick = local_weights.find(names, tiers, str(tmp_path))
    monkeypatch.setattr(local_weights, "_DECIDE", frozenset())
    slow = local_weights.find(names, tiers, str(tmp_path))
    assert quick == slow
    assert {"model.bin.part", "model.bin.so"} <= set(quick)
    assert {tiers.of(name) for name in quick} >= {ALWAYS, AMBIGUOUS}


def test_what_the_configuration_names_is_found_under_any_suffix(tmp_path: Path) -> None:
    config = Config()
    config.weights[ALWAYS].append("*.png")
    assert local_weights.find(["a.png"], Tiers(config), str(tmp_path)) == ["a.png"]
