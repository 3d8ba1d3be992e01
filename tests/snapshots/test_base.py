"""What a snapshot answers: raw differences, filters, listings, heads."""

from __future__ import annotations

import pytest

from pmgit.git.blob import Blob, introduced_by, removed_by
from pmgit.git.raw_diff import changes as parse_raw_diff
from pmgit.snapshots import staged
from pmgit.snapshots.base import Snapshot
from tests.kit import Repo, pointer

A, B, ZERO = "a" * 40, "b" * 40, "0" * 40


def line(before: str, after: str, status: str, path: bytes, modes: str = "100644 100644") -> bytes:
    return f":{modes} {before} {after} {status}".encode() + b"\0" + path + b"\0"


def test_a_raw_diff_is_parsed() -> None:
    out = (
        line(ZERO, A, "A", b"added\n\xff", "000000 100644")
        + line(A, ZERO, "D", b"deleted", "100755 000000")
        + line(A, B, "M", b"modified")
        + line(A, A, "M", b"chmod", "100644 100755")
        + line(A, B, "T", b"type", "100644 120000")
        + line(ZERO, ZERO, "U", b"unmerged", "000000 000000")
    )
    changes = parse_raw_diff(out)
    assert [(c.path, c.before_mode, c.mode, c.before, c.oid) for c in changes] == [
        ("added\n\udcff", "000000", "100644", "", A),
        ("deleted", "100755", "000000", A, ""),
        ("modified", "100644", "100644", A, B),
        ("chmod", "100644", "100755", A, A),
        ("type", "100644", "120000", A, B),
    ]
    assert [b.path for b in introduced_by(changes)] == ["added\n\udcff", "modified", "type"]
    assert removed_by(changes) == {("", A): ["deleted", "modified", "type"]}
    assert changes[2].old.oid == A
    assert parse_raw_diff(b"") == []


def test_filters_are_those_of_the_index(here: Repo) -> None:
    here.stage(".gitattributes", "*.bin filter=lfs\n*.no -filter\n")
    here.stage("deep/.gitattributes", "x.bin !filter\n")
    here.stage_all({name: name for name in ("a.bin", "a.no", "a.txt", "deep/x.bin", "deep/y.bin")})
    here.write(".gitattributes", "* filter=other\n")  # not staged: it does not count
    snapshot = staged.take()
    snapshot.survey(bool, 10_000, ask_filters=True)
    wanted = {
        "a.bin": "lfs", "a.no": "unset", "a.txt": "unspecified",
        "deep/x.bin": "unspecified", "deep/y.bin": "lfs",
    }  # fmt: skip
    assert {path: snapshot.filter_of(path) for path in wanted} == wanted
    # One that was not asked for at the start, and many at once.
    assert snapshot.filter_of("not/there.bin") == "lfs"
    snapshot.learn_filters(["1.bin", "2.no", "a.bin", "filter", "filter/filter"])
    wanted = {
        "1.bin": "lfs", "2.no": "unset", "a.bin": "lfs",
        "filter": "unspecified", "filter/filter": "unspecified",
    }  # fmt: skip
    assert {path: snapshot.filter_of(path) for path in wanted} == wanted


def test_a_listing_holds_all_entries_below_a_folder(here: Repo) -> None:
    here.stage_all({name: name for name in ("a/b/c", "a/d", "ab/c", "e")})
    here.git("update-index", "--chmod=+x", "a/d")
    snapshot = staged.take()
    assert sorted(snapshot.listing("a")) == ["a/b/c", "a/d"]
    assert snapshot.listing("a")["a/d"].mode == "100755"
    assert sorted(snapshot.listing()) == ["a/b/c", "a/d", "ab/c", "e"]
    assert sorted(snapshot.listing("a", "e")) == ["a/b/c", "a/d", "e"]
    assert snapshot.listing("none") == {}
    assert snapshot.listing("*") == {}  # a name, no pattern
    assert snapshot.listing(":(top)a") == {}


def test_a_real_empty_file_is_listed_an_intended_one_is_not(here: Repo) -> None:
    here.stage("m/empty", "")
    here.commit()
    here.stage("m/new-empty", "")
    here.write("m/intended", "content")
    here.write("other", "content")
    here.git("add", "-N", "m/intended", "other")
    snapshot = staged.take()
    assert sorted(snapshot.listing("m")) == ["m/empty", "m/new-empty"]
    assert sorted(snapshot.listing()) == ["m/empty", "m/new-empty"]


def test_small_blobs_that_are_wanted_are_kept_whole(here: Repo) -> None:
    here.stage_all({"p": pointer(b"x"), "t": "text", "big": 9000})
    snapshot = staged.take()
    snapshot.survey(lambda head: b"git-lfs" in head, 10_000, ask_filters=False)
    by = {blob.path: blob for blob in snapshot.introduced}
    assert by["p"].head == pointer(b"x")
    assert by["t"].head == by["big"].head == b""
    heads = snapshot.contents.heads_of([by["t"], by["big"]])
    assert heads[by["t"].oid] == b"text"
    assert here.blob("big").startswith(heads[by["big"].oid])
    assert len(heads[by["big"].oid]) >= 4000
    assert snapshot.contents.content_of(by["big"]) == here.blob("big")
    assert snapshot.not_judged == 0


def test_old_blobs_are_measured_when_asked(here: Repo) -> None:
    here.stage("a", "one")
    here.commit()
    here.stage("a", "three")
    snapshot = staged.take()
    old = snapshot.changes[0].old
    snapshot.contents.measure([old])
    assert old.size == 3
    snapshot.contents.measure([Blob("sub", A, "160000")])  # no object of this repository


@pytest.mark.parametrize("origin", ["staged", "tree", "range"])
def test_the_work_tree_counts_unless_a_range_is_judged(here: Repo, origin: str) -> None:
    repository = staged.take().repository
    assert Snapshot(repository, origin, [], []).has_work_tree == (origin != "range")
