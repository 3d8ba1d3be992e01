"""The hook chain in every set-up that people have, by real pushes.

Git LFS, pre-commit and prek in both orders, core.hooksPath, linked worktrees, hooks of the user's
own. Each push is judged before anything is uploaded, then uploads, and runs the user's hooks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pmgit.git.repository import discover
from pmgit.hooks import hook_state, installation
from pmgit.init import hook_steps, undo
from tests import forked
from tests.e2e.set_ups import (
    FOREIGN,
    LEADS_TO,
    LEFTHOOK,
    ROWS,
    SAME,
    WITH_OWN,
    hooks_path_with_lfs,
    husky,
    left_to_do,
    lefthook,
    lfs_then_pre_commit,
    no_hooks,
    own_hook,
    pre_commit,
    pre_commit_then_lfs,
    pre_commit_then_lfs_by_force,
    set_up,
    standing_in,
)
from tests.hooks.test_installation import applied
from tests.kit import BIN, Repo, isolated_environment, pointer, weights_bytes, weights_for
from tests.lfs_server import LfsServer
from tests.made_once import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Result

MODEL = "pretrained_model/net"
CONTENT = weights_bytes(3000)
REMOTES = ("origin", "other")
OID = hashlib.sha256(CONTENT).hexdigest()
CONFIG = """\
repos:
  - repo: local
    hooks:
      - id: mark
        name: mark
        entry: sh -c 'echo ran >>"$MARKER"; test ! -e "$MARKER.fail"'
        language: system
        always_run: true
        pass_filenames: false
        stages: [pre-push]
"""
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the set-ups are made with sh"),
    pytest.mark.usefixtures("quick_pre_commit", "quick_hooks"),
]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository without hooks: `clean` has a pointer, `dirty` raw weights on top of it.

    Beside it lie two empty remotes. The folder of all three is what tests begin with a copy of.
    """
    folder = tmp_path_factory.mktemp("chain")
    repo = Repo(folder / "repo", isolated_environment(folder / "home"))
    repo.git("lfs", "install", "--local", "--skip-repo")
    # The rows are about hooks: `ignore` leaves out the proof of Git LFS, which takes as long.
    repo.stage(".pmgit.toml", 'models = ["pretrained_model"]\nstorage = "ignore"\n')
    repo.stage(".pre-commit-config.yaml", CONFIG)
    repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    repo.add_info(MODEL)
    repo.stage(f"{MODEL}/model.safetensors", CONTENT)
    repo.commit("clean")
    repo.git("branch", "clean")
    repo.git("checkout", "-q", "-b", "dirty")
    repo.stage_blob(f"{MODEL}/raw.safetensors", weights_bytes(2000))
    repo.commit("dirty")
    repo.git("checkout", "-q", "-f", "clean")
    settle(repo)
    # Git LFS has written its hooks by itself; the set-ups begin without.
    shutil.rmtree(repo.path / ".git/hooks", ignore_errors=True)
    (repo.path / ".git/hooks").mkdir()
    for remote in REMOTES:
        repo.git("init", "-q", "--bare", str(folder / f"{remote}.git"))
    return folder


def begin(base: Path, folder: Path, env: dict[str, str]) -> Repo:
    """A copy of `base` in a folder."""
    for name in ("repo", *(f"{remote}.git" for remote in REMOTES)):
        shutil.copytree(base / name, folder / name)
    with open(folder / "repo/.git/config", "a", encoding="utf-8") as config:
        for remote in REMOTES:
            config.write(f'[remote "{remote}"]\n\turl = {folder}/{remote}.git\n')
            config.write(f"\tfetch = +refs/heads/*:refs/remotes/{remote}/*\n")
    env["MARKER"], env["SEEN"] = str(folder / "marker"), str(folder / "seen")
    return Repo(folder / "repo", env, init=None)


@pytest.fixture
def start(base: Path, tmp_path: Path, env: dict[str, str]) -> Repo:
    return begin(base, tmp_path, env)


