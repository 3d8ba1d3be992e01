"""The snapshot of the next commit, in every state that an index can be in."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import UsageError
from pmgit.git import work_tree
from pmgit.git.blob import LINK, SUBMODULE
from pmgit.git.process import GitError
from pmgit.git.repository import discover
from pmgit.snapshots import staged
from pmgit.snapshots.base import STAGED, Snapshot
from tests.kit import Repo

if TYPE_CHECKING:
    from pathlib import Path

#: Names that break programs which split lines, read patterns or trust the locale.
NAMES: tuple[str | bytes, ...] = (
    "with space.bin", "quote'.bin", 'double".bin', "back\\slash.bin", "tab\t.bin", "line\nbreak",
    "-rf", "--help", "--upload-pack=touch PWNED", "-", "$(touch PWNED)", "; touch PWNED",
    ":(exclude)x", ":/x", ":!y", "[a].bin", "*.bin", "modèle.bin", "e\u0301.bin", "é.bin",
    "\u202egnp.bin", "w\x1b]0;pwned\x07.bin", "#c", "!n", " ", "a" * 255, b"w\xff.bin", b"\x80",
)  # fmt: skip


def paths(snapshot: Snapshot) -> list[str]:
    return [blob.path for blob in snapshot.introduced]


def test_an_unborn_branch(here: Repo) -> None:
    here.stage("a/b.txt", "b")
    snapshot = staged.take()
    assert snapshot.origin == STAGED
    assert paths(snapshot) == ["a/b.txt"]
    assert snapshot.introduced[0].before == ""


def test_an_unborn_branch_with_nothing(here: Repo) -> None:
    snapshot = staged.take()
    assert snapshot.changes == []
    assert snapshot.introduced == []


def test_a_link_is_not_the_file_that_has_its_text(here: Repo) -> None:
    here.stage("file", "target")
    (here.path / "link").symlink_to("target")
    here.git("add", "link")
    (here.path / "file").unlink()
    (here.path / "file").symlink_to("target")
    repository = discover()
    on_disk = {b.path: work_tree.compare(repository, b) for b in staged.take().introduced}
    assert on_disk == {"file": work_tree.DIFFERENT, "link": work_tree.SAME}


def test_an_orphan_branch_holds_everything_anew(here: Repo) -> None:
    here.stage("a", "a")
    here.commit()
    here.git("checkout", "-q", "--orphan", "other")
    assert paths(staged.take()) == ["a"]


def test_a_damaged_head_is_no_unborn_branch(here: Repo) -> None:
    here.stage("a", "a")
    commit = here.commit()
    (here.path / ".git/objects" / commit[:2] / commit[2:]).unlink()
    with pytest.raises(GitError):
        staged.take()
    result = here.hook()
    assert result.code == 3
    assert "Traceback" not in result.err


def test_staged_blobs_with_sha256_ids(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path / "r", env, init=("--object-format=sha256",))
    monkeypatch.chdir(repo.path)
    repo.stage("a", "one")
    assert len(staged.take().introduced[0].oid) == 64
    repo.commit()
    repo.stage("a", "other")
    (blob,) = staged.take().introduced
    assert len(blob.before) == 64


def test_what_a_change_is(here: Repo) -> None:
    here.stage_all({name: name for name in ("grows", "moves", "goes", "exec", "stays", "links")})
    here.commit()
    moved = here.git("rev-parse", ":moves").strip()
    here.stage("grows", "grows a lot")
    here.git("mv", "moves", "moved")
    here.git("rm", "-q", "goes", "links")
    here.git("update-index", "--chmod=+x", "exec")
    (here.path / "links").symlink_to("stays")
    here.git("add", "links")
    here.stage("new", "new")
    snapshot = staged.take()
    # --no-renames: what moved is judged under its new name; a new mode brings no content.
    assert paths(snapshot) == ["grows", "links", "moved", "new"]
    assert [c.path for c in snapshot.changes] == [
        "exec", "goes", "grows", "links", "moved", "moves", "new",
    ]  # fmt: skip
    by = {blob.path: blob for blob in snapshot.introduced}
    assert by["links"].mode == LINK
    assert by["grows"].before
    assert by["new"].before == ""
    assert snapshot.removed["", moved] == ["moves"]


@pytest.mark.parametrize("quote_path", ["true", "false"])
def test_every_name_is_seen(here: Repo, quote_path: str) -> None:
    here.git("config", "core.quotePath", quote_path)
    names = sorted(os.fsencode(name) for name in NAMES)
    for name in names:
        here.write(name, b"content of " + name)
    here.git("add", "-A")
    snapshot = staged.take()
    assert [os.fsencode(path) for path in paths(snapshot)] == names
    snapshot.survey(lambda _: True, 10_000, ask_filters=True)
    for blob in snapshot.introduced:
        assert blob.head == b"content of " + os.fsencode(blob.path)
        assert snapshot.filter_of(blob.path) == "unspecified"
    assert not (here.path / "PWNED").exists()


def test_every_name_is_judged_and_printed(repo: Repo) -> None:
    """By both programs in both locales; one function prints all that `pmgit check` judges."""
    for name in NAMES:
        repo.write(b"pretrained_model/bert/" + os.fsencode(name) + b".pt"[: 255 - len(name)], 2000)
    repo.git("add", "-A")
    runs = [
        *product((("hook",), ("check",)), ("C", "C.UTF-8")),
        (("check", "--all"), "C"),
        (("check", "."), "C.UTF-8"),
    ]
    for command, locale in runs:
        run = repo.hook if command[0] == "hook" else repo.pmgit
        args = () if command[0] == "hook" else command
        # The other one is where all forks have begun.
        env = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"} if locale == "C" else {}
        result = run(*args, env=env)
        assert result.code == 1, (command, locale, result)
        assert result.err == "", (command, locale, result)
        assert "tracked-weights" in result.out, (command, locale, result)
        assert all(line.isprintable() for line in result.out.split("\n")), (command, locale)
        assert not (repo.path / "PWNED").exists(), (command, locale)


def test_intent_to_add_is_not_staged(here: Repo) -> None:
    here.stage("a", "a")
    here.commit()
    here.write("later.txt", "x")
    here.write("empty.txt", "")
    here.git("add", "-N", "later.txt")
    here.git("add", "empty.txt")
    snapshot = staged.take()
    assert paths(snapshot) == ["empty.txt"]
    assert sorted(snapshot.listing()) == ["a", "empty.txt"]


def test_intent_to_add_of_the_configuration(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["w"]\n')
    repo.git("add", "-N", ".pmgit.toml")
    repo.stage_all({"w/bert/config.json": "{}", "w/bert/model.pt": 2000})
    # What lies in the work tree and is not tracked counts, or a new one would seem to do nothing.
    assert "missing-info" in repo.rules("--staged")


def test_links_and_submodules(here: Repo) -> None:
    here.stage("a", "a")
    commit = here.commit()
    (here.path / "absolute").symlink_to("/etc/passwd")
    (here.path / "dangling").symlink_to("no/such/file")
    (here.path / "loop").symlink_to("loop")
    here.git("add", "absolute", "dangling", "loop")
    here.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    snapshot = staged.take()
    assert {b.path: b.mode for b in snapshot.introduced} == {
        "absolute": LINK, "dangling": LINK, "loop": LINK, "sub": SUBMODULE,
    }  # fmt: skip
    snapshot.survey(bool, 10_000, ask_filters=True)
    assert snapshot.files == []
    heads = snapshot.contents.heads_of(snapshot.introduced)
    assert [heads.get(b.oid) for b in snapshot.introduced] == [
        b"/etc/passwd", b"no/such/file", b"loop", None,
    ]  # fmt: skip


def test_the_users_configuration_hides_nothing(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.stage("a", "a")
    commit = here.commit()
    here.git("update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    here.stage_all(
        {
            "deep/b": "b",
            ".gitmodules": '[submodule "sub"]\n\tpath = sub\n\turl = ./\n\tignore = all\n',
        }
    )
    for key, value in {
        "diff.ignoreSubmodules": "all",
        "diff.relative": "true",
        "diff.renames": "copies",
        "diff.noprefix": "true",
        "diff.orderFile": "nowhere",
        "status.showUntrackedFiles": "no",
        "submodule.sub.ignore": "all",
        "core.abbrev": "4",
        "core.ignoreCase": "true",
    }.items():
        here.git("config", key, value)
    monkeypatch.chdir(here.path / "deep")
    snapshot = staged.take()
    assert paths(snapshot) == [".gitmodules", "deep/b", "sub"]
    assert all(len(blob.oid) == 40 for blob in snapshot.introduced)


def test_below_the_top(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.stage_all({".pmgit.toml": "", "a": "a", "deep/b": "b"})
    monkeypatch.chdir(here.path / "deep")
    snapshot = staged.Start(".pmgit.toml").finish()
    assert paths(snapshot) == [".pmgit.toml", "a", "deep/b"]
    assert list(snapshot.listing(".pmgit.toml")) == [".pmgit.toml"]
    assert snapshot.repository.prefix == "deep/"


@pytest.mark.parametrize("shape", ["born", "unborn", "conflict"])
@pytest.mark.parametrize("many", [1, 1000])
def test_what_the_index_has_is_told_by_head_and_the_difference(
    many: int, shape: str, here: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as the index itself says, around every border of the sorted paths."""
    monkeypatch.setattr("pmgit.git.blob._MANY", many)
    names = ("m", "é")
    old = ("m/a", "m/b/c", "m/gone", "m/changed", "m/mode", "m/folder", "m-x/a", "m.txt", "m0/a",
           "é/a", "é/gone", "f", "z", "m/both")  # fmt: skip
    if shape != "unborn":
        for name in old:
            here.write(name, "old\n")
        here.git("add", "-A")
        commit = here.commit()
        here.git("update-index", "--add", "--cacheinfo", f"160000,{commit},m/sub")
        here.git("rm", "-q", "m/gone", "é/gone", "m/folder", "m.txt")
    if shape == "conflict":
        here.commit()
        here.git("checkout", "-q", "-b", "side")
        here.stage("m/both", "side\n")
        here.commit()
        here.git("checkout", "-q", "main")
        here.stage("m/both", "main\n")
        here.commit()
        here.git("merge", "side", code=1)
    added = ("m/0", "m/b/d", "m/folder/in", "m-x/b", "m0/b", "é/b", "é/empty", "zz")
    for name in added:
        here.write(name, "" if name == "é/empty" else "new\n")
    here.git("add", "-f", "--", *added)
    if shape != "unborn":
        here.stage("m/changed", "new\n")
        here.git("update-index", "--chmod=+x", "m/mode")
    here.write("m/intended", "content")
    here.git("add", "-N", "m/intended")
    for wanted in (names, ("m",), ("m/b", "m"), ("m.txt", "f", "m/b"), ()):
        told = staged.Start(*wanted).finish()
        asked = Snapshot(told.repository, STAGED, [], []).listing(*wanted)
        assert wanted in told._listings
        found = told.listing(*wanted)
        assert {p: (b.mode, b.oid) for p, b in found.items()} == {
            p: (b.mode, b.oid) for p, b in asked.items()
        }, wanted
        if wanted == names:
            assert list(found) == list(asked)
            assert "m/b/d" in found
            assert ("m/both" in found) == (shape == "born")
        own = {one.path: one for one in told.introduced}
        assert all(found[path] is own[path] for path in own.keys() & found.keys())


