"""Where a repository keeps things, in every shape that repositories come in."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError
from pmgit.git.process import GitError
from pmgit.git.repository import EMPTY_TREE, discover
from tests.kit import GIT_VERSION, Repo
from tests.pairs import pairs

if TYPE_CHECKING:
    from pathlib import Path


def test_the_places_of_a_plain_repository(here: Repo) -> None:
    found = discover()
    top = os.path.realpath(here.path)
    assert found.top == top
    assert found.git_dir == found.common_dir == f"{top}/.git"
    assert found.objects == f"{top}/.git/objects"
    assert found.index == f"{top}/.git/index"
    assert (found.prefix, found.bare, found.env) == ("", False, {})
    assert not found.is_partial
    assert found.shallow_commits == set()


def test_below_the_top(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = here.path / "a b" / "c"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    found = discover()
    assert found.top == os.path.realpath(here.path)
    assert found.prefix == "a b/c/"
    assert found.objects == f"{found.top}/.git/objects"


def test_in_a_hook_git_has_gone_to_the_top(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_PREFIX", "a/b/")
    assert discover().prefix == "a/b/"


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_the_format_of_ids(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    repo = Repo(tmp_path / form, env, init=(f"--object-format={form}",))
    monkeypatch.chdir(repo.path)
    found = discover()
    assert found.object_format == form
    tree = repo.git("hash-object", "-t", "tree", "--stdin").strip()
    assert found.empty_tree == EMPTY_TREE[form] == tree
    assert found.id_of(b"") == repo.git("hash-object", "--stdin").strip()


def test_a_linked_worktree_shares_the_objects(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.stage("a", "a")
    here.commit()
    here.git("worktree", "add", "-q", "../linked")
    monkeypatch.chdir(here.path.parent / "linked")
    found = discover()
    main = os.path.realpath(here.path)
    assert found.top == os.path.realpath(here.path.parent / "linked")
    assert found.git_dir == f"{main}/.git/worktrees/linked"
    assert found.common_dir == f"{main}/.git"
    assert found.objects == f"{main}/.git/objects"
    assert found.index == f"{main}/.git/worktrees/linked/index"


def test_a_worktree_of_a_bare_repository(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.stage("a", "a")
    here.commit()
    here.git("clone", "-q", "--bare", ".", "../bare.git")
    here.git("--git-dir=../bare.git", "worktree", "add", "-q", "../linked")
    monkeypatch.chdir(here.path.parent / "linked")
    found = discover()
    assert not found.bare
    assert found.top == os.path.realpath(here.path.parent / "linked")


def test_a_bare_repository(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = os.path.realpath(here.path.parent / "bare.git")
    for folder in (bare, f"{bare}/refs"):
        monkeypatch.chdir(folder)
        found = discover()
        assert found.bare
        assert found.top == found.git_dir == found.common_dir == bare
        assert found.objects == f"{bare}/objects"


def test_a_submodule(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.stage("a", "a")
    here.commit()
    here.git("submodule", "add", "-q", str(here.path), "sub")
    monkeypatch.chdir(here.path / "sub")
    found = discover()
    assert found.top == os.path.realpath(here.path / "sub")
    assert found.git_dir == f"{os.path.realpath(here.path)}/.git/modules/sub"


def test_git_dir_in_the_environment(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    # As a hook in a linked worktree has it, and `git --git-dir=…`.
    here.stage("a", "a")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other-index")
    found = discover()
    top = os.path.realpath(here.path)
    assert found.top == top
    assert found.env == {
        "GIT_DIR": f"{top}/.git",
        "GIT_WORK_TREE": top,
        "GIT_INDEX_FILE": f"{top}/.git/other-index",
    }
    # The relative values would mean something else in another folder; the ones above do not.
    monkeypatch.chdir(here.path.parent)
    assert found.run("ls-files") == b""


def test_objects_in_the_environment(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    # A server's quarantine: what is pushed lies in a folder of its own.
    (here.path / "incoming").mkdir()
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(here.path / "incoming"))
    assert discover().objects == str(here.path / "incoming")
    # What is started at the top gets both, from wherever they were meant.
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", f"../objects{os.pathsep}/elsewhere")
    (here.path / "sub").mkdir()
    monkeypatch.chdir(here.path / "sub")
    env = discover().env
    assert env["GIT_OBJECT_DIRECTORY"] == str(here.path / "incoming")
    named = env["GIT_ALTERNATE_OBJECT_DIRECTORIES"].split(os.pathsep)
    assert list(map(os.path.normpath, named)) == [str(here.path.parent / "objects"), "/elsewhere"]


#: Variables that lead to a repository; UP is the way to its top, where Git goes before it looks
#: at some of them. TOP is absolute elsewhere than at the top: there Git itself does not find it.
RELATIVE = (
    {"GIT_DIR": "UP/.git", "GIT_WORK_TREE": "UP"},
    {"GIT_WORK_TREE": "UP"},
    {"GIT_INDEX_FILE": "../index"},
    {"GIT_DIR": "UP/.git", "GIT_WORK_TREE": "UP", "GIT_INDEX_FILE": "../index"},
    {"GIT_DIR": "UP/.git", "GIT_WORK_TREE": "UP", "GIT_COMMON_DIR": "TOP.git"},
    {"GIT_DIR": "UP/.git", "GIT_WORK_TREE": "UP", "GIT_OBJECT_DIRECTORY": "TOP../objects"},
    {"GIT_OBJECT_DIRECTORY": "TOPempty", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "../objects"},
    {"GIT_DIR": "UP/../bare.git"},
    {"GIT_DIR": "UP/../bare.git", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "UP/../objects"},
    {"GIT_CEILING_DIRECTORIES": "TOP.."},
)


def test_relative_paths_in_the_environment(repo: Repo) -> None:
    """Where plain git finds what is committed, so does every way of judging.

    What the variables say is read in one place: they meet each way, and each folder, but not each
    way in each folder.
    """
    repo.write("sub/deep/a.txt", "a")
    repo.stage("sub/b.txt", "b")
    repo.commit()
    repo.stage("pretrained_model/m/m.safetensors", 3000)
    repo.commit()
    repo.git("clone", "-q", "--bare", ".", "../bare.git")
    shutil.copytree(repo.path / ".git/objects", repo.path.parent / "objects")
    shutil.copy(repo.path / ".git/index", repo.path.parent / "index")
    (repo.path / "empty").mkdir()
    ways = (("check", "--all"), ("check", "--range", "HEAD~1..HEAD"), ("pre-commit",))
    for variables, way, folder in pairs(RELATIVE, ways, (".", "sub/deep")):
        up, top = (".", "") if folder == "." else ("../..", f"{repo.path}/")
        env = {k: v.replace("UP", up).replace("TOP", top) for k, v in variables.items()}
        asked = ["git", "cat-file", "--batch-check"]
        names = b"HEAD:pretrained_model/m/m.safetensors\nHEAD:sub/b.txt\n"
        plain = repo.run(asked, cwd=folder, env=env, stdin=names)
        assert plain.out.count(" blob ") == 2, (env, plain)
        if way == ("pre-commit",):
            assert repo.hook(*way, cwd=folder, env=env).code == 0, (env, folder)
            continue
        done = repo.pmgit(*way, cwd=folder, env=env)
        assert done.code == 1, (env, way, done)
        assert "m.safetensors: tracked-weights" in done.out, (env, way, done)


@pytest.mark.parametrize("where", ["", "tree", "tree/sub", "tree/nested"])
def test_a_work_tree_apart_from_its_repository(repo: Repo, where: str) -> None:
    """From its top, Git might find another repository, or none."""
    tree = Repo(repo.path.parent / "tree", repo.env, init=None)
    tree.write("sub/a.txt", "a")
    tree.write("pretrained_model/m/m.safetensors", 3000)
    repo.git("config", "core.worktree", "../../tree")
    repo.git("add", "-A")
    assert repo.staged() == ["pretrained_model/m/m.safetensors", "sub/a.txt"]
    if where == "tree/nested":
        # A repository of its own lies where the work tree is.
        Repo(tree.path, repo.env, init=("--quiet",))
        where = ""
    env = {} if where == "" else {"GIT_DIR": str(repo.path / ".git")}
    cwd = repo.path.parent / where if where else repo.path
    for way in (("check",), ("check", "--all")):
        done = repo.pmgit(*way, cwd=cwd, env=env)
        assert done.code == 1, done
        assert "tracked-weights" in done.out


def test_what_cannot_be_read_of_a_shallow_clone_is_an_error(
    here: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would seem to have all of its history."""
    (here.path / ".git/shallow").mkdir()
    with pytest.raises(PmgitError, match="shallow cannot be read: Is a directory"):
        _ = discover().shallow_commits


