"""The baseline of a judgement: from the snapshot that is judged, or from a commit."""

from __future__ import annotations

import os
import stat

from pmgit.baseline import entries
from pmgit.baseline.forgive import Baseline
from pmgit.core.config import BASELINE
from pmgit.core.errors import PmgitError, UsageError
from pmgit.git.entries import TREE, of_tree
from pmgit.snapshots.base import RANGE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository


def of_snapshot(snapshot: Snapshot) -> Baseline:
    """The baseline that the snapshot holds, as its configuration: one in the work tree that is
    not tracked counts too, except in a range of commits. Empty when there is none.

    Raises UsageError when it cannot be understood.
    """
    blob = snapshot.listing(BASELINE).get(BASELINE)
    if blob is not None:
        return Baseline(entries.parse(_recorded(snapshot, blob)).entries)
    data = untracked(snapshot.repository) if snapshot.has_work_tree else None
    return Baseline() if data is None else Baseline(entries.parse(data).entries)


def of_commit(repository: Repository, commit: str) -> Baseline:
    """The baseline of a commit ('': none). A server takes the old tip's: no push can edit it."""
    found = of_tree(repository.run(*TREE, commit, "--", BASELINE)) if commit else []
    if not found:
        return Baseline()
    data = _recorded(Snapshot(repository, RANGE, [], []), found[0])
    return Baseline(entries.parse(data).entries)


def _recorded(snapshot: Snapshot, blob: Blob) -> bytes:
    data = snapshot.contents.own_file(blob, entries.MAX_BYTES)
    if data is None:
        raise UsageError(
            f"{BASELINE}: {blob.size} bytes is too large for a baseline",
            f"at most {entries.MAX_BYTES} are read",
        )
    return data


def untracked(repository: Repository) -> bytes | None:
    """The baseline on disk; None when there is none. Nothing is opened that could hang.

    Raises UsageError when it is a link, PmgitError when it cannot be read.
    """
    path = os.path.join(repository.top, BASELINE)
    try:
        mode = os.lstat(path).st_mode
        if not stat.S_ISREG(mode):
            raise UsageError(f"{BASELINE} is not a file", "move it away, or make it a plain file")
        with open(path, "rb") as file:
            return file.read(entries.MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PmgitError(f"{BASELINE} is unreadable: {error.strerror}") from error
