"""Output of git read while it runs, and that no process outlives its reader."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from pmgit.git import streams
from pmgit.git.process import GitError
from pmgit.git.repository import discover

if TYPE_CHECKING:
    from tests.kit import Repo


def test_first_bytes_stops_git_early(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    content = os.urandom(3_000_000)
    oid = repo.git("hash-object", "-w", "--stdin", stdin=content).strip()
    monkeypatch.chdir(repo.path)
    there = discover()
    assert streams.first_bytes(there, "cat-file", "blob", oid, count=4000) == content[:4000]
    assert streams.first_bytes(there, "cat-file", "blob", oid, count=9_000_000) == content
    with pytest.raises(GitError):
        streams.first_bytes(there, "cat-file", "blob", "0" * 40, count=10)


@pytest.mark.parametrize("ahead", [False, True])
def test_one_reads_the_other(ahead: bool, here: Repo) -> None:
    content = os.urandom(3_000_000)
    with streams.Running(discover()) as running:
        oid = running.start(("hash-object", "-w", "--stdin"), stdin=content).read().decode().strip()
        stream = running.start(("cat-file", "blob", oid), ("hash-object", "--stdin"), ahead=ahead)
        assert b"".join(stream.chunks()).decode().strip() == oid
        assert stream.finish() is None


@pytest.mark.parametrize("ahead", [False, True])
def test_the_one_that_failed_is_named(ahead: bool, here: Repo) -> None:
    with streams.Running(discover()) as running:
        first = running.start(("cat-file", "blob", "0" * 40), ("hash-object", "--stdin"))
        b"".join(first.chunks())
        assert "git cat-file blob" in str(first.finish())
        last = running.start(("rev-parse", "HEAD"), ("cat-file", "blob", "1" * 40), ahead=ahead)
        b"".join(last.chunks())
        assert "git cat-file blob" in str(last.finish())


@pytest.mark.parametrize("ahead", [False, True])
def test_nothing_outlives_the_context(
    ahead: bool, here: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the reader is full and git waits for it, and when an error ends it all."""
    monkeypatch.setattr(streams, "AHEAD", 2)
    here.stage("large", os.urandom(9_000_000))
    here.commit()
    kept = []

    def interrupted() -> None:
        with streams.Running(discover()) as running:
            stream = running.start(("cat-file", "blob", "HEAD:large"), ("cat-file", "--batch"))
            waiting = running.start(("cat-file", "blob", "HEAD:large"), ahead=ahead)
            kept.extend([*stream._processes, *waiting._processes])
            time.sleep(0.1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(kept) == 3
    for process in kept:
        with pytest.raises(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
