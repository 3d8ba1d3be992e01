"""Damaged objects, and what this user may not read: only Git says that one is unreadable."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from pmgit.git.loose import SMALL
from pmgit.git.objects import UnreadableObjectError
from pmgit.snapshots import staged
from tests.anybody import as_anybody
from tests.git.test_objects import LIMIT, check_all, contents, object_file, stage_all, surveyed
from tests.kit import BIN, Repo, Result
from tests.random_repository import DAMAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.mark.parametrize("good", ["packed", "packed in an alternate"])
def test_a_damaged_copy_beside_a_good_one(here: Repo, good: str) -> None:
    for name, content in contents().items():
        for number in range(len(DAMAGES)):
            here.write(f"{number}/{name}", content + (b"%d" % number if content else b""))
    here.git("add", "-A")
    store = here.path / ".git/objects"
    if good == "packed in an alternate":
        (store / "info").mkdir(exist_ok=True)
        (store / "info/alternates").write_text(f"{here.path.parent}/store\n")
        store = here.path.parent / "store"
        (store / "pack").mkdir(parents=True)
    listed = (line.split(maxsplit=3)[1::2] for line in here.git("ls-files", "-s").splitlines())
    oids = {path: oid for oid, path in listed}
    stdin = "\n".join(oids.values()).encode()
    here.git("pack-objects", "-q", str(store / "pack/pack"), stdin=stdin)
    for oid, path in {oid: path for path, oid in oids.items()}.items():
        number = int(path.split("/")[0])
        file = object_file(here, oid)
        file.chmod(0o644)
        list(DAMAGES.values())[number](file, random.Random(number))
    taken = surveyed()
    heads = taken.contents.heads_of(taken.introduced)
    for blob in taken.introduced:
        content = (here.path / blob.path).read_bytes()
        how = list(DAMAGES)[int(blob.path.split("/")[0])]
        if how == "another byte" and len(content) >= SMALL:
            continue  # it may be in its header, and is not noticed then
        assert blob.size == len(content), (blob, how)
        assert blob.head == (content if len(content) < SMALL else b""), (blob, how)
        assert content.startswith(heads.get(blob.oid, b"")), (blob, how)


def test_a_damaged_pack_beside_good_loose_objects(here: Repo) -> None:
    stage_all(here, contents())
    oids = "\n".join(line.split()[1] for line in here.git("ls-files", "-s").splitlines())
    here.git("pack-objects", "-q", ".git/objects/pack/pack", stdin=oids.encode())
    (pack,) = here.path.glob(".git/objects/pack/*.pack")
    pack.chmod(0o644)
    data = pack.read_bytes()
    for begin in (0, 12, len(data) // 2):
        pack.write_bytes(data[:begin] + os.urandom(len(data) - begin))
        check_all(here)


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("size", [900, 30_000])
def test_only_git_calls_an_object_unreadable(here: Repo, how: str, size: int) -> None:
    here.stage("a", size)
    oid = here.git("rev-parse", ":a").strip()
    file = object_file(here, oid)
    file.chmod(0o644)
    DAMAGES[how](file, random.Random(0))
    taken = staged.take()
    readable = here.run(["git", "cat-file", "-s", oid])
    if readable.code or here.git("cat-file", "-t", oid).strip() != "blob":
        with pytest.raises(UnreadableObjectError, match=f"object {oid} is unreadable: "):
            taken.survey(lambda _: True, LIMIT, ask_filters=False)
        return
    if int(readable.out) >= SMALL:
        taken.survey(lambda _: True, LIMIT, ask_filters=False)
        assert [blob.size for blob in taken.introduced] == [int(readable.out)]


def test_a_pipe_in_the_place_of_an_object_does_not_hang(here: Repo) -> None:
    here.stage_all({name: 5000 if name == "a" else "small" for name in ("a", "b")})
    here.git("gc", "-q")
    for name in ("a", "b"):
        oid = here.git("rev-parse", f":{name}").strip()
        object_file(here, oid).parent.mkdir(exist_ok=True)
        os.mkfifo(object_file(here, oid))
    assert {blob.path: blob.size for blob in surveyed().introduced} == {"a": 5000, "b": 5}


# -- what this user may not read ------------------------------------------------------------------


def judge(repo: Repo, *way: str) -> Result:
    """What pmgit answers to a user who may read only what the modes of files say."""
    return repo.run(as_anybody(str(BIN / way[0]), *way[1:]))


WAYS = (("pmgit-hook", "pre-commit"), ("pmgit", "check", "--all"))


@pytest.fixture
def closed(repo: Repo) -> Iterator[Callable[[str], None]]:
    """Takes all permissions from a path; they are given back in the end."""
    changed: dict[Path, int] = {}

    def close(path: str) -> None:
        file = next(iter(sorted(repo.path.glob(path))))
        changed[file] = file.stat().st_mode
        file.chmod(0)

    yield close
    for file, mode in reversed(changed.items()):
        file.chmod(mode)


@pytest.mark.parametrize("what", ["blob", "folder", "commit", "tree", "pack", "idx", "pack/"])
def test_an_object_that_may_not_be_read_is_neither_damaged_nor_missing(
    repo: Repo, closed: Callable[[str], None], what: str
) -> None:
    repo.stage("old.txt", "old")
    repo.commit()
    repo.stage("a.txt", 3000)
    name = {"commit": "HEAD", "tree": "HEAD^{tree}"}.get(what, ":a.txt")
    oid = repo.git("rev-parse", name).strip()
    path = f".git/objects/{oid[:2]}" if what == "folder" else f".git/objects/{oid[:2]}/{oid[2:]}"
    if what in ("pack", "idx", "pack/"):
        repo.git("gc", "-q")
        path = ".git/objects/pack" if what == "pack/" else f".git/objects/pack/*.{what}"
    closed(path)
    ranged = ("pmgit", "check", "--range", "HEAD~0..HEAD")
    ways = {"commit": (WAYS[0], ranged), "blob": WAYS, "pack": WAYS}
    for way in ways.get(what, WAYS[:1]):
        refused = judge(repo, *way)
        assert refused.code == 3, refused
        assert "Permission denied" in refused.err, refused
        assert "hint: see who may read it: ls -ld " in refused.err, refused
        for word in ("damaged", "unreadable", "missing", "corrupt", "fsck"):
            assert word not in refused.err, refused
        assert repo.sh(refused.err.partition("hint: see who may read it: ")[2]).code == 0


def test_nothing_is_wrong_when_another_copy_may_be_read(
    repo: Repo, closed: Callable[[str], None]
) -> None:
    repo.stage("a.txt", "text")
    oid = repo.git("rev-parse", ":a.txt").strip()
    repo.git("pack-objects", "-q", ".git/objects/pack/pack", stdin=oid.encode())
    closed(f".git/objects/{oid[:2]}/{oid[2:]}")
    for way in WAYS:
        assert judge(repo, *way).code == 0


@pytest.mark.parametrize("what", [".git/index", ".git/objects", ".git/HEAD", ".git"])
def test_an_index_that_may_not_be_read_is_not_called_damaged(
    repo: Repo, closed: Callable[[str], None], what: str
) -> None:
    """Who removed it would lose what is staged; a new repository would be none the better."""
    repo.stage("a.txt", "text")
    closed(what)
    for way in WAYS if what in (".git/index", ".git") else WAYS[:1]:
        refused = judge(repo, *way)
        assert refused.code == 3, refused
        assert "Permission denied" in refused.err, refused
        assert "hint: see who may read it: ls -ld " in refused.err, refused
        for word in ("damaged", "git init", "git reset", "rm ", "fsck"):
            assert word not in refused.err, refused
        shown = repo.sh(refused.err.partition("hint: see who may read it: ")[2])
        assert shown.code == 0 or what != ".git/index", shown


@pytest.mark.parametrize("how", ["empty", "cut", "random bytes", "a folder", "half"])
def test_the_hint_for_a_damaged_index_loses_nothing(repo: Repo, how: str) -> None:
    repo.stage("old.txt", "old")
    repo.commit()
    if how == "half":
        repo.git("update-index", "--split-index")
    repo.stage("a.txt", "text")
    index = repo.path / ".git/index"
    before = index.read_bytes()
    if how == "half":
        for shared in repo.path.glob(".git/sharedindex.*"):
            shared.unlink()
    elif how == "cut":
        index.write_bytes(before[:20])
    else:
        DAMAGES[how](index, random.Random(0))
    refused = repo.hook()
    assert refused.code == 3, refused
    assert "hint: the index is damaged; put it aside" in refused.err, refused
    left = index.read_bytes() if index.is_file() else None
    assert repo.sh(refused.err.partition("without what was staged: ")[2]).code == 0
    assert repo.hook().code == 0
    assert repo.staged() == ["old.txt"]
    aside = repo.path / ".git/index.damaged"
    assert (aside.read_bytes() if aside.is_file() else None) == left


@pytest.mark.parametrize(
    "way",
    [
        ("pmgit-hook", "pre-commit"),
        ("pmgit", "check", "--all"),
        ("pmgit", "check", "--range", "HEAD~1..HEAD"),
    ],
    ids=" ".join,
)
def test_few_file_descriptors(repo: Repo, way: tuple[str, ...]) -> None:
    """Either all is judged as ever, or the cause is said: never a traceback, never "clean".

    With very few nothing starts, in whatever way; between, each way has its own first file.
    """
    repo.stage("old.txt", "old")
    repo.commit()
    repo.stage("pretrained_model/m/m.safetensors", 3000)
    if "--range" in way:
        repo.commit()
    codes = []
    for most in (6, 8, 10) if way[0] == "pmgit-hook" else (6, 10):
        done = repo.sh(f"ulimit -n {most}; exec {BIN / way[0]} {' '.join(way[1:])}")
        assert "Traceback" not in done.err, (most, done)
        codes.append(done.code)
        if done.code == 3:
            assert "too many open files" in done.err.lower(), (most, done)
            assert "hint: let this shell open more files: ulimit -n 1024" in done.err, (most, done)
    assert codes == sorted(codes, reverse=True)
    assert {codes[0], codes[-1]} == {3, 1}
