"""`pmgit doctor`: what it prints, how it ends, and that it changes nothing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.doctor.looking import answer_yes
from tests.kit import pointer, weights_bytes
from tests.lfs_install import store
from tests.made_once import made_once

if TYPE_CHECKING:
    from tests.kit import Repo

pytestmark = pytest.mark.usefixtures("quick_pre_commit", "quick_hooks")


def everything(*folders: Path) -> dict[str, tuple[int, int, str]]:
    """Every file and folder with its mode, time of change and content."""
    found = {}
    for folder in folders:
        for at, _, names in os.walk(folder):
            for path in (Path(at), *(Path(at, name) for name in names)):
                stat = path.lstat()
                data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
                found[str(path)] = (
                    stat.st_mode,
                    stat.st_mtime_ns,
                    hashlib.sha256(data).hexdigest(),
                )
    return found


def _sicken(repo: Repo) -> None:
    repo.stage(".gitattributes", "models/ filter=lfs\n*.safetensors filter=lfs -text\n")
    path, content = "pretrained_model/bert/model.safetensors", weights_bytes(3000)
    repo.stage_blob(path, pointer(content))
    store(repo, content)
    repo.stage("models/x.bin", "x\n")
    repo.commit("Add weights")
    repo.write(path, pointer(content))
    repo.write("loose.safetensors", 5000)  # not tracked, and newer than the index
    repo.git("config", "lfs.allowincompletepush", "true")
    repo.git("config", "--unset", "filter.lfs.process")
    (repo.path / ".git/hooks/pre-push").write_text("#!/bin/sh\n")
    repo.write(".pre-commit-config.yaml", "repos: []\n")


@pytest.fixture
def sick(lfs_repo: Repo) -> Repo:
    """Something is wrong in every group."""
    return made_once(lfs_repo, _sicken)


def paste(repo: Repo, fix: str, cwd: str = "") -> None:
    """Paste a fix; a pointer in the work tree may go when its content comes."""
    if fix.startswith("git lfs pull"):
        done = repo.sh(fix, cwd=cwd)
        assert done.code == 0, (fix, done)
    elif fix.startswith("pmgit init"):
        answer_yes(repo, fix)
    else:
        repo.paste(fix, cwd=cwd)


def test_a_healthy_repository(lfs_repo: Repo) -> None:
    shown = lfs_repo.pmgit("doctor")
    assert (shown.code, shown.err) == (0, ""), shown
    lines = shown.out.splitlines()
    assert lines[0].startswith("ok:      git: git version ")
    assert lines[-1].endswith(" checks")
    assert "error" not in shown.out


def test_a_sick_repository(sick: Repo) -> None:
    shown = sick.pmgit("doctor")
    assert (shown.code, shown.err) == (1, ""), shown
    for name in ("lfs-filter", "lfs-push", "lfs-hook", "pre-commit", "weights"):
        assert f"error:   {name}: " in shown.out
    assert "warning: attributes: " in shown.out
    setting = "--replace-all filter.lfs.process 'git-lfs filter-process'"
    assert f"fix: git config --local {setting}\n" in shown.out


@pytest.mark.parametrize("args", [(), ("--format", "json")])
def test_it_changes_nothing(args: tuple[str, ...], sick: Repo, tmp_path: Path) -> None:
    """The whole repository with `.git`, HOME and the global configuration, to the byte."""
    home = tmp_path / "home"
    assert Path(sick.env["GIT_CONFIG_GLOBAL"]).is_relative_to(home)
    sick.git("config", "core.untrackedCache", "true")
    sick.git("status")
    os.utime(sick.path / "models/x.bin")  # a `git status` would refresh the index now
    before = everything(sick.path, home)
    assert sick.pmgit("doctor", *args).code == 1
    assert everything(sick.path, home) == before


def test_all_fixes_pasted_one_after_the_other(sick: Repo) -> None:
    """No fix makes another error; what is left has a hint."""
    sick.env["PMGIT_LFS_SETUP_PROOF"] = "0"  # tests/init/test_lfs_proof.py
    for _ in range(4):
        fixes = sick.pmgit("doctor").fixes
        for fix in fixes:
            paste(sick, fix)
        if not fixes:
            break
    document = sick.pmgit("doctor", "--format", "json").json
    left = {check["name"]: check for check in document["checks"] if check["status"] == "error"}
    assert left == {}


def test_the_json_has_every_check(sick: Repo) -> None:
    document = sick.pmgit("doctor", "--format", "json").json
    assert document["status"] == "error"
    found = {check["name"]: check for check in document["checks"]}
    assert found["git"] == {
        "name": "git",
        "status": "ok",
        "evidence": sick.git("version").strip(),
        "fix": None,
        "hint": None,
        "looked": True,
    }
    fix = found["weights"]["fix"]
    assert fix["commands"] == [["git", "lfs", "pull", "--include=pretrained_model/bert"]]
    assert fix["shell"] == "git lfs pull --include=pretrained_model/bert"


def test_fixes_work_below_the_top(sick: Repo) -> None:
    fixes = sick.pmgit("doctor", cwd="models").fixes
    for fix in (f for f in fixes if not f.startswith("pmgit ")):
        paste(sick, fix, "models")
    assert "error:   weights" not in sick.pmgit("doctor").out


def test_a_broken_configuration_is_one_of_the_errors(repo: Repo) -> None:
    repo.write(".pmgit.toml", "storge = 'lfs'\n")
    shown = repo.pmgit("doctor")
    assert shown.code == 1
    assert shown.out.startswith("error:   configuration: .pmgit.toml: unknown key 'storge'\nhint: ")
    assert "ok:      git: " in shown.out


def test_what_cannot_be_looked_at_is_exit_code_3(lfs_repo: Repo) -> None:
    """The others are looked at all the same."""
    (lfs_repo.path / ".git/index").write_bytes(b"DIRC broken")
    shown = lfs_repo.pmgit("doctor")
    assert shown.code == 3, shown
    assert "error:   weights: could not look: " in shown.out
    assert "ok:      hf-cache: " in shown.out


def test_a_bare_repository(repo: Repo) -> None:
    repo.git("init", "-q", "--bare", "bare.git")
    failed = repo.pmgit("doctor", cwd="bare.git")
    assert (failed.code, failed.out) == (3, "")
    assert failed.err.startswith("pmgit: this repository is bare: ")


def test_no_repository(repo: Repo, tmp_path: Path) -> None:
    assert repo.pmgit("doctor", cwd=tmp_path).code == 3


def test_control_characters_are_not_printed(lfs_repo: Repo) -> None:
    lfs_repo.git("config", "core.hooksPath", "a\x1b[2Jb")
    shown = lfs_repo.pmgit("doctor")
    assert "\x1b" not in shown.out
    assert "a\\x1b[2Jb" in shown.out


def test_what_checks_share_is_asked_once(lfs_repo: Repo) -> None:
    trace = lfs_repo.path.parent / "trace"
    assert lfs_repo.pmgit("doctor", env={"GIT_TRACE": str(trace)}).code in (0, 1)
    lines = [line.partition("built-in: git ")[2] for line in trace.read_text().split("\n")]
    for question in ("rev-parse --path-format=absolute --git-path hooks", "ls-files -s"):
        assert sum(line.startswith(question) for line in lines) == 1, lines
    # git-lfs has its own.
    assert sum(line.startswith("config -z") for line in lines) == 1, lines
