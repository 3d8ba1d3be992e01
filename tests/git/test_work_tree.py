"""The files on disk beside the index: which are changed, found out without Git's filters."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pmgit.git import work_tree
from pmgit.git.repository import discover

if TYPE_CHECKING:
    from tests.kit import Repo

#: A name that `ls-files --debug` prints as it is.
ODD = "tab\tand\nline flags: 0"


@pytest.fixture(autouse=True)
def here(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)


def changed() -> list[str]:
    return [blob.path for blob in work_tree.changed(discover())]


def test_what_is_changed_on_disk(repo: Repo) -> None:
    names = ["kept", "touched", "edited", "gone", "link", "to-link", "left-out", "assumed", ODD]
    for name in names:
        repo.write(name, f"content of {name}\n")
    (repo.path / "link").unlink()
    (repo.path / "link").symlink_to("kept")
    repo.git("add", "-A")
    repo.commit("Files")
    assert changed() == []
    for name in ("edited", "left-out", "assumed", ODD):
        repo.write(name, "another content\n")
    os.utime(repo.path / "touched", (1, 1))
    (repo.path / "gone").unlink()
    (repo.path / "to-link").unlink()
    (repo.path / "to-link").symlink_to("kept")
    repo.git("update-index", "--skip-worktree", "left-out")
    repo.git("update-index", "--assume-unchanged", "assumed")
    assert sorted(changed()) == sorted(["edited", "gone", "to-link", ODD])
    (repo.path / "link").unlink()
    (repo.path / "link").symlink_to("touched")
    assert "link" in changed()


def test_without_an_index(repo: Repo) -> None:
    assert not (repo.path / ".git/index").exists()
    assert changed() == []


def test_a_file_as_young_as_the_index_is_read(repo: Repo) -> None:
    """It may have been changed after it was added, within one tick of the clock."""
    repo.write("young", "one\n")
    repo.git("add", "young")
    index = repo.path / ".git/index"
    before = os.stat(repo.path / "young")
    repo.write("young", "two\n")
    os.utime(repo.path / "young", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.utime(index, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed() == ["young"]


def test_filters_of_the_repository_are_not_run(repo: Repo) -> None:
    """`git diff-files` runs them, for files as young as the index."""
    repo.write("file", "one\n")
    repo.git("add", "file")
    repo.commit("File")
    repo.write(".gitattributes", "file filter=trap\n")
    repo.git("config", "filter.trap.clean", "touch PWNED; cat")
    young = os.stat(repo.path / "file").st_mtime_ns
    os.utime(repo.path / ".git/index", ns=(young, young))
    repo.git("diff-files")
    assert (repo.path / "PWNED").exists()
    (repo.path / "PWNED").unlink()
    assert changed() == []
    assert not (repo.path / "PWNED").exists()
