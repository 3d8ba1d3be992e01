"""Real pushes to bare repositories that run `pmgit-hook pre-receive`."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.push_server import Server, make_server
from tests.kit import ACTING, BIN, GIT_VERSION, Repo, pointer, weights_bytes, weights_for

if TYPE_CHECKING:
    from pathlib import Path

ZERO = "0" * 40
WEIGHTS = "pretrained_model/bert/model.safetensors"
#: Of this size, weights are refused by their place and a file elsewhere by its size.
BIG = 1_200_000
#: A configuration by which 0.1 MB is too large, where 10 are else.
LIMIT = '[rules.oversized-blob]\nmax-file-size = "100 kB"\n'


@pytest.fixture
def server(tmp_path: Path, env: dict[str, str]) -> Server:
    """A server that has the first commit of its clone's main branch."""
    return make_server(tmp_path, env)


def sin(repo: Repo, path: str = WEIGHTS, size: int = BIG) -> str:
    """Commit raw weights, and take them away again: only the commit has them."""
    repo.stage(path, size)
    oid = repo.commit("Sin")
    repo.git("rm", "-q", "--cached", path)
    repo.commit("Repent")
    return oid


# --- refs of every kind


def test_pushes_that_bring_nothing_wrong(server: Server) -> None:
    """New branch, several refs, tags, notes, forced push, deletion, nothing new."""
    clone = server.clone
    clone.stage("a.txt", "a\n")
    clone.commit("a")
    clone.git("tag", "light")
    clone.git("tag", "-a", "-m", "x", "heavy")
    clone.git("notes", "add", "-m", "a note")
    blob = clone.git("rev-parse", "HEAD:a.txt").strip()
    clone.git("tag", "-a", "-m", "x", "blob", blob)
    clone.git("tag", "tree", "HEAD^{tree}")
    text = server.accepted(
        "main", "main:new", "refs/tags/*:refs/tags/*", "refs/notes/*:refs/notes/*"
    )
    assert text == ""
    clone.git("commit", "-q", "--amend", "-m", "again")
    server.accepted("+main")
    server.accepted("main:refs/heads/copy")
    server.processes()  # from here on they are counted
    server.accepted(":new", ":refs/tags/light")
    assert server.processes() == [], "a push that only deletes needs no look"
    assert "refs/heads/new" not in server.git("for-each-ref")


@pytest.mark.parametrize("format", ["sha1", "sha256"])
def test_weights_are_refused_on_whatever_ref(
    format: str, tmp_path: Path, env: dict[str, str]
) -> None:
    """Added and removed again; each refused by itself, and among others that are fine."""
    server = make_server(tmp_path, env, f"--object-format={format}")
    clone = server.clone
    clone.git("checkout", "-q", "-b", "sinful")
    commit = sin(clone)
    clone.git("tag", "light")
    clone.git("tag", "-a", "-m", "x", "heavy")
    clone.git("tag", "-a", "-m", "x", "heavier", "heavy")
    refs = (
        "sinful",
        "sinful:main",
        "sinful:refs/heads/a/b",
        "light",
        "heavy",
        "heavier",
        "sinful:refs/for/main",
        "sinful:refs/notes/commits",
        "sinful:refs/merge-requests/1/head",
    )
    # Which ref it is has nothing to do with how long ids are.
    for ref in refs if format == "sha1" else ("sinful", "heavier"):
        told = server.refused(ref)
        assert f"\n{WEIGHTS}: tracked-weights: 1.2 MB" in f"\n{told}", ref
        assert f"(in commit {commit[:12]})" in told
    told = server.refused(*refs, "main:refs/heads/fine")
    assert told.count(": tracked-weights: ") == 1, "said once, however many refs bring it"
    clone.git("checkout", "-q", "main")
    clone.stage("b.txt", "b\n")
    clone.git("commit", "-q", "--amend", "-m", "forced")
    sin(clone)
    assert "tracked-weights" in server.refused("+main")
    assert ": missing-info: " not in server.refused("+main"), "nothing is wrong at the tip"


