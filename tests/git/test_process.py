"""The one place that runs git: what it passes on, what it refuses, and what it never runs."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError
from pmgit.git import process
from pmgit.git.process import GitError
from pmgit.git.repository import check_version
from tests.kit import BIN, GIT_VERSION, Repo
from tests.made_once import made_once

if TYPE_CHECKING:
    from pathlib import Path

#: Every way of judging; `--range` needs two commits.
MODES = (
    ("hook",),
    ("hook", "pre-commit"),
    ("check",),
    ("check", "--all"),
    ("check", "--range", "HEAD~1..HEAD"),
    ("check", "."),
)


def judge(repo: Repo, mode: tuple[str, ...], **options: object) -> tuple[int, str]:
    """Run a mode; its exit code and all that it wrote."""
    run = repo.hook if mode[0] == "hook" else repo.pmgit
    args = mode[1:] if mode[0] == "hook" else mode
    result = run(*args, **options)  # type: ignore[arg-type]
    assert "Traceback" not in result.err, result
    return result.code, result.out + result.err


@pytest.fixture
def two_commits(repo: Repo) -> Repo:
    """A repository with two commits, something staged and something edited."""
    return made_once(repo, _two_commits)


def _two_commits(repo: Repo) -> None:
    repo.stage("README.md", "one\n")
    repo.commit()
    repo.stage("pretrained_model/bert/config.json", "{}\n")
    repo.add_info("pretrained_model/bert")
    repo.commit()
    repo.stage("pretrained_model/bert/notes.txt", "words\n")
    repo.write("README.md", "edited\n")


def test_long_input_and_output_do_not_block(repo: Repo) -> None:
    content = b"0123456789abcde\n" * 100_000
    found = process.run("stripspace", stdin=content, top=str(repo.path))
    assert found == content


def test_processes_run_side_by_side(repo: Repo) -> None:
    started = [
        process.start("hash-object", "--stdin", stdin=b"%d" % n, top=str(repo.path))
        for n in range(20)
    ]
    assert len({one.finish() for one in reversed(started)}) == 20


def test_a_failure_tells_gits_own_words(repo: Repo) -> None:
    with pytest.raises(GitError, match=r"git cat-file blob: fatal: .*nonsense") as caught:
        process.run("cat-file", "blob", "nonsense", top=str(repo.path))
    assert caught.value.code == 128
    assert caught.value.exit_code == 3


def test_accepted_codes_are_no_failure(repo: Repo) -> None:
    started = process.start("check-ignore", "nothing", top=str(repo.path), literal=False)
    assert started.finish(1) == b""


@pytest.mark.parametrize(
    ("printed", "accepted"),
    [
        (b"git version 2.34.0\n", True),
        (b"git version 2.39.5 (Apple Git-154)\n", True),
        (b"git version 2.47.1.windows.1\n", True),
        (b"git version 3.0.0-rc1\n", True),
        (b"git version 2.33.8\n", False),
        (b"git version 1.8.3.1\n", False),
    ],
)
def test_the_oldest_git(printed: bytes, accepted: bool) -> None:
    if accepted:
        check_version(printed)
        return
    with pytest.raises(PmgitError, match=r"is too old: pmgit needs git 2\.34"):
        check_version(printed)


# -- hostile surroundings -------------------------------------------------------------------------


def hostile(repo: Repo) -> None:
    """Configure everything that makes git run a command."""
    script = repo.path.parent / "pwn"
    script.write_text(f"#!/bin/sh\ntouch '{repo.path}/PWNED'\ncat\n")
    script.chmod(0o755)
    hooks = repo.path.parent / "evil-hooks"
    hooks.mkdir()
    for name in ("post-index-change", "reference-transaction", "post-checkout", "pre-commit"):
        shutil.copy(script, hooks / name)
    pwn = str(script)
    config = {
        "core.fsmonitor": pwn,
        "core.hooksPath": str(hooks),
        "core.sshCommand": pwn,
        "core.pager": pwn,
        "core.editor": pwn,
        "core.askPass": pwn,
        "core.gitProxy": pwn,
        "core.alternateRefsCommand": pwn,
        "core.untrackedCache": "true",
        "pager.diff-index": "true",
        "pager.check-attr": "true",
        "pager.cat-file": "true",
        "diff.external": pwn,
        "diff.x.textconv": pwn,
        "diff.x.command": pwn,
        "filter.x.clean": pwn,
        "filter.x.smudge": pwn,
        "filter.x.process": pwn,
        "filter.lfs.clean": pwn,
        "filter.lfs.process": pwn,
        "merge.x.driver": pwn,
        "credential.helper": f"!{pwn}",
        "gpg.program": pwn,
        "uploadpack.packObjectsHook": pwn,
        "sequence.editor": pwn,
        "interactive.diffFilter": pwn,
        "log.showSignature": "true",
        "alias.version": f"!{pwn}",
        "alias.rev-parse": f"!{pwn}",
        "alias.diff-index": f"!{pwn}",
        "alias.lfs": f"!{pwn}",
        "lfs.extension.x.clean": pwn,
        "lfs.extension.x.smudge": pwn,
        "lfs.extension.x.priority": "0",
    }
    for key, value in config.items():
        repo.git("config", key, value)
    repo.write(".git/info/attributes", "* filter=x diff=x merge=x\n")


def test_a_hostile_configuration_runs_nothing(two_commits: Repo) -> None:
    repo = two_commits
    repo.stage_all({"pretrained_model/bert/model.safetensors": 3_000_000, "big.bin": 11_000_000})
    repo.git("commit", "-q", "-m", "weights")
    repo.stage("pretrained_model/bert/other.safetensors", 3_000)
    hostile(repo)
    for mode in MODES:
        code, _ = judge(repo, mode)
        assert code in (0, 1), mode
        assert not (repo.path / "PWNED").exists(), mode


def test_the_hostile_configuration_is_one(two_commits: Repo) -> None:
    """What the test above needs to mean anything: plain git does run these commands."""
    hostile(two_commits)
    two_commits.git("status", code=None)
    assert (two_commits.path / "PWNED").exists()


@pytest.mark.parametrize("entry", [".", "", "bin"])
@pytest.mark.parametrize("mode", [MODES[0], MODES[3]], ids=" ".join)
def test_no_git_from_the_repository_is_run(
    two_commits: Repo, entry: str, mode: tuple[str, ...]
) -> None:
    repo = two_commits
    for folder in ("", "bin/"):
        fake = repo.write(f"{folder}git", f"#!/bin/sh\ntouch '{repo.path}/PWNED'\n")
        fake.chmod(0o755)
    path = os.pathsep.join([entry, repo.env["PATH"]])
    code, _ = judge(repo, mode, env={"PATH": path})
    assert code in (0, 1)
    assert not (repo.path / "PWNED").exists()


@pytest.mark.parametrize("mode", MODES, ids=" ".join)
def test_no_git_on_the_path(two_commits: Repo, mode: tuple[str, ...]) -> None:
    for path in ("", ".", str(two_commits.path)):
        code, said = judge(two_commits, mode, env={"PATH": path})
        assert code == 3
        assert "git is not installed, or not on the PATH" in said
        assert "hint: install git 2.34 or newer" in said


@pytest.mark.parametrize("mode", MODES, ids=" ".join)
def test_a_git_that_is_too_old(two_commits: Repo, mode: tuple[str, ...], tmp_path: Path) -> None:
    fake = tmp_path / "old" / "git"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\ncase "$*" in *version*) echo git version 2.20.1;;\n'
        "*) echo 'usage: git [--version] <command>' >&2; exit 129;; esac\n"
    )
    fake.chmod(0o755)
    code, said = judge(two_commits, mode, env={"PATH": f"{fake.parent}:/usr/bin:/bin"})
    assert code == 3
    assert "git 2.20.1 is too old: pmgit needs git 2.34 or newer" in said
    assert "hint:" in said


@pytest.mark.parametrize("mode", [*MODES[:4], MODES[5]], ids=" ".join)
def test_not_a_repository(tmp_path: Path, env: dict[str, str], mode: tuple[str, ...]) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    code, said = judge(Repo(folder, env, init=None), mode)
    assert code == 3
    assert "not a git repository" in said
    assert "hint: run it inside a repository, or make one: git init" in said


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
@pytest.mark.skipif(GIT_VERSION < (2, 35, 2), reason="safe.directory came with git 2.35.2")
def test_a_repository_of_somebody_else_is_refused_with_gits_reason(two_commits: Repo) -> None:
    repo = two_commits
    for folder, folders, files in os.walk(repo.path):
        for name in (".", *folders, *files):
            os.chown(os.path.join(folder, name), 4711, 4711)
    before = (repo.path.parent / "home/.gitconfig").read_bytes()
    for mode in MODES:
        code, said = judge(repo, mode)
        assert code == 3, (mode, said)
        assert "dubious ownership" in said
        assert f"hint: git config --global --add safe.directory {repo.path}" in said
    assert (repo.path.parent / "home/.gitconfig").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="closes file descriptors by a shell")
@pytest.mark.parametrize("closed", ["<&-", "<&- >&-", "2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(two_commits: Repo, closed: str) -> None:
    repo = two_commits
    if closed == "<&- >&- 2>&-":
        assert repo.sh(f"{BIN}/pmgit-hook {closed}").code == 0
    repo.stage("pretrained_model/bert/model.safetensors", 3000)
    assert repo.sh(f"{BIN}/pmgit-hook {closed}").code == 1


@pytest.mark.parametrize(
    "variable",
    ["GIT_LITERAL_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS"],
)
def test_pathspec_settings_of_the_calling_git(two_commits: Repo, variable: str) -> None:
    # `git --literal-pathspecs commit` hands this on to its hooks.
    repo = two_commits
    repo.stage_all(
        {
            ".pmgit.toml": 'models = ["w"]\n',
            "w/bert/config.json": "{}\n",
            "w/bert/model.safetensors": 3000,
        }
    )
    for mode in MODES[:4]:
        code, said = judge(repo, mode, env={variable: "1"})
        assert code == 1, said
        assert "w/bert: missing-info" in said


def test_git_tracing_does_not_disturb(two_commits: Repo) -> None:
    for mode in MODES:
        code, _ = judge(two_commits, mode, env={"GIT_TRACE": "1", "GIT_TRACE_SETUP": "1"})
        assert code == 0, mode


@pytest.mark.parametrize("mode", [MODES[0], MODES[4]], ids=" ".join)
def test_git_speaks_english_to_us(two_commits: Repo, mode: tuple[str, ...]) -> None:
    code, said = judge(two_commits, mode, env={"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh_CN"})
    assert code == 0, said


def test_a_damaged_repository_has_a_hint(repo: Repo) -> None:
    repo.stage("a", "a")
    repo.commit()
    index = repo.path / ".git/index"
    whole = index.read_bytes()
    index.write_bytes(whole[:10])
    for failed in (
        repo.pmgit("check"),
        repo.hook("pre-commit", start=True),
        repo.pmgit("check", "--all"),
    ):
        assert failed.code == 3, failed
        assert "index file smaller than expected\nhint: the index is damaged" in failed.err
    index.write_bytes(whole)
    (repo.path / ".git/refs/heads/main").write_text("1" * 40 + "\n")
    failed = repo.hook("pre-commit", start=True)
    assert failed.code == 3
    assert failed.err.endswith("bad object HEAD\nhint: see what else is damaged: git fsck\n")
