"""Which files of a source are taken: safetensors alone, where others hold the same numbers."""

from __future__ import annotations

from pmgit.models.choose import choose
from pmgit.sources.listing import RemoteFile


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
