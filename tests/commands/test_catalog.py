"""`pmgit catalog`: every name of it is a source, and the guide's models are in it."""

from __future__ import annotations

from pmgit.models import catalog
from pmgit.sources import resolve
from tests.kit import Repo


def test_every_entry_is_a_source_with_a_name_that_is_accepted(repo: Repo) -> None:
    found = repo.pmgit("catalog", "--format", "json").json
    assert {row["title"] for row in found} >= {
        "BERT Base", "BERT Large", "RoBERTa", "GPT-2", "T5", "BART", "ViT", "CLIP", "DINO",
        "Whisper", "Wav2Vec2", "BLIP", "ResNet-50",
    }  # fmt: skip
    for row in found:
        assert resolve.parse(row["source"]).type in ("huggingface", "url")
        assert catalog.source_of(row["name"].upper()) == row["source"]


def test_the_table_names_what_to_type(repo: Repo) -> None:
    shown = repo.pmgit("catalog")
    assert "bert-base-uncased  " in shown.out
    assert catalog.source_of("no-such-model") == ""