#: Set up by `pmgit init` itself, a framework and the chain; the others by the same steps.
PROVED = (lfs_then_pre_commit, husky)


def put_up(repo: Repo, *, hooks: str = "") -> None:
    """Do the steps of `pmgit init`; that these hooks judge, a row of ROWS shows."""
    set_up(repo, *(["--hooks", hooks] if hooks else []), "--system")
    repo.git("add", "-A")
    repo.commit("Set up pmgit")


def put_up_and_look(repo: Repo, *, prove: bool = False, commit: bool = True) -> None:
    """As a newcomer does it: `pmgit init`, stage what it names, commit; again changes nothing.

    Without `prove` the steps of `pmgit init` are done and its trial of the hooks is left out: what
    the hooks do is seen by the commit here, and by what the test does next. Without `commit` it
    ends there.
    """
    before = repo.git("config", "--list")
    if prove:
        done = repo.pmgit("init", "--yes", "--system")
        assert done.code == 0, done
        assert "proved: git runs the hooks in " in done.out
        following = [line[6:] for line in done.out.splitlines() if line.startswith("next: ")]
        assert repo.sh(following[0]).code == 0
    else:
        made = set_up(repo, "--system")
        with standing_in(repo):
            repository = discover()
            state = hook_state.inspect(repository, made.settings)
            proof = hook_steps.prove(repository, state, made.hooks, made.framework)
        assert "git runs the hooks in " in proof
        if commit:
            repo.git("add", "-A")
    if commit:
        committed = repo.run(["git", "commit", "-q", "-m", "Set up pmgit"])
        assert committed.code == 0, committed
    assert left_to_do(repo, "--system") == []
    # What the user has set stays; the filter is in this repository's configuration already.
    assert repo.git("config", "--list") == before


def arrived(repo: Repo, remote: str) -> list[str]:
    """The objects that a bare remote has got through Git LFS."""
    folder = repo.path.parent / f"{remote}.git/lfs/objects"
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def refs(repo: Repo, remote: str) -> list[str]:
    """The refs that a bare remote has got."""
    top = repo.path.parent / f"{remote}.git"
    return sorted(str(f.relative_to(top)) for f in (top / "refs").rglob("*") if f.is_file())


def run_by_git(repo: Repo) -> dict[str, bytes]:
    """The hooks that Git runs at commits and pushes, and what these run in turn."""
    folder = Path(repo.git("rev-parse", "--path-format=absolute", "--git-path", "hooks").strip())
    found = {f.name: f.read_bytes() for f in folder.iterdir() if os.access(f, os.X_OK)}
    return {
        name: content
        for name, content in found.items()
        # The others of Git LFS run after all is done; only a framework runs what it put aside.
        if not name.startswith("post-")
        and (not name.endswith(".legacy") or b"# File generated by pre" in found[name[:-7]])
    }


def push(repo: Repo, *args: str) -> Result:
    return repo.run(["git", "push", "-q", *args])


def assert_all_runs(
    repo: Repo, *, stage: bool = True, own: bool = False, http: bool = False
) -> None:
    """A push that is refused, one to a file remote, with `http` one to a server over HTTP."""
    # One ref is enough but for the rows that show most: each is judged by itself.
    refused = push(repo, "origin", *(["clean"] if http else []), "dirty")
    assert refused.code != 0
    assert "raw.safetensors: missing-pointer" in refused.out + refused.err
    assert (refs(repo, "origin"), arrived(repo, "origin")) == ([], [])
    Path(repo.env["MARKER"]).unlink(missing_ok=True)

    done = push(repo, "origin", "clean")
    assert done.code == 0, done
    assert refs(repo, "origin") == ["refs/heads/clean"]
    assert arrived(repo, "origin") == [OID]
    assert Path(repo.env["MARKER"]).exists() == stage
    if own:
        commit = repo.git("rev-parse", "clean").strip()
        line = f"refs/heads/clean {commit} refs/heads/clean {'0' * 40}\n"
        assert Path(repo.env["SEEN"]).read_text() == line
        url = repo.path.parent / "origin.git"
        assert Path(repo.env["SEEN"] + ".args").read_text() == f"origin {url}\n"

    if not http:
        return
    with LfsServer() as server:
        repo.git("config", "lfs.url", server.url)
        repo.git("config", "lfs.locksverify", "false")
        done = push(repo, "other", "clean")
        assert done.code == 0, done
        assert (server.uploads, server.objects) == ([OID], {OID: CONTENT})
    assert refs(repo, "other") == ["refs/heads/clean"]


