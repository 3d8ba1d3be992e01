"""Where Git LFS keeps the content of pointers, held against where it puts it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pmgit.core.errors import PmgitError
from pmgit.git.repository import discover
from pmgit.lfs import store
from tests.kit import Repo, random_bytes


def find(folder: Path, oid: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    return store.find_object(discover(), oid)


def stored(repo: Repo, name: str = "pretrained_model/a/m.safetensors") -> str:
    content = random_bytes(300, seed=len(name))
    repo.stage(name, content)
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "oid",
    ["", "a" * 63, "a" * 65, "A" * 64, "../" + "a" * 61, "g" * 64, "a" * 63 + "/", "\u0660" * 64],
)
def test_only_an_id_becomes_a_path(oid: str) -> None:
    with pytest.raises(PmgitError, match="not the id"):
        store.object_path("x", oid)


def test_finds_what_is_here(lfs_repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    oid = stored(lfs_repo)
    path = find(lfs_repo.path, oid, monkeypatch)
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == oid
    assert find(lfs_repo.path, "0" * 64, monkeypatch) == ""


@pytest.mark.parametrize("absolute", [False, True])
def test_lfs_storage(
    lfs_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, absolute: bool
) -> None:
    lfs_repo.git("config", "lfs.storage", str(tmp_path / "big disk") if absolute else "else where")
    oid = stored(lfs_repo)
    path = find(lfs_repo.path, oid, monkeypatch)
    assert ("big disk" if absolute else "else where") in path
    assert Path(path).is_file()


def test_a_linked_worktree_shares_the_store(
    lfs_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oid = stored(lfs_repo)
    lfs_repo.commit()
    lfs_repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    assert Path(find(tmp_path / "linked", oid, monkeypatch)).is_file()


def test_a_clone_that_borrows_objects(
    lfs_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oid = stored(lfs_repo)
    lfs_repo.commit()
    skip = {"GIT_LFS_SKIP_SMUDGE": "1"}
    lfs_repo.git("clone", "-q", "--shared", str(lfs_repo.path), str(tmp_path / "clone"), env=skip)
    assert Path(find(tmp_path / "clone", oid, monkeypatch)).is_file()
