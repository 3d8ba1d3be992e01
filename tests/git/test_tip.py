"""Attributes of the paths that a push brings, found without an index of the pushed tree."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from pmgit.git import incoming
from pmgit.git.batch import Batch
from pmgit.git.receives import Receipt
from pmgit.git.repository import discover

if TYPE_CHECKING:
    from pmgit.git.tip import TipSnapshot
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
    tip = repo.git("rev-parse", "refs/tmp/x").strip()
    repo.git("update-ref", "-d", "refs/tmp/x")
    return tip


def quoted(path: str) -> bytes:
    return b'"%s"' % path.replace("\n", "\\n").encode()


def received(tip: str) -> tuple[TipSnapshot, Batch]:
    """The snapshot of a push that moves main to this tip."""
    repository = discover()
    old = repository.run("rev-parse", "HEAD").decode().strip()
    walk = incoming.Walk(repository, [incoming.Update("", tip, "refs/heads/main", old)])
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
    seen = set()
    here.git("config", "fastimport.unpackLimit", "0" if packed else "10000")
    for seed in range(10):
        tip = commits(here, seed, merges=merges)
        if here.git("rev-parse", f"{tip}^{{tree}}") == here.git("rev-parse", "HEAD^{tree}"):
            continue
        index = here.path / ".git/other-index"
        env = {**here.env, "GIT_INDEX_FILE": str(index)}
        assert here.run(["git", "read-tree", tip], env=env).code == 0
        snapshot, batch = received(tip)
        paths = [blob.path for blob in snapshot.introduced if blob.is_regular]
        snapshot.prepare(("a",))
        assert bool(snapshot._trees) is not merges
        asked = ["git", "check-attr", "--cached", "-z", "--stdin", "filter"]
        stdin = b"".join(path.encode() + b"\0" for path in paths)
        answers = here.run(asked, env=env, stdin=stdin).out.split("\0")
        expected = dict(zip(answers[::3], answers[2::3], strict=False))
        for path in paths:
            assert snapshot.filter_of(path) == expected[path], (seed, path)
            seen.add(expected[path])
        # Asked later, of folders that the push has not touched.
        assert (
            snapshot.filter_of("d/e f/new.pt")
            == here.run([*asked[:-2], "filter", "--", "d/e f/new.pt"], env=env).out.split("\0")[2]
        )
        batch.close()
    assert seen >= {"lfs", "before", "unspecified"}