@pytest.mark.parametrize("unpack", ["1", "1000"])
def test_loose_and_packed_quarantines(unpack: str, server: Server) -> None:
    """receive.unpackLimit: few objects are unpacked as they come, many arrive as a pack."""
    server.git("config", "receive.unpackLimit", unpack)
    clone = server.clone
    clone.stage(".gitattributes", "*.safetensors filter=lfs\n")
    clone.stage_blob("x.safetensors", b"raw" * 1000)
    clone.stage_blob("fine.safetensors", pointer(b"fine"))
    clone.commit()
    told = server.refused("main")
    assert "x.safetensors: missing-pointer: 3.0 kB raw" in told
    assert "fine" not in told
    clone.git("rm", "-q", "--cached", "x.safetensors")
    clone.git("commit", "-q", "--amend", "-m", "fine")
    server.accepted("main")


def test_tags_on_blobs_and_trees(server: Server) -> None:
    clone = server.clone
    server.write("pmgit.toml", LIMIT)
    oid = clone.stage_blob(WEIGHTS, weights_bytes(110_000))
    tree = clone.git("write-tree").strip()
    clone.git("tag", "-a", "-m", "x", "blob", oid)
    clone.git("tag", "light-blob", oid)
    clone.git("tag", "tree", tree)
    assert "refs/tags/blob: oversized-blob: 110.0 kB" in server.refused("blob")
    assert "refs/tags/light-blob: oversized-blob" in server.refused("light-blob")
    assert f"{WEIGHTS}: tracked-weights" in server.refused("tree")


def test_a_blob_that_the_server_has_is_no_news(server: Server) -> None:
    """What was large before the hook came does not stop a tag on it."""
    clone = server.clone
    server.write("pmgit.toml", LIMIT)
    clone.stage("old.bin", 110_000)
    clone.commit()
    (server.path / "hooks/pre-receive").rename(server.path / "hooks/off")
    server.accepted("main")
    (server.path / "hooks/off").rename(server.path / "hooks/pre-receive")
    clone.git("tag", "blob", "HEAD:old.bin")
    clone.git("tag", "tree", "HEAD^{tree}")
    server.accepted("blob", "tree", "main:other")


def test_what_a_merge_brings_is_judged_once(server: Server) -> None:
    """What a merge brings from either side is judged once; what only it has, is too."""
    clone = server.clone
    clone.git("checkout", "-q", "-b", "side")
    clone.stage("side.txt", "side\n")
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.stage("main.txt", "main\n")
    clone.commit()
    server.accepted("main", "side")
    clone.git("merge", "-q", "--no-ff", "--no-commit", "side")
    clone.stage("evil.pt", BIG)
    commit = clone.commit("Merge")
    told = server.refused("main")
    assert f"the limit for weights is 1.0 MB (in commit {commit[:12]})" in told
    clone.git("rm", "-q", "--cached", "evil.pt")
    clone.git("commit", "-q", "--amend", "-m", "Merge")
    server.accepted("main")


def test_model_rules_judge_each_tip_against_what_the_server_has(server: Server) -> None:
    clone = server.clone
    clone.git("checkout", "-q", "-b", "one")
    clone.stage("pretrained_model/Bad Name/config.json", "{}\n")
    clone.commit()
    clone.git("checkout", "-q", "-b", "two", "main")
    clone.stage_blob("pretrained_model/bert/model.bin", pointer(b"x" * 2000))
    clone.commit()
    told = server.refused("one", "two")
    assert "another commit on top" not in told, "it is judged at the tip"
    clone.git("remote", "add", "origin", str(server.path))
    fixes = [line[5:] for line in told.splitlines() if line.startswith("fix: ")]
    for branch, fix in zip(("one", "two"), fixes, strict=True):
        clone.git("checkout", "-q", branch)
        assert clone.sh_at_terminal(fix).code == 0, fix
    # Git LFS would look for the object of the pointer.
    server.accepted("--no-verify", "one", "two")
    assert "bad-model-name" in told
    assert "pretrained_model/bert: missing-info" in told
    assert str(BIN) not in told, "no path of the server"


