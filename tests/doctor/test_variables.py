"""Variables that switch hooks or uploads off: told, taken out, and what they do."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pmgit.core.shell import Shell
from pmgit.doctor.check import ERROR, OK, WARNING
from tests.doctor.looking import look_at
from tests.kit import BIN, weights_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

pytestmark = pytest.mark.usefixtures("quick_hooks")

FILE = "pretrained_model/bert/model.safetensors"


def cure(repo: Repo, status: str, **environ: str) -> str:
    """Paste the fix into a shell that has the variables, and look from there; the evidence."""
    found = look_at(repo, "variables", **environ)
    assert (found.status, bool(found.fix)) == (status, True), found
    assert found.fix is not None
    line = Shell().line(found.fix)
    assert line == f"unset {' '.join(environ)}"
    done = repo.sh(f"{line} && pmgit doctor --format json", env=environ)
    assert {c["name"]: c["status"] for c in done.json["checks"]}["variables"] == OK
    return found.evidence


def test_nothing_is_switched_off(lfs_repo: Repo) -> None:
    env = {"GIT_LFS_SKIP_PUSH": "0", "SKIP": "pmgit,black", "HUSKY": "0", "LEFTHOOK": "0"}
    assert look_at(lfs_repo, "variables", **env).status == OK  # none of them is used here


def test_uploads_are_switched_off(lfs_repo: Repo, tmp_path: Path) -> None:
    """A push says success and the content stays here."""
    lfs_repo.stage(FILE, weights_bytes(2000))
    lfs_repo.commit()
    lfs_repo.add_remote()
    lfs_repo.git("push", "-q", "origin", "main", env={"GIT_LFS_SKIP_PUSH": "yes"})
    assert list(tmp_path.glob("remote.git/lfs/objects/*/*/*")) == []
    assert "uploads no content" in cure(lfs_repo, ERROR, GIT_LFS_SKIP_PUSH="yes")


def test_a_hook_of_the_framework(repo: Repo) -> None:
    """Also one by another name, in a configuration that only prek reads."""
    entry = {"id": "weights", "name": "x", "entry": "pmgit-hook", "language": "system"}
    hook = ", ".join(f'{key} = "{value}"' for key, value in entry.items())
    repo.stage("prek.toml", f'repos = [{{ repo = "local", hooks = [{{ {hook} }}] }}]\n')
    assert look_at(repo, "variables", SKIP="pmgit, black").status == OK
    assert "weights is left out" in cure(repo, WARNING, SKIP="black, weights")
    cure(repo, WARNING, PREK_SKIP="weights")


@pytest.mark.parametrize("chain", [False, True])
def test_lefthook_is_switched_off(chain: bool, lfs_repo: Repo) -> None:
    """Its hook uploads; the chain does so by itself."""
    shutil.rmtree(lfs_repo.path / ".git/hooks")
    lfs_repo.stage("lefthook.yml", "pre-push:\n  commands:\n    x: {run: 'true'}\n")
    assert lfs_repo.run([str(BIN / "lefthook"), "install"]).code == 0
    if chain:
        lfs_repo.stage(".pmgit.toml", 'storage = "ignore"\n')
        assert lfs_repo.pmgit("init", "--yes").code == 0
    assert look_at(lfs_repo, "lfs-hook").status == OK
    told = cure(lfs_repo, WARNING if chain else ERROR, LEFTHOOK="0")
    assert "lefthook runs no hook" in told
    assert ("a push uploads no content" in told) != chain


def test_husky_is_switched_off(lfs_repo: Repo) -> None:
    lfs_repo.git("config", "core.hooksPath", ".husky/_")
    lfs_repo.write(".husky/_/pre-push", "#!/bin/sh\n").chmod(0o755)
    assert "husky runs no hook; a push uploads" in cure(lfs_repo, ERROR, HUSKY="0")