def left(repo: Repo) -> dict[str, tuple[int, bytes]]:
    """All files but the objects and what Git logs: their modes and contents."""
    logs = (".git/objects", ".git/logs", ".git/index", ".git/lfs", ".git/COMMIT_EDITMSG")
    found = {str(file.relative_to(repo.path)): file for file in repo.path.rglob("*")}
    return {
        name: (file.lstat().st_mode, file.read_bytes())
        for name, file in found.items()
        if file.is_file() and not name.startswith(logs)
    }


@pytest.mark.parametrize("row", SAME)
def test_other_ways_to_the_same_files(row: Callable[[Repo], None], start: Repo) -> None:
    """One that leaves other files with a newer Git LFS or pre-commit belongs into ROWS."""
    before = start.path.parent / "before"
    shutil.copytree(start.path, before)
    row(start)
    found = left(start)
    shutil.rmtree(start.path)
    before.rename(start.path)
    SAME[row](start)
    assert left(start) == found


@pytest.mark.parametrize("row", ROWS)
def test_after_init_all_runs(row: Callable[[Repo], None], start: Repo, base: Path) -> None:
    """And what leads to the same hooks does the same."""
    path = start.env["PATH"]
    row(start)
    put_up_and_look(start, prove=row in PROVED)
    hooks = run_by_git(start)
    if row is lfs_then_pre_commit:
        # Here every hook of a push starts its program.
        start.env["PATH"] = forked.without_forks(path)
        hook = start.path / ".git/hooks/pre-push"
        folder = forked.programs("pre-commit")
        assert f"={folder}/python/python" in hook.read_text()
        hook.write_text(hook.read_text().replace(f"{folder}/python/python", sys.executable))
    # To upload is what git-lfs does, once it is called: over HTTP as framework's hook and as Git's.
    assert_all_runs(start, own=row in WITH_OWN, http=row in (pre_commit_then_lfs, no_hooks))
    start.env["PATH"] = path
    others = [(other, False) for other, same in LEADS_TO.items() if same is row]
    for other, lfs in [*others, *((other, True) for other, same in BY_INIT.items() if same is row)]:
        name = other.__name__ + " with Git LFS" * lfs
        again = begin(base, start.path.parent / name, start.env)
        if lfs:
            by_init(again)
        other(again)
        put_up_and_look(again, commit=False)
        if row in WITH_OWN and other not in WITH_OWN:
            hooks.pop("pre-push.before-pmgit")
        assert run_by_git(again) == hooks, name


#: The same where `pmgit init` sets up Git LFS, too, which writes hooks where there are none.
BY_INIT: dict[Callable[[Repo], None], Callable[[Repo], None]] = {
    pre_commit_then_lfs: pre_commit_then_lfs,
    no_hooks: pre_commit_then_lfs_by_force,
    husky: husky,
}


def by_init(repo: Repo) -> None:
    """Have `pmgit init` set up Git LFS."""
    repo.stage(".pmgit.toml", 'models = ["pretrained_model"]\n')
    repo.commit()
    shutil.rmtree(repo.path / ".git/hooks", ignore_errors=True)


