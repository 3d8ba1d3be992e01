"""Raw weights in the history: what `pmgit lfs-setup` says of them, and that its hints work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit import Repo, pointer, random_bytes

if TYPE_CHECKING:
    from pathlib import Path

BERT = "pretrained_model/bert"


def setup(repo: Repo, *args: str) -> list[str]:
    """What is said of the history: the note, and the hints behind it."""
    result = repo.pmgit("lfs-setup", "--no-proof", *args)
    assert result.code == 0, result
    lines = result.err.splitlines()
    at = next((at for at, line in enumerate(lines) if "the commits made so far" in line), None)
    return [] if at is None else lines[at : at + 3]


def command(hint: str) -> str:
    """The command that a hint ends with."""
    return hint.rpartition(": ")[2]


def raw(repo: Repo) -> list[str]:
    """What the commits of the branch hold raw, over 200 bytes."""
    found = []
    for line in repo.git("rev-list", "--objects", "HEAD").splitlines():
        oid, _, path = line.partition(" ")
        if path and int(repo.git("cat-file", "-s", oid)) > 200 and path.endswith(".bin"):
            found.append(path)
    return sorted(found)


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


def test_in_the_last_commit_only(pushed: Repo) -> None:
    pushed.stage(f"{BERT}/x.bin", 300)
    pushed.commit()
    note, look, step = setup(pushed)
    assert note.endswith(f"hold 1 version (300 bytes) of 1 file raw, the first is {BERT}/x.bin")
    assert f"300 bytes  in HEAD: {BERT}/x.bin (" in pushed.sh(command(look)).out
    assert command(step) == "git commit --amend"
    pushed.sh("git commit -q --amend --no-edit")
    assert raw(pushed) == []
    assert setup(pushed) == []


def test_in_commits_that_are_not_pushed(pushed: Repo) -> None:
    for seed in (1, 2):
        pushed.stage(f"{BERT}/x.bin", random_bytes(300, seed))
        pushed.stage(f"{BERT}/a, b.bin.001", random_bytes(400, seed))
        pushed.commit()
    base = pushed.git("rev-parse", "origin/main")
    pushed.git("rm", "-q", "-r", "pretrained_model")
    pushed.commit("They are gone from the tip")
    pushed.write(f"{BERT}/y.bin", 10)
    note, _, step = setup(pushed, "--pattern", "*.bin", "--pattern", "*.001")
    assert "4 versions (1.4 kB) of 2 files raw" in note
    (pushed.path / BERT / "y.bin").unlink()
    pushed.commit()
    done = pushed.sh(command(step))
    assert done.code == 0, done
    assert raw(pushed) == []
    assert pushed.git("merge-base", "HEAD", "origin/main") == base
    assert "--yes" not in step
    assert setup(pushed) == []


def test_what_a_remote_has(pushed: Repo) -> None:
    pushed.stage(f"{BERT}/x.bin", 300)
    pushed.commit()
    pushed.git("push", "-q", "origin", "main")
    _, look, step = setup(pushed)
    assert "a remote has them: commit what is staged" in step
    assert "migrate import" not in look + step
    pushed.commit()
    assert setup(pushed) != []


def test_a_pattern_that_holds_texts_is_not_handed_on(pushed: Repo) -> None:
    pushed.stage(f"{BERT}/a, b [1].bin", 300)
    pushed.stage(f"{BERT}/config.json", "{}\n")
    pushed.commit()
    pushed.stage("code.py", "1\n")
    pushed.commit()
    _, _, step = setup(pushed, "--pattern", "pretrained_model/**")
    pushed.commit()
    assert pushed.sh(command(step)).code == 0
    assert raw(pushed) == []
    assert pushed.blob(f"{BERT}/config.json", "HEAD") == b"{}\n"
    assert (pushed.path / BERT / "a, b [1].bin").stat().st_size == 300


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