def test_a_model_without_all_its_shards_is_refused(server: Server) -> None:
    clone, folder = server.clone, "pretrained_model/llama"
    names = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    clone.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    clone.add_info(folder)
    clone.stage(
        f"{folder}/model.safetensors.index.json",
        json.dumps({"weight_map": dict(zip("ab", names, strict=True))}),
    )
    clone.stage_blob(f"{folder}/{names[0]}", pointer(b"x" * 2000))
    clone.commit()
    told = server.refused("--no-verify", "main")
    assert f"missing-shard: names 1 shard that the model has not: {names[1]}" in told
    clone.stage_blob(f"{folder}/{names[1]}", pointer(b"y" * 2000))
    clone.commit()
    server.accepted("--no-verify", "main")


def test_a_tip_is_judged_also_below_another(server: Server) -> None:
    """The branch on top describes the model; main, which is pushed with it, does not."""
    clone = server.clone
    clone.stage_blob("pretrained_model/bert/model.bin", pointer(b"x" * 2000))
    clone.commit()
    clone.git("checkout", "-q", "-b", "above")
    clone.stage(".gitattributes", "*.bin filter=lfs\n")
    clone.add_info("pretrained_model/bert")
    clone.commit()
    server.accepted("above:refs/heads/alone")
    server.accepted(":alone")
    for refs in (("above", "main"), ("main", "above")):
        told = server.refused(*refs)
        assert told.count("pretrained_model/bert: missing-info") == 1
        assert told.count("model.bin: uncovered-pointer") == 1


# --- how many processes


def test_non_bare_repositories_receive_too(server: Server, tmp_path: Path) -> None:
    there = Repo(tmp_path / "there", server.env)
    there.git("config", "receive.denyCurrentBranch", "updateInstead")
    hook = there.path / ".git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes((server.path / "hooks/pre-receive").read_bytes())
    hook.chmod(0o755)
    clone = server.clone
    clone.stage(".gitattributes", "*.pt filter=lfs\n")
    clone.commit()
    clone.git("push", "-q", str(there.path), "main")
    clone.stage("sub/x.pt", 300)
    clone.commit()
    refused = clone.run(["git", "push", "-q", str(there.path), "main"])
    assert "sub/x.pt: missing-pointer" in refused.err


def test_git_processes_do_not_grow(server: Server) -> None:
    clone = server.clone
    clone.stage(".gitattributes", "*.pt filter=lfs\n")
    clone.commit()
    server.git("config", "receive.unpackLimit", "1")
    server.accepted("main")
    server.processes()
    started = []
    for commits in (2, 20):
        for number in range(commits):
            clone.stage(f"{commits}/{number}/a.txt", f"{number}\n")
            clone.stage_blob(f"{commits}/{number}.pt", pointer(f"{commits} {number}".encode()))
            clone.commit()
        server.accepted("main")
        started.append(server.processes())
    assert started[0] == started[1]
    # An older git has no `cat-file --batch-command`: one process for each question.
    assert len(started[0]) <= (5 if GIT_VERSION >= (2, 36) else 11), started[0]
    for number in range(8):
        clone.git("branch", f"b{number}")
        clone.git("tag", "-a", "-m", "x", f"t{number}")
    clone.stage("last.txt", "x\n")
    clone.commit()
    server.accepted("main", "refs/heads/b*:refs/heads/b*", "refs/tags/t*:refs/tags/t*")
    assert len(server.processes()) <= len(started[0]) + 2, "tags are peeled by one more"


# --- by which configuration


