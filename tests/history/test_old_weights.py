"""Raw weights in the history: what `pmgit lfs-setup` says of them, and that its hint works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit import Repo, pointer, random_bytes, weights_bytes

if TYPE_CHECKING:
    from pathlib import Path

BERT = "pretrained_model/bert"


def setup(repo: Repo, *args: str) -> list[str]:
    """What is said of the history: the note, and the hint behind it."""
    result = repo.pmgit("lfs-setup", "--no-proof", *args)
    assert result.code == 0, result
    lines = result.err.splitlines()
    at = next((at for at, line in enumerate(lines) if "the commits made so far" in line), None)
    return [] if at is None else lines[at : at + 2]


def command(hint: str) -> str:
    """The command that a hint ends with."""
    return hint.rpartition(": ")[2]


@pytest.fixture
def pushed(repo: Repo) -> Repo:
    """A repository whose first commit, without weights, is pushed."""
    repo.stage("README.md", "hello\n")
    repo.commit()
    repo.add_remote()
    repo.git("push", "-q", "origin", "main")
    return repo


def test_nothing_raw_is_nothing_to_tell(pushed: Repo) -> None:
    pushed.stage(f"{BERT}/x.bin", 300)
    pushed.stage_blob(f"{BERT}/y.bin", pointer(random_bytes(300)))
    assert setup(pushed) == []
    pushed.commit()
    pushed.stage(f"{BERT}/config.json", b"{" + b" " * 300 + b"}")
    pushed.commit()
    assert setup(pushed, "--pattern", "pretrained_model/**") == []


def test_what_is_raw_is_counted_and_shown_with_the_way_out(pushed: Repo) -> None:
    for seed in (1, 2):
        pushed.stage(f"{BERT}/x.bin", weights_bytes(300, seed))
        pushed.stage(f"{BERT}/a, b.bin.001", random_bytes(400, seed))
        pushed.commit()
    pushed.git("rm", "-q", "-r", "pretrained_model")
    pushed.commit("They are gone from the tip")
    note, hint = setup(pushed, "--pattern", "*.bin", "--pattern", "*.001")
    assert note.endswith(f"hold 4 versions (1.4 kB) of 2 files raw, the first is {BERT}/x.bin")
    pushed.commit()
    done = pushed.sh(command(hint))
    assert f"300 bytes  only in history: {BERT}/x.bin (" in done.out
    assert "plan (nothing of it is done by pmgit" in done.out


def test_a_clone_without_blobs_fetches_nothing(pushed: Repo, tmp_path: Path) -> None:
    pushed.stage(f"{BERT}/x.bin", 300)
    pushed.commit()
    pushed.stage(f"{BERT}/x.bin", 400)
    pushed.commit()
    pushed.git("push", "-q", "origin", "main")
    remote = tmp_path / "remote.git"
    pushed.git("--git-dir", str(remote), "config", "uploadpack.allowFilter", "true")
    pushed.git("clone", "-q", "--filter=blob:none", remote.as_uri(), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", pushed.env, init=None)
    before = clone.git("count-objects", "-v")
    assert "1 version (400 bytes)" in setup(clone, "--pattern", "*.pt", "--pattern", "*.bin")[0]
    assert clone.git("count-objects", "-v").count("in-pack") == before.count("in-pack")
