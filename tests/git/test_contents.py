"""How much of the contents of blobs is in memory at once."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

from pmgit import hook
from pmgit.git import objects
from pmgit.git.entries import of_index
from pmgit.git.repository import discover
from pmgit.model import judged_files

if TYPE_CHECKING:
    import pytest

    from tests.kit import Repo


def test_contents_are_in_memory_once(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once more as what git has printed, and once more as a copy of that."""
    size, count = 4_000_000, 8
    repo.stage_all({f"{number}.txt": b" " * (size + number) for number in range(count)})
    blobs = list(of_index(repo.git("ls-files", "-s", "-z").encode()))
    monkeypatch.chdir(repo.path)
    tracemalloc.start()
    try:
        found = objects.Objects(discover()).contents(blobs)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sorted(map(len, found.values())) == [size + number for number in range(count)]
    assert peak < size * (count + 4), peak


def test_texts_that_are_looked_through_are_not_kept(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook that holds a config.json of every model at once has no bound."""
    size, count = 4_000_000, 10
    for number in range(count):
        repo.stage(f"pretrained_model/m{number}/config.json", b" " * (size + number))
        (repo.path / f"pretrained_model/m{number}/config.json").unlink()
    monkeypatch.chdir(repo.path)
    monkeypatch.setattr(judged_files, "_TOGETHER", 2 * size)
    monkeypatch.setattr("gc.disable", lambda: None)  # it would hold in all other tests, too
    tracemalloc.start()
    try:
        assert hook.main(["pre-commit", "--select", "unsafe-weights"]) == 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < size * count * 2 / 3, peak