def test_a_push_cannot_weaken_its_own_judgement(server: Server) -> None:
    clone = server.clone
    for name, text in (
        (".pmgit.toml", 'ignore = ["size", "info"]\n'),
        ("pyproject.toml", '[tool.pmgit]\nexclude = ["*"]\n'),
    ):
        clone.stage(name, text)
        clone.commit("Weaken")
        sin(clone)
        for ref in ("main", "main:new", "+main:main"):
            told = server.refused(ref)
            assert "tracked-weights" in told
            assert "judged by: pmgit's defaults" in told
            assert (f"note: {name} of this push does not count yet" in told) == (name[0] == ".")
        clone.git("reset", "-q", "--hard", "HEAD~3")
    # What is forgiven in the commit that brings it looks fine in the clone.
    clone.stage("old.csv", 11_000_000)
    clone.pmgit("baseline", "--reason", "agreed on")
    clone.git("add", ".pmgit-baseline")
    clone.commit("Forgive")
    assert "note: .pmgit-baseline of this push does not count yet" in server.refused("main")
    clone.git("reset", "-q", "--soft", "HEAD~1")
    clone.git("commit", "-q", "-m", "Forgive", "--only", ".pmgit-baseline")
    server.accepted("main")
    clone.commit("Forgiven by now")
    server.accepted("main")


def test_the_old_tip_then_the_default_branch_decide(server: Server) -> None:
    clone = server.clone
    clone.git("branch", "lax")
    clone.stage(".pmgit.toml", "[rules.oversized-blob]\nmax-file-size = 60\n")
    clone.commit()
    server.accepted("main")
    clone.git("checkout", "-q", "lax")
    clone.stage(".pmgit.toml", 'ignore = ["size"]\n')
    clone.commit()
    server.accepted("lax")
    clone.stage("large.txt", "x" * 100)
    clone.commit()
    told = server.refused("lax:new")
    assert "large.txt: oversized-blob: 100 bytes raw in Git" in told
    assert "judged by: .pmgit.toml of the default branch, as it was before this push" in told
    # The same commit for a lax and a strict ref, in whatever order: the strict one counts.
    clone.git("branch", "alone")
    told = server.refused("lax", "alone")
    assert "large.txt: oversized-blob" in told
    server.accepted("lax")


def test_the_server_wins(server: Server, tmp_path: Path) -> None:
    clone = server.clone
    clone.stage(".pmgit.toml", 'ignore = ["size"]\n')
    clone.commit()
    server.accepted("main")
    clone.stage("large.txt", "x" * 100)
    clone.commit()
    strict = "[rules.oversized-blob]\nmax-file-size = 10\n"
    server.write("pmgit.toml", strict)
    told = server.refused("main")
    assert "large.txt: oversized-blob" in told
    assert "judged by: the configuration of this server" in told
    server.write("pmgit.toml", "")
    named = tmp_path / "server rules.toml"
    named.write_text(strict)
    server.git("config", "pmgit.config", str(named))
    assert "large.txt: oversized-blob" in server.refused("main")
    named.write_text("")
    other = tmp_path / "other.toml"
    other.write_text(strict)
    server.guard(config=str(other))
    assert "large.txt: oversized-blob" in server.refused("main")
    other.write_text("")
    server.accepted("main")


def test_a_broken_server_configuration_refuses(server: Server) -> None:
    clone = server.clone
    clone.stage("a.txt", "a\n")
    clone.commit()
    line = f"{ZERO} {clone.git('rev-parse', 'HEAD~1').strip()} refs/heads/x\n".encode()
    for text in ("models = [1]\n", "[rules.nothing]\n", "ignore = ['x']\n", "\xff = [", None):
        if text is None:
            server.git("config", "pmgit.config", "gone.toml")
        else:
            server.write("pmgit.toml", text)
        told = server.refused("main")
        name = "pmgit" if text else "gone"
        assert re.search(rf"^pmgit: .*{name}\.toml", told, re.M), told
        assert "refused because it could not be judged: tell the server's administrator" in told
        hook = server.hook("pre-receive", stdin=line)
        assert hook.code == 2, (text, hook)


