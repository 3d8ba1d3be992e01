"""Refs that name a tree or a blob instead of a commit: no walk over commits finds their blobs.

Of a tree, known is a file at its path: what came as a text, or below a tag of its own, is new where
its name makes weights of it. A blob that a tag names has no path, so its id is all that there is to
know. Slow, and asked only for such refs.
"""

from __future__ import annotations

from pmgit.git import entries, log, revisions
from pmgit.git.blob import introduced_by
from pmgit.git.commit_diffs import difference
from pmgit.git.streams import Running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

#: So many trees that refs name are listed.
_TREES = 100


class Tagged:
    """The tree that pushed refs name, or the `blobs` that they name and the empty tree.

    A blob has no path of its own; it is judged under the name of the ref. `changes` lead from
    nothing to the tree, `refs` are the refs with the ids that they are pushed with.
    """

    __slots__ = ("blobs", "changes", "is_tree", "refs", "tree")

    def __init__(
        self, repository: Repository, refs: Mapping[str, str], tree: str, blobs: Sequence[Blob] = ()
    ) -> None:
        empty = repository.empty_tree
        self.refs = refs
        self.is_tree = not blobs
        self.tree = tree or empty
        self.changes = difference(repository, empty, tree) if tree else []
        self.blobs = list(blobs) or introduced_by(self.changes)


def new_blobs(
    repository: Repository,
    tagged: Sequence[Tagged],
    known: Sequence[str],
    trees: Iterable[str] | None = None,
) -> list[list[Blob]]:
    """For each of `tagged`, those of its blobs that are new.

    `known` are the revision arguments for the commits that are there already, `trees` the ids of
    trees that are (None: all that refs name).
    """
    # That an object lies here proves nothing: a deleted branch may have left it.
    single = any(not one.is_tree for one in tagged)
    there = revisions.objects(repository, known) if single else set()
    asked = {blob.oid for one in tagged if one.is_tree for blob in one.blobs}
    places = _places(repository, asked, known, trees) if asked else set()
    return [
        [
            blob
            for blob in one.blobs
            if ((_place(blob) not in places) if one.is_tree else blob.oid not in there)
        ]
        for one in tagged
    ]


def _place(blob: Blob) -> tuple[str, str, bool]:
    """Where a blob is: path, id, and whether as a file."""
    return blob.path, blob.oid, blob.is_regular


def _places(
    repository: Repository, asked: set[str], known: Sequence[str], trees: Iterable[str] | None
) -> set[tuple[str, str, bool]]:
    """Where the blobs `asked` have been. What cannot be read is not known."""
    with Running(repository) as running:
        stream = log.begin(running, *known)
        wanted = {oid.encode("ascii") for oid in asked}
        blobs = log.read(stream, lambda piece: wanted if piece.is_plain else None)
        found = {_place(blob) for blob in blobs if blob.oid in asked}
        stream.finish()
        for tree in trees_of_refs(running) if trees is None else trees:
            found.update(map(_place, files_of(running, tree)))
    return found


def files_of(running: Running, tree: str) -> Iterator[Blob]:
    """All files of a tree; what cannot be read is left out."""
    stream = running.start((*entries.FILES, tree))
    yield from entries.of_tree(b"".join(stream.chunks()))
    stream.finish()


def trees_of_refs(running: Running) -> list[str]:
    """The ids of trees that refs name without a commit, of the first hundred."""
    form = "--format=%(objecttype) %(objectname)%00%(*objecttype) %(*objectname)"
    stream = running.start(("for-each-ref", form))
    out = b"".join(stream.chunks()).decode("ascii", "replace").replace("\n", "\0").split("\0")
    stream.finish()
    trees = dict.fromkeys(line[5:] for line in out if line.startswith("tree "))
    return list(trees)[:_TREES]