def test_after_init_with_lfs_all_runs(start: Repo) -> None:
    by_init(start)
    own_hook(start)
    put_up_and_look(start, prove=True)
    assert_all_runs(start, own=True)


@pytest.mark.parametrize(
    "row",
    [no_hooks, lfs_then_pre_commit, own_hook, hooks_path_with_lfs],
)
def test_native_mode_judges_commits_too(row: Callable[[Repo], None], start: Repo) -> None:
    row(start)
    put_up(start, hooks="native")
    start.stage_blob("raw.safetensors", weights_bytes(2000))
    stopped = start.run(["git", "commit", "-q", "-m", "raw"])
    assert stopped.code == 1
    assert "raw.safetensors: missing-pointer" in stopped.out + stopped.err


def test_linked_worktree(start: Repo, tmp_path: Path) -> None:
    """Set up in the linked worktree, whose hooks are those of the main one."""
    lfs_then_pre_commit(start)
    start.git("checkout", "-q", "--detach")
    start.git("worktree", "add", "-q", str(tmp_path / "linked"), "clean")
    linked = Repo(tmp_path / "linked", start.env, init=None)
    put_up_and_look(linked)
    assert_all_runs(linked)


def test_hooks_path_of_one_worktree(start: Repo, tmp_path: Path) -> None:
    """A worktree with its own core.hooksPath."""
    start.git("checkout", "-q", "--detach")
    start.git("worktree", "add", "-q", str(tmp_path / "linked"), "clean")
    linked = Repo(tmp_path / "linked", start.env, init=None)
    linked.git("config", "extensions.worktreeConfig", "true")
    linked.git("config", "--worktree", "core.hooksPath", ".githooks")
    put_up_and_look(linked)
    assert_all_runs(linked)


def test_lefthook_alone(start: Repo) -> None:
    """Without any other framework: the chain beside it, commits and pushes judged; after
    `lefthook install` has written its hooks over the chain, the next init; and all undone.
    """
    start.git("rm", "-q", ".pre-commit-config.yaml")
    start.stage("lefthook.yml", LEFTHOOK)
    told = (
        "lefthook is not installed in this clone: run `pmgit init` again after `lefthook install`"
    )
    before = start.pmgit("init", "--dry-run").out
    assert f"  {told}\n" in before
    assert "write .git/hooks/pre-commit: judges what is staged\n" in before
    lefthook(start)
    assert told not in start.pmgit("init", "--dry-run").out
    hooks = start.path / ".git/hooks"
    written = {file.name: file.read_bytes() for file in hooks.iterdir()}
    marker = Path(start.env["MARKER"] + ".lefthook")
    for changed in (False, True):
        done = start.pmgit("init", "--yes")
        assert done.code == 0, done
        assert not (start.path / ".pre-commit-config.yaml").exists()
        assert "write .git/hooks/pre-commit: judges what is staged" in done.out
        assert left_to_do(start) == []
        start.git("add", "-A")
        assert start.run(["git", "commit", "-q", "-m", "Set up"]).code == 0
        assert marker.read_text() == "commit\n"
        marker.unlink()
        start.stage(f"{MODEL}/raw.bin", weights_bytes(2000))
        stopped = start.run(["git", "commit", "-q", "-m", "raw"])
        assert (stopped.code, marker.exists()) == (1, False)
        assert "raw.bin: tracked-weights" in stopped.err
        start.git("rm", "-q", "-f", f"{MODEL}/raw.bin")
        if changed:
            break
        start.stage("lefthook.yml", LEFTHOOK + "    more: {run: 'true'}\n")
        assert start.run([str(BIN / "lefthook"), "install"]).code == 0
        assert (hooks / "pre-push.old").read_bytes().startswith(b"#!/bin/sh\n# pmgit hook chain")
        found = start.pmgit("doctor").out
        assert "warning: pmgit-hook: nothing runs pmgit at a commit\nfix: pmgit init" in found
    assert_all_runs(start, stage=False, own=True)
    assert start.pmgit("init", "--undo").code == 0
    assert {file.name: file.read_bytes() for file in hooks.iterdir()} == written


