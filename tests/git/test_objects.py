"""Sizes and first bytes of blobs, wherever they lie, and never a wrong one."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError
from pmgit.git import index_sizes, loose, objects
from pmgit.git.blob import NOT_HERE, Blob
from pmgit.git.loose import SMALL
from pmgit.git.objects import HEAD_BYTES, UnreadableObjectError
from pmgit.git.repository import discover
from pmgit.snapshots import staged
from pmgit.snapshots.base import Snapshot
from tests.kit import Repo, pointer, random_bytes
from tests.lfs_install import install_lfs

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 200_000


def object_file(repo: Repo, oid: str) -> Path:
    return repo.path / ".git/objects" / oid[:2] / oid[2:]


def stage_all(repo: Repo, files: dict[str, bytes]) -> None:
    """Write these files, and stage them with one process."""
    for name, content in files.items():
        repo.write(name, content)
    repo.git("add", "-A")


def stored_by(repo: Repo, oids: list[str]) -> dict[str, bytes]:
    """What git itself has under these ids, from one process."""
    asked = "\n".join(oids).encode()
    done = subprocess.run(
        ["git", "cat-file", "--batch"],
        cwd=repo.path, env=repo.env, input=asked, capture_output=True, check=True,
    )  # fmt: skip
    found, at = {}, 0
    for oid in oids:
        header, _, _ = done.stdout[at : at + 200].partition(b"\n")
        assert header.split()[0] == oid.encode()
        at += len(header) + 1
        size = int(header.split()[2])
        found[oid] = done.stdout[at : at + size]
        at += size + 1
    return found


def surveyed(keep: object = None, limit: int = LIMIT) -> Snapshot:
    """What is staged here, with its sizes; all small blobs are kept unless `keep` says."""
    taken = staged.take()
    taken.survey(keep or (lambda _: True), limit, ask_filters=True)  # type: ignore[arg-type]
    return taken


def is_sound(repo: Repo, taken: Snapshot, limit: int = LIMIT) -> None:
    """Every size is the real one, or on the same side of every border that matters."""
    assert taken.introduced
    stored = stored_by(repo, [blob.oid for blob in taken.introduced])
    for blob in taken.introduced:
        content = stored[blob.oid]
        real = len(content)
        if real < SMALL or real >= limit:
            assert blob.size == real, blob
        else:
            assert SMALL <= blob.size < limit, (blob, real)
        assert blob.head == (content if real < SMALL else b""), blob


# -- where blobs lie ------------------------------------------------------------------------------


def contents() -> dict[str, bytes]:
    return {
        "empty": b"",
        "small": b"hello\n",
        "edge-1": random_bytes(SMALL - 1),
        "edge": random_bytes(SMALL),
        "middle": random_bytes(30_000),
        "zeros": bytes(300_000),
        "few zeros": bytes(1000),
        "some zeros": bytes(5000),
        "large": random_bytes(300_000),
        "pointer": pointer(b"x"),
    }


def check_all(repo: Repo) -> None:
    taken = surveyed()
    wanted = contents()
    assert {blob.path for blob in taken.introduced} == set(wanted)
    heads = taken.contents.heads_of(taken.introduced)
    for blob in taken.introduced:
        content = wanted[blob.path]
        assert blob.size == len(content)
        assert blob.head == (content if len(content) < SMALL else b"")
        known = heads.get(blob.oid, b"")
        assert content.startswith(known)
        assert len(known) >= min(len(content), HEAD_BYTES)
    everything = taken.objects.contents(taken.introduced)
    assert everything == {blob.oid: wanted[blob.path] for blob in taken.introduced}


@pytest.mark.parametrize("where", ["loose", "packed", "mixed", "large packed", "loose at level 0"])
def test_blobs_lie_loose_and_in_packs(here: Repo, where: str) -> None:
    if where == "large packed":
        # What is larger than core.bigFileThreshold goes straight to a pack, as 512 MiB does.
        here.git("config", "core.bigFileThreshold", "250k")
    if where == "loose at level 0":
        here.git("config", "core.compression", "0")
    files = contents()
    if where == "mixed":
        stage_all(here, {name: files[name] for name in ("empty", "small", "edge-1", "edge")})
        here.git("gc", "-q")
    stage_all(here, files)
    if where == "packed":
        here.git("gc", "-q")
        assert not list(here.path.glob(".git/objects/??/*"))
    check_all(here)


def test_blobs_lie_in_an_alternate(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage_all(repo, contents())
    repo.commit()
    repo.git("clone", "-q", "-s", "--no-checkout", ".", "../borrower")
    borrower = Repo(tmp_path / "borrower", repo.env, init=None)
    borrower.git("read-tree", "HEAD")
    borrower.git("checkout", "-q", "--orphan", "new")
    monkeypatch.chdir(borrower.path)
    check_all(borrower)


def test_objects_with_sha256_ids(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path / "r", env, init=("--object-format=sha256",))
    stage_all(repo, contents())
    monkeypatch.chdir(repo.path)
    check_all(repo)
    repo.git("gc", "-q")
    check_all(repo)


def test_only_what_is_wanted_is_kept(here: Repo) -> None:
    here.stage_all({"no": b"plain text", "yes": pointer(b"x")})
    for _ in ("loose", "packed"):
        heads = {b.path: b.head for b in surveyed(keep=lambda head: b"git-lfs" in head).introduced}
        assert heads == {"no": b"", "yes": pointer(b"x")}
        here.git("gc", "-q")


def test_one_blob_at_many_paths(here: Repo) -> None:
    here.stage_all(dict.fromkeys("abc", b"same"))
    here.git("gc", "-q")
    taken = surveyed()
    assert [blob.size for blob in taken.introduced] == [4, 4, 4]
    assert len(taken.contents.heads_of(taken.introduced)) == 1


def test_heads_come_in_batches(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "BATCH_BYTES", 50_000)
    wanted = {}
    for number, size in enumerate((40_000, 30_000, 90_000, 20_000, 50_000, 1)):
        wanted[f"{number}"] = random_bytes(size)
        here.stage(f"{number}", wanted[f"{number}"])
    here.git("gc", "-q")
    taken = surveyed()
    heads = taken.contents.heads_of(taken.introduced)
    for blob in taken.introduced:
        assert heads[blob.oid] == wanted[blob.path][: len(heads[blob.oid])]
        assert len(heads[blob.oid]) >= min(blob.size, HEAD_BYTES)


def heads_and_tails() -> dict[str, bytes]:
    """Contents that deflate well in front and not behind, or the other way round."""
    found = {}
    for number, head in enumerate((0, 60, 500, 1023, 3900, 4000, 4096, 7000, 9000)):
        noise = random.Random(number).randbytes(head)
        found[f"noise {head}"] = noise + bytes(30_000)
        found[f"zeros {head}"] = bytes(head) + random.Random(number).randbytes(5000)
        found[f"noise {head} alone"] = noise
    return found


def test_blobs_of_every_compression(here: Repo) -> None:
    """Of what does not deflate at first, the first bytes may take more than as many of the file."""
    for level in range(10):
        here.git("config", "core.looseCompression", str(level))
        for name, content in heads_and_tails().items():
            here.write(f"{level}/{name}", content + bytes([level]))
        here.git("add", "-A")
    taken = surveyed()
    heads = taken.contents.heads_of(taken.introduced)
    for blob in taken.introduced:
        content = (here.path / blob.path).read_bytes()
        assert blob.size == len(content), blob
        assert content.startswith(heads[blob.oid]), blob
        assert len(heads[blob.oid]) >= min(len(content), HEAD_BYTES), blob


def test_a_long_head_of_a_loose_blob_is_read_without_git(here: Repo) -> None:
    """So also where nothing of it deflates; git is only for what is odd."""
    for name, content in heads_and_tails().items():
        if len(content) >= HEAD_BYTES:
            here.write(name, content)
    here.git("add", "-A")
    for file in (here.path / ".git/objects").glob("??/*"):
        assert loose.blob(file.read_bytes()[: objects._READ_BYTES], HEAD_BYTES), file


# -- what cannot be read --------------------------------------------------------------------------


def spoil(file: Path, how: str) -> None:
    data = file.read_bytes()
    file.chmod(0o644)
    if how == "deleted":
        file.unlink()
    else:
        file.write_bytes(
            {"empty": b"", "garbage": os.urandom(len(data)), "cut": data[: len(data) // 2]}[how]
        )


@pytest.mark.parametrize("how", ["deleted", "empty", "garbage", "cut"])
@pytest.mark.parametrize("mode", [("hook",), ("check",), ("check", "--all"), ("check", ".")])
def test_a_damaged_object_is_an_error(repo: Repo, how: str, mode: tuple[str, ...]) -> None:
    repo.stage("a.txt", random_bytes(900))
    oid = repo.git("rev-parse", ":a.txt").strip()
    spoil(object_file(repo, oid), how)
    result = repo.hook() if mode == ("hook",) else repo.pmgit(*mode)
    assert result.code == 3, result
    assert f"object {oid} is unreadable: " in result.err
    assert "hint: see what else is: git fsck" in result.err
    assert "Traceback" not in result.err


def test_a_damaged_pack_is_an_error(repo: Repo) -> None:
    repo.stage("a.txt", random_bytes(900))
    repo.git("gc", "-q")
    repo.stage("b.txt", "b")
    (pack,) = repo.path.glob(".git/objects/pack/*.pack")
    data = bytearray(pack.read_bytes())
    data[20:900] = bytes(880)
    pack.chmod(0o644)
    pack.write_bytes(data)
    for result in (repo.hook(), repo.pmgit("check", "--all")):
        assert result.code == 3, result
        assert "pmgit: " in result.err
        assert "Traceback" not in result.err


def test_something_else_than_a_blob_is_an_error(here: Repo) -> None:
    here.stage("a", "a")
    commit = here.commit()
    for _ in ("loose", "packed"):
        found = Blob("x", commit, "100644")
        with pytest.raises(UnreadableObjectError):
            objects.Objects(discover()).survey([found], lambda _: True)
        here.git("gc", "-q")


def test_a_cut_large_object_does_not_hang(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """`first_bytes` of what git fails to print ends, too."""
    monkeypatch.setattr(objects, "BATCH_BYTES", 1000)
    here.git("config", "core.bigFileThreshold", "1k")
    here.stage("big", random_bytes(100_000))
    taken = surveyed()
    (pack,) = here.path.glob(".git/objects/pack/*.pack")
    pack.chmod(0o644)
    pack.write_bytes(pack.read_bytes()[:2000])
    with pytest.raises(PmgitError):
        taken.contents.heads_of(taken.introduced)


# -- sizes from the index, when very many files are staged ----------------------------------------


@pytest.fixture
def many(here: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository in which one staged file is already many."""
    monkeypatch.setattr(staged, "MANY", 1)
    return here


