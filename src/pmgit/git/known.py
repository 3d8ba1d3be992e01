"""What is new below tags that name no commit: no walk over new commits can tell.

Of a tree, known is a file at its path: what came as a text, or below a tag of its own, is new where
its name makes weights of it. A blob that a tag names has no path, so its id is all that there is to
know. Slow, and asked only for such tags.
"""

from __future__ import annotations

from pmgit.git import introductions, revisions
from pmgit.git.entries import FILES, of_tree
from pmgit.git.named_blobs import trees_of_refs
from pmgit.git.streams import Running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.repository import Repository
    from pmgit.git.snapshot import Snapshot


def keep_new(
    repository: Repository,
    tagged: Sequence[tuple[str, Snapshot]],
    known: Sequence[str],
    trees: Iterable[str] | None = None,
) -> None:
    """Leave only what is new in what snapshots of tags introduce.

    `tagged` are snapshots of tags, each with `blob` or `tree`; `known` are the revision arguments
    for what is there already, and `trees` the ids of trees (None: of all that refs name).
    """
    blobs = [snapshot for kind, snapshot in tagged if kind == "blob"]
    if blobs:
        # Whether an object lies here tells nothing: a deleted branch may have left it.
        there = revisions.objects(repository, known)
        for snapshot in blobs:
            snapshot.introduced = [b for b in snapshot.introduced if b.oid not in there]
    others = [snapshot for kind, snapshot in tagged if kind != "blob"]
    if others:
        asked = {blob.oid for one in others for blob in one.introduced}
        places = _places(repository, asked, known, trees)
        for snapshot in others:
            snapshot.introduced = [
                b for b in snapshot.introduced if (b.path, b.oid, b.is_regular) not in places
            ]


def _places(
    repository: Repository, asked: set[str], known: Sequence[str], trees: Iterable[str] | None
) -> set[tuple[str, str, bool]]:
    """Where the blobs `asked` have been: path, id, and whether as a file.

    What cannot be read is not known.
    """
    found: set[tuple[str, str, bool]] = set()
    with Running(repository) as running:
        stream = introductions.begin(running, *known)
        wanted = {oid.encode("ascii") for oid in asked}
        for blob in introductions.read(stream, lambda piece: wanted if piece.is_plain else None):
            if blob.oid in asked:
                found.add((blob.path, blob.oid, blob.is_regular))
        stream.finish()
        for tree in trees_of_refs(running) if trees is None else trees:
            stream = running.start((*FILES, tree))
            listed = of_tree(b"".join(stream.chunks()))
            found.update((blob.path, blob.oid, blob.is_regular) for blob in listed)
            stream.finish()
    return found
