"""Which files of a source are taken: safetensors alone, where others hold the same numbers."""

from __future__ import annotations

import time

import pytest

from pmgit.core.errors import UsageError
from pmgit.model.traces import MAX_FILES
from pmgit.models.choose import choose
from pmgit.sources.listing import RemoteFile
from tests.bounds import FOR_EVER


def left_out(*paths: str) -> list[str]:
    return [file.path for file in choose(RemoteFile(path, 5) for path in paths).left_out]


def test_twins_of_safetensors_are_left_out() -> None:
    twins = ["pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "rust_model.ot"]
    assert left_out("model.safetensors", *twins, "onnx/model.onnx", "config.json") == twins
    shards = ["pytorch_model-00001-of-00001.bin", "pytorch_model.bin.index.json"]
    assert left_out(
        "model-00001-of-00001.safetensors", "model.safetensors.index.json", *shards
    ) == (shards)
    # diffusers gives each variant its formats
    variant = ["unet/diffusion_pytorch_model.fp16.bin"]
    assert left_out("unet/diffusion_pytorch_model.fp16.safetensors", *variant) == variant


def test_what_has_no_twin_is_taken() -> None:
    assert left_out("pytorch_model.bin", "tf_model.h5") == []
    assert left_out("pytorch_model.bin", "adapter_model.safetensors") == []
    assert left_out("a/model.safetensors", "b/pytorch_model.bin") == []
    assert left_out("model.safetensors", "training_args.bin", "optimizer.bin") == []


def test_what_may_be_one_model_more_than_once_is_counted() -> None:
    found = choose(RemoteFile(path, 5) for path in ("model.safetensors", "onnx/a.ONNX", "a.json"))
    assert found.formats() == {".onnx": 5, ".safetensors": 5}
    ggufs = ["m-Q8_0.gguf", "m-Q4_0.gguf", "m-f16-00001-of-00002.gguf", "m-f16-00002-of-00002.gguf"]
    found = choose(RemoteFile(path, size) for size, path in zip((9, 5, 7, 7), ggufs, strict=True))
    assert [file.path for file in found.precisions()] == ["m-Q4_0.gguf", "m-Q8_0.gguf"]
    assert found.formats() == {".gguf": 28}


def test_more_files_than_a_lock_can_hold_are_not_taken() -> None:
    """The lock would be written, and nothing could read it again."""
    files = [RemoteFile(f"part-{number}.json", 5) for number in range(MAX_FILES + 1)]
    with pytest.raises(UsageError, match="10,001 files, where a lock holds 10,000"):
        choose(files)
    assert len(choose(files, exclude=["part-7.json"]).taken) == MAX_FILES


def test_many_twins_come_to_an_end() -> None:
    names = ("model.safetensors", "pytorch_model.bin")
    files = [RemoteFile(f"{number}/{name}", 5) for number in range(20_000) for name in names]
    begin = time.process_time()
    with pytest.raises(UsageError, match="20,000 files"):
        choose(files)
    assert time.process_time() - begin < FOR_EVER