@pytest.mark.parametrize("name", ["with space", "quote'\"$(x)", "-dash", "ünï", b"latin-\xe9"])
def test_odd_names_of_the_repository(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str | bytes
) -> None:
    repo = Repo(tmp_path / os.fsdecode(name), env)
    monkeypatch.chdir(repo.path)
    found = discover()
    assert found.top == os.path.realpath(repo.path)
    repo.stage("a", "abc")
    assert found.run("ls-files") == b"a\n"


def test_a_line_break_in_the_path_is_refused(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Repo(tmp_path / "a\nb", env).path)
    with pytest.raises(PmgitError) as caught:
        discover()
    assert "a line break in the path" in caught.value.hint


def test_inside_the_git_directory(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.path / ".git")
    with pytest.raises(PmgitError, match="inside the git directory"):
        discover()


@pytest.mark.skipif(GIT_VERSION < (2, 38), reason="safe.bareRepository came with git 2.38")
def test_a_planted_bare_repository_is_refused_when_git_is_told_to(
    here: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.git("init", "-q", "--bare", "planted")
    monkeypatch.chdir(here.path / "planted")
    here.git("config", "--global", "safe.bareRepository", "explicit")
    with pytest.raises(GitError, match="cannot use bare repository"):
        discover()


def test_shallow_and_partial_clones_are_told(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.git("config", "uploadpack.allowFilter", "true")
    for name in "ab":
        here.stage(name, name)
        here.commit()
    address = here.path.as_uri()
    here.git("clone", "-q", "--depth=1", address, "../shallow")
    here.git("clone", "-q", "--filter=blob:none", address, "../partial")
    tip = here.git("rev-parse", "HEAD").strip()
    monkeypatch.chdir(here.path.parent / "shallow")
    assert discover().shallow_commits == {tip}
    assert not discover().is_partial
    monkeypatch.chdir(here.path.parent / "partial")
    assert discover().is_partial
    assert discover().shallow_commits == set()
