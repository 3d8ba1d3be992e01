"""What a push would take of the Git LFS storage that a host includes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit import Repo, pointer, random_bytes

ONE, TWO = random_bytes(1_300_000), random_bytes(2000)


def lfs_of(repo: Repo, *args: str, host: str = "github") -> dict[str, Any]:
    result = repo.pmgit("check", "--format", "json", "--host", host, *args)
    found: dict[str, Any] = result.json["host"]["lfs"]
    return found


def counted(repo: Repo, *args: str, host: str = "github") -> tuple[int, int]:
    found = lfs_of(repo, *args, host=host)
    return found["objects"], found["bytes"]


@pytest.fixture
def pushed(lfs_repo: Repo) -> Repo:
    """A repository that has pushed one object to a remote with an address at GitHub."""
    lfs_repo.stage_blob("pretrained_model/a/a.safetensors", pointer(ONE))
    lfs_repo.commit()
    lfs_repo.git("remote", "add", "hub", "git@GitHub.com:me/x.git")
    lfs_repo.git("update-ref", "refs/remotes/hub/main", "HEAD")
    return lfs_repo


def test_the_line(lfs_repo: Repo) -> None:
    lfs_repo.add_info("pretrained_model/a")
    for name in ("a", "b"):  # the same content twice is one object
        lfs_repo.stage_blob(f"pretrained_model/a/{name}.safetensors", pointer(ONE))
    shown = lfs_repo.pmgit("check", "--host", "github", "--select", "size")
    assert (shown.code, shown.out) == (
        0,
        (
            "no findings in 3 files\n"
            "Git LFS: 1 new object, 1.3 MB; GitHub Free and Pro: 10 GiB of storage and 10 GiB of"
            " downloads a month included (as of 2026-11-23)\n"
        ),
    )
    huge = pointer(TWO).replace(b"size 2000", b"size 12000000000")
    lfs_repo.stage_blob("pretrained_model/a/c.safetensors", huge)
    shown = lfs_repo.pmgit("check", "--host", "gitlab", "--select", "size")
    assert shown.out.endswith(
        "Git LFS: 2 new objects, 12.0 GB; a project of GitLab.com Free: 10 GiB of storage included"
        " (as of 2026-11-23), less than this push needs\n"
    )


def test_without_git_lfs_there_is_no_line(repo: Repo) -> None:
    repo.stage("a.txt", "a\n")
    assert repo.pmgit("check", "--host", "github").out == "no findings in 1 file\n"
    assert counted(repo) == (0, 0)
    # And without a host, JSON is what it was.
    assert "host" not in repo.pmgit("check", "--format", "json").json


def test_the_document(lfs_repo: Repo) -> None:
    lfs_repo.stage_blob("a.safetensors", pointer(TWO))
    assert lfs_of(lfs_repo) == {
        "objects": 1,
        "bytes": 2000,
        "included": {
            "plan": "GitHub Free and Pro",
            "storage": 10 * 2**30,
            "bandwidth": 10 * 2**30,
            "date": "2026-11-23",
            "source": "https://docs.github.com/en/billing/concepts/product-billing/git-lfs",
        },
    }


def test_what_the_host_has_is_not_new(pushed: Repo) -> None:
    assert counted(pushed, "--all") == (0, 0)
    pushed.git("rm", "-q", "--cached", "pretrained_model/a/a.safetensors")
    pushed.stage_blob("pretrained_model/a/b.safetensors", pointer(ONE))
    pushed.stage_blob("pretrained_model/a/c.safetensors", pointer(TWO))
    assert counted(pushed) == (1, 2000)
    pushed.commit()
    assert counted(pushed, "--range", "hub/main..HEAD") == (1, 2000)
    # Also when a later commit has taken it away again: its object was uploaded.
    pushed.git("rm", "-q", "--cached", "pretrained_model/a/b.safetensors")
    pushed.commit()
    pushed.git("update-ref", "refs/remotes/hub/main", "HEAD")
    pushed.stage_blob("pretrained_model/a/b.safetensors", pointer(ONE))
    assert counted(pushed) == (0, 0)


def test_what_another_host_has_is_new_here(pushed: Repo) -> None:
    assert counted(pushed, "--all", host="huggingface") == (0, 0)  # no remote is at this host
    pushed.git("remote", "add", "hf", "https://user@huggingface.co/me/x")
    assert counted(pushed, "--all", host="huggingface") == (1, len(ONE))
    assert counted(pushed, "--all") == (0, 0)


@pytest.mark.parametrize(
    ("url", "ours"),
    [("https://github.com/a/b", True), ("ssh://git@github.com:22/a", True),
     ("github.com:a/b", True), ("https://x.github.com/a", True), ("https://notgithub.com/a", False),
     ("https://example.org/github.com/a", False), ("https://github.com.evil.example/a", False),
     ("../github.com", False)],
)  # fmt: skip
def test_the_address_says_whose_remote_it_is(url: str, ours: bool, pushed: Repo) -> None:
    pushed.git("remote", "set-url", "hub", "git@example.org:a/b")
    pushed.git("remote", "add", "other", url)
    # `other` has nothing: when it is the host's, the object is new to it.
    assert counted(pushed, "--all") == ((1, len(ONE)) if ours else (0, 0))


def test_a_clone_without_the_blobs(pushed: Repo, tmp_path: Path) -> None:
    """A partial clone: nothing is fetched, and it does not fail."""
    pushed.git("config", "uploadpack.allowFilter", "true")
    there = tmp_path / "partial"
    pushed.git("clone", "-q", "--filter=blob:none", "-n", pushed.path.as_uri(), str(there))
    clone = Repo(there, pushed.env, init=None)
    clone.git("read-tree", "HEAD")
    result = clone.pmgit("check", "--all", "--host", "github", "--select", "size")
    assert result.code == 3, result
    assert "not judged: " in result.err
