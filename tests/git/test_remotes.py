"""What is known of remotes, by what their fetches write: the same for whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.git import ref_updates
from pmgit.git.remotes import Remotes
from pmgit.git.repository import discover
from pmgit.snapshots import commit_range, position, push
from pmgit.snapshots.base import Snapshot

if TYPE_CHECKING:
    from tests.kit import Repo

REFS = (
    "refs/remotes/origin/main", "refs/remotes/origin/topic", "refs/remotes/origin/fork/main",
    "refs/remotes/origin/fork/me/main", "refs/remotes/o/main", "refs/remotes/oo/main",
    "refs/remotes/elsewhere/main", "refs/upstream/main", "refs/heads/main", "refs/tags/v1",
)  # fmt: skip


@pytest.fixture
def many(here: Repo) -> dict[str, str]:
    """The refs of REFS by their commits, each of which has no other."""
    commits = (
        f"commit {ref}\ncommitter T <t@t.t> 0 +0000\ndata {len(ref)}\n{ref}\n" for ref in REFS
    )
    here.git("fast-import", "--quiet", stdin="".join(commits).encode())
    return {(here.path / ".git" / ref).read_text().strip(): ref for ref in REFS}


def configure(repo: Repo, name: str, *fetch: str, url: str = "") -> None:
    repo.git("config", f"remote.{name}.url", url or f"https://example.invalid/{name}")
    for spec in fetch:
        repo.git("config", "--add", f"remote.{name}.fetch", spec)


def known(repo: Repo, many: dict[str, str], *remotes: str) -> list[str]:
    args = Remotes(discover()).known(*remotes)
    # Behind --not, as everybody asks.
    out = repo.git("rev-list", "--all", "--not", *args).split()
    return [ref for oid, ref in many.items() if oid not in out]


def test_a_remote_whose_name_lies_below_anothers(here: Repo, many: dict[str, str]) -> None:
    for name in ("origin", "origin/fork", "origin/fork/me"):
        configure(here, name, f"+refs/heads/*:refs/remotes/{name}/*")
    assert known(here, many, "origin") == [f"refs/remotes/origin/{n}" for n in ("main", "topic")]
    assert known(here, many, "origin/fork") == ["refs/remotes/origin/fork/main"]
    assert known(here, many, "origin/fork/me") == ["refs/remotes/origin/fork/me/main"]
    assert known(here, many, "origin", "origin/fork/me") == [
        "refs/remotes/origin/main", "refs/remotes/origin/topic", "refs/remotes/origin/fork/me/main",
    ]  # fmt: skip


def test_what_fetches_write_counts_and_not_the_name(here: Repo, many: dict[str, str]) -> None:
    configure(here, "o", "+refs/heads/*:refs/remotes/elsewhere/*", "^refs/heads/x")
    configure(here, "up", "+refs/heads/main:refs/upstream/main", "+refs/tags/*:refs/tags/*")
    configure(here, "mirror", "+refs/*:refs/*")
    configure(here, "local", "+refs/heads/*:refs/heads/*")
    assert known(here, many, "o") == ["refs/remotes/elsewhere/main"]
    assert known(here, many, "up") == ["refs/upstream/main"]
    # Here people write themselves.
    assert known(here, many, "mirror") == []
    assert known(here, many, "local") == []


def test_names_and_addresses(here: Repo, many: dict[str, str]) -> None:
    """A single branch is cloned; names hold what Git takes for patterns; no fetch is configured."""
    configure(here, "origin", "+refs/heads/main:refs/remotes/origin/main", url="/there.git")
    configure(here, "origin/fork")
    configure(here, "o*")
    configure(here, "[o]")
    ours = ["refs/remotes/origin/main", "refs/remotes/origin/topic"]
    assert known(here, many, "origin") == ours
    assert known(here, many, "/there.git") == ours
    assert known(here, many, "o*") == known(here, many, "[o]") == []
    anybody = [ref for ref in REFS if ref.startswith("refs/remotes/")]
    assert known(here, many, "https://example.invalid/other.git") == anybody
    # Nothing that matches is no error either.
    here.git("rev-list", "--objects", *Remotes(discover()).known("o*"))


def test_the_remote_of_a_branch(here: Repo) -> None:
    assert Remotes(discover()).of_branch("main") == ""
    configure(here, "fork")
    assert Remotes(discover()).of_branch("main") == "fork"
    configure(here, "other")
    assert Remotes(discover()).of_branch("main") == ""
    configure(here, "origin")
    assert Remotes(discover()).of_branch("main") == "origin"
    here.git("config", "branch.main.remote", "other")
    assert Remotes(discover()).of_branch("main") == "other"
    here.git("config", "remote.pushDefault", "fork")
    assert Remotes(discover()).of_branch("main") == "fork"
    here.git("config", "branch.main.pushRemote", "origin")
    assert Remotes(discover()).of_branch("main") == "origin"


def test_everybody_asks_for_the_same(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push, its range as pre-commit tells it, and `pmgit fix`: fork has it, origin has not."""
    for name in ("origin", "origin/fork"):
        configure(here, name, f"+refs/heads/*:refs/remotes/{name}/*")
    ids = []
    for name in ("base", "forked", "mine"):
        here.stage(name, name)
        ids.append(here.commit())
    here.git("update-ref", "refs/remotes/origin/main", ids[0])
    here.git("update-ref", "refs/remotes/origin/fork/main", ids[1])

    def names(snapshot: Snapshot) -> list[str]:
        return [blob.path for blob in snapshot.introduced]

    line = f"refs/heads/main {ids[2]} refs/heads/new {'0' * 40}\n".encode()
    for remote, wanted in (("origin", ["forked", "mine"]), ("origin/fork", ["mine"])):
        (pushed,) = push.take(discover(), remote, ref_updates.parse(line, pushing=True))
        assert names(pushed) == wanted
        assert names(position.unpushed(discover(), "", remote).snapshot()) == wanted
        # Of a new branch pre-commit tells the parent of the first commit that is below no
        # refs/remotes/NAME/*.
        out = here.git("rev-list", "--reverse", ids[2], "--not", f"--remotes={remote}").split()
        monkeypatch.setenv("PRE_COMMIT_FROM_REF", f"{out[0]}^")
        monkeypatch.setenv("PRE_COMMIT_TO_REF", ids[2])
        monkeypatch.setenv("PRE_COMMIT_REMOTE_NAME", remote)
        assert names(commit_range.from_environment(discover())) == wanted


@pytest.mark.parametrize("target", ["refs/*", "refs/h*", "refs/heads/*", "refs/t*"])
def test_a_fetch_that_would_write_own_branches_makes_none_known(
    here: Repo, many: dict[str, str], target: str
) -> None:
    configure(here, "elsewhere", f"+refs/x/*:{target}")
    assert known(here, many, "elsewhere") == ["refs/remotes/elsewhere/main"]