def index_told(taken: Snapshot) -> set[str]:
    """The paths whose sizes the index tells."""
    blobs = [Blob(b.path, b.oid, b.mode) for b in taken.introduced]
    return {blob.path for blob in told(taken, blobs)}


def told(taken: Snapshot, *parts: list[Blob]) -> list[Blob]:
    """The blobs whose sizes the index tells, when they come in these parts."""
    sizes = index_sizes.Sizes(taken.repository)
    for part in parts:
        sizes.look(part)
    return sizes.take(LIMIT)


def test_the_index_tells_ordinary_sizes(many: Repo) -> None:
    stage_all(many, {f"{number}": random_bytes(20_000 + number) for number in range(5)})
    taken = surveyed()
    assert index_told(taken) == {"0", "1", "2", "3", "4"}
    assert [blob.size for blob in taken.introduced] == [20_000 + n for n in range(5)]


def test_the_index_tells_nothing_of_small_and_large_files(many: Repo) -> None:
    sizes = (0, 1, 130, SMALL - 2, SMALL - 1, SMALL, 20_000, 66_000, 67_000, 199_999)
    files = {f"{number}": random_bytes(size) for number, size in enumerate(sizes)}
    stage_all(many, {**files, "large": random_bytes(200_000), "larger": random_bytes(5_000_000)})
    taken = surveyed()
    assert index_told(taken) == {"5", "6", "7"}
    is_sound(many, taken)
    assert [blob.size for blob in taken.introduced] == [*sizes, 200_000, 5_000_000]


