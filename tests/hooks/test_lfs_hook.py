"""The pre-push hook of Git LFS, as `pmgit lfs-setup` leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo, Result


def setup(repo: Repo, pattern: str) -> Result:
    result = repo.pmgit("lfs-setup", "--no-proof", "--pattern", pattern)
    assert result.code == 0, result
    return result


def test_git_lfs_writes_its_hooks_when_there_are_none(repo: Repo) -> None:
    setup(repo, "*.bin")
    assert "git lfs pre-push" in (repo.path / ".git/hooks/pre-push").read_text()


def test_a_hook_of_somebody_else_is_kept_and_told(repo: Repo) -> None:
    hook = repo.write(".git/hooks/pre-push", "#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    result = setup(repo, "*.bin")
    assert "a push would not upload" in result.err
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"
    hook.write_text('#!/bin/sh\ngit lfs pre-push "$@"\n')
    assert "push" not in setup(repo, "*.bin").err


def test_hooks_elsewhere(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "core.hooksPath", "my hooks")
    setup(repo, "*.bin")
    assert (repo.path / "my hooks/pre-push").exists()
    repo.git("config", "--unset", "core.hooksPath")
    repo.git("config", "--global", "core.hooksPath", str(tmp_path / "everybody"))
    assert "a push would not upload" in setup(repo, "*.bin").err
    assert not (tmp_path / "everybody").exists()
