"""`pmgit init` where pre-commit or prek is installed in an unusual way: it serves, or it refuses
and writes nothing. Afterwards a real commit through the user's own hooks is what counts.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pmgit.hooks import config_entry
from pmgit.hooks.entry import HookEntry
from tests import forked
from tests.e2e.conftest import commit
from tests.e2e.set_ups import left_to_do, set_up
from tests.e2e.test_onboarding import tree
from tests.kit import BIN, Repo

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the set-ups are made with sh"),
    pytest.mark.usefixtures("quick_pre_commit", "quick_hooks"),
]

FILE = "pretrained_model/gpt2/model.bin"
USUAL = ".pre-commit-config.yaml"
#: A hook of the team's, which leaves a mark.
TEAM = (
    "repos:\n  - repo: local\n    hooks:\n      - {id: team, name: team, entry: touch ran,"
    " language: system, always_run: true, pass_filenames: false}\n"
)


def framework(repo: Repo, tool: str, *args: str) -> None:
    done = repo.run([tool, "install", *args])
    assert done.code == 0, done


def start(repo: Repo, **files: str) -> None:
    for name, text in files.items():
        repo.stage(name, text)
    repo.stage("a.py", "pass\n")
    repo.commit("Before")


def judges(repo: Repo) -> None:
    """A commit of the set-up goes in, one of raw weights does not, and the team's hook has run."""
    repo.git("add", "-A", ":!ran", ":!*/ran")
    done = commit(repo, "--allow-empty")
    assert done.code == 0, done
    for mark in repo.path.rglob("ran"):
        mark.unlink()
    repo.stage(FILE, 2_000_000)
    refused = commit(repo)
    assert refused.code == 1, refused
    assert "tracked-weights" in refused.out + refused.err
    assert list(repo.path.rglob("ran")), refused
    repo.git("rm", "-q", "-f", FILE)


def below(repo: Repo) -> str:
    start(repo, **{"back end/c.yaml": TEAM})
    framework(repo, "pre-commit", "-c", "back end/c.yaml", "--allow-missing-config")
    return "back end/c.yaml"


def prek_config(repo: Repo) -> str:
    start(repo, **{"b/c.yaml": TEAM, USUAL: "repos: []\n"})
    framework(repo, "prek", "-c", "b/c.yaml", "-t", "pre-push")
    return "b/c.yaml"


def prek_folder(repo: Repo) -> str:
    start(repo, **{f"b/{USUAL}": TEAM})
    framework(repo, "prek", "--cd", "b", "-t", "pre-commit")
    return f"b/{USUAL}"


def types(repo: Repo) -> str:
    start(repo, **{USUAL: f"default_install_hook_types: [commit-msg]\n{TEAM}"})
    framework(repo, "pre-commit")
    return USUAL


def at_the_top(repo: Repo) -> str:
    """Settings that would leave out what pmgit judges, and a Python that it does not run with."""
    top = "exclude: ^pretrained_model/\nfiles: none\nfail_fast: true\n"
    start(repo, **{USUAL: f"{top}default_language_version:\n  python: python3.8\n{TEAM}"})
    return USUAL


SERVED = (below, prek_config, prek_folder, types, at_the_top)


@pytest.mark.parametrize("setup", SERVED)
def test_it_is_served(repo: Repo, setup: Callable[[Repo], str]) -> None:
    config = setup(repo)
    before = tree(repo)
    done = repo.pmgit("init", "--yes")
    assert done.code == 0, done
    # Nobody's other hook has run for the proof.
    assert not list(repo.path.rglob("ran"))
    assert "pmgit-hook" in (repo.path / config).read_text()
    assert ("leaves out pre-commit, pre-merge-commit" in done.out) == (setup is types)
    judges(repo)
    assert repo.pmgit("init", "--undo").code == 0
    after = tree(repo)
    assert [p for p in before if after.get(p) != before[p] and ".git/" not in p] == []


