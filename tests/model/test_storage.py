"""Where weights belong: as configured, else by what the repository does already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.core.config import Config
from pmgit.git.repository import discover
from pmgit.model import storage
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from tests.kit import Repo


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        (".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n", True),
        ("a/b/.gitattributes", '"a b" -text filter=lfs', True),
        (".gitattributes", "[attr]big filter=lfs\r\n", True),
        (".gitattributes", "  # *.bin filter=lfs\n", False),
        (".gitattributes", "*.bin filter=lfsx\n*.txt text\n", False),
        ("x.gitattributes", "*.bin filter=lfs\n", False),
    ],
)
def test_lfs_lines(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, path: str, text: str, found: bool
) -> None:
    monkeypatch.chdir(repo.path)
    repo.write(path, text)
    assert not storage.has_lfs_lines(index())  # what is not staged does not count
    repo.git("add", path)
    assert storage.has_lfs_lines(index()) == found
    assert storage.of(Config(), index()) == ("lfs" if found else "ignore")


@pytest.mark.parametrize("configured", ["ignore", "lfs"])
def test_the_configuration_wins(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, configured: str
) -> None:
    monkeypatch.chdir(repo.path)
    if configured == "ignore":
        repo.stage(".gitattributes", "*.bin filter=lfs\n")
    assert storage.of(Config({"storage": configured}), index()) == configured


def index() -> Snapshot:
    return Snapshot(discover(), TREE, [], [])
