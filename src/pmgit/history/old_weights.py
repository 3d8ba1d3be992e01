"""Raw weights in the history, which a set-up leaves there.

The commits made so far keep what they hold; new pointers only stop it from growing. The way out is
the plan of `pmgit history`: whether history is rewritten is for people to decide.
"""

from __future__ import annotations

from pmgit.core.units import counted, show_size
from pmgit.git import log
from pmgit.git.process import GitError
from pmgit.git.streams import Running
from pmgit.lfs import patterns, pointer
from pmgit.snapshots.base import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository


def introduced(repository: Repository) -> list[Blob]:
    """Every file that commits introduce at a path, with the oldest commit; oldest first.

    None where the history is not here to look at (a clone without trees).
    """
    try:
        return [blob for blob in _introduced(repository) if blob.is_regular]
    except GitError:
        return []  # no commit yet, or a clone without trees


def raw(repository: Repository, blobs: Iterable[Blob], lfs: Container[str]) -> list[Blob]:
    """Those of the blobs that are raw, at paths that belong into Git LFS now: those in `lfs`."""
    blobs = [b for b in blobs if b.path in lfs and not patterns.must_be_text(b.path)]
    Snapshot(repository, TREE, [], []).objects.survey(blobs, pointer.may_be)
    return [b for b in blobs if b.size > 0 and not pointer.read(b.head or b"", expected=True)]


def described(raw: Sequence[Blob]) -> tuple[str, str]:
    """The raw blobs of the history in a sentence, and the command that shows the way out."""
    size = show_size(sum({blob.oid: blob.size for blob in raw}.values()))
    files = counted(len({blob.path for blob in raw}), "file")
    versions = counted(len(raw), "version")
    note = f"the commits made so far hold {versions} ({size}) of {files} raw"
    # `git lfs migrate info --everything` takes minutes where this takes a second.
    show = f"pmgit history --min-size {min(blob.size for blob in raw)}"
    return f"{note}, the first is {raw[0].path}", f"look at them, and at the way out: {show}"


def _introduced(repository: Repository) -> list[Blob]:
    """Every blob that commits introduce at a path, with the oldest commit; oldest first."""
    found: dict[tuple[str, str], Blob] = {}
    with Running(repository) as running:
        stream = log.begin(running, "--all")
        for blob in log.read(stream):
            key = (blob.path, blob.oid)
            found.pop(key, None)
            blob.commit = blob.commit.partition(" ")[0]
            found[key] = blob
        error = stream.finish()
    if error is not None:
        raise error
    return list(reversed(found.values()))
