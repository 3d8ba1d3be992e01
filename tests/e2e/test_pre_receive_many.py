"""Pushes of many refs and commits, and servers of other shapes than a plain bare repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pmgit.core.config import BASELINE
from tests.e2e.push_server import Server, make_server, quick_hook
from tests.e2e.test_pre_receive import BIG, LIMIT, WEIGHTS, sin
from tests.kit import Repo, pointer, weights_bytes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path, env: dict[str, str]) -> Server:
    """A server that has the first commit of its clone's main branch."""
    server = make_server(tmp_path, env)
    server.guard_by_hand()
    return server


REFS, COMMITS = 150, 1500
#: Names that Git takes for refs, of which a shell, a terminal or a parser could make something.
HOSTILE = (
    "refs/heads/$(touch${IFS}PWNED)", "refs/heads/`id`;rm", "refs/heads/a\u0085b\u2028c",
    "refs/heads/\u202egnp", "refs/tags/-x", "refs/heads/%(objectname)", "refs/heads/'\"|&",
    "refs/heads/GL-HOOK-ERR", "refs/heads/" + "long/" * 40 + "x",
)  # fmt: skip


def many(clone: Repo, sinful: bool) -> None:
    """REFS branches and COMMITS commits; one in the middle of a branch brings weights."""
    out = []
    for ref in range(REFS):
        for number in range(COMMITS // REFS):
            begin = "from refs/heads/main^0\n" if not number else ""
            out.append(
                f"commit refs/heads/b{ref}\ncommitter x <x@x> {1_700_000_000 + number} +0000\n"
                f"data 1\nx\n{begin}M 100644 inline dir{ref % 7}/f{ref}-{number}.txt\n"
                f"data 4\n{ref:03}\n\n".encode()
            )
            if sinful and (ref, number) == (137, 3):
                data = weights_bytes(BIG)
                out.append(b"M 100644 inline %s\ndata %d\n" % (WEIGHTS.encode(), len(data)))
                out.append(data + b"\n")
            if sinful and (ref, number) == (137, 4):
                out.append(f"D {WEIGHTS}\n".encode())
    clone.git("fast-import", "--quiet", "--force", stdin=b"".join(out))


def test_many_refs_and_commits(server: Server) -> None:
    clone = server.clone
    many(clone, sinful=True)
    told = server.refused("refs/heads/*:refs/heads/*")
    assert told.count(": tracked-weights: ") == 1
    assert f"{WEIGHTS}: tracked-weights: 1.2 MB" in told
    many(clone, sinful=False)
    server.accepted("refs/heads/*:refs/heads/*")
    assert len(server.git("for-each-ref").splitlines()) == REFS + 1
    # All but the current one at once: nothing to look at.
    server.processes()
    server.accepted(*(f":refs/heads/b{ref}" for ref in range(REFS)))
    assert server.processes() == []


@pytest.mark.parametrize("rules", ["", 'select = ["naming"]', 'select = ["size"]'])
def test_attributes_of_each_tip(rules: str, server: Server) -> None:
    """Each has an index of its own in the quarantine, and nothing of it stays on the server."""
    clone = server.clone
    server.write("pmgit.toml", f"{rules}\n")
    for number in range(4):
        clone.git("switch", "-q", "-c", f"b{number}", "main")
        clone.stage(".gitattributes", f"*.b{number} filter=lfs\n")
        clone.stage(f"pretrained_model/m{number}/a.b{number}", pointer(b"x"))
        clone.add_info(f"pretrained_model/m{number}")
        clone.stage(f"d/x.b{(number + 1) % 4}", "raw\n")
        clone.commit()
    server.accepted("b0", "b1", "b2", "b3", "b1:refs/heads/other")
    clone.stage("d/x.b3", "raw\n")
    clone.commit()
    if rules:
        server.accepted("b3", "b2:refs/heads/more", "b3:refs/heads/again")
    else:
        told = server.refused("b3", "b2:refs/heads/more", "b3:refs/heads/again")
        assert told.count("d/x.b3: missing-pointer") == 1


def test_names_of_refs_do_nothing(server: Server) -> None:
    clone = server.clone
    server.write("pmgit.toml", LIMIT)
    clone.write("big.bin", 110_000)
    clone.git("tag", "blob", clone.git("hash-object", "-w", "big.bin").strip())
    names = [*HOSTILE, os.fsdecode(b"refs/heads/lone\xff")]
    told = server.refused(*(f"refs/tags/blob:{name}" for name in names if "tags" in name))
    assert "refs/tags/-x: oversized-blob" in told
    sin(clone)
    told = server.refused(*(f"main:{name}" for name in names if "tags" not in name))
    assert told.count(": tracked-weights: ") == 1
    assert not list(server.path.rglob("PWNED"))
    clone.git("reset", "-q", "--hard", "HEAD~2")
    server.accepted(*(f"main:{name}" for name in names))


def test_a_fork_that_borrows_objects(server: Server, tmp_path: Path) -> None:
    """As GitLab has it: what the pool holds is not what this repository has."""
    pool = Repo(tmp_path / "pool.git", server.env, init=("--bare",))
    sin(server.clone)
    server.clone.git("push", "-q", str(pool.path), "main:kept")
    (server.path / "objects/info").mkdir(exist_ok=True)
    (server.path / "objects/info/alternates").write_text(f"{pool.path}/objects\n")
    assert "tracked-weights" in server.refused("main")
    server.clone.git("reset", "-q", "--hard", "HEAD~2")
    server.clone.stage("fine.txt", "x\n")
    server.clone.commit()
    server.accepted("main")


def test_a_server_with_a_work_tree_and_a_linked_one(tmp_path: Path, env: dict[str, str]) -> None:
    home = Repo(tmp_path / "house", env)
    home.stage("a.txt", "a\n")
    home.commit()
    home.git("worktree", "add", "-q", str(tmp_path / "linked"), "-b", "linked")
    home.git("config", "receive.denyCurrentBranch", "updateInstead")
    hook = home.path / ".git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{quick_hook()}" pre-receive\n')
    hook.chmod(0o755)
    home.git("clone", "-q", str(home.path), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", env, init=None)
    clone.stage("b.txt", "b\n")
    clone.commit()
    for target in (home.path, tmp_path / "linked"):
        for branch in ("main", "linked"):
            done = clone.run(["git", "push", "-q", str(target), f"HEAD:{branch}"])
            assert done.code == 0, done
    assert (home.path / "b.txt").exists()
    sin(clone)
    for target in (home.path, tmp_path / "linked"):
        for branch in ("main", "linked", "new"):
            done = clone.run(["git", "push", "-q", str(target), f"HEAD:refs/heads/{branch}"])
            assert done.code == 1, done
            assert "tracked-weights" in done.err
    assert home.git("status", "--porcelain") == ""


def test_rules_that_nobody_who_pushes_may_change(server: Server) -> None:
    """In two pushes a branch can be made lax; a file of the server has the last word."""
    clone = server.clone
    clone.stage(".pmgit.toml", 'exclude = ["*"]\n')
    clone.commit("Weaken")
    server.accepted("main")
    oid = sin(clone)
    server.write("pmgit.toml", 'models = ["pretrained_model"]\n')
    told = server.refused("main")
    assert "tracked-weights" in told
    assert "judged by: the configuration of this server" in told
    (server.path / "pmgit.toml").unlink()
    server.accepted("main")
    assert server.git("cat-file", "-t", oid).strip() == "commit"


def test_a_server_that_forgives_nothing(server: Server) -> None:
    """A baseline, too, can be changed in one push and used in the next."""
    clone = server.clone
    clone.stage(WEIGHTS, BIG)
    clone.add_info("bert")
    assert clone.pmgit("baseline", "--reason", "none").code == 0
    clone.git("rm", "-q", "-r", "--cached", "pretrained_model")
    clone.git("add", BASELINE)
    clone.commit("Forgive what is not there yet")
    server.accepted("main")
    clone.git("add", "pretrained_model")
    clone.commit("Use it")
    server.git("config", "pmgit.baseline", "false")
    assert "tracked-weights" in server.refused("main")
    server.git("config", "--unset", "pmgit.baseline")
    server.accepted("main")


def test_each_ref_has_its_own_baseline(server: Server) -> None:
    """What one branch forgives is not forgiven on another, in whatever order they come."""
    clone = server.clone
    clone.git("branch", "strict")
    sin(clone)
    clone.stage(WEIGHTS, BIG)
    clone.add_info("bert")
    clone.commit("Sin again")
    assert clone.pmgit("baseline", "--reason", "they were there").code == 0
    clone.git("add", BASELINE)
    clone.commit("Forgive")
    (server.path / "hooks/pre-receive").rename(server.path / "hooks/off")
    server.accepted("main", "strict")
    (server.path / "hooks/off").rename(server.path / "hooks/pre-receive")
    clone.stage("more.txt", "x\n")
    clone.commit("More")
    clone.git("checkout", "-q", "strict")
    clone.git("checkout", "-q", "main", "--", "pretrained_model")
    clone.commit("Take what only main forgives")
    for refs in (("main", "strict"), ("strict", "main"), ("strict",)):
        told = server.refused(*refs)
        assert "tracked-weights" in told, refs
    server.accepted("main")


def test_the_installed_hook_finds_what_is_imported_late(server: Server) -> None:
    """It starts Python without `site`; patterns need a package that is installed beside pmgit."""
    clone = server.clone
    (server.path / "hooks/pre-receive").unlink()
    assert clone.pmgit("server", "install", str(server.path)).code == 0
    assert " -I -S " in (server.path / "hooks/pre-receive").read_text()
    server.write("pmgit.toml", f'exclude = ["/fine/**"]\n{LIMIT}')
    clone.stage_all(dict.fromkeys(("fine/large.bin", "other/large.bin"), 110_000))
    clone.commit()
    told = server.refused("main")
    assert "other/large.bin: oversized-blob" in told
    assert "fine/large.bin" not in told
    # Where the library has moved, the hook finds pmgit as it always did.
    hook = server.path / "hooks/pre-receive"
    hook.write_text(hook.read_text().replace("\nlibrary=", "\nlibrary=/gone"))
    assert "other/large.bin: oversized-blob" in server.refused("main")


def test_the_plan_is_for_what_was_pushed_and_not_for_what_is_checked_out(server: Server) -> None:
    clone = server.clone
    for branch in ("one", "other"):
        clone.git("switch", "-q", "-c", branch, "main")
        sin(clone, f"pretrained_model/{branch}/m.safetensors")
    clone.git("switch", "-q", "main")
    clone.git("remote", "add", "origin", str(server.path))
    fixes = [
        line.removeprefix("fix: ")
        for line in server.refused("one", "other").splitlines()
        if line.startswith("fix: ")
    ]
    assert len(fixes) == 2, fixes
    for fix in fixes:
        done = clone.sh_at_terminal(fix)
        assert done.code == 0, (fix, done)
    server.accepted("one", "other")
    assert clone.git("for-each-ref", "--count=9", "--format=x", "refs/pmgit/backup") == "x\nx\n"
    # A commit that nobody has any more, and one that is checked out without a branch.
    assert "no branch has 0123456789ab" in clone.pmgit("fix", "--range", "0123456789ab").err
    clone.git("switch", "-q", "--detach", "other@{1}")
    told = server.refused("HEAD:refs/heads/third")
    (fix,) = [line[5:] for line in told.splitlines() if line.startswith("fix: ")]
    assert clone.sh_at_terminal(fix).code == 0
    server.accepted("HEAD:refs/heads/third")


def test_what_a_server_sets_for_git_log_changes_nothing(server: Server) -> None:
    """Settings that hide changes from `git log`, or make it fail."""
    for key, value in {
        "log.showRoot": "false",
        "log.showSignature": "true",
        "log.diffMerges": "off",
        "log.mailmap": "true",
        "format.pretty": "oneline",
        "diff.orderFile": "/nowhere",
        "diff.relative": "true",
        "diff.renames": "copies",
        "diff.noPrefix": "true",
        "diff.external": "/nowhere/program",
        "diff.ignoreSubmodules": "all",
        "color.ui": "always",
        "core.abbrev": "4",
        "core.quotePath": "true",
    }.items():
        server.git("config", key, value)
    clone = server.clone
    clone.git("switch", "-q", "--orphan", "root")
    clone.stage(WEIGHTS, BIG)
    clone.commit("A root commit with weights")
    assert "tracked-weights" in server.refused("root")
    clone.git("switch", "-q", "-c", "side", "main")
    clone.stage("side.txt", "x")
    clone.commit()
    clone.git("switch", "-q", "-c", "evil", "main")
    clone.stage("main.txt", "x")
    clone.commit()
    clone.git("merge", "-q", "--no-commit", "side")
    clone.stage("evil.pt", BIG)
    clone.commit("A merge that brings what no parent has")
    clone.git("rm", "-q", "--cached", "evil.pt")
    clone.commit()
    assert "oversized-blob" in server.refused("evil")
    server.accepted("side")


def test_a_merge_is_not_blamed_for_what_the_server_has_on_its_other_side(server: Server) -> None:
    clone = server.clone
    clone.git("switch", "-q", "-c", "feature")
    clone.stage("feature.txt", "x\n")
    clone.commit("Work")
    server.accepted("feature")
    clone.git("switch", "-q", "main")
    clone.stage(WEIGHTS, pointer(b"x"))  # without a line in .gitattributes, nor an INFO.md
    clone.commit("Sin")
    (server.path / "hooks/pre-receive").unlink()
    server.accepted("main")
    server.guard()
    clone.git("switch", "-q", "feature")
    clone.git("merge", "-q", "--no-edit", "main")
    server.accepted("feature")
    clone.stage("pretrained_model/gpt/model.safetensors", pointer(b"y"))
    clone.commit("Sin")
    assert "uncovered-pointer" in server.refused("feature")
