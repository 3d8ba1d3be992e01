"""Attributes of the paths that a push brings, found without an index of the pushed tree."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from pmgit.git import ref_updates
from pmgit.git.cat_file import Batch
from pmgit.git.entries import in_object, plain_mode
from pmgit.git.process import GitError
from pmgit.git.repository import discover
from pmgit.server.pushed_commits import Receipt

if TYPE_CHECKING:
    from pmgit.server.tip_snapshot import TipSnapshot
    from tests.kit import Repo

FOLDERS = ("", "a/", "a/b/", "a/b/c/", "d/", "d/e f/", "dé/", "a.b/")
#: The last three only look like it where a tree stores them.
NAMES = (
    "x.bin",
    "y.pt",
    *[".gitattributes"] * 3,
    "x .gitattributes",
    "100644 .gitattributes",
    "z\n.g",
)
FILTERS = ("*.bin filter=lfs\n", "*.pt filter=lfs\n*.bin -filter\n", "y.pt filter=other\n", "\n")


def commits(repo: Repo, seed: int, *, merges: bool) -> str:
    """A random history above HEAD that no ref has; the id of its tip."""
    rng = random.Random(seed)
    out = []
    for number in range(1, 9):
        out.append(b"commit refs/tmp/x\nmark :%d\ncommitter A <a@b> 1600000000 +0000\n" % number)
        out.append(b"data 1\nx\nfrom %s\n" % (b":%d" % (number - 1) if number > 1 else b"HEAD^0"))
        if merges and number in (4, 7):
            out.append(b"merge :%d\n" % (number - 2))
        for _ in range(rng.randint(0, 5)):
            path = rng.choice(FOLDERS) + rng.choice(NAMES)
            if rng.random() < 0.25:
                # A folder goes, or becomes a file or a link.
                place = rng.choice(FOLDERS[1:])[:-1]
                out.append(
                    rng.choice((b"D %s\n", b"M 120000 inline %s\ndata 1\nx\n")) % quoted(place)
                )
            else:
                is_attributes = path.endswith("/.gitattributes") or path == ".gitattributes"
                text = rng.choice(FILTERS) if is_attributes else f"{rng.random()}"
                data = text.encode()
                out.append(b"M 100644 inline %s\ndata %d\n%s\n" % (quoted(path), len(data), data))
    repo.git("fast-import", "--quiet", "--force", stdin=b"".join(out))
    ref = repo.path / ".git/refs/tmp/x"
    tip = ref.read_text().strip()
    ref.unlink()
    return tip


def quoted(path: str) -> bytes:
    return b'"%s"' % path.replace("\n", "\\n").encode()


def received(tip: str) -> tuple[TipSnapshot, Batch]:
    """The snapshot of a push that moves main to this tip."""
    repository = discover()
    old = repository.run("rev-parse", "HEAD").decode().strip()
    walk = ref_updates.Walk(repository, [ref_updates.RefUpdate("", tip, "refs/heads/main", old)])
    batch = Batch(repository)
    receipt = Receipt(walk, batch)
    [[snapshot]] = receipt.snapshots([receipt.updates])
    return snapshot, batch


@pytest.mark.parametrize("merges", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_filters_are_those_of_the_tip(here: Repo, packed: bool, merges: bool) -> None:
    for folder in FOLDERS:
        here.write(f"{folder}old.pt", folder)
        here.write(f"{folder}.gitattributes", "*.pt filter=before\n" if folder != "a/" else "\n")
    here.git("add", "-A")
    here.commit()
    seen, near = set(), 0
    here.git("config", "fastimport.unpackLimit", "0" if packed else "10000")
    for seed in range(10):
        tip = commits(here, seed, merges=merges)
        trees = here.git("rev-parse", f"{tip}^{{tree}}", "HEAD^{tree}").split()
        if trees[0] == trees[1]:
            continue
        index = here.path / ".git/other-index"
        env = {**here.env, "GIT_INDEX_FILE": str(index)}
        assert here.run(["git", "read-tree", tip], env=env).code == 0
        snapshot, batch = received(tip)
        paths = [blob.path for blob in snapshot.introduced if blob.is_regular]
        snapshot.prepare(("a",))
        assert bool(snapshot._trees) is not merges
        asked = ["git", "check-attr", "--cached", "-z", "--stdin", "filter"]
        later = "d/e f/new.pt"
        stdin = b"".join(path.encode() + b"\0" for path in [*paths, later])
        answers = here.run(asked, env=env, stdin=stdin).out.split("\0")
        expected = dict(zip(answers[::3], answers[2::3], strict=False))
        for path in paths:
            assert snapshot.filter_of(path) == expected[path], (seed, path)
            seen.add(expected[path])
        # Asked later, of folders that the push has not touched.
        assert snapshot.filter_of(later) == expected[later]
        near += agrees_with_a_listing(snapshot)
        batch.close()
    assert seen >= {"lfs", "before", "unspecified"}
    assert near >= 10


def agrees_with_a_listing(snapshot: TipSnapshot) -> int:
    """What is near the change is what Git lists there; how many entries were compared."""
    count = 0
    for roots in (("a",), ("d", "a"), ("a/b",), ("dé",), ("none",)):
        touched = {
            "/".join(change.path.split("/")[: root.count("/") + 2]) + "/"
            for root in roots
            for change in snapshot.changes
            if change.path.startswith(f"{root}/")
        }
        expected = {
            path: (blob.oid, blob.mode)
            for path, blob in snapshot.listing().items()
            if path.startswith(tuple(touched)) and path.startswith(tuple(f"{r}/" for r in roots))
        }
        found = {path: (blob.oid, blob.mode) for path, blob in snapshot.near(roots).items()}
        assert found == expected, roots
        assert list(found) == sorted(found)
        count += len(found)
    return count


def test_modes_that_git_only_reads(here: Repo) -> None:
    """Nothing hides behind a mode that Git writes otherwise: 0100644, 040000, 100664."""
    here.write("a", "1")
    here.git("add", "-A")
    here.commit()

    def stored(kind: str, data: bytes) -> bytes:
        asked = ("hash-object", "-t", kind, "-w", "--literally", "--stdin")
        return bytes.fromhex(here.git(*asked, stdin=data).strip())

    attributes, text = stored("blob", b"*.pt filter=lfs\n"), stored("blob", b"x")
    model = stored("tree", b"100664 w.pt\0" + text + b"100755 x.pt\0" + text)
    models = stored("tree", b"040000 m\0" + model)
    top = stored(
        "tree",
        b"0100644 .gitattributes\0" + attributes + b"100644 a\0" + text + b"40000 d\0" + models,
    )
    tip = here.git("commit-tree", "-p", "HEAD", "-m", "x", top.hex()).strip()
    snapshot, batch = received(tip)
    snapshot.prepare(("d",))
    assert snapshot.filter_of("d/m/w.pt") == "lfs"
    assert [(b.path, b.mode) for b in snapshot.near(("d",)).values()] == [
        ("d/m/w.pt", "100644"),
        ("d/m/x.pt", "100755"),
    ]
    agrees_with_a_listing(snapshot)
    batch.close()


#: Python reads more numbers than Git does, and takes what is left for an id.
NO_ENTRIES = {
    "a short id": b"100644 a\0" + bytes(19),
    "no octal mode": b"100648 a\0" + bytes(20),
    "a sign": b"+100644 a\0" + bytes(20),
    "a mode with an underscore": b"10_0644 a\0" + bytes(20),
    "no mode": b" a\0" + bytes(20),
    "no name": b"100644 \0" + bytes(20),
    "no blank": b"100644\0" + bytes(20),
    "no id": b"100644 a",
}


@pytest.mark.parametrize("what", NO_ENTRIES)
def test_a_tree_is_damaged_when_git_says_so(here: Repo, what: str) -> None:
    entry = NO_ENTRIES[what]
    assert list(in_object(b"100644 a\0" + b"1" * 20, 20)) == [(b"100644", b"a", "31" * 20)]
    with pytest.raises(ValueError, match=r"damaged|not found|literal"):
        [plain_mode(mode) for mode, _, _ in in_object(entry, 20)]
    here.stage("d/a", "1")
    here.commit()
    here.stage("d/a", "2")
    blob, tip = here.git("rev-parse", ":d/a").strip(), here.commit()
    here.git("reset", "-q", "--hard", "HEAD~1")
    snapshot, batch = received(tip)
    # What Git reads is taken from Git.
    assert snapshot._entries_of("d", entry) == [("100644", b"a", blob)]
    with pytest.raises(GitError):
        snapshot._entries_of("none", entry)
    batch.close()
