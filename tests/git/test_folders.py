"""Entries of folders, counted without looking at every file: held against looking at every file."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pmgit.git.folders import FolderPaths, may_have_intents
from pmgit.git.repository import discover
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from tests.kit import Repo


def naive(paths: set[bytes], added: set[bytes], limit: int) -> dict[bytes, int]:
    """The same, by the definition."""

    def entries(tree: set[bytes]) -> dict[bytes, set[bytes]]:
        found: dict[bytes, set[bytes]] = {}
        for path in tree:
            parts = path.split(b"/")
            for depth in range(len(parts)):
                found.setdefault(b"/".join(parts[:depth]), set()).add(parts[depth])
        return found

    before = entries(paths - added)
    return {
        folder: len(names)
        for folder, names in entries(paths).items()
        if len(names) > limit and names - before.get(folder, set())
    }


def test_as_by_looking_at_every_file() -> None:
    for seed in range(60):
        compare(random.Random(seed))


def compare(pick: random.Random) -> None:
    names = [b"a", b"a-", b"a.b", b"a0", b"A", b"\xff", b"b c", b"z", b"\xe6\xa8\xa1"]
    paths: set[bytes] = set()
    folders: set[bytes] = {b""}
    for _ in range(pick.randrange(1, 120)):
        depth = pick.randrange(1, 5)
        path = b"/".join(pick.choice(names) for _ in range(depth))
        above = {path[:at] for at in range(len(path)) if path[at : at + 1] == b"/"}
        if path in folders or above & paths:
            continue  # a file and a folder of one name
        paths.add(path)
        folders |= above
    added = {path for path in paths if pick.random() < pick.choice((0.05, 0.5, 1))}
    for limit in (0, 1, 2, 4):
        assert FolderPaths(paths).crowded(added, limit) == naive(paths, added, limit), (
            paths,
            added,
        )


def test_an_index_that_may_have_intents(here: Repo) -> None:
    """`git add -N` is seen in every kind of index; a plain one has none for sure."""
    assert may_have_intents(discover())  # none is there yet
    here.stage("empty", "")
    assert not may_have_intents(discover())
    here.write("intended", "content")
    here.git("add", "-N", "intended")
    for split in ("--no-split-index", "--split-index"):
        here.git("update-index", split)
        if split == "--split-index":
            here.stage("more", "x\n")  # in the one half, the intent in the other
        assert may_have_intents(discover()), split
        listed = Snapshot(discover(), TREE, [], []).listing()
        assert "empty" in listed
        assert "intended" not in listed, split
