"""Where commits are, and what is meant by the names that people type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError, UsageError
from pmgit.git.repository import discover
from pmgit.snapshots import position

if TYPE_CHECKING:
    from tests.kit import Repo


@pytest.fixture
def two(here: Repo) -> list[str]:
    """Two commits, with `main` at the second and `old` at the first."""
    for name in ("one", "two"):
        here.stage(name, name)
        here.commit(name)
    here.git("branch", "-f", "old", "HEAD~1")
    return [here.git("rev-parse", name).strip() for name in ("old", "HEAD")]


def meant(text: str, remote: str = "") -> tuple[str, str, list[str]]:
    found = position.unpushed(discover(), text, remote)
    return found.ref, found.tip, found.bounds


@pytest.mark.parametrize(
    ("ref", "short", "typed"),
    [
        ("refs/heads/a/b", "a/b", "a/b"),
        ("refs/heads/HEAD", "HEAD", "refs/heads/HEAD"),
        ("refs/heads/refs/heads/a", "refs/heads/a", "refs/heads/refs/heads/a"),
        ("refs/tags/v1", "v1", "refs/tags/v1"),
        ("refs/remotes/origin/a", "origin/a", "refs/remotes/origin/a"),
        ("HEAD", "the detached HEAD", "HEAD"),
    ],
)
def test_refs_as_people_name_and_type_them(ref: str, short: str, typed: str) -> None:
    assert (position.short(ref), position.typed(ref)) == (short, typed)


def test_who_has_a_commit(here: Repo, two: list[str]) -> None:
    first, last = two
    here.git("tag", "v1", first)
    here.git("update-ref", "refs/remotes/origin/main", last)
    here.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    found = position.holders(discover(), [first])
    assert {(holder.ref, holder.oid, holder.folder) for holder in found} == {
        ("refs/heads/main", last, str(here.path)),
        ("refs/heads/old", first, ""),
        ("refs/tags/v1", first, ""),
        ("refs/remotes/origin/main", last, ""),
    }
    assert {h.ref for h in position.holders(discover(), [last])} == {
        "refs/heads/main", "refs/remotes/origin/main",
    }  # fmt: skip
    assert position.holders(discover(), []) == []


def test_what_a_name_means(here: Repo, two: list[str]) -> None:
    first, last = two
    here.git("tag", "old", last)
    nothing = ["--not", "--remotes"]
    main = ("refs/heads/main", last, nothing)
    assert meant("") == meant("main") == meant("HEAD") == meant("refs/heads/main") == main
    assert meant("old") == meant("refs/heads/old") == ("refs/heads/old", first, nothing)
    assert meant("refs/tags/old") == ("refs/tags/old", last, nothing)
    here.git("tag", "-d", "old")
    bounded = ("refs/heads/main", last, [f"^{first}"])
    assert meant("old..") == meant("refs/heads/old..main") == bounded
    here.git("checkout", "-q", "--detach", "old~0")
    assert meant("")[0] == "HEAD"
    assert meant("main") == main


def test_a_tag_is_pushed_to_no_branchs_remote(here: Repo, two: list[str]) -> None:
    for remote in ("a", "b"):
        here.git("remote", "add", remote, f"https://example.invalid/{remote}")
    here.git("config", "branch.old.pushremote", "b")
    here.git("tag", "old")
    assert position.unpushed(discover(), "old").remote == "b"
    assert position.unpushed(discover(), "refs/tags/old").remote == ""


def test_names_that_mean_nothing(here: Repo, two: list[str]) -> None:
    for text, message in (
        ("none", "no branch 'none'"),
        ("refs/tags/none", "no tag 'none'"),
        ("v1..", "no commit 'v1'"),
    ):
        with pytest.raises(PmgitError, match=message):
            meant(text)
    with pytest.raises(UsageError, match="no remote 'none'"):
        meant("main", "none")


def test_without_a_commit(here: Repo) -> None:
    with pytest.raises(PmgitError, match="there is no commit yet"):
        meant("")


def test_the_branch_of_an_id(here: Repo, two: list[str]) -> None:
    """A server knows only the commit of a push."""
    first, last = two
    repository = discover()
    assert position.with_branch(repository, last[:12]) == "main"
    assert position.with_branch(repository, f"{first}..{last}") == f"{first}..main"
    # The branch that ends there, also where another is checked out that has the commit, too.
    assert position.with_branch(repository, first) == "old"
    here.git("branch", "-q", "-D", "old")
    assert position.with_branch(repository, first) == "main"
    # Of two that end there, the one that is checked out.
    here.git("branch", "a-first", last)
    assert position.with_branch(repository, last) == "main"
    # What is no id, or too short for one, and a branch that looks like one.
    here.git("branch", last[:8], first)
    here.git("branch", "%before", first)
    for name in ("main", "not-there", last[:6], last[:8], ""):
        assert position.with_branch(repository, name) == name


def test_an_id_that_no_branch_has(here: Repo, two: list[str]) -> None:
    first, last = two
    here.git("checkout", "-q", "--detach")
    repository = discover()
    assert position.with_branch(repository, last) == "HEAD"
    here.git("checkout", "-q", "old")
    here.git("branch", "-q", "-D", "main")
    here.git("tag", "-a", "-m", "x", "v1", last)
    assert position.with_branch(repository, f"old..{last}") == "old..refs/tags/v1"
    # It names the last commit, and not the others that it has.
    here.git("checkout", "-q", "--orphan", "other")
    here.git("branch", "-q", "-D", "old")
    with pytest.raises(UsageError, match=f"no branch has {first}"):
        position.with_branch(repository, first)
    here.git("tag", "-d", "v1")
    with pytest.raises(UsageError, match=f"no branch has {last}") as made:
        position.with_branch(repository, last)
    assert made.value.hint.startswith(f"make one that has: git branch NAME {last}")
    with pytest.raises(UsageError, match="no branch has 1111111") as made:
        position.with_branch(repository, "1" * 7)
    assert made.value.hint == "see: git branch"