def test_a_raw_blob_on_a_filtered_path_is_exact(many: Repo) -> None:
    many.stage_all({".gitattributes": "*.bin filter=lfs\n*.x filter=other\n", "a.bin": 50_000})
    many.git("config", "filter.other.clean", "cat; head -c 900000 /dev/zero")
    many.stage("a.x", 50_000)
    taken = surveyed()
    assert {b.path: b.size for b in taken.introduced if b.size > 100} == {
        "a.bin": 50_000, "a.x": 950_000,
    }  # fmt: skip
    is_sound(many, taken)


def test_entries_without_sizes(many: Repo) -> None:
    many.stage_blob("a.bin", random_bytes(5_000_000))
    many.stage_blob("b.bin", pointer(b"x"))
    many.git("update-index", "--index-info", stdin=b"100644 %b\tc.bin\n" % many.git(
        "rev-parse", ":a.bin").strip().encode())  # fmt: skip
    taken = surveyed()
    assert index_told(taken) == set()
    is_sound(many, taken)


def test_the_same_content_under_different_filters(many: Repo) -> None:
    content = random_bytes(30_000)
    install_lfs(many)
    many.write(".gitattributes", "*.bin filter=lfs\n")
    many.git("add", ".gitattributes")
    many.stage_all({"a.bin": content, "a.txt": pointer(content), "b.txt": content})
    many.stage_blob("z.bin", content)
    assert many.git("rev-parse", ":a.bin") == many.git("rev-parse", ":a.txt")
    is_sound(many, surveyed())


