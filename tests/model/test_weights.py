"""What weights are, by name."""

from __future__ import annotations

import pytest

from pmgit.config import Config
from pmgit.model.weights import (
    ALWAYS,
    ALWAYS_SUFFIXES,
    AMBIGUOUS,
    NEVER,
    NEVER_NAMES,
    NEVER_SUFFIXES,
    OTHER,
    Tiers,
)

TIERS = Tiers(Config())


@pytest.mark.parametrize(
    "name",
    ["model.safetensors", "model-00001-of-00003.safetensors", "m.gguf", "best.pt", "resnet50.pth",
     "x.ckpt", "m.onnx", "m.onnx_data", "m.tflite", "m.keras", "m.weights.h5", "m.pdparams",
     "flax_model.msgpack", "MODEL.SAFETENSORS", "a.PTH", "model.ckpt.data-00000-of-00001",
     "model.ckpt-99.data-00000-of-00001",
     "model.ckpt-100.ckpt.index", "rust_model.ot", ".safetensors"],
)  # fmt: skip
def test_always(name: str) -> None:
    assert TIERS.of(name) == ALWAYS
    assert TIERS.of(f"a/b.txt/{name}") == ALWAYS


@pytest.mark.parametrize(
    "name",
    ["pytorch_model.bin", "m.pkl", "a.npy", "a.npz", "m.h5", "saved_model.pb", "sp.model", "x.dat",
     "m.zip", "m.tar", "m.tar.gz", "m.tgz", "m.pth.tar", "m.bin.001", "m.part-aa", "m.part1",
     "m.safetensors.aa", "m.zip.ab", "m.bz2.001", "x.42",
     "variables.data-00000-of-00001"],
)  # fmt: skip
def test_ambiguous(name: str) -> None:
    assert TIERS.of(name) == AMBIGUOUS


@pytest.mark.parametrize(
    "name",
    ["tokenizer.model", "Tokenizer.Model", "spiece.model", "sentencepiece.bpe.model", "x.spm",
     "cl100k.tiktoken", "vocab.txt", "README.md", "config.json", "model.safetensors.index.json",
     "modeling.py", "merges.TXT"],
)  # fmt: skip
def test_never(name: str) -> None:
    assert TIERS.of(name) == NEVER


@pytest.mark.parametrize(
    "name",
    ["LICENSE", "bin", "pt", "model", "a.bin.backup", "x.py.orig", "photo.png", "lib.so", "a.1",
     "notes.aa", "v1.2", ".gitkeep", ""],
)  # fmt: skip
def test_other(name: str) -> None:
    assert TIERS.of(name) == OTHER


def test_the_folder_does_not_count() -> None:
    assert TIERS.of("model.safetensors/notes") == OTHER
    assert TIERS.of("tokenizer.model/weights.pt") == ALWAYS


def test_configured_patterns_come_first_and_never_wins() -> None:
    tiers = Tiers(
        Config(
            {
                "weights": {
                    "always": ["*.mymodel", "*.JSON"],
                    "ambiguous": ["*.PT", "part?"],
                    "never": ["demo.pt", "[ab].mymodel"],
                }
            }
        )
    )
    assert tiers.of("x/Net.MyModel") == ALWAYS
    assert tiers.of("big.json") == ALWAYS
    assert tiers.of("x.pt") == AMBIGUOUS
    assert tiers.of("part1") == AMBIGUOUS
    assert tiers.of("x/demo.pt") == NEVER
    assert tiers.of("a.mymodel") == NEVER
    assert tiers.of("x.pth") == ALWAYS


def test_no_name_ends_as_weights_and_as_text() -> None:
    """So it does not matter which of the two is looked for first."""
    for name in (*ALWAYS_SUFFIXES, *NEVER_SUFFIXES, *NEVER_NAMES):
        assert not (name.endswith(ALWAYS_SUFFIXES) and name.endswith(NEVER_SUFFIXES)), name
    assert not any(name.endswith(ALWAYS_SUFFIXES) for name in NEVER_NAMES)