def test_a_broken_configuration_is_not_let_in(server: Server) -> None:
    """It would stop every commit of everybody; and one that is there already can be mended."""
    clone = server.clone
    clone.stage(".pmgit.toml", "modls = []\n")
    clone.commit()
    told = server.refused("main")
    assert "pmgit: the pushed .pmgit.toml: unknown key 'modls'" in told
    assert "administrator" not in told
    (server.path / "hooks/pre-receive").rename(server.path / "hooks/off")
    server.accepted("main")
    (server.path / "hooks/off").rename(server.path / "hooks/pre-receive")
    clone.stage("a.txt", "a\n")
    clone.commit()
    server.accepted("main")
    sin(clone)
    told = server.refused("main")
    assert "note: refs/heads/main: .pmgit.toml: unknown key 'modls'" in told
    clone.git("reset", "-q", "--hard", "HEAD~2")
    clone.stage(".pmgit.toml", "models = ['m']\n")
    clone.commit()
    server.accepted("main")


# --- what the pusher reads


def test_hostile_names_do_nothing_to_a_terminal_or_a_page(server: Server) -> None:
    clone = server.clone
    names = ["\x1b[31mred.pt", "a\nremote: fine.pt", "::error::x.pt", "\u202egnp.pt", "-rf.pt",
             "GL-HOOK-ERR: x.pt", "$(touch PWNED).pt", "mod\u00e8le.pt"]  # fmt: skip
    for name in names:
        clone.stage_blob(name, weights_for("x.pt", BIG, seed=1))
    raw = os.fsencode("lone") + b"\xff.pt"
    clone.stage(raw, weights_for("x.pt", BIG, seed=1))
    clone.commit()
    told = server.refused("main")
    assert not ACTING.search(told.replace("\n", "")), told
    assert told.count(": oversized-blob: ") == len(names) + 1
    assert "mod\u00e8le.pt: oversized-blob" in told
    assert r"lone\xff.pt: oversized-blob" in told
    assert not list(server.path.rglob("PWNED"))
    server.guard(gitlab=True)
    told = server.refused("main")
    lines = [line for line in told.splitlines() if "oversized-blob: " in line]
    assert len(lines) == len(names) + 1
    assert all(line.startswith("GL-HOOK-ERR: ") for line in lines), lines


def test_gitlab_is_asked_for_in_the_configuration_too(server: Server) -> None:
    sin(server.clone)
    assert "GL-HOOK-ERR" not in server.refused("main")
    server.git("config", "pmgit.gitlab", "true")
    told = server.refused("main")
    assert f"GL-HOOK-ERR: {WEIGHTS}: tracked-weights" in told
    assert "GL-HOOK-ERR: the push was refused: nothing of it is kept on the server" in told
    server.git("config", "pmgit.config", "gone.toml")
    assert "GL-HOOK-ERR: pmgit: the configuration" in server.refused("main")


def test_warnings_are_read_and_the_push_passes(server: Server) -> None:
    server.clone.stage(".gitattributes", "pretrained_model/ filter=lfs\n")
    server.clone.commit()
    told = server.accepted("main")
    assert "dead-attribute (warning)" in told
    assert "refused" not in told


# --- what is not all here


def test_from_a_shallow_clone_and_a_partial_one(server: Server, tmp_path: Path) -> None:
    clone = server.clone
    for number in range(3):
        clone.stage(f"{number}.txt", "x\n")
        clone.commit()
    server.accepted("main")
    server.git("config", "uploadpack.allowFilter", "true")
    for name, option in (("shallow", "--depth=1"), ("partial", "--filter=blob:none")):
        path = tmp_path / name
        clone.git("clone", "-q", option, server.path.as_uri(), str(path))
        there = Repo(path, clone.env, init=None)
        there.stage(f"{name}.txt", name)
        there.commit()
        server.accepted("HEAD:refs/heads/" + name, clone=there)
        sin(there)
        told = server.refused("HEAD:refs/heads/" + name, clone=there)
        assert told.count("tracked-weights: ") == 1, told


