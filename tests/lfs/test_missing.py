"""Whether git-lfs can run here is told as git itself would find it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from pmgit.git import process
from pmgit.lfs import missing


def test_it_is_found_on_the_path() -> None:
    assert missing.is_installed()


@pytest.mark.skipif(sys.platform == "win32", reason="there git adds its own folders to the PATH")
def test_a_folder_that_git_does_not_look_into_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`../../bin` of git's programs is /usr/bin on Linux; off the PATH, `git lfs` fails there."""
    git = shutil.which("git")
    assert git
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(git)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    code, _, _ = process.start("lfs", "version").wait()
    assert missing.is_installed() == (code == 0)


@pytest.mark.skipif(os.name != "posix", reason="x bits")
def test_a_file_that_cannot_run_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "git-core"
    programs.mkdir()
    (programs / "git-lfs").write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("GIT_EXEC_PATH", str(programs))
    assert not missing.is_installed()
    (programs / "git-lfs").chmod(0o755)
    assert missing.is_installed()
