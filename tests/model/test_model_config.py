"""config.json: what transformers writes is read, and nothing that strangers write does harm."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.model.model_config import MAX_BYTES, ModelConfig, read
from tests.bounds import FOR_EVER

if TYPE_CHECKING:
    from pathlib import Path

BERT = {
    "_name_or_path": "google-bert/bert-base-uncased", "architectures": ["BertForMaskedLM"],
    "hidden_size": 768, "model_type": "bert", "num_hidden_layers": 12, "torch_dtype": "float32",
    "transformers_version": "4.57.1", "vocab_size": 30522,
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def read_json(file: Path, document: Any) -> ModelConfig:
    file.write_text(json.dumps(document))
    return read(str(file))


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        (BERT, "BertForMaskedLM (bert), float32, hidden size 768, 12 layers"),
        ({"model_type": "gpt2", "n_embd": 768, "n_layer": 12},
         "gpt2, hidden size 768, 12 layers"),
        ({"architectures": ["ResNetForImageClassification"], "model_type": "resnet",
          "hidden_sizes": [256, 512, 1024, 2048], "dtype": "bfloat16"},
         "ResNetForImageClassification (resnet), bfloat16, hidden sizes 256, 512, 1024, 2048"),
        ({"architectures": ["A", "B"], "d_model": 512}, "A, B, hidden size 512"),
        ({"model_type": "silero-vad"}, "silero-vad"),
        ({"torch_dtype": "float16"}, "float16"),
        ({}, ""),
        ({"hidden_size": True, "num_hidden_layers": -1, "model_type": 5, "architectures": "A"}, ""),
        ({"architectures": [["A"], None, "B`\n<!--", "x" * 999], "hidden_size": [10**12]}, ""),
        ({"model_type": "\x1b[2J", "torch_dtype": "a\nb", "dtype": "`"}, ""),
    ],
)  # fmt: skip
def test_the_architecture_in_one_line(file: Path, document: Any, shown: str) -> None:
    assert read_json(file, document).shown == shown


def test_what_is_no_configuration_is_an_empty_one(file: Path, tmp_path: Path) -> None:
    assert read(str(file)) == read("") == read(str(tmp_path)) == ModelConfig()
    for text in ("", "[]", "null", "{", '{"a":' * 200_000, "\xff", "1" * 5000, '{"a": 1e999}'):
        file.write_bytes(text.encode("latin-1"))
        assert read(str(file)) == ModelConfig()


def test_a_configuration_of_a_hundred_megabytes_is_not_read(file: Path) -> None:
    file.write_text(json.dumps(BERT))
    assert read(str(file)).model_type == "bert"
    os.truncate(file, 100_000_000)
    begin = time.process_time()
    assert read(str(file)) == ModelConfig()
    assert time.process_time() - begin < FOR_EVER
    whole = json.dumps({**BERT, "id2label": "x" * MAX_BYTES})
    file.write_text(whole)
    assert read(str(file)) == ModelConfig()
