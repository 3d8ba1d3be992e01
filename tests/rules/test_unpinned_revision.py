"""`unpinned-revision`: a branch is no commit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import Repo

MODEL = "pretrained_model/bert-base-uncased"
HUB = "https://huggingface.co/google-bert/bert-base-uncased"


def stage(repo: Repo, revision: str, source: str = HUB) -> None:
    repo.stage(
        f"{MODEL}/INFO.md",
        f"# BERT\n\n**Source**: {source}\n**Downloaded**: 2026-01-13\n"
        f"**Commit**: {revision}\n**License**: apache-2.0\n",
    )


def findings(repo: Repo) -> list[dict[str, Any]]:
    return repo.check("--select", "unpinned-revision")


@pytest.mark.parametrize("revision", ["`main`", "main", "v1.0", "86b5e09"])
def test_a_branch_or_tag_alone_is_a_warning_with_its_line(repo: Repo, revision: str) -> None:
    stage(repo, revision)
    (finding,) = findings(repo)
    assert (finding["severity"], finding["line"]) == ("warning", 5)
    assert "names no full commit" in finding["message"]
    stage(repo, f"{revision} (commit: {'1' * 40})")
    assert findings(repo) == []


@pytest.mark.parametrize(
    ("revision", "source"),
    [
        ("1" * 40, HUB), (f"`main` (commit: {'a' * 40})", HUB), ("TODO: which?", HUB), ("", HUB),
        ("v2", "https://example.invalid/weights.zip"), ("`main` (commit: abc123...)", HUB),
    ],
)  # fmt: skip
def test_accepts_a_commit_other_sources_and_what_another_rule_asks_for(
    repo: Repo, revision: str, source: str
) -> None:
    stage(repo, revision, source)
    assert findings(repo) == []
