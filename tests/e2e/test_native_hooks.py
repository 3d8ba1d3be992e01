"""The Git hooks in `hooks/`, run by Git itself, without any hook tool."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import blamed, commit, printed_fixes, without_pmgit
from tests.kit import BIN, native_hooks

if TYPE_CHECKING:
    from tests.kit import Repo
    from tests.weights import Weights

ROOT = Path(__file__).parent.parent.parent
FILE = "pretrained_model/silero-vad/silero_vad_16k.safetensors"
STAGES = ("pre-commit", "pre-merge-commit", "pre-push")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment: the one that runs the tests has pmgit."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", folder], check=True, capture_output=True
    )
    return folder / "bin"


def python_without_pmgit(bare: Path, path: str) -> str:
    """A PATH on which neither pmgit nor a Python that has it is found."""
    return os.pathsep.join([str(bare), without_pmgit(path)])


@pytest.fixture
def guarded(repo: Repo) -> Repo:
    """A repository with a copy of the hooks; `native` runs those of a folder of their own."""
    hooks = repo.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for stage in STAGES:
        shutil.copy(ROOT / "hooks" / stage, hooks / stage)
    return repo


@pytest.fixture
def native(repo: Repo) -> Repo:
    repo.git("config", "core.hooksPath", str(native_hooks(repo.path.parent)))
    return repo


def test_the_hooks_are_one_text() -> None:
    texts = {(ROOT / "hooks" / stage).read_bytes() for stage in STAGES}
    assert len(texts) == 1
    assert b"\r" not in texts.pop()


def test_weights_are_stopped_and_the_printed_fixes_cure_it(native: Repo, weights: Weights) -> None:
    native.stage(FILE, weights.safetensors)
    stopped = commit(native)
    assert stopped.code == 1, stopped
    assert blamed(stopped) == {"tracked-weights", "missing-info"}
    for fix in printed_fixes(stopped):
        native.paste(fix)
    assert commit(native).code == 0
    assert (native.path / FILE).read_bytes() == weights.safetensors
    assert native.git("status", "--porcelain") == ""


@pytest.mark.usefixtures("quick_hooks")
def test_every_ref_of_a_push_is_judged(guarded: Repo, weights: Weights) -> None:
    """Also the second one, and what was committed without hooks and is gone from the tip."""
    guarded.git("init", "-q", "--bare", "../remote.git")
    guarded.stage("a.txt", "a\n")
    assert commit(guarded).code == 0
    guarded.git("checkout", "-q", "-b", "weights")
    guarded.stage(FILE, weights.safetensors)
    guarded.commit("Add weights without hooks")
    guarded.git("rm", "-q", "--cached", FILE)
    guarded.commit("Take them out again")
    refused = guarded.run(["git", "push", "-q", "../remote.git", "main", "weights"])
    assert refused.code == 1, refused
    assert blamed(refused) == {"tracked-weights"}
    assert guarded.git("ls-remote", "../remote.git") == ""
    assert guarded.run(["git", "push", "-q", "../remote.git", "main:more"]).code == 0
    assert guarded.run(["git", "push", "-q", "../remote.git", ":more"]).code == 0
    assert guarded.git("ls-remote", "../remote.git") == ""


@pytest.mark.usefixtures("quick_hooks")
def test_a_clean_merge_is_stopped(native: Repo, weights: Weights) -> None:
    native.stage("a.txt", "a\n")
    assert commit(native).code == 0
    native.git("checkout", "-q", "-b", "weights")
    native.stage(FILE, weights.safetensors)
    native.commit("Add weights without hooks")
    native.git("checkout", "-q", "main")
    native.stage("b.txt", "b\n")
    assert commit(native).code == 0
    refused = native.run(["git", "merge", "-q", "--no-ff", "--no-edit", "weights"])
    assert refused.code != 0, refused
    assert "tracked-weights" in blamed(refused)


def test_pmgit_python_is_enough(native: Repo, bare: Path, weights: Weights) -> None:
    """Neither `pmgit-hook` nor a Python with pmgit on the PATH, as in a graphical Git client."""
    native.env["PATH"] = python_without_pmgit(bare, native.env["PATH"])
    native.env["PMGIT_PYTHON"] = sys.executable
    native.stage(FILE, weights.safetensors)
    stopped = native.run([str(ROOT / "hooks/pre-commit")])
    assert stopped.code == 1, stopped
    assert blamed(stopped) == {"tracked-weights", "missing-info"}
    for fix in printed_fixes(stopped):
        native.paste(fix)
    assert commit(native).code == 0


def test_without_pmgit_the_commit_stops_and_says_why(native: Repo, bare: Path) -> None:
    native.env["PATH"] = python_without_pmgit(bare, native.env["PATH"])
    native.stage("a.txt", "a\n")
    stopped = commit(native)
    assert stopped.code == 1, stopped
    assert stopped.err == (
        "pmgit: the pre-commit hook is installed, but pmgit is not\n"
        "hint: install pmgit as its README says (or set PMGIT_PYTHON to a Python that has it)\n"
    )
    assert native.run(["git", "rev-parse", "-q", "--verify", "HEAD"]).code == 1
    assert native.run([str(ROOT / "hooks/pre-commit")]).code == 3


def test_a_wrong_pmgit_python_is_said(native: Repo, bare: Path, tmp_path: Path) -> None:
    native.env["PATH"] = python_without_pmgit(bare, native.env["PATH"])
    native.env["PMGIT_PYTHON"] = str(tmp_path / "nowhere/python")
    stopped = native.run([str(ROOT / "hooks/pre-commit")])
    assert stopped.code == 3, stopped
    assert "pmgit is not" in stopped.err


@pytest.mark.usefixtures("quick_hooks")
def test_linked_worktree(native: Repo, tmp_path: Path, weights: Weights) -> None:
    native.stage("a.txt", "a\n")
    assert commit(native).code == 0
    native.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
    linked = type(native)(tmp_path / "other", native.env, init=None)
    linked.stage(FILE, weights.safetensors)
    stopped = commit(linked)
    assert stopped.code == 1, stopped
    for fix in printed_fixes(stopped):
        linked.paste(fix)
    assert commit(linked).code == 0
    assert native.git("status", "--porcelain") == ""


@pytest.mark.usefixtures("quick_hooks")
@pytest.mark.parametrize("folder", ["sub", "pretrained_model/silero-vad"])
def test_fixes_work_in_the_folder_where_the_commit_was_typed(
    folder: str, native: Repo, weights: Weights
) -> None:
    native.stage("sub/a.txt", "a\n")
    native.stage(FILE, weights.safetensors)
    stopped = native.run(["git", "commit", "-q", "-m", "work"], cwd=folder)
    assert stopped.code == 1, stopped
    fixes = printed_fixes(stopped)
    assert any(f":(top,literal){FILE}" in fix for fix in fixes), fixes
    for fix in fixes:
        native.paste(fix, cwd=folder)
    done = native.run(["git", "commit", "-q", "-m", "work"], cwd=folder)
    assert done.code == 0, done
    assert native.git("status", "--porcelain") == ""


@pytest.mark.usefixtures("quick_hooks")
def test_names_that_no_shell_may_read(native: Repo, weights: Weights) -> None:
    """The fixes of a real commit are pasted; nothing in a name runs."""
    names = ["a b.pt", "quo'te.pt", '"x".pt', "$(touch PWNED).pt", "`touch PWNED`.pt", "-rf.pt",
             "a;touch PWNED.pt", "[a].pt", "*.pt", "modèle.pt", "line\nbreak.pt", ":(exclude)x.pt",
             ":!x.pt", "back\\slash.pt", "#x.pt", "!x.pt", "~.pt", "tab\t.pt"]  # fmt: skip
    for name in names:
        native.stage(name, weights["onet.pt"])
    stopped = commit(native)
    assert stopped.code == 1, stopped
    assert blamed(stopped) == {"oversized-blob"}
    for fix in printed_fixes(stopped):
        native.paste(fix)
    assert native.staged() == []
    assert not list(native.path.rglob("PWNED"))


@pytest.mark.parametrize("where", ["native", "python", "module"])
def test_modules_of_the_repository_are_not_imported(where: str, native: Repo, bare: Path) -> None:
    """What lies in the judged repository must not run because Python finds it first."""
    trap = "open('PWNED', 'w').close()\nraise SystemExit(0)\n"
    for name in ("pickle.py", "json.py", "os.py", "tempfile.py", "hashlib.py", "sitecustomize.py",
                 "usercustomize.py", "tomllib.py", "click.py", "pathspec.py", "pmgit/__init__.py",
                 "pmgit/hook.py", "pmgit.py"):  # fmt: skip
        native.stage(name, trap)
    native.stage(".pmgit.toml", 'exclude = ["*.bin"]\nweights.never = ["x"]\n')
    native.stage(FILE, 2_000_000)
    if where == "python":
        native.env["PATH"] = python_without_pmgit(bare, native.env["PATH"])
        native.env["PMGIT_PYTHON"] = sys.executable
    if where == "module":
        found = native.run([sys.executable, "-P", "-m", "pmgit", "check"])
    else:
        found = commit(native)
    assert not list(native.path.rglob("PWNED"))
    assert found.code == 1, found
    assert "tracked-weights" in blamed(found)


def test_a_git_in_the_repository_is_not_run(native: Repo) -> None:
    """An empty entry of the PATH means the current folder."""
    native.stage("git", "#!/bin/sh\ntouch PWNED\n").chmod(0o755)
    path = f":.:{BIN}:{native.env['PATH']}"
    judged = native.run([str(BIN / "pmgit-hook"), "pre-commit"], env={"PATH": path})
    assert judged.code == 0, judged
    assert not (native.path / "PWNED").exists()
