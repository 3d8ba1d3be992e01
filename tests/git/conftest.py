"""Fixtures of the git layer: a process that stands in the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kit import Repo


@pytest.fixture
def here(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """An empty repository in whose top folder the test itself stands."""
    monkeypatch.chdir(repo.path)
    return repo
