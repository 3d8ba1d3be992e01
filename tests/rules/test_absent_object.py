"""`absent-object`: a pushed pointer whose object is neither here nor on the remote."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from tests.kit import Repo, Result, pointer, random_bytes

RULE = "absent-object"
PATH = "pretrained_model/bert/model.safetensors"
CONTENT = random_bytes(3000)
OID = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def pushing(lfs_repo: Repo, tmp_path: Path) -> Repo:
    """A repository with a remote that has its first commit."""
    lfs_repo.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    lfs_repo.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    lfs_repo.git("push", "-q", "--no-verify", "origin", "main")
    return lfs_repo


def push(repo: Repo, old: str = "0" * 40, *, env: dict[str, str] | None = None) -> Result:
    """What Git runs before it pushes HEAD, with this rule alone."""
    new = repo.git("rev-parse", "HEAD").strip()
    line = f"refs/heads/main {new} refs/heads/main {old}\n".encode()
    argv = ["pmgit-hook", "pre-push", "origin", "url", "--select", RULE]
    return repo.run(argv, stdin=line, env=env)


def lose_object(repo: Repo) -> None:
    (repo.path / f".git/lfs/objects/{OID[:2]}/{OID[2:4]}/{OID}").unlink()


# -- reports --------------------------------------------------------------------------------------


def test_a_pointer_to_nothing(pushing: Repo) -> None:
    pushing.stage_blob(PATH, pointer(CONTENT))
    pushing.commit()
    found = push(pushing)
    assert found.code == 1, found
    assert found.out.splitlines()[0].startswith(
        f"{PATH}: absent-object: a Git LFS pointer whose object (3.0 kB, sha256 {OID[:12]}) is"
        " neither here nor on the remote; if another remote has it: git lfs fetch --all REMOTE"
    )
    assert found.fixes == []


def test_also_when_git_lfs_may_push_incompletely(pushing: Repo) -> None:
    pushing.git("config", "lfs.allowincompletepush", "true")
    pushing.stage_blob(PATH, pointer(CONTENT))
    pushing.commit()
    assert push(pushing).code == 1


def test_a_pointer_that_a_later_commit_takes_away(pushing: Repo) -> None:
    pushing.stage_blob(PATH, pointer(CONTENT))
    pushing.commit()
    pushing.git("rm", "-q", "--cached", PATH)
    pushing.commit()
    assert push(pushing).code == 1


def test_an_object_that_is_cut_off(pushing: Repo) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    file = pushing.path / f".git/lfs/objects/{OID[:2]}/{OID[2:4]}/{OID}"
    file.chmod(0o644)
    os.truncate(file, 100)
    assert push(pushing).code == 1


# -- accepts --------------------------------------------------------------------------------------


def test_an_object_that_is_here(pushing: Repo) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    assert push(pushing).code == 0


def test_a_pointer_that_the_remote_has_already(pushing: Repo) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    pushing.git("push", "-q", "--no-verify", "origin", "main")
    lose_object(pushing)
    pushing.git("mv", PATH, f"{PATH}.safetensors")
    pushing.commit()
    assert push(pushing).code == 0


def test_only_a_push_is_asked(pushing: Repo) -> None:
    base = pushing.git("rev-parse", "HEAD").strip()
    pushing.stage_blob(PATH, pointer(CONTENT))
    assert pushing.check("--select", RULE) == []
    pushing.commit()
    assert pushing.check("--select", RULE, "--range", f"{base}..HEAD") == []


# -- fix ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["", "pretrained_model"])
@pytest.mark.parametrize("path", [PATH, "pretrained_model/a b/'q' $x.safetensors"])
def test_the_file_on_disk_gives_the_object_back(path: str, folder: str, pushing: Repo) -> None:
    pushing.stage(path, CONTENT)
    pushing.commit()
    lose_object(pushing)
    found = push(pushing, env={"GIT_PREFIX": f"{folder}/" if folder else ""})
    assert found.code == 1, found
    (fix,) = found.fixes
    pushing.paste(fix, cwd=folder)
    assert push(pushing).code == 0


def test_another_file_on_disk_is_no_help(pushing: Repo) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    lose_object(pushing)
    pushing.write(PATH, CONTENT[:-1] + b"!")
    assert push(pushing).fixes == []


# -- git-lfs is missing ---------------------------------------------------------------------------


def test_without_git_lfs_nothing_can_be_uploaded(pushing: Repo, tmp_path: Path) -> None:
    pushing.stage(PATH, CONTENT)
    pushing.commit()
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "pmgit-hook"):
        found = shutil.which(name, path=pushing.env["PATH"])
        assert found
        (programs / name).symlink_to(found)
    (tmp_path / "empty").mkdir()
    env = {"PATH": str(programs), "GIT_EXEC_PATH": str(tmp_path / "empty")}
    refused = push(pushing, env=env)
    assert refused.code == 3, refused
    assert f"{PATH} is a Git LFS pointer, and without git-lfs" in refused.err
    assert "hint: install it: " in refused.err
