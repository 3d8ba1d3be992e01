"""git, git-lfs, the filters, and lfs.allowincompletepush."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pmgit.core.shell import Shell
from pmgit.doctor.check import ERROR, OK, WARNING
from pmgit.git import program
from tests.doctor.looking import cure, look, look_at

if TYPE_CHECKING:
    from tests.kit import Repo

UNSET = "--unset-all"


def test_versions_are_named(lfs_repo: Repo) -> None:
    found = look(lfs_repo)
    assert found["git"].evidence == lfs_repo.git("version").strip()
    assert found["git-lfs"].evidence == lfs_repo.git("lfs", "version").strip()
    assert found["git-lfs"].status == OK


def test_a_git_that_is_too_old_is_an_error(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = repo.sh("command -v git").out.strip()
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    script = f'case "$*" in *" version") echo git version 2.33.8;; *) exec {real} "$@";; esac'
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(program, "_git", "")
    found = look_at(repo, "git")
    assert (found.status, found.hint[:21]) == (ERROR, "install a newer git: ")
    assert found.evidence == "git 2.33.8 is too old: pmgit needs git 2.34 or newer"


def test_without_lfs_nothing_of_it_is_asked_for(repo: Repo) -> None:
    repo.stage("src/main.py", "pass\n")
    found = look(repo)
    assert {found[n].status for n in ("lfs-filter", "lfs-hook", "weights", "attributes")} == {OK}
    assert "nothing here is in Git LFS" in found["lfs-filter"].evidence


def test_git_lfs_missing_is_an_error_where_it_is_used(
    lfs_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "git").symlink_to(lfs_repo.sh("command -v git").out.strip())
    monkeypatch.setenv("PATH", str(bin))
    monkeypatch.setenv("GIT_EXEC_PATH", str(bin))  # beside git's own programs it is looked for too
    found = look_at(lfs_repo, "git-lfs")
    assert (found.status, found.fix) == (ERROR, None)
    assert "install it: https://git-lfs.com" in found.hint
    assert "PyPI" in found.hint
    # Where the system's installer is known, its command is the fix. This one gives the real one.
    real = lfs_repo.sh("command -v git-lfs").out.strip()
    # Nothing else is on the PATH: the real apt-get must never run.
    install = (
        f'[ "$*" = "install git-lfs" ] && {shutil.which("ln", path=os.defpath)} -s {real} {bin}'
    )
    for name, text in (("apt-get", install), ("sudo", f'exec "{bin}/$@"')):
        (bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (bin / name).chmod(0o755)
    lfs_repo.env["PATH"] = str(bin)
    monkeypatch.setattr("sys.platform", "linux")
    found = look_at(lfs_repo, "git-lfs")
    assert found.fix is not None
    assert Shell().line(found.fix) == "sudo apt-get install git-lfs"
    done = lfs_repo.run([str(shutil.which("bash", path=os.defpath)), "-c", Shell().line(found.fix)])
    assert done.code == 0, done
    assert look_at(lfs_repo, "git-lfs").status == OK


def test_git_lfs_of_the_repository_is_not_run(
    lfs_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`.` in the PATH, and an alias: neither may run because somebody looked."""
    lfs_repo.write("git-lfs", "#!/bin/sh\ntouch RAN\n").chmod(0o755)
    lfs_repo.git("config", "alias.lfs", "!touch RAN")
    monkeypatch.setenv("PATH", f".:{lfs_repo.env['PATH']}")
    look(lfs_repo, PATH=f".:{lfs_repo.env['PATH']}")
    assert not (lfs_repo.path / "RAN").exists()


def test_filters_are_told_with_their_place(lfs_repo: Repo) -> None:
    found = look_at(lfs_repo, "lfs-filter")
    assert (found.status, found.evidence) == (
        OK, "clean, smudge, process, required (local: .git/config)",
    )  # fmt: skip


def test_no_filter_at_all(lfs_repo: Repo) -> None:
    lfs_repo.git("config", "--local", "--remove-section", "filter.lfs")
    line = cure(lfs_repo, "lfs-filter", ERROR)
    assert line == "git lfs install --local --skip-repo"