@pytest.mark.parametrize("setup", [below, prek_folder])
def test_the_next_clone_reads_the_same_file(
    repo: Repo, tmp_path: Path, setup: Callable[[Repo], str]
) -> None:
    setup(repo)
    set_up(repo)
    repo.git("add", "-A")
    repo.commit("Set up")
    repo.git("clone", "-q", ".", str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", repo.env, init=None)
    set_up(clone)
    assert clone.git("status", "--short") == ""
    judges(clone)
    assert clone.pmgit("doctor").code == 0
    assert left_to_do(clone) == []


def outside(repo: Repo) -> None:
    (repo.path.parent / "c.yaml").write_text(TEAM)
    framework(repo, "pre-commit", "-c", "../c.yaml")


def gone(repo: Repo) -> None:
    repo.write("b/c.yaml", TEAM)
    framework(repo, "pre-commit", "-c", "b/c.yaml")
    (repo.path / "b/c.yaml").unlink()


def two(repo: Repo) -> None:
    for name, stage in (("b.yaml", "pre-commit"), ("c.yaml", "pre-merge-commit")):
        repo.write(name, TEAM)
        framework(repo, "pre-commit", "-c", name, "-t", stage)


def some_hooks(repo: Repo) -> None:
    repo.write(USUAL, TEAM)
    framework(repo, "prek", "team")


def without_pmgit(repo: Repo) -> None:
    repo.write(USUAL, TEAM)
    framework(repo, "prek", "--skip", "pmgit")


def newer(repo: Repo) -> None:
    repo.write(USUAL, f'minimum_pre_commit_version: "99"\n{TEAM}')


def wrong(repo: Repo) -> None:
    repo.write(USUAL, TEAM.replace("id: team, ", ""))


def linked(repo: Repo) -> None:
    (repo.path.parent / "c.yaml").write_text(TEAM)
    (repo.path / USUAL).symlink_to("../c.yaml")


REFUSED: dict[Callable[[Repo], None], str] = {
    outside: "names ../c.yaml, which is outside of this repository",
    gone: "names b/c.yaml, which is not there",
    two: "reads b.yaml, ",
    some_hooks: "runs some hooks only (team), and not pmgit",
    without_pmgit: "runs some hooks only (--skip=pmgit), and not pmgit",
    newer: "pre-commit version 99 is required",
    wrong: "Missing required key: id",
    linked: "is a symbolic link",
}


@pytest.mark.parametrize("setup", REFUSED)
def test_it_is_refused_and_nothing_is_written(repo: Repo, setup: Callable[[Repo], None]) -> None:
    setup(repo)
    before = tree(repo)
    done = repo.pmgit("init", "--yes")
    assert done.code == 3, done
    assert REFUSED[setup] in done.err
    assert "hint: " in done.err
    assert tree(repo) == before
    if setup is not gone:  # there every commit fails, whatever pmgit does
        set_up(repo, "--hooks", "native")


@pytest.mark.parametrize("tool", ["pre-commit", "prek"])
def test_what_is_wrong_beside_an_entry_that_is_there(repo: Repo, tool: str) -> None:
    """Nothing is written into the configuration then, and all of it is read all the same."""
    entry = config_entry.snippet(HookEntry("system"), USUAL)
    repo.write(USUAL, entry + TEAM.removeprefix("repos:\n").replace("id: team, ", ""))
    done = repo.pmgit("init", "--yes", "--hooks", tool)
    assert done.code == 3, done
    assert f"{tool} validate-config failed: " in done.err
    assert "what was written is taken back" in done.err


def test_hooks_that_do_not_judge_are_taken_back(repo: Repo) -> None:
    """An entry by hand for another stage, a switch in the environment: told, and undone."""
    hook = "{id: pmgit, name: x, entry: pmgit-hook, language: system, stages: [pre-push]}"
    repo.stage(USUAL, f"repos: [{{repo: local, hooks: [{hook}]}}]\n")
    before = tree(repo)
    done = repo.pmgit("init", "--yes")
    assert done.code == 3, done
    assert "a commit of raw weights gets through the hook; what was written is taken" in done.err
    assert tree(repo) == before
    (repo.path / USUAL).unlink()
    done = repo.pmgit("init", "--yes", env={"SKIP": "pmgit"})
    assert (done.code, "SKIP is set" in done.err) == (3, True), done
    assert os.listdir(repo.path) == [".git"]


def test_a_hook_of_the_team_that_fails_says_nothing_about_pmgit(repo: Repo) -> None:
    """Nor does one that cannot even be fetched; and the user's own hook is not run."""
    text = TEAM.replace("touch ran", "'false'")
    text += "  - repo: https://git.example.invalid/x\n    rev: v1\n    hooks: [{id: x}]\n"
    repo.write(USUAL, text)
    repo.write(".git/hooks/pre-commit", "#!/bin/sh\ntouch ran\nexit 1\n").chmod(0o755)
    done = repo.pmgit("init", "--yes")
    assert done.code == 0, done
    assert "proved: a commit of text gets through them" in done.out
    assert not (repo.path / "ran").exists()
    assert (repo.path / ".git/hooks/pre-commit.legacy").exists()


def test_a_hook_whose_program_is_gone_is_installed_again(repo: Repo, tmp_path: Path) -> None:
    start(repo, **{"b/c.yaml": TEAM})
    framework(repo, "pre-commit", "-c", "b/c.yaml")
    hook = repo.path / ".git/hooks/pre-commit"
    lines = hook.read_text().split("\n")
    hook.write_text("\n".join("INSTALL_PYTHON=/gone" if "PYTHON=" in x else x for x in lines))
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("pmgit", "pmgit-hook"):
        (tools / name).symlink_to(BIN / name)
    folders = [f for f in repo.env["PATH"].split(os.pathsep) if not Path(f, "pre-commit").exists()]
    repo.env["PATH"] = os.pathsep.join([str(tools), *folders])
    set_up(repo)
    assert "--config=b/c.yaml" in hook.read_text()
    judges(repo)


def test_without_pmgit_on_the_path_no_entry_is_written(repo: Repo, tmp_path: Path) -> None:
    """The entry would run nothing; the chain finds its Python by itself."""
    folders = forked.without_forks(repo.env["PATH"]).split(os.pathsep)
    folders = [f for f in folders if not Path(f, "pmgit").exists()]
    repo.env["PATH"] = os.pathsep.join(folders)
    for options in ((), ("--system",)):
        done = repo.pmgit("init", "--yes", *options)
        assert done.code == 3, done
        assert f"pmgit-hook is not on the PATH (it may be in {BIN})" in done.err
        assert os.listdir(repo.path) == [".git"]
    assert repo.pmgit("init", "--yes", "--hooks", "native").code == 0
    repo.stage(FILE, 2_000_000)
    assert commit(repo).code == 1
