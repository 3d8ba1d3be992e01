"""Weights that come as a link, a submodule or a move, and are a file in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.push_server import Server, make_server
from tests.e2e.test_pre_receive import WEIGHTS
from tests.e2e.test_slow_ways import server
from tests.kit import native_hooks, weights_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kit import Repo

__all__ = ["server"]

pytestmark = pytest.mark.usefixtures("quick_hooks")

OUTSIDE = "w/model.safetensors"
BIG = weights_bytes(1_500_000, seed=11)
LINK, SUBMODULE, FILE = "120000", "160000", "100644"


def entry(repo: Repo, mode: str, oid: str, path: str) -> None:
    repo.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")


def step(repo: Repo, mode: str, oid: str, path: str) -> None:
    entry(repo, mode, oid, path)
    repo.git("commit", "-q", "--no-verify", "-m", f"{mode} {path}")


def link_then_file(repo: Repo, oid: str) -> None:
    step(repo, LINK, oid, WEIGHTS)
    step(repo, FILE, oid, WEIGHTS)


def submodule_then_file(repo: Repo, oid: str) -> None:
    step(repo, SUBMODULE, oid, OUTSIDE)
    step(repo, FILE, oid, OUTSIDE)


def moved_from_a_submodule(repo: Repo, oid: str) -> None:
    step(repo, SUBMODULE, oid, "pretrained_model/bert/sub")
    repo.git("rm", "-q", "--cached", "pretrained_model/bert/sub")
    step(repo, FILE, oid, WEIGHTS)


def moved_from_a_link(repo: Repo, oid: str) -> None:
    step(repo, LINK, oid, "pretrained_model/bert/sub")
    repo.git("rm", "-q", "--cached", "pretrained_model/bert/sub")
    step(repo, FILE, oid, WEIGHTS)


def merged_from_a_submodule(repo: Repo, oid: str) -> None:
    step(repo, SUBMODULE, oid, OUTSIDE)
    one = repo.git("rev-parse", "HEAD").strip()
    repo.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "other side")
    other = repo.git("rev-parse", "HEAD").strip()
    entry(repo, FILE, oid, OUTSIDE)
    tree = repo.git("write-tree").strip()
    merge = repo.git("commit-tree", "-p", one, "-p", other, "-m", "Merge", tree).strip()
    repo.git("reset", "-q", "--soft", merge)


def link_that_is_none(repo: Repo, oid: str) -> None:
    step(repo, LINK, oid, OUTSIDE)


def link_below_another_commit(repo: Repo, oid: str) -> None:
    step(repo, LINK, oid, OUTSIDE)
    repo.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "more")


WAYS = (
    link_then_file, submodule_then_file, moved_from_a_submodule, moved_from_a_link,
    merged_from_a_submodule, link_that_is_none, link_below_another_commit,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_disguise_is_seen(way: Callable[[Repo, str], None], server: Server) -> None:
    clone = server.clone
    oid = clone.git("hash-object", "-w", "--stdin", stdin=BIG).strip()
    way(clone, oid)
    told = server.refused("main")
    assert "oversized-blob" in told or "tracked-weights" in told
    here = clone.pmgit("check", "--range", "origin/main..main")
    assert here.code == 1, here
    for line in told.splitlines():
        if line.startswith("fix: "):
            # No system makes a link of 1.5 MB.
            clone.git("reset", "-q", "--hard", code=None)
            done = clone.sh_at_terminal(line.removeprefix("fix: "))
            assert done.code == 0, (line, done)
    server.accepted("main")
    assert server.run(["git", "cat-file", "-e", oid]).code != 0


@pytest.mark.parametrize("before", [LINK, SUBMODULE])
def test_in_a_commit(before: str, server: Server) -> None:
    clone = server.clone
    oid = clone.git("hash-object", "-w", "--stdin", stdin=BIG).strip()
    step(clone, before, oid, OUTSIDE)
    entry(clone, FILE, oid, OUTSIDE)
    assert "oversized-blob" in clone.pmgit("check").out
    entry(clone, LINK, oid, OUTSIDE)
    if before == SUBMODULE:
        assert "a symbolic link of 1.5 MB" in clone.pmgit("check").out


@pytest.mark.parametrize("name", ["m.txt", "model.safetensors.json"])
def test_a_name_of_text(name: str, server: Server, tmp_path: Path) -> None:
    """At the commit, before the push, in a range (packed, too) and on the server."""
    clone = server.clone
    clone.git("config", "core.hooksPath", str(native_hooks(tmp_path)))
    path = f"pretrained_model/bert/{name}"
    clone.stage(path, 3_000_000)
    told = f"{path}: tracked-weights: 3.0 MB of weights raw in Git"
    assert told in clone.pmgit("check").out
    clone.git("commit", "-q", "-m", "raw", code=1)
    clone.commit()
    clone.git("rm", "-q", "--cached", path)
    clone.commit()
    clone.git("gc", "-q")
    assert told in clone.pmgit("check", "--range", "origin/main..").out
    pushed = clone.run(["git", "push", "-q", "origin", "main"])
    assert (pushed.code, told in pushed.out + pushed.err) == (1, True), pushed
    clone.git("config", "core.hooksPath", "/dev/null")
    assert told in server.refused("main")


def test_what_is_no_disguise(server: Server) -> None:
    """A file that becomes a link, and back; a moved link; another mode."""
    clone = server.clone
    for mode, path in ((FILE, "a"), (LINK, "a"), (FILE, "a"), ("100755", "a"), (LINK, "b")):
        oid = clone.git("hash-object", "-w", "--stdin", stdin=b"old.txt").strip()
        step(clone, mode, oid, path)
    clone.git("reset", "-q", "--hard")
    clone.git("mv", "b", "c")
    clone.commit()
    server.accepted("main")
    report = clone.pmgit("check", "--range", "main~6..main")
    assert report.code == 0, report


def test_a_tag_on_what_no_ref_has(tmp_path: Path, env: dict[str, str]) -> None:
    """An object that a deleted branch has left is as new as any other."""
    server = make_server(tmp_path, env)
    hook = server.path / "hooks/pre-receive"
    away = hook.rename(hook.with_name("away"))
    clone = server.clone
    clone.git("switch", "-q", "-c", "old")
    clone.stage(WEIGHTS, BIG)
    clone.commit()
    server.push("old")
    server.push(":old")
    away.rename(hook)
    clone.git("update-ref", "refs/tags/model.safetensors", f"old:{WEIGHTS}")
    clone.git("tag", "tree", "old^{tree}")
    assert "oversized-blob" in server.refused("model.safetensors")
    assert "tracked-weights" in server.refused("tree")
    # What a branch has is no news.
    clone.git("tag", "fine", "main:old.txt")
    clone.git("tag", "fine-tree", "main^{tree}")
    server.accepted("fine", "fine-tree")
