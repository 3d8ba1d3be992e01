"""What loose weights are called, and so the folder that they move into."""

from __future__ import annotations

import pytest

from pmgit.fix.own_folders import stem_of


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("resnet50-11ad3fa6.pth", "resnet50-11ad3fa6"),
        ("ResNet 50.v2.safetensors", "ResNet 50"),
        ("qwen2.5-7b.Q4_K_M.gguf", "qwen2.5-7b"),
        ("bert.fp16.safetensors", "bert"),
        ("model-00001-of-00002.safetensors", "model"),
        ("model.safetensors.index.json", "model"),
        ("llama-7b-00001-of-00003.gguf", "llama-7b"),
        ("checkpoint.pth.tar", "checkpoint"),
        ("x.bin.001", "x"),
        ("x.001", "x"),
        ("model.ckpt.data-00000-of-00001", "model"),
        ("1-of-2.bin", "1-of-2"),
        ("noending", "noending"),
        (".safetensors", ""),
        ("模型.safetensors", "模型"),
    ],
)
def test_the_stem_of_a_shard_or_part(name: str, stem: str) -> None:
    assert stem_of(name) == stem