def test_an_old_path_with_the_same_content_and_another_size(many: Repo) -> None:
    many.git("config", "filter.other.clean", "cat; head -c 900000 /dev/zero")
    many.stage_all({".gitattributes": "*.x filter=other\n", "b.x": 50_000})
    many.commit()
    many.stage("c.txt", many.blob("b.x"))
    assert many.git("rev-parse", ":b.x") == many.git("rev-parse", ":c.txt")
    is_sound(many, surveyed())


@pytest.mark.parametrize("store", ["", "elsewhere"])
@pytest.mark.parametrize("staged_too", [False, True])
def test_a_pointer_whose_attribute_is_not_staged(many: Repo, staged_too: bool, store: str) -> None:
    # `git lfs track` and `git add` of the weights, and .gitattributes is forgotten (or the line
    # is removed again): the index holds the size of the weights, the blob is a pointer.
    install_lfs(many)
    if store:
        many.git("config", "lfs.storage", str(many.path.parent / store))
    many.write(".gitattributes", "*.bin filter=lfs\n")
    many.stage("a.bin", 30_000)
    if staged_too:
        many.stage(".gitattributes", "# nothing\n")
    taken = surveyed()
    assert taken.filter_of("a.bin") == "unspecified"
    assert index_told(taken) == set()
    is_sound(many, taken)


#: One byte each on disk, three each in Git; and not so regular that it would be opened anyway.
THAI = "".join(random.Random(0).choices([chr(0xE01 + n) for n in range(46)], k=70_000))


@pytest.mark.parametrize(
    ("attributes", "encoding", "text"),
    [
        ("text eol=crlf", "utf-8", "line\r\n" * 3000),
        ("text eol=crlf", "utf-8", "\r\n" * 3000),
        ("text working-tree-encoding=UTF-16", "utf-16", "word\n" * 600),
        ("text working-tree-encoding=UTF-16LE", "utf-16-le", "模型" * 9000),
        ("text working-tree-encoding=UTF-32BE", "utf-32-be", "ab\n" * 350),
        ("text working-tree-encoding=TIS-620", "tis-620", THAI),
        ("ident", "utf-8", "$Id: 0123456789012345678901234567890123456789 $\n" + "word\n" * 900),
    ],
)
def test_converted_text(many: Repo, attributes: str, encoding: str, text: str) -> None:
    many.stage_all({".gitattributes": f"*.txt {attributes}\n", "a.txt": text.encode(encoding)})
    assert many.blob("a.txt") != text.encode(encoding)
    is_sound(many, surveyed())


