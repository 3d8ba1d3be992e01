"""Real pushes that the pre-push hook judges: every kind of ref, with git's own standard input."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.e2e.push_server import refs_of
from tests.formats.assemble import CALL, pickled, torch_zip
from tests.kit import Repo, Result, native_hooks, pointer, weights_bytes
from tests.lfs_install import install_lfs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("quick_hooks")

WEIGHTS = "pretrained_model/bert/model.safetensors"


class Clone(Repo):
    """A repository with the native hooks, and `remote`, the bare one that it pushes to."""

    remote: Repo

    def push(self, *args: str) -> Result:
        return self.run(["git", "push", "-q", "origin", *args])

    def refused(self, *args: str) -> str:
        """What is printed when a push is refused; nothing of it may have been sent."""
        before = refs_of(self.remote)
        done = self.push(*args)
        assert done.code == 1, done
        assert refs_of(self.remote) == before
        return done.out + done.err

    def accepted(self, *args: str) -> None:
        done = self.push(*args)
        assert done.code == 0, done


@pytest.fixture
def clone(request: pytest.FixtureRequest, tmp_path: Path, env: dict[str, str]) -> Clone:
    """A clone whose remote has the first commit of main."""
    format = f"--object-format={getattr(request, 'param', 'sha1')}"
    clone = Clone(tmp_path / "clone", env, init=(format,))
    clone.remote = Repo(tmp_path / "remote.git", env, init=("--bare", format))
    clone.git("remote", "add", "origin", str(clone.remote.path))
    clone.git("config", "core.hooksPath", str(native_hooks(tmp_path)))
    clone.stage("README.md", "x\n")
    clone.commit()
    clone.accepted("main")
    return clone


def sin(repo: Repo) -> str:
    """Commit raw weights, and take them away again: only the commit has them."""
    repo.stage(WEIGHTS, 3000)
    oid = repo.commit("Sin")
    repo.git("rm", "-q", "--cached", WEIGHTS)
    repo.commit("Repent")
    return oid


@pytest.mark.parametrize("clone", ["sha1", "sha256"], indirect=True)
def test_refs_of_every_kind(clone: Clone) -> None:
    """New branches, several refs, tags of every kind, notes, forced pushes, deletions."""
    clone.stage("a.txt", "a\n")
    clone.commit()
    clone.git("tag", "light")
    clone.git("tag", "-a", "-m", "x", "heavy")
    clone.git("tag", "-a", "-m", "x", "heavier", "heavy")
    clone.git("tag", "blob", "HEAD:a.txt")
    clone.git("tag", "tree", "HEAD^{tree}")
    clone.git("notes", "add", "-m", "a note")
    clone.accepted("main", "main:new", "refs/tags/*:refs/tags/*", "refs/notes/*:refs/notes/*")
    clone.git("commit", "-q", "--amend", "--no-verify", "-m", "again")
    clone.accepted("+main")
    clone.accepted(":new", ":refs/tags/light")
    clone.accepted("HEAD~1:refs/heads/old", "main")

    clone.git("checkout", "-q", "-b", "sinful")
    commit = sin(clone)
    clone.git("tag", "-f", "light")
    clone.git("tag", "-f", "-a", "-m", "x", "heavy")
    clone.git("tag", "-f", "-a", "-m", "x", "heavier", "heavy")
    refs = ["sinful", "sinful:main", "+sinful:old", "light", "+heavy", "+heavier"]
    refs += ["sinful:refs/for/main", f"{commit}:refs/heads/x", "+HEAD~1:refs/notes/commits"]
    # Which ref it is has nothing to do with how long ids are.
    for ref in refs if len(commit) == 40 else ("sinful:main", "+heavier"):
        told = clone.refused(ref)
        assert f"{WEIGHTS}: tracked-weights: 3.0 kB" in told, ref
        assert f"(in commit {commit[:12]})" in told
    told = clone.refused("main", "main:fine", "sinful", "light", ":old")
    assert told.count(": tracked-weights: ") == 1, "said once, and not only the first ref is read"
    assert "tracked-weights" in clone.refused("--all")
    assert "tracked-weights" in clone.refused("--mirror")
    clone.accepted("main:fine")


def test_tags_on_blobs_and_trees(clone: Clone) -> None:
    oid = clone.stage_blob(WEIGHTS, weights_bytes(11_000_000))
    clone.git("tag", "-a", "-m", "x", "blob", oid)
    clone.git("tag", "-a", "-m", "x", "of-tag", "blob")
    clone.git("tag", "tree", clone.git("write-tree").strip())
    assert "refs/tags/blob: oversized-blob" in clone.refused("blob")
    assert "refs/tags/of-tag: oversized-blob" in clone.refused("of-tag")
    assert f"{WEIGHTS}: tracked-weights" in clone.refused("tree")


def test_a_blob_that_the_remote_has_is_no_news(clone: Clone) -> None:
    clone.stage("old.bin", 11_000_000)
    clone.commit()
    clone.git("push", "-q", "--no-verify", "origin", "main")
    clone.git("tag", "blob", "HEAD:old.bin")
    clone.git("tag", "tree", "HEAD^{tree}")
    clone.accepted("blob", "tree", "main:copy")


def test_objects_of_git_lfs_that_are_nowhere(clone: Clone) -> None:
    """Refused also when Git LFS has been told to push a pointer to nothing."""
    install_lfs(clone, "--skip-repo")
    clone.git("config", "lfs.allowincompletepush", "true")
    clone.stage(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    clone.stage_blob("lost.bin", pointer(b"lost" * 100))
    clone.commit()
    assert "lost.bin: absent-object" in clone.refused("main")
    clone.git("rm", "-q", "--cached", "lost.bin")
    clone.commit()
    assert "lost.bin: absent-object" in clone.refused("main"), "a later commit does not help"
    assert "absent-object" in clone.refused("main:refs/tags/x")


def test_what_is_staged_between_the_hook_and_the_commit(clone: Clone) -> None:
    """The commit has another blob than the one that pmgit judged: the push judges that one."""
    oid = clone.git("hash-object", "-w", "--stdin", stdin=torch_zip(pickled(CALL))).strip()
    hook = clone.path.parent / "native-hooks/pre-commit"
    ours = hook.with_name("ours") / hook.name
    ours.parent.mkdir()
    hook.rename(ours)
    hook.write_text(
        f"#!/bin/sh\n{shlex.quote(str(ours))} || exit\n"
        f"git update-index --cacheinfo 100644,{oid},a.pt\n"
    )
    hook.chmod(0o755)
    clone.stage("a.pt", torch_zip(storage=bytes(24)))
    clone.commit(verify=True)
    assert clone.git("rev-parse", "HEAD:a.pt").strip() == oid
    assert "a.pt: unsafe-weights" in clone.refused("main")
