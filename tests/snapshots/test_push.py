"""Pushes: what every ref of a push brings to the remote."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pmgit.core.errors import UsageError
from pmgit.git import ref_updates
from pmgit.git.repository import discover
from pmgit.snapshots import push
from tests.kit import Repo
from tests.made_once import made_once

ZERO = "0" * 40


@pytest.fixture
def here(here: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository whose remote has the first commit, with README.md and old.bin."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", here.env["GIT_CONFIG_GLOBAL"])
    return made_once(here, _push)


def _push(repo: Repo) -> None:
    repo.add_remote()
    repo.stage_all({"README.md": "x\n", "old.bin": 100})
    repo.commit()
    repo.git("push", "-q", "origin", "main")


def commit(repo: Repo, name: str) -> str:
    repo.stage(name, name)
    return repo.commit(name)


def line(new: str, old: str = ZERO, ref: str = "refs/heads/main") -> str:
    return f"{ref} {new} {ref} {old}\n"


def introduced(*lines: str, remote: str = "origin") -> list[list[str]]:
    """The paths that each snapshot of a push introduces."""
    updates = ref_updates.parse("".join(lines).encode(), pushing=True)
    taken = push.take(discover(), remote, updates)
    return [[blob.path for blob in snapshot.introduced] for snapshot in taken]


# -- parse ----------------------------------------------------------------------------------------


def test_every_line_is_a_ref() -> None:
    one, two = ref_updates.parse(
        f"refs/heads/a {'1' * 40} refs/heads/b {ZERO}\n".encode() * 2, pushing=True
    )
    assert (one.local, one.new, one.remote, one.old) == (
        "refs/heads/a", "1" * 40, "refs/heads/b", "",
    )  # fmt: skip
    assert two.new == one.new


def test_a_deletion_has_no_new_id() -> None:
    (update,) = ref_updates.parse(
        f"(delete) {ZERO} refs/heads/b {'1' * 40}\n".encode(), pushing=True
    )
    assert (update.new, update.old) == ("", "1" * 40)


def test_blanks_in_the_local_ref_and_bytes_that_are_not_utf8() -> None:
    text = f"HEAD@{{1 day ago}} {'1' * 40} ".encode() + b"refs/heads/\xff\xc2\x85 " + b"0" * 64
    (update,) = ref_updates.parse(text, pushing=True)
    assert update.local == "HEAD@{1 day ago}"
    assert update.remote.encode("utf-8", "surrogateescape") == b"refs/heads/\xff\xc2\x85"
    assert update.old == ""


@pytest.mark.parametrize("text", ["x", "a b c d", f"a {'1' * 40} b", f"a {'g' * 40} b {ZERO}"])
def test_what_is_no_line_of_a_push_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a line of a pre-push hook"):
        ref_updates.parse(text.encode(), pushing=True)


def test_nothing_is_nothing(here: Repo) -> None:
    assert introduced() == []


# -- take -----------------------------------------------------------------------------------------


def test_every_ref_is_judged_not_only_the_first(here: Repo) -> None:
    one = commit(here, "one")
    here.git("checkout", "-q", "-b", "other", "HEAD~1")
    two = commit(here, "two")
    lines = line(one, ref="refs/heads/one"), line(two, ref="refs/heads/two")
    assert introduced(*lines) == [["one"], ["two"]]


def test_a_branch_on_top_of_another_is_not_judged_twice(here: Repo) -> None:
    one, two = commit(here, "one"), commit(here, "two")
    assert introduced(line(one), line(two, ref="refs/heads/two")) == [["one"], ["two"]]
    # The tree of the lower one is judged all the same.
    assert introduced(line(two), line(one, ref="refs/heads/one")) == [["one", "two"], []]
    assert introduced(line(two), line(two, ref="refs/heads/two")) == [["one", "two"]]


def test_what_is_known_of_the_receiver(here: Repo) -> None:
    """Of two refs with the same commit, the first is the one that is pushed."""
    old = here.git("rev-parse", "HEAD").strip()
    new = commit(here, "one")
    lines = line(new, old, ref="refs/heads/one") + line(new, ref="refs/heads/two")
    address = here.git("config", "remote.origin.url").strip()
    for remote, name in (("origin", "origin"), (address, "")):
        updates = ref_updates.parse(lines.encode(), pushing=True)
        (snapshot,) = push.take(discover(), remote, updates)
        receiver = snapshot.receiver
        assert (receiver.address, receiver.name, receiver.ref) == (remote, name, "refs/heads/one")
        assert receiver.known == ("--glob=refs/remotes/origin/*", old)
        assert receiver.lacks_all
        assert not receiver.is_here


def test_a_new_branch_is_held_against_where_it_leaves_the_remote(here: Repo) -> None:
    """Otherwise every old file of the tree would seem to be new at its tip."""
    new = commit(here, "one")
    (snapshot,) = push.take(
        discover(), "origin", ref_updates.parse(line(new).encode(), pushing=True)
    )
    assert [change.path for change in snapshot.changes] == ["one"]


def test_a_branch_that_merged_the_remote_in_between(here: Repo) -> None:
    here.git("checkout", "-q", "-b", "feature")
    commit(here, "one")
    here.git("checkout", "-q", "main")
    commit(here, "upstream")
    here.git("push", "-q", "origin", "main")
    here.git("checkout", "-q", "feature")
    here.git("merge", "-q", "--no-edit", "main")
    new = here.git("rev-parse", "HEAD").strip()
    (snapshot,) = push.take(
        discover(), "origin", ref_updates.parse(line(new).encode(), pushing=True)
    )
    assert [change.path for change in snapshot.changes] == ["one"]


def test_nothing_new_nothing_judged(here: Repo) -> None:
    head = here.git("rev-parse", "HEAD").strip()
    assert introduced(line(head, ref="refs/heads/copy"), line(head, head)) == []


def test_a_deletion_brings_nothing(here: Repo) -> None:
    head = here.git("rev-parse", "HEAD").strip()
    assert introduced(line(ZERO, head)) == []


def test_a_forced_push_over_what_is_not_here(here: Repo) -> None:
    new = commit(here, "one")
    assert introduced(line(new, "1" * 40)) == [["one"]]


def test_the_old_id_counts_when_it_is_here_but_not_tracked(here: Repo) -> None:
    one, two = commit(here, "one"), commit(here, "two")
    assert introduced(line(two, one)) == [["two"]]


@pytest.mark.parametrize("args", [(), ("-a", "-m", "a tag")])
def test_a_tag(args: tuple[str, ...], here: Repo) -> None:
    commit(here, "one")
    here.git("tag", *args, "v1")
    assert introduced(line(here.git("rev-parse", "v1").strip(), ref="refs/tags/v1")) == [["one"]]


def test_a_tag_on_a_blob_is_judged_under_the_name_of_the_ref(here: Repo) -> None:
    oid = here.git("hash-object", "-w", "--stdin", stdin=b"weights").strip()
    here.git("tag", "-a", "-m", "blob", "blob", oid)
    tag = here.git("rev-parse", "blob").strip()
    assert introduced(line(tag, ref="refs/tags/blob")) == [["refs/tags/blob"]]


def test_a_tag_on_a_tree_is_judged_file_by_file(here: Repo) -> None:
    known = here.git("rev-parse", "HEAD^{tree}").strip()
    here.stage_all({"new/one": "1", "two": "2"})
    tree = here.git("write-tree").strip()
    assert introduced(line(tree, ref="refs/tags/tree")) == [["new/one", "two"]]
    assert introduced(line(known, ref="refs/tags/known")) == []


def test_another_remote_has_nothing_of_this_one(here: Repo, tmp_path: Path) -> None:
    new = commit(here, "one")
    here.git("remote", "add", "ori", str(tmp_path / "remote.git"))
    assert introduced(line(new), remote="ori") == [["README.md", "old.bin", "one"]]


def test_at_an_address_what_any_remote_has_is_no_news(here: Repo) -> None:
    new = commit(here, "one")
    assert introduced(line(new), remote="https://example.invalid/x.git") == [["one"]]


def test_histories_with_nothing_in_common(here: Repo) -> None:
    here.git("checkout", "-q", "--orphan", "alone")
    here.git("rm", "-rqf", ".")
    assert introduced(line(commit(here, "one"))) == [["one"]]


def test_a_bare_repository_can_push(here: Repo, tmp_path: Path) -> None:
    new = commit(here, "one")
    here.git("clone", "-q", "--bare", str(here.path), str(tmp_path / "bare.git"))
    bare = Repo(tmp_path / "bare.git", here.env, init=None)
    argv = ["pmgit-hook", "pre-push", "x", "x"]
    done = bare.run(argv, stdin=line(new).encode())
    assert done.code == 0, done


# -- the hook -------------------------------------------------------------------------------------


def test_findings_of_all_refs_are_printed_once(here: Repo) -> None:
    here.stage("best.pt", 1_500_000)
    one = here.commit()
    here.git("checkout", "-q", "-b", "other", "HEAD~1")
    here.stage("more.pt", 1_600_000)
    two = here.commit()
    lines = line(one) + line(two, ref="refs/heads/two") + line(two, ref="refs/heads/three")
    argv = [sys.executable, "-m", "pmgit.hook", "pre-push", "origin", "url"]
    found = here.run(argv, stdin=lines.encode())
    assert found.code == 1, found
    assert found.out.count("best.pt: ") == found.out.count("more.pt: ") == 1
    assert found.out.count("pmgit explain") == 1


def test_in_a_partial_clone_nothing_is_fetched(here: Repo, tmp_path: Path) -> None:
    here.git("--git-dir", str(tmp_path / "remote.git"), "config", "uploadpack.allowFilter", "true")
    url = (tmp_path / "remote.git").as_uri()
    here.git("clone", "-q", "--filter=blob:none", "--no-checkout", url, str(tmp_path / "part"))
    part = Repo(tmp_path / "part", here.env, init=None)
    part.git("reset", "-q")
    part.stage_blob("one", b"one")
    new = part.commit()
    lines = line(new, "1" * 40).encode()
    done = part.run(["pmgit-hook", "pre-push", "origin", url], stdin=lines)
    assert done.code == 0, done