def test_a_shallow_push_to_a_server_that_takes_it(server: Server, tmp_path: Path) -> None:
    """The edge of the pushed history does not hide what lies behind it in the tree."""
    server.git("config", "receive.shallowUpdate", "true")
    far = Repo(tmp_path / "far", server.env)
    for number in range(3):
        far.stage(f"{number}.txt", "x\n")
        far.commit()
    far.stage(WEIGHTS, BIG)
    far.commit()
    far.git("clone", "-q", "--depth=1", far.path.as_uri(), str(tmp_path / "cut"))
    cut = Repo(tmp_path / "cut", server.env, init=None)
    assert "tracked-weights" in server.refused("HEAD:refs/heads/cut", clone=cut)


def test_without_git_the_push_is_refused(server: Server, tmp_path: Path) -> None:
    sin(server.clone)
    hook = server.path / "hooks/pre-receive"
    hook.write_text(f'#!/bin/sh\nPATH="{tmp_path}" exec "{BIN}/pmgit-hook" pre-receive\n')
    told = server.refused("main")
    assert "pmgit: git is not installed, or not on the PATH" in told
    assert "could not be judged" in told


@pytest.mark.parametrize("how", [b"damaged", b""], ids=["damaged", "gone"])
def test_attributes_that_cannot_be_read_refuse(how: bytes, server: Server) -> None:
    """Git takes such a file for an empty one."""
    clone = server.clone
    clone.stage("in/.gitattributes", "*.bin filter=lfs -text\n")
    clone.stage("in/a.txt", "a\n")
    clone.commit()
    server.accepted("main")
    oid = server.git("rev-parse", "main:in/.gitattributes").strip()
    file = server.path / "objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(how) if how else file.unlink()
    for path in ("in/x.bin", "in/deeper/x.bin"):
        clone.stage_blob(path, b"\0raw")
        clone.commit()
        done = server.push("main")
        assert (done.code, f"object {oid} is unreadable" in done.err) == (1, True), done


def test_an_unreadable_object_refuses(server: Server) -> None:
    """Damage is never "clean": the base of the push cannot be read."""
    tree = server.git("rev-parse", "main^{tree}").strip()
    clone = server.clone
    clone.stage("a.txt", "a\n")
    clone.commit()
    file = server.path / "objects" / tree[:2] / tree[2:]
    file.chmod(0o644)
    file.write_bytes(b"damaged")
    done = server.push("main")
    assert done.code == 1, done


def test_what_is_no_line_of_a_push_is_refused(server: Server) -> None:
    for line in ("x", "a b c", f"{ZERO} {'1' * 39} refs/heads/x"):
        stdin = f"{line}\n".encode()
        for done in (
            server.hook("pre-receive", stdin=stdin),
            server.run([str(server.path / "hooks/pre-receive")], stdin=stdin),
        ):
            assert done.code == 2, (line, done)
            assert "not a line of a pre-receive hook" in done.out


# --- Git LFS


def test_objects_of_git_lfs_are_missed_only_where_they_would_lie(server: Server) -> None:
    clone = server.clone
    clone.stage(".gitattributes", "*.pt filter=lfs diff=lfs merge=lfs -text\n")
    clone.stage_blob("a.pt", pointer(b"never uploaded"))
    clone.commit()
    server.accepted("main")
    # Somebody has uploaded by path: from now on this is where the objects are.
    clone.git("lfs", "install", "--local", "--force")
    clone.git("remote", "add", "origin", server.path.as_uri())
    clone.stage("b.pt", 300)
    clone.commit()
    done = clone.run(["git", "push", "-q", "origin", "main"])
    assert done.code == 1 or (server.path / "lfs/objects").is_dir(), done
