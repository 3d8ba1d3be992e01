"""The names of shards: which are some, which are of one set, and what a set lacks."""

from __future__ import annotations

import pytest

from pmgit.model.shards import are_whole, sets_of, shard_of


@pytest.mark.parametrize(
    ("path", "begin", "number", "count", "end", "sure"),
    [
        ("a/model-00001-of-00003.safetensors", "a/model-", "00001", "00003", ".safetensors", True),
        ("model-00001-of-000163.safetensors", "model-", "00001", "000163", ".safetensors", True),
        ("model_00072-of-00072.bin", "model_", "00072", "00072", ".bin", True),
        ("m-00002-of-00002.fp16.bin", "m-", "00002", "00002", ".fp16.bin", True),
        ("x.ckpt.data-00000-of-00001", "x.ckpt.data-", "00000", "00001", "", True),
        ("q4_k_m-00001-of-00002.gguf", "q4_k_m-", "00001", "00002", ".gguf", True),
        ("group1-shard2of3.bin", "group1-shard", "2", "3", ".bin", True),
        ("state-of-the-art-2-of-3.bin", "state-of-the-art-", "2", "3", ".bin", False),
        ("fold-01-of-10.pth", "fold-", "01", "10", ".pth", False),
        ("epoch_00003-of-00010.pt", "epoch_", "00003", "00010", ".pt", False),
    ],
)
def test_names_of_shards(
    path: str, begin: str, number: str, count: str, end: str, sure: bool
) -> None:
    shard = shard_of(path)
    assert shard is not None
    assert (shard.begin, shard.number, shard.count, shard.end) == (begin, number, count, end)
    assert shard.is_sure == sure
    assert shard.name(int(number)) == path


@pytest.mark.parametrize(
    "path",
    [
        "model.safetensors", "state-of-the-art.bin", "model-00001-of-.bin", "x-of-00003.bin",
        "model-00001-of-00003", "a-1-of-3/model.bin", "model-1-of-3x.bin", "roof2.bin",
        "prof12of13.bin", "-of-", "of", "", "model-" + "1" * 10 + "-of-2.bin",
        "model-1-of-" + "2" * 5000 + ".bin", "model-٣-of-٣.bin",
    ],
)  # fmt: skip
def test_other_names(path: str) -> None:
    shard = shard_of(path)
    # Without an ending it is one: TensorFlow writes such names.
    assert shard is None or path == "model-00001-of-00003"


def test_what_a_set_lacks() -> None:
    (shards,) = sets_of(["m-00001-of-00004.bin", "m-00004-of-00004.bin", "other.bin"]).values()
    assert shards.missing(4, 9) == (2, ["m-00002-of-00004.bin", "m-00003-of-00004.bin"])
    assert shards.missing(4, 1) == (2, ["m-00002-of-00004.bin"])
    assert shards.names == ["m-00001-of-00004.bin", "m-00004-of-00004.bin"]
    (shards,) = sets_of(["m-00000-of-00003.bin", "m-00002-of-00003.bin"]).values()
    assert shards.missing(3, 9) == (1, ["m-00001-of-00003.bin"])
    (shards,) = sets_of(["x.data-00001-of-00002"]).values()
    assert shards.missing(2, 9) == (1, ["x.data-00000-of-00002"])
    (shards,) = sets_of(["m-00001-of-999999999.bin"]).values()
    assert shards.missing(999_999_999, 2)[0] == 999_999_998
    names = ["m-00001-of-00002.bin", "m-00001-of-00003.bin", "m-00001-of-00002.gguf"]
    sets = sets_of(names)
    assert [sorted(shards.paths) for shards in sets.values()] == [[2, 3], [2]]


@pytest.mark.parametrize(
    ("names", "whole"),
    [
        (["m-00001-of-00002.bin", "m-00002-of-00002.bin"], True),
        (["m-00000-of-00002.bin", "m-00001-of-00002.bin"], True),
        (["x.data-00000-of-00001"], True),
        (["m-1-of-2.bin", "m-00002-of-00002.bin"], True),
        (["m-00001-of-00002.bin"], False),
        (["m-00000-of-00002.bin", "m-00002-of-00002.bin"], False),
        (["m-00001-of-00002.bin", "m-00003-of-00002.bin"], False),
        (["m-00001-of-00002.bin", "m-1-of-2.bin", "m-2-of-2.bin"], False),
        (["m-00001-of-00001.bin", "m-00001-of-00002.bin", "m-00002-of-00002.bin"], False),
        (["m-00000-of-00002.bin", "m-00001-of-00002.bin", "m-00002-of-00002.bin"], False),
        (["x.data-00001-of-00001"], False),
    ],
)
def test_a_whole_set(names: list[str], whole: bool) -> None:
    (shards,) = sets_of(names).values()
    assert shards.is_whole == whole
    assert are_whole(names) == whole
    assert not are_whole([*names, "other-00001-of-00002.bin"])
