"""Commits as they are shown to people."""

from __future__ import annotations

import pytest

from pmgit.git import commits
from pmgit.git.repository import discover
from tests.kit import Repo


def test_a_commit_is_described_by_subject_author_and_day(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.stage("a", "a")
    first = repo.commit("Add a\n\nAnd say why.")
    monkeypatch.chdir(repo.path)
    assert commits.describe(discover(), [first, "f" * 40]) == {first: "Add a (Test, 2026-01-01)"}


def test_a_range_says_which_commits(repo: Repo) -> None:
    repo.stage("a", "a")
    base = repo.commit("base")
    repo.stage("pretrained_model/bert/model.pt", 5_000)
    bad = repo.commit("Add \x1b[31mweights")
    repo.git("rm", "-q", "-r", "pretrained_model")
    repo.commit("Remove them")
    result = repo.pmgit("check", "--range", f"{base}..HEAD")
    assert result.code == 1
    assert f"commit {bad[:12]}: Add \\x1b[31mweights (Test, 2026-01-01)" in result.out