def test_no_verify_is_seen_by_nobody_and_the_next_push_is_judged(start: Repo) -> None:
    """Git runs no hook at all; what comes later is judged again."""
    put_up(start)
    assert push(start, "--no-verify", "origin", "clean").code == 0
    assert arrived(start, "origin") == []
    assert push(start, "origin", "dirty").code != 0


def test_no_configuration_on_the_branch(start: Repo) -> None:
    """pre-commit refuses by itself; told not to, it passes and all else runs."""
    lfs_then_pre_commit(start)
    put_up(start)
    (start.path / ".pre-commit-config.yaml").unlink()
    start.env["PRE_COMMIT_ALLOW_NO_CONFIG"] = "1"
    assert_all_runs(start, stage=False)
    del start.env["PRE_COMMIT_ALLOW_NO_CONFIG"]
    assert push(start, "other", "clean:more").code != 0


@pytest.mark.parametrize("row", [lfs_then_pre_commit, hooks_path_with_lfs])
def test_a_stage_that_fails_refuses(row: Callable[[Repo], None], start: Repo) -> None:
    """What the chain runs itself comes before the upload."""
    row(start)
    put_up(start)
    Path(start.env["MARKER"] + ".fail").touch()
    assert push(start, "origin", "clean").code != 0
    assert refs(start, "origin") == []
    if row is hooks_path_with_lfs:
        assert arrived(start, "origin") == []


def test_a_hook_that_refuses_refuses_before_the_upload(start: Repo) -> None:
    start.write(".git/hooks/pre-push", "#!/bin/sh\nexit 7\n").chmod(0o755)
    put_up(start)
    assert push(start, "origin", "clean").code != 0
    assert (refs(start, "origin"), arrived(start, "origin")) == ([], [])


def test_pre_commit_installed_afterwards_takes_the_chain_along(start: Repo) -> None:
    own_hook(start)
    put_up(start)
    assert pre_commit(start).code == 0
    assert_all_runs(start, own=True)
    # Once: by pre-commit itself, and not by the chain, too.
    assert Path(start.env["MARKER"]).read_text() == "ran\n"


def test_undo_puts_every_hook_back(start: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    own_hook(start)
    hooks = start.path / ".git/hooks"
    (hooks / "pre-push").chmod(0o700)
    monkeypatch.chdir(start.path)
    actions = installation.plan(hook_state.inspect(discover()), "native", python=sys.executable)
    list(undo.run(discover(), applied(actions)))
    assert os.listdir(hooks) == ["pre-push"]
    assert (hooks / "pre-push").read_text() == FOREIGN
    assert (hooks / "pre-push").stat().st_mode & 0o777 == 0o700


def test_other_repositories_of_a_shared_folder_are_left_alone(start: Repo, tmp_path: Path) -> None:
    shared = str(tmp_path / "hooks of all")
    start.git("config", "core.hooksPath", shared)
    put_up(start)
    stranger = Repo(tmp_path / "stranger", start.env)
    stranger.git("config", "core.hooksPath", shared)
    stranger.stage_blob("best.pt", weights_for("best.pt", 1_500_000))
    stranger.commit()
    stranger.git("init", "-q", "--bare", str(tmp_path / "third.git"))
    assert push(stranger, str(tmp_path / "third.git"), "main").code == 0


def test_an_absent_object_is_refused_although_git_lfs_would_push(start: Repo) -> None:
    put_up(start)
    start.git("config", "lfs.allowincompletepush", "true")
    start.stage_blob(f"{MODEL}/other.safetensors", pointer(b"nowhere"))
    start.commit()
    refused = push(start, "origin", "clean")
    assert refused.code != 0
    assert "other.safetensors: absent-object" in refused.out + refused.err
    assert (refs(start, "origin"), arrived(start, "origin")) == ([], [])