@pytest.mark.parametrize("key", ["clean", "smudge", "process", "required"])
def test_one_part_of_the_filter_is_missing(key: str, lfs_repo: Repo) -> None:
    """The others may be custom: `git lfs install` would refuse then."""
    lfs_repo.git("config", "filter.lfs.clean", "/usr/bin/env git-lfs clean -- %f")
    lfs_repo.git("config", UNSET, f"filter.lfs.{key}")
    assert f"filter.lfs.{key}" in look_at(lfs_repo, "lfs-filter").evidence
    cure(lfs_repo, "lfs-filter", ERROR)
    if key != "clean":
        assert lfs_repo.git("config", "filter.lfs.clean").startswith("/usr/bin/env")


def test_required_false_lets_raw_weights_in(lfs_repo: Repo) -> None:
    lfs_repo.git("config", "filter.lfs.required", "false")
    cure(lfs_repo, "lfs-filter", ERROR)
    assert lfs_repo.git("config", "filter.lfs.required") == "true\n"


def test_another_program_as_filter(lfs_repo: Repo) -> None:
    lfs_repo.git("config", "filter.lfs.clean", "cat")
    lfs_repo.git("config", "--add", "filter.lfs.clean", "cat -u")
    found = look_at(lfs_repo, "lfs-filter")
    assert "filter.lfs.clean = 'cat -u': not a command of git-lfs" in found.evidence
    line = cure(lfs_repo, "lfs-filter", WARNING)
    assert line == "git config --local --replace-all filter.lfs.clean 'git-lfs clean -- %f'"


def test_everything_is_wrong_with_the_filter(lfs_repo: Repo) -> None:
    """One line that sets all of it, of the worktree where that has its own."""
    lfs_repo.git("config", "filter.lfs.process", "")
    lfs_repo.git("config", "filter.lfs.required", "no")
    lfs_repo.git("config", "--global", "filter.lfs.clean", "cat")
    lfs_repo.git("config", "--unset", "filter.lfs.clean")
    lfs_repo.git("config", "extensions.worktreeConfig", "true")
    lfs_repo.git("config", "--worktree", "filter.lfs.smudge", "git-lfs smudge --skip -- %f")
    config = Path(lfs_repo.env["GIT_CONFIG_GLOBAL"])
    before = config.read_bytes()
    line = cure(lfs_repo, "lfs-filter", ERROR)
    assert line.count("git config --local ") == 3
    assert line.count("git config --worktree ") == 1
    assert config.read_bytes() == before


def test_a_filter_of_the_environment(lfs_repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "filter.lfs.clean")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "cat")
    found = look_at(lfs_repo, "lfs-filter")
    assert (found.status, found.fix) == (WARNING, None)
    assert "take it out of the environment" in found.hint


def test_skip_smudge_is_told(lfs_repo: Repo) -> None:
    lfs_repo.git("lfs", "install", "--local", "--skip-repo", "--skip-smudge", "--force")
    found = look_at(lfs_repo, "lfs-filter")
    assert "--skip" in found.evidence
    assert "pmgit pull MODEL" in found.hint
    cure(lfs_repo, "lfs-filter", WARNING)


@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_incomplete_push(scope: str, lfs_repo: Repo) -> None:
    config = Path(lfs_repo.env["GIT_CONFIG_GLOBAL"])
    lfs_repo.git("config", scope, "lfs.allowincompletepush", "yes")
    before = config.read_bytes()
    cure(lfs_repo, "lfs-push", ERROR)
    assert config.read_bytes() == before


def test_incomplete_push_of_lfsconfig(lfs_repo: Repo) -> None:
    """The committed file counts for everybody; Git itself does not read it."""
    lfs_repo.write(".lfsconfig", "[lfs]\n\tallowincompletepush\n")
    assert ".lfsconfig" in look_at(lfs_repo, "lfs-push").evidence
    cure(lfs_repo, "lfs-push", ERROR)
    assert lfs_repo.git("config", "lfs.allowincompletepush") == "false\n"


def test_incomplete_push_of_the_environment(
    lfs_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "lfs.allowincompletepush")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    env = {name: os.environ[name] for name in os.environ if name.startswith("GIT_CONFIG_")}
    found = look_at(lfs_repo, "lfs-push", **env)
    assert found.status == ERROR
    assert "environment" in found.evidence
    assert found.fix is not None
    line = Shell().line(found.fix)
    done = lfs_repo.sh(f"{line} && pmgit doctor --format json", env=env)
    assert {c["name"]: c["status"] for c in done.json["checks"]}["lfs-push"] == OK, line