def test_conflicts_record_nothing(here: Repo) -> None:
    here.stage_all({"both": "base\n", "other": "base\n"})
    here.commit()
    here.git("checkout", "-q", "-b", "side")
    here.stage_all({"both": "side\n", "new": "new\n"})
    here.commit()
    here.git("checkout", "-q", "main")
    here.stage("both", "main\n")
    here.commit()
    here.git("merge", "side", code=1)
    snapshot = staged.take()
    assert paths(snapshot) == ["new"]
    assert sorted(snapshot.listing()) == ["new", "other"]
    here.stage("both", "resolved\n")
    assert paths(staged.take()) == ["both", "new"]


def test_a_linked_worktree_has_its_own_index(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.stage("a", "a")
    here.commit()
    here.git("worktree", "add", "-q", "../linked")
    here.stage("in-main", "x")
    linked = Repo(here.path.parent / "linked", here.env, init=None)
    linked.stage("in-linked", "y")
    monkeypatch.chdir(linked.path)
    snapshot = staged.take()
    assert paths(snapshot) == ["in-linked"]
    snapshot.survey(lambda _: True, 10_000, ask_filters=False)
    assert snapshot.introduced[0].head == b"y"


@pytest.mark.parametrize("sparse_index", ["--sparse-index", "--no-sparse-index"])
def test_a_sparse_checkout(here: Repo, sparse_index: str) -> None:
    for folder in "abc":
        here.stage_all({f"{folder}/file": folder, f"{folder}/deep/file": folder})
    here.commit()
    here.git("sparse-checkout", "init", "--cone", sparse_index)
    here.git("sparse-checkout", "set", "a")
    assert not (here.path / "b").exists()
    here.stage("a/new", "x")
    here.stage_blob("b/new", b"y")
    snapshot = staged.take()
    assert paths(snapshot) == ["a/new", "b/new"]
    assert sorted(snapshot.listing("c")) == ["c/deep/file", "c/file"]


def test_split_index_and_version_4(here: Repo) -> None:
    here.stage_all({f"folder/file-{n:02}": f"{n}" for n in range(30)})
    here.commit()
    for command in (("--split-index",), ("--index-version", "4"), ("--no-split-index",)):
        here.git("update-index", *command)
        here.stage("folder/file-07", f"changed by {command}")
        snapshot = staged.take()
        assert paths(snapshot) == ["folder/file-07"]
        assert len(snapshot.listing()) == 30


def test_a_shallow_clone(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        here.stage(name, name)
        here.commit()
    here.git("clone", "-q", "--depth=1", here.path.as_uri(), "../shallow")
    shallow = Repo(here.path.parent / "shallow", here.env, init=None)
    shallow.stage("new", "new")
    monkeypatch.chdir(shallow.path)
    assert paths(staged.take()) == ["new"]


def test_a_bare_repository_has_nothing_staged(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.stage("a", "a")
    here.commit()
    here.git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Repo(here.path.parent / "bare.git", here.env, init=None)
    monkeypatch.chdir(bare.path)
    with pytest.raises(UsageError) as caught:
        staged.take()
    assert "pmgit check --all" in caught.value.hint
    assert bare.pmgit("check").code == 2
    # Without a stage the hook judges the whole tree when nothing is staged.
    assert bare.hook().code == 0


# -- what Git commits, when a native hook asks ----------------------------------------------------


@pytest.fixture
def hooked(repo: Repo, quick_hooks: None) -> Repo:
    """A repository with two models, whose native hook calls pmgit-hook."""
    for name in ("good", "bad"):
        repo.add_info(f"pretrained_model/{name}")
        repo.stage(f"pretrained_model/{name}/config.json", "{}\n")
    repo.stage("other.txt", "x\n")
    repo.commit()
    (repo.path / ".git/hooks").mkdir(exist_ok=True)
    hook = repo.write(".git/hooks/pre-commit", '#!/bin/sh\nexec pmgit-hook pre-commit "$@"\n')
    hook.chmod(0o755)
    return repo


def commit(repo: Repo, *args: str, cwd: str = "") -> bool:
    """Whether Git commits; when the hook refuses, it is because of the weights."""
    result = repo.run(["git", "commit", "-q", "-m", "work", *args], cwd=cwd)
    said = result.out + result.err
    assert (result.code == 0) != ("tracked-weights" in said or "oversized" in said), result
    return result.code == 0


WEIGHTS = "pretrained_model/bad/weights.bin"


def test_commit_all_judges_what_it_adds(hooked: Repo) -> None:
    hooked.stage(WEIGHTS, b"")
    hooked.commit()
    hooked.write(WEIGHTS, 2000)
    hooked.stage("other.txt", "y\n")
    assert not commit(hooked, "-a")
    assert commit(hooked)  # only what is staged


def test_commit_of_a_path_judges_that_path_only(hooked: Repo) -> None:
    hooked.stage(WEIGHTS, 2000)
    hooked.write("other.txt", "z\n")
    assert commit(hooked, "other.txt")
    assert not commit(hooked, "--", WEIGHTS)
    assert not commit(hooked, "--", "weights.bin", cwd="pretrained_model/bad")
    assert not commit(hooked, "-i", "other.txt")
    hooked.write("other.txt", "w\n")
    assert commit(hooked, "-o", "other.txt", cwd="")


def test_commit_of_a_path_does_not_take_over_what_is_staged(hooked: Repo) -> None:
    hooked.stage("pretrained_model/bad/weights.pt", 2000)
    hooked.write("other.txt", "z\n")
    assert commit(hooked, "--", "other.txt")
    assert "pretrained_model/bad/weights.pt" in hooked.staged()


def test_an_amend_is_judged(hooked: Repo) -> None:
    assert commit(hooked, "--amend")
    hooked.stage(WEIGHTS, 2000)
    assert not commit(hooked, "--amend")


def test_a_message_only_amend_is_not_stopped_by_old_sins(hooked: Repo) -> None:
    hooked.stage(WEIGHTS, 2000)
    hooked.commit()
    assert commit(hooked, "--amend")


def test_a_commit_in_a_linked_worktree(hooked: Repo) -> None:
    hooked.git("worktree", "add", "-q", "../linked")
    linked = Repo(hooked.path.parent / "linked", hooked.env, init=None)
    linked.write("other.txt", "y\n")
    assert commit(linked, "-a")
    linked.stage(WEIGHTS, b"")
    linked.commit()
    linked.write(WEIGHTS, 2000)
    assert not commit(linked, "-a")
    assert not commit(linked, "--", "weights.bin", cwd="pretrained_model/bad")


def test_commits_under_other_settings_of_git(hooked: Repo) -> None:
    hooked.stage(WEIGHTS, 2000)
    for options in (
        ("--literal-pathspecs",),
        ("--icase-pathspecs",),
        ("-c", "core.quotePath=false"),
        ("-c", "core.splitIndex=true"),
        (f"--git-dir={hooked.path}/.git", f"--work-tree={hooked.path}"),
    ):
        result = hooked.run(["git", *options, "commit", "-q", "-m", "x"])
        assert result.code == 1, (options, result)
        assert "tracked-weights" in result.out + result.err, (options, result)


def test_the_resolved_merge_is_judged(hooked: Repo) -> None:
    hooked.git("checkout", "-q", "-b", "side")
    hooked.stage_all({"other.txt": "side\n", WEIGHTS: 2000})
    hooked.commit()
    hooked.git("checkout", "-q", "main")
    hooked.stage("other.txt", "main\n")
    hooked.commit()
    hooked.git("merge", "side", code=1)
    hooked.stage("other.txt", "both\n")
    assert not commit(hooked)
