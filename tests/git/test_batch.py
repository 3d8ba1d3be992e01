"""Questions about objects, all to one git process."""

from __future__ import annotations

import os
import signal
import zlib
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError
from pmgit.git import repository
from pmgit.git.blob import Blob
from pmgit.git.cat_file import Answer, Batch
from pmgit.git.objects import Objects
from tests.kit import GIT_VERSION, Repo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def repo(tmp_path: Path, env: dict[str, str]) -> Repo:
    made = Repo(tmp_path / "repo", env)
    for number in range(400):
        made.write(f"many/{number}", f"{number}\n" * number)
    made.write("a b\u2028é", "strange\n")
    made.write("lines", b"\n\nabc missing\n\0")
    made.git("add", "-A")
    made.commit("x")
    made.git("repack", "-adq")
    return made


@pytest.fixture
def batch(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Batch]:
    monkeypatch.chdir(repo.path)
    made = Batch(repository.discover())
    yield made
    made.close()


def facts(answers: list[Answer]) -> list[tuple[str, int, bytes]]:
    return [(one.kind, one.size, one.data) for one in answers]


def test_what_is_there_and_what_is_not(batch: Batch) -> None:
    names = ["HEAD:lines", "HEAD:a b\u2028é", "HEAD:no blob 3", "HEAD", "0" * 40, "HEAD:many"]
    expected = [("blob", 15, b"\n\nabc missing\n\0"), ("blob", 8, b"strange\n"), ("", 0, b"")]
    assert facts(batch.ask(names, whole=True))[:3] == expected
    assert [one.kind for one in batch.ask(names)] == ["blob", "blob", "", "commit", "", "tree"]
    assert all(one.data == b"" for one in batch.ask(names))
    assert batch.ask([]) == batch.ask([], whole=True) == []


def test_more_than_a_pipe_holds(batch: Batch) -> None:
    """Questions and answers alternate: neither side may wait for the other for ever."""
    names = [f"HEAD:many/{number}" for number in range(400)] * 12
    contents = [f"{number}\n".encode() * number for number in range(400)] * 12
    assert [one.data for one in batch.ask(names, whole=True)] == contents
    assert [one.size for one in batch.ask(names)] == [len(data) for data in contents]


@pytest.mark.skipif(GIT_VERSION < (2, 36), reason="cat-file --batch-command came with git 2.36")
@pytest.mark.parametrize("whole", [False, True])
def test_a_process_that_has_ended_is_done_without(batch: Batch, whole: bool) -> None:
    """So it is with git before 2.36, which does not know the option."""
    names = ["HEAD:lines", "HEAD:nothing", "HEAD:many/7"]
    before = facts(batch.ask(names, whole=whole))
    assert batch._process is not None
    os.kill(batch._process.pid, signal.SIGTERM)
    assert facts(batch.ask(names, whole=whole)) == before
    assert batch._process is None
    assert facts(batch.ask(names, whole=whole)) == before


def test_objects_that_are_no_blobs_are_named(batch: Batch, repo: Repo) -> None:
    objects = Objects(repository.discover(), batch)
    tree = repo.git("rev-parse", "HEAD:many").strip()
    with pytest.raises(PmgitError, match=f"object {tree} is unreadable: it is a tree"):
        objects.readable_sizes([tree])
    with pytest.raises(PmgitError, match=f"object {'1' * 40} is unreadable: missing"):
        objects.contents([Blob("x", "1" * 40, "100644")])


@pytest.mark.parametrize("size", [3, 4000])
def test_an_object_that_says_a_wrong_size_does_not_hang(
    batch: Batch, repo: Repo, size: int
) -> None:
    """Git prints what there is of it, not as much as it says."""
    oid = repo.git("hash-object", "-w", "--stdin", stdin=b"content").strip()
    file = repo.path / ".git/objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    file.write_bytes(zlib.compress(b"blob %d\0content" % size))
    names = ["HEAD:lines", oid, "HEAD:many/3"]
    assert facts(batch.ask(names))[1] == ("blob", size, b"")
    lines, strange, _ = facts(batch.ask(names, whole=True))
    assert lines == ("blob", 15, b"\n\nabc missing\n\0")
    assert strange == ("", 0, b"")
    objects = Objects(repository.discover(), batch)
    with pytest.raises(PmgitError, match=f"object {oid} is unreadable: its size is not"):
        objects.contents([Blob("x", oid, "100644")])


def test_a_content_that_looks_like_the_end_of_an_answer(batch: Batch, repo: Repo) -> None:
    end = b"0" * 40 + b" missing\n"
    contents = [end, b"x" * 70_000 + end * 2000, end + b"\n" + end, b"x" * 65_450 + end + b"x"]
    oids = [repo.git("hash-object", "-w", "--stdin", stdin=data).strip() for data in contents]
    for _ in range(3):
        assert [one.data for one in batch.ask(oids, whole=True)] == contents
    answers = batch.ask(["HEAD:many/1", *oids], whole=True)
    assert [one.data for one in answers] == [b"1\n", *contents]
