"""The snapshot of a whole tree: everything in the index (or in a commit) as if it were new."""

from __future__ import annotations

from pmgit.core.errors import PmgitError, UsageError
from pmgit.git.blob import Blob
from pmgit.git.revisions import id_of
from pmgit.git.temporary import CommitIndex
from pmgit.snapshots.base import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.git.repository import Repository


def take(
    repository: Repository,
    paths: Iterable[str] = (),
    listing: Mapping[str, Blob] | None = None,
) -> Snapshot:
    """All that the index holds; only what lies under `paths` (from the top) when there are any.

    `listing` is the whole index, where it is known already.
    A bare repository has no index: its HEAD is judged.
    """
    folders = tuple(path.rstrip("/") for path in paths)
    if repository.bare and not id_of(repository, "HEAD"):
        raise PmgitError(
            "HEAD of this bare repository names no commit",
            "judge the commits of a branch: pmgit check --range A..B",
        )
    index = CommitIndex(repository, "HEAD") if repository.bare else None
    everywhere = "" in folders or not folders
    places = () if everywhere else folders
    if listing is None:
        known = Snapshot(repository, TREE, [], [], index=index).listing(*places)
    else:
        # Blobs of its own: their sizes are found as this judgement needs them.
        known = {path: Blob(path, blob.oid, blob.mode) for path, blob in listing.items()}
    entries = list(known.values())
    for folder in folders:
        if folder and not any(f"{blob.path}/".startswith(f"{folder}/") for blob in entries):
            raise UsageError(
                f"nothing in the index under {folder!r}",
                "only what is tracked or staged is judged; stage it first: git add",
            )
    snapshot = Snapshot(repository, TREE, entries, entries, index=index, is_part=not everywhere)
    snapshot.know(places, known)
    return snapshot
