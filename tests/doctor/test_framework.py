"""Whether the hooks of pre-commit's configuration run, and whether pmgit does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pmgit.doctor.check import ERROR, OK, WARNING
from pmgit.hooks import config_entry
from pmgit.hooks.entry import HookEntry
from pmgit.hooks.names import YAML
from tests.doctor.looking import cure, look, look_at
from tests.e2e.set_ups import set_up

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

pytestmark = pytest.mark.usefixtures("quick_pre_commit", "quick_hooks")

PUSH = (
    "repos:\n- repo: local\n  hooks:\n"
    "  - {id: x, name: x, entry: 'true', language: system, stages: [pre-commit, push]}\n"
)
MERGE = PUSH.replace("push", "pre-merge-commit")
OURS = (
    "repos:\n- repo: local\n  hooks:\n"
    "  - {id: weights, name: weights, entry: pmgit-hook, language: system}\n"
)


def configure(repo: Repo, text: str = "repos: []\n") -> None:
    repo.write(".pre-commit-config.yaml", text)


def test_no_configuration(repo: Repo) -> None:
    assert look_at(repo, "pre-commit").status == OK
    assert cure(repo, "pmgit-hook", WARNING) == "pmgit init --hooks native"


def test_a_configuration_without_hooks(repo: Repo) -> None:
    configure(repo)
    line = cure(repo, "pre-commit", ERROR)
    assert line == "pre-commit install -t pre-commit"


def test_hooks_for_a_push_without_the_hook(lfs_repo: Repo) -> None:
    """Row O. The hook of Git LFS becomes pre-push.legacy and still uploads."""
    configure(lfs_repo, PUSH)
    assert lfs_repo.run(["pre-commit", "install"]).code == 0
    assert "pre-push" in look_at(lfs_repo, "pre-commit").evidence
    assert cure(lfs_repo, "pre-commit", ERROR) == "pre-commit install -t pre-push"
    assert look_at(lfs_repo, "lfs-hook").status == OK


def test_hooks_for_another_stage_are_a_warning(repo: Repo) -> None:
    configure(repo, MERGE)
    assert repo.run(["pre-commit", "install"]).code == 0
    assert cure(repo, "pre-commit", WARNING) == "pre-commit install -t pre-merge-commit"


def test_prek_is_told_from_pre_commit(repo: Repo) -> None:
    configure(repo, "default_install_hook_types: [pre-commit, pre-push]\nrepos: []\n")
    assert repo.run(["prek", "install", "-t", "pre-commit"]).code == 0
    assert cure(repo, "pre-commit", ERROR) == "prek install -t pre-push"


def test_the_python_of_the_hook_is_gone(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(repo)
    assert repo.run(["pre-commit", "install"]).code == 0
    hook = repo.path / ".git/hooks/pre-commit"
    lines = hook.read_text().splitlines(keepends=True)
    gone = [
        "INSTALL_PYTHON=/nowhere/python\n" if line.startswith("INSTALL_PYTHON=") else line
        for line in lines
    ]
    hook.write_text("".join(gone))
    assert look_at(repo, "pre-commit").status == OK  # the hook falls back to the PATH
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "git").symlink_to(repo.sh("command -v git").out.strip())
    monkeypatch.setenv("PATH", str(bin))
    cure(repo, "pre-commit", ERROR)
    assert "/nowhere" not in hook.read_text()


def test_hooks_path_is_in_the_way(repo: Repo) -> None:
    """pre-commit refuses then; the chain runs it."""
    configure(repo, PUSH)
    (repo.path / "own").mkdir()
    repo.git("config", "core.hooksPath", "own")
    repo.env["PMGIT_INIT_SYSTEM"] = "1"
    assert cure(repo, "pre-commit", ERROR) == "pmgit init"
    assert "framework=pre-commit" in (repo.path / "own/pre-commit").read_text()
    assert repo.git("config", "core.hooksPath") == "own\n"


LAUGHS = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


def test_a_broken_configuration(repo: Repo) -> None:
    texts = ("repos: [", "[]\n", "repos: 3\n", "\x00", "repos: &a [*a]\n",
             f"a0: &a0 1\n{LAUGHS}repos: []\n")  # fmt: skip
    for text in texts:
        configure(repo, text)
        found = look_at(repo, "pre-commit")
        assert (found.status, found.fix) == (ERROR, None), text
        hint = "repair .pre-commit-config.yaml; where it is wrong: pre-commit validate"
        assert hint in found.hint, text
        assert repo.pmgit("init", "--yes", "--system").code == 2, text


@pytest.mark.parametrize("text", ["repos: [3, {hooks: 4}, {hooks: [5]}]\n", "repos: []\nx: *y\n"])
def test_a_strange_configuration_is_no_traceback(text: str, repo: Repo) -> None:
    configure(repo, text)
    assert look_at(repo, "pre-commit").status == ERROR


def test_prek_toml(repo: Repo) -> None:
    """pre-commit's hook in front of what only prek reads stops every commit; prek's takes over."""
    configure(repo)
    assert repo.run(["pre-commit", "install"]).code == 0
    (repo.path / ".pre-commit-config.yaml").unlink()
    repo.stage(
        "prek.toml",
        '[[repos]]\nrepo = "local"\n[[repos.hooks]]\nid = "pmgit"\nname = "x"\n'
        'entry = "pmgit-hook"\nlanguage = "system"\nalways_run = true\npass_filenames = false\n',
    )
    assert repo.run(["git", "commit", "-q", "-m", "x"]).code == 1
    line = cure(repo, "pre-commit", ERROR)
    assert line == "pre-commit uninstall -t pre-commit && prek install -t pre-commit"
    assert look_at(repo, "pmgit-hook").status == OK
    assert repo.run(["git", "commit", "-q", "-m", "x"]).code == 0
    repo.write("prek.toml", "repos = [\n")
    found = look_at(repo, "pre-commit")
    assert (found.status, found.fix) == (ERROR, None)
    assert "prek.toml: not valid TOML" in found.evidence
    assert "prek validate-config prek.toml" in found.hint


def test_pmgit_through_pre_commit(repo: Repo) -> None:
    configure(repo, OURS)
    found = look_at(repo, "pmgit-hook")
    assert found.status == WARNING
    assert "nothing runs it at a commit" in found.evidence
    cure(repo, "pre-commit", ERROR)
    assert look_at(repo, "pmgit-hook").status == OK


def test_the_entry_runs_what_is_not_on_the_path(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(repo, "--system")
    assert look_at(repo, "pmgit-hook").status == OK
    # Neither the program, nor its fork.
    names = ("pmgit", "pmgit-hook")
    folders = [
        folder
        for folder in repo.env["PATH"].split(os.pathsep)
        if not any(os.path.exists(f"{folder}/{name}") for name in names)
    ]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    found = look_at(repo, "pmgit-hook")
    assert (found.status, found.fix) == (ERROR, None)
    assert "runs pmgit-hook, which is not on the PATH: every commit fails" in found.evidence


@pytest.mark.parametrize(
    "entry",
    [
        HookEntry("git", "1" * 40, "ext::sh -c touch% RAN"),
        HookEntry("git", "1" * 40, "file:///nowhere"),
        HookEntry("index", "0.0.0.1", python="./python"),
        HookEntry("index", "0.0.0.1 --index-url=x"),
    ],
)
def test_what_a_repository_names_is_not_run_by_a_look(repo: Repo, entry: HookEntry) -> None:
    python = repo.write("python", "#!/bin/sh\ntouch RAN\n")
    python.chmod(0o755)
    text = "default_language_version: {python: ./python}\n" + config_entry.snippet(entry, YAML)
    configure(repo, text)
    assert repo.run(["prek", "install"]).code == 0
    assert look_at(repo, "pmgit-hook").status in (OK, WARNING)
    assert not (repo.path / "RAN").exists()


def test_hooks_that_read_another_file(repo: Repo) -> None:
    repo.write("back end/c.yaml", OURS)
    assert repo.run(["pre-commit", "install", "-c", "back end/c.yaml"]).code == 0
    assert look_at(repo, "pmgit-hook").evidence.startswith("back end/c.yaml has pmgit, and ")
    repo.write("back end/c.yaml", PUSH)
    line = cure(repo, "pre-commit", ERROR)
    assert line == "pre-commit install '--config=back end/c.yaml' -t pre-push"
    assert "--config=back end/c.yaml" in (repo.path / ".git/hooks/pre-push").read_text()


def test_hooks_that_are_not_wanted(repo: Repo) -> None:
    set_up(repo, "--hooks", "none")
    assert "ok:      pmgit-hook: .pmgit.toml asks for no hooks" in repo.pmgit("doctor").out


def test_pmgit_as_a_native_hook(repo: Repo) -> None:
    hook = repo.write(".git/hooks/pre-commit", "#!/bin/sh\nexec pmgit-hook pre-commit\n")
    assert look_at(repo, "pmgit-hook").status == WARNING  # not executable
    hook.chmod(0o755)
    assert look_at(repo, "pmgit-hook").status == OK


@pytest.mark.parametrize("hooks", ["pre-commit", "native"])
def test_after_init_all_is_well(hooks: str, lfs_repo: Repo) -> None:
    done = lfs_repo.pmgit("init", "--yes", "--hooks", hooks, "--storage", "lfs", "--system")
    assert done.code == 0, done
    found = look(lfs_repo)
    # How much space the disk has left is not for `init` to mend.
    wrong = [name for name, check in found.items() if check.status != OK and name != "hf-disk"]
    assert wrong == [], found
