"""What weights are, by name."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from pmgit.core.config import Config
from pmgit.model.weights import (
    ALWAYS,
    ALWAYS_SUFFIXES,
    AMBIGUOUS,
    BINARY_BYTES,
    CODE_SUFFIXES,
    DOCUMENTS,
    KEPT_TEXT,
    NEVER,
    NEVER_NAMES,
    NEVER_SUFFIXES,
    OTHER,
    TOKENIZER_BYTES,
    VOCABULARIES,
    VOCABULARY_BYTES,
    Tiers,
    most_binary,
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
def test_always_weights_by_name(name: str) -> None:
    assert TIERS.of(name) == ALWAYS
    assert TIERS.of(f"a/b.txt/{name}") == ALWAYS


@pytest.mark.parametrize(
    "name",
    ["pytorch_model.bin", "model.ncnn.bin", "y.param.bin", "m.params", "tokenizer.pkl", "bpe.bin",
     "m.pkl", "a.npy", "a.npz", "m.h5", "saved_model.pb", "sp.model", "x.dat",
     "m.zip", "m.tar", "m.tar.gz", "m.tgz", "m.pth.tar", "m.bin.001", "m.part-aa", "m.part1",
     "m.safetensors.aa", "m.zip.ab", "m.bz2.001", "x.42",
     "variables.data-00000-of-00001"],
)  # fmt: skip
def test_weights_or_not_by_content(name: str) -> None:
    assert TIERS.of(name) == AMBIGUOUS


@pytest.mark.parametrize(
    "name",
    ["tokenizer.model", "Tokenizer.Model", "spiece.model", "sentencepiece.bpe.model", "x.spm",
     "cl100k.tiktoken", "vocab.txt", "README.md", "config.json", "model.safetensors.index.json",
     "modeling.py", "merges.TXT", "spm.model", "zh.bpe.model", "spm32k.model", "vocab.bpe",
     "sentencepiece.model", "chinese_tokenizer.model", "tokenizer.model.v3", "tokenizer.bin",
     "tekken.json", "y.ncnn.param", "bpe.codes", "model.safetensors.json", "pytorch_model.bin.txt"],
)  # fmt: skip
def test_never_weights_by_name(name: str) -> None:
    assert TIERS.of(name) == NEVER


@pytest.mark.parametrize(
    "name",
    ["LICENSE", "bin", "pt", "model", "a.bin.backup", "x.py.orig", "photo.png", "lib.so", "a.1",
     "notes.aa", "v1.2", ".gitkeep", ""],
)  # fmt: skip
def test_names_that_say_nothing(name: str) -> None:
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


def test_how_much_binary_content_a_name_is_believed_for() -> None:
    for name in ("x/spm.model", "Tokenizer.Model", "a.spm"):
        assert most_binary(name) == TOKENIZER_BYTES, name
    for name in ("tekken.json", "x/vocab.bpe", "tokenizer.bin"):
        assert most_binary(name) == VOCABULARY_BYTES, name
    for name in ("m.txt", "model.safetensors.json", "README.md", "spm.model/m.txt", "noname", ""):
        assert most_binary(name) == BINARY_BYTES, name


def test_what_keep_text_lets_in_is_what_is_never_weights() -> None:
    """And the other way round, apart from source code."""
    for pattern in set(KEPT_TEXT) - set(DOCUMENTS):
        assert TIERS.of(f"bert/{pattern.replace('*', 'x')}") == NEVER, pattern
    suffixes = set(NEVER_SUFFIXES) - set(CODE_SUFFIXES)
    for pattern in (*NEVER_NAMES, *VOCABULARIES, *(f"*{suffix}" for suffix in suffixes)):
        name = pattern.replace("*", "x")
        assert any(fnmatchcase(name, kept) for kept in KEPT_TEXT), pattern
