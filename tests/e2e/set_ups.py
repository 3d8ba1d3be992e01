"""What people did with hooks before they run `pmgit init`, each by the real tools; and what `pmgit
init` does, without its proofs.

These take three quarters of its processes: tests of what it writes, or of how that is taken back,
do its steps alone (`set_up`), and those of what it prints run it so (`init_unproved`).
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from pmgit.cli import main_group
from pmgit.commands import _init_proof, _work_tree
from pmgit.init import onboarding
from pmgit.init.journal import Journal, carry_out
from tests.kit import BIN, Repo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pmgit.init.onboarding import SetupPlan
    from tests.kit import Result

#: A hook of the user's own: it keeps what it was given.
FOREIGN = '#!/bin/sh\necho "$@" >"$SEEN.args"\ncat >"$SEEN"\n'
#: What husky's own file does for every hook.
HUSKY = """\
hook=${0##*/}
own=${0%/*}/../$hook
[ -f "$own" ] || exit 0
[ "${HUSKY-}" = 0 ] && exit 0
PATH=node_modules/.bin:$PATH
export PATH
sh -e "$own" "$@"
code=$?
[ $code = 0 ] || echo "husky - $hook script failed (code $code)"
exit $code
"""
HUSKYS = ("pre-commit", "pre-merge-commit", "commit-msg", "pre-push", "post-commit", "post-merge")
LEFTHOOK = """\
pre-commit:
  commands:
    own: {run: echo commit >>"$MARKER.lefthook"}
pre-push:
  commands:
    own: {run: 'echo {0} >"$SEEN.args" && cat >"$SEEN"', use_stdin: true}
"""


@contextmanager
def standing_in(repo: Repo, cwd: str = "") -> Iterator[pytest.MonkeyPatch]:
    """This process in the place of one that is started in the repository."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repo.path / cwd)
        for name in ("GIT_CONFIG_GLOBAL", "HOME", "PATH"):
            patch.setenv(name, repo.env[name])
        for name in [name for name in os.environ if name.startswith("PYTHON")]:
            patch.delenv(name)
        yield patch


def _wish(args: tuple[str, ...]) -> onboarding.SetupWish:
    """What these options of `pmgit init` ask for."""
    words, flags = iter(args), ("--system", "--keep-text")
    wanted: dict[str, Any] = {
        w[2:].replace("-", "_"): True if w in flags else next(words) for w in words
    }
    if "models" in wanted:
        wanted["models"] = (wanted["models"],)
    return onboarding.SetupWish(**wanted)


def set_up(repo: Repo, *args: str) -> SetupPlan:
    """What `pmgit init --yes` does with these options before it proves that; its plan."""
    with standing_in(repo):
        repository, config = _work_tree.load()
        made = onboarding.plan(repository, config, _wish(args))
        journal = Journal(repository)
        journal.sweep()
        for step in made.steps:
            if step.ready:
                step.ready()
        carry_out(made.steps, journal)
    return made


def init_unproved(repo: Repo, *args: str, cwd: str = "") -> str:
    """What `pmgit init` prints with these options, after it has done all but its proofs."""
    with standing_in(repo, cwd), pytest.MonkeyPatch.context() as patch:
        patch.setattr(_init_proof, "proofs", lambda *_: ())
        patch.setattr(sys, "argv", [str(BIN / "pmgit"), "init", *args])
        done = CliRunner().invoke(main_group, ["init", *args], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def left_to_do(repo: Repo, *args: str) -> list[str]:
    """The steps that `pmgit init` would find missing."""
    with standing_in(repo):
        made = onboarding.plan(*_work_tree.load(), _wish(args))
    return [step.what for step in made.steps]


#: What a tool has answered and left, by what it found: the same again is not run again.
_done: dict[object, tuple[Result, dict[str, tuple[int, bytes]]]] = {}


def install(repo: Repo, *argv: str) -> Result:
    """Have a tool install its hooks; or put there what it has left where all was the same."""
    if not (repo.path / ".git").is_dir():
        return repo.run(argv)
    found = (argv, repo.env["PATH"], tuple(_written(repo).items()))
    if found not in _done:
        _done[found] = (repo.run(argv), _written(repo))
        return _done[found][0]
    answer, left = _done[found]
    for name in _written(repo):
        (repo.path / name).unlink()
    for name, (mode, content) in left.items():
        file = repo.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content.replace(_HERE, os.fsencode(repo.path.parent)))
        file.chmod(mode)
    return answer


#: Stands for the folder of the test.
_HERE = b"/where the test is"


def _written(repo: Repo) -> dict[str, tuple[int, bytes]]:
    """The files that such a tool reads and writes: their modes and contents."""
    folders = [repo.path / name for name in (".git/hooks", ".githooks", "../hooks of all")]
    files = [repo.path / ".git/config", *(f for there in folders for f in sorted(there.glob("*")))]
    here = os.fsencode(repo.path.parent)
    return {
        os.path.relpath(f, repo.path): (f.stat().st_mode, f.read_bytes().replace(here, _HERE))
        for f in files
    }


def lfs(repo: Repo, *args: str) -> Result:
    return install(repo, "git", "lfs", "install", "--local", *args)


def pre_commit(repo: Repo, *args: str) -> Result:
    return install(repo, "pre-commit", "install", "-t", "pre-push", *args)


def prek(repo: Repo, *args: str) -> Result:
    return install(repo, str(BIN / "prek"), "install", "-t", "pre-push", *args)


def foreign(repo: Repo, path: str = ".git/hooks/pre-push") -> None:
    repo.write(path, FOREIGN).chmod(0o755)


def lfs_then_pre_commit(repo: Repo) -> None:
    assert lfs(repo).code == 0
    assert pre_commit(repo).code == 0
    assert (repo.path / ".git/hooks/pre-push.legacy").exists()


def pre_commit_then_lfs(repo: Repo) -> None:
    assert pre_commit(repo).code == 0
    assert lfs(repo).code == 2


def pre_commit_then_lfs_by_force(repo: Repo) -> None:
    pre_commit(repo)
    assert lfs(repo, "--force").code == 0


def lfs_then_pre_commit_by_force(repo: Repo) -> None:
    lfs(repo)
    assert pre_commit(repo, "-f").code == 0


def lfs_then_pre_commit_twice(repo: Repo) -> None:
    lfs_then_pre_commit(repo)
    pre_commit(repo, "-f")
    assert not (repo.path / ".git/hooks/pre-push.legacy").exists()


def pre_commit_then_lfs_skips_the_repository(repo: Repo) -> None:
    pre_commit(repo)
    assert lfs(repo, "--skip-repo").code == 0


def pre_commit_then_lfs_by_hand(repo: Repo) -> None:
    pre_commit(repo)
    assert lfs(repo, "--manual").code == 0


def pre_commit_then_lfs_track(repo: Repo) -> None:
    pre_commit(repo)
    repo.git("lfs", "track", "*.other")


def no_hooks(repo: Repo) -> None:
    pass


def hooks_path_with_lfs(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    assert lfs(repo).code == 0
    assert pre_commit(repo).code == 1
    assert (repo.path / ".githooks/pre-push").exists()


def hooks_path_outside(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", str(repo.path.parent / "hooks of all"))
    assert lfs(repo).code == 0


def hooks_path_with_own(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    foreign(repo, ".githooks/pre-push")
    assert lfs(repo).code == 2


def hooks_path_after_both(repo: Repo) -> None:
    lfs_then_pre_commit(repo)
    repo.git("config", "core.hooksPath", ".githooks")


def legacy_that_cannot_run(repo: Repo) -> None:
    lfs_then_pre_commit(repo)
    (repo.path / ".git/hooks/pre-push.legacy").chmod(0o644)


def lfs_and_pre_commit_at_commits(repo: Repo) -> None:
    lfs(repo)
    install(repo, "pre-commit", "install")


def pre_commit_uninstalled(repo: Repo) -> None:
    lfs_then_pre_commit(repo)
    install(repo, "pre-commit", "uninstall", "-t", "pre-push")


def lfs_as_legacy_by_hand(repo: Repo) -> None:
    pre_commit_then_lfs(repo)
    legacy = repo.write(
        ".git/hooks/pre-push.legacy", '#!/bin/sh\nexec git lfs pre-push "$@"\n'
    )  # fmt: skip
    legacy.chmod(0o755)


def lfs_again_after_both(repo: Repo) -> None:
    lfs_then_pre_commit(repo)
    assert lfs(repo).code == 2


def lfs_again_by_force(repo: Repo) -> None:
    lfs_then_pre_commit(repo)
    assert lfs(repo, "--force").code == 0


def own_hook(repo: Repo) -> None:
    foreign(repo)


def own_hook_is_a_link(repo: Repo) -> None:
    """The user's hook is a link to a script of the repository."""
    foreign(repo, "tools/push")
    (repo.path / ".git/hooks/pre-push").symlink_to("../../tools/push")


def own_hook_then_pre_commit(repo: Repo) -> None:
    foreign(repo)
    assert pre_commit(repo).code == 0


def own_hook_then_both(repo: Repo) -> None:
    """The user's hook is left over as .legacy when Git LFS takes pre-commit's place."""
    own_hook_then_pre_commit(repo)
    assert lfs(repo, "--force").code == 0


def lfs_then_prek(repo: Repo) -> None:
    lfs(repo)
    assert prek(repo).code == 0


def prek_then_lfs(repo: Repo) -> None:
    prek(repo)
    assert lfs(repo).code == 2


def lfs_then_prek_by_force(repo: Repo) -> None:
    lfs(repo)
    assert prek(repo, "-f").code == 0


def prek_hooks_path(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    assert prek(repo).code == 0
    assert (repo.path / ".githooks/pre-push").exists()


def prek_toml(repo: Repo) -> None:
    """`prek.toml` alone, as prek's own converter writes it."""
    convert = ["util", "yaml-to-toml", ".pre-commit-config.yaml", "-o", "prek.toml"]
    assert repo.run([str(BIN / "prek"), *convert]).code == 0
    repo.git("rm", "-q", ".pre-commit-config.yaml")
    repo.git("add", "prek.toml")
    repo.commit("Use prek.toml")
    assert lfs(repo).code == 0
    assert prek(repo).code == 0


def prek_toml_hooks_path(repo: Repo) -> None:
    """And a hook of the user's own where core.hooksPath leads; prek is not installed there."""
    prek_toml(repo)
    shutil.rmtree(repo.path / ".git/hooks")
    hooks_path_with_own(repo)


def husky(repo: Repo) -> None:
    """As husky 9.1.7 sets it up, which was looked at: `_` is made by husky at every install and
    has a program for each hook, which runs the user's lines with `sh -e`; these have no x bit.
    """
    for name in HUSKYS:
        repo.write(f".husky/_/{name}", '#!/usr/bin/env sh\n. "$(dirname "$0")/h"').chmod(0o755)
    repo.write(".husky/_/h", HUSKY)
    repo.write(".husky/_/.gitignore", "*")
    repo.write(".husky/pre-push", FOREIGN.removeprefix("#!/bin/sh\n"))
    repo.git("config", "core.hooksPath", ".husky/_")


def lefthook(repo: Repo) -> None:
    """The real one; its own command gets what Git says, too."""
    repo.stage("lefthook.yml", LEFTHOOK)
    repo.commit("Use lefthook")
    installed = repo.run([str(BIN / "lefthook"), "install"])
    assert installed.code == 0, installed
    assert "call_lefthook run" in (repo.path / ".git/hooks/pre-push").read_text()


#: What people did, and what else leaves exactly the same files: what follows is the same, too.
SAME: dict[Callable[[Repo], None], Callable[[Repo], None]] = {
    lfs_again_after_both: lfs_then_pre_commit,
    pre_commit_then_lfs_skips_the_repository: pre_commit_then_lfs,
    pre_commit_then_lfs_by_hand: pre_commit_then_lfs,
    pre_commit_uninstalled: pre_commit_then_lfs_by_force,
    lfs_then_pre_commit_twice: lfs_then_pre_commit_by_force,
}
ROWS = (
    lfs_then_pre_commit,
    pre_commit_then_lfs,
    pre_commit_then_lfs_by_force,
    no_hooks,
    hooks_path_with_lfs,
    hooks_path_outside,
    hooks_path_with_own,
    lfs_as_legacy_by_hand,
    own_hook,
    own_hook_then_pre_commit,
    own_hook_then_both,
    lfs_then_prek,
    prek_then_lfs,
    prek_hooks_path,
    prek_toml,
    prek_toml_hooks_path,
    husky,
    lefthook,
)
#: What `pmgit init` brings to the same hooks as a row; with that row's own hook or without one.
LEADS_TO: dict[Callable[[Repo], None], Callable[[Repo], None]] = {
    legacy_that_cannot_run: lfs_then_pre_commit,
    lfs_then_pre_commit_by_force: pre_commit_then_lfs,
    pre_commit_then_lfs_track: pre_commit_then_lfs,
    lfs_and_pre_commit_at_commits: pre_commit_then_lfs_by_force,
    lfs_again_by_force: pre_commit_then_lfs_by_force,
    hooks_path_after_both: hooks_path_with_own,
    own_hook_is_a_link: own_hook,
    lfs_then_prek_by_force: prek_then_lfs,
}
WITH_OWN = (
    hooks_path_with_own,
    own_hook,
    own_hook_is_a_link,
    own_hook_then_pre_commit,
    own_hook_then_both,
    prek_toml_hooks_path,
    husky,
    lefthook,
)