def say(repo: Repo, path: str, size: int) -> None:
    """Have the index say that a file has `size` bytes, as for one of 4 GiB more."""
    index = repo.path / ".git/index"
    data = bytearray(index.read_bytes())
    # Before the path: the size, the id and the flags.
    at = data.index(b"\0" + bytes([len(path)]) + path.encode() + b"\0") - 24
    data[at : at + 4] = size.to_bytes(4, "big")
    data[-20:] = hashlib.sha1(data[:-20], usedforsecurity=False).digest()
    index.write_bytes(data)


@pytest.mark.parametrize("few", [True, False])
def test_a_size_that_its_field_cannot_hold(
    many: Repo, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over 512 MiB goes to a pack of its own, and is loose where text is converted."""
    if not few:
        monkeypatch.setattr(index_sizes, "_FEW", 0)
    many.stage("a.dat", 20_000)
    many.git("config", "core.bigFileThreshold", "500k")
    many.stage("packed.dat", 3_000_000)
    many.git("config", "core.bigFileThreshold", "5g")
    many.stage("loose.dat", random_bytes(3_000_000, seed=7))
    say(many, "packed.dat", 5000)
    if few:  # else it takes longer than it saves
        say(many, "loose.dat", 5000)
    taken = surveyed()
    assert index_told(taken) == {"a.dat"}
    assert {b.path: b.size for b in taken.introduced} == {
        "a.dat": 20_000, "packed.dat": 3_000_000, "loose.dat": 3_000_000,
    }  # fmt: skip


def test_such_a_pointer_in_a_linked_worktree(many: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    install_lfs(many)
    many.stage("a", "a")
    many.commit()
    many.git("worktree", "add", "-q", "../linked")
    linked = Repo(many.path.parent / "linked", many.env, init=None)
    linked.write(".gitattributes", "*.bin filter=lfs\n")
    linked.stage("a.bin", 30_000)
    monkeypatch.chdir(linked.path)
    is_sound(linked, surveyed())


@pytest.mark.parametrize("lfs", [True, False])
def test_what_compresses_very_well_may_be_a_pointer(many: Repo, lfs: bool) -> None:
    if lfs:
        many.git("lfs", "clean", "--", "x", stdin=b"content")
    many.stage("zeros", bytes(50_000))
    taken = surveyed()
    assert index_told(taken) == (set() if lfs else {"zeros"})
    is_sound(many, taken)


def test_a_filter_that_enlarged_a_file_and_is_gone(many: Repo) -> None:
    """Neither the attribute nor the index tell that the blob is larger than the file."""
    many.git("config", "filter.other.clean", "cat; head -c 900000 /dev/zero")
    many.write(".gitattributes", "*.x filter=other\n")
    many.stage("a.x", 20_000)
    (many.path / ".gitattributes").unlink()
    taken = surveyed()
    assert [blob.size for blob in taken.introduced] == [920_000]
    many.git("config", "--unset", "filter.other.clean")
    many.git("config", "filter.lfs.clean", "git-lfs clean -- %f")
    many.git("rm", "-q", "--cached", "-f", "a.x")
    many.stage("b.txt", 20_000)
    assert index_told(surveyed()) == {"b.txt"}


def test_an_index_that_has_nothing_of_them_is_soon_left(
    many: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each search to the end of an index of 60,000 entries takes a millisecond."""
    stage_all(many, {f"{number}": random_bytes(20_000) for number in range(5)})
    taken = surveyed()
    blobs = [Blob(b.path, b.oid, b.mode) for b in taken.introduced]
    others = [Blob(f"!{number}", blobs[0].oid, "100644") for number in range(3)]
    monkeypatch.setattr(index_sizes, "_MISSES", 3)
    assert told(taken, [*others, *blobs]) == blobs
    assert told(taken, others, blobs[:2], [], blobs[2:]) == blobs
    monkeypatch.setattr(index_sizes, "_MISSES", 2)
    assert told(taken, [*others, *blobs]) == []
    assert told(taken, others, blobs[:2], blobs[2:]) == []
    assert told(taken, []) == []
    # What comes after the last entry of the index is not there either.
    monkeypatch.setattr(index_sizes, "_MISSES", 3)
    assert told(taken, blobs, [Blob("z" * 5000, blobs[0].oid)], blobs) == blobs


@pytest.mark.parametrize("shape", ["v4", "split", "skip-worktree", "intent-to-add", "packed"])
def test_other_shapes_of_the_index(many: Repo, shape: str) -> None:
    many.stage_all({"folder/old": 40_000, "folder/old-pointer": pointer(b"x")})
    many.commit()
    if shape == "v4":
        many.git("update-index", "--index-version", "4")
    if shape == "split":
        many.git("update-index", "--split-index")
    sizes = {f"folder/name-{number:02}": 3_000 + 20_000 * number for number in range(20)}
    sizes |= {"A": 30_000, "A" * 70: 30_000}
    stage_all(many, {name: random_bytes(size, len(name)) for name, size in sizes.items()})
    if shape == "skip-worktree":
        many.git("update-index", "--skip-worktree", "folder/name-02")
    if shape == "intent-to-add":
        many.write("later", 20_000)
        many.git("add", "-N", "later")
    if shape == "packed":
        many.git("gc", "-q")
    taken = surveyed()
    assert len(taken.introduced) == 22
    is_sound(many, taken)


def test_the_index_of_a_sha256_repository(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staged, "MANY", 1)
    repo = Repo(tmp_path / "r", env, init=("--object-format=sha256",))
    monkeypatch.chdir(repo.path)
    repo.stage_all({f"{size}": size for size in (100, 20_000, 60_000, 300_000)})
    taken = surveyed()
    assert index_told(taken) == {"20000", "60000"}
    is_sound(repo, taken)


def test_a_temporary_index_is_the_one_that_is_read(
    many: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    many.stage("a", 20_000)
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/other")
    many.git("update-index", "--add", "a", env={"GIT_INDEX_FILE": ".git/other"})
    many.git("rm", "-q", "--cached", "-f", "a", env={"GIT_INDEX_FILE": str(many.path / "no")},
             code=None)  # fmt: skip
    taken = surveyed()
    assert index_told(taken) == {"a"}
    (many.path / ".git/index").unlink()
    assert index_told(surveyed()) == {"a"}


def test_very_many_staged_files_are_all_judged(repo: Repo) -> None:
    """Through the hook, with the real threshold: one raw blob among 1100 does not slip by."""
    repo.write(".gitattributes", "*.bin filter=lfs\n")
    for number in range(1100):
        repo.write(f"data/{number % 40}/{number}.dat", random_bytes(5000, number % 40))
    repo.git("add", "-A")
    assert repo.hook().code == 0
    repo.stage_all(
        {
            "data/7/raw.bin": 50_000,
            "data/8/pointer.dat": pointer(b"x"),
            "data/9/big.dat": 11_000_000,
        }
    )
    found = {(f["path"], f["rule"]) for f in repo.check()}
    assert found == {
        ("data/7/raw.bin", "missing-pointer"),
        ("data/8/pointer.dat", "uncovered-pointer"),
        ("data/9/big.dat", "oversized-blob"),
    }


# -- partial clones -------------------------------------------------------------------------------


def test_blobs_that_are_not_here(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.git("config", "uploadpack.allowFilter", "true")
    here.stage_all({"a": 3000, "b": "content"})
    (here.path / "link").symlink_to("b")
    here.git("add", "link")
    here.commit()
    address = here.path.as_uri()
    here.git("clone", "-q", "--no-checkout", "--filter=blob:none", address, "../partial")
    partial = Repo(here.path.parent / "partial", here.env, init=None)
    monkeypatch.chdir(partial.path)
    partial.read_head()
    partial.stage("new", "new")
    repository = discover()
    taken = Snapshot(repository, "tree", [], [])
    taken.introduced = list(taken.listing().values())
    taken.survey(lambda _: True, LIMIT, ask_filters=True)
    assert {b.path: b.size for b in taken.introduced if b.is_regular} == {
        "a": NOT_HERE, "b": NOT_HERE, "new": 3,
    }  # fmt: skip
    assert [blob.path for blob in taken.files] == ["new"]
    assert taken.not_judged == 2
    # A link that is not here is not read either, and counted once.
    assert taken.contents.heads_of(taken.introduced).get(taken.listing()["link"].oid, b"") == b""
    assert taken.contents.content_of(taken.listing()["a"]) == b""
    assert taken.not_judged == 3
