"""The other sides of a merge: what one of them has is not new.

A merge commit is judged against all of its parents. While a merge is under way these are HEAD and
what a remote-tracking ref has of the other side; of a range, the commits where it begins. Asked
only when something is found.
"""

from __future__ import annotations

import os

from pmgit.git import raw_diff
from pmgit.git.blob import introduced_by
from pmgit.git.ref_updates import is_id
from pmgit.git.revisions import independent
from pmgit.snapshots.base import STAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.git.repository import Repository
    from pmgit.snapshots.base import Snapshot

_BYTES = 1 << 16
#: So many commits are looked at, the others count for nothing: each takes a comparison of trees.
_MOST = 8


def heads(repository: Repository) -> list[str]:
    """The commits that are about to be merged into HEAD; none when no merge is under way."""
    try:
        with open(os.path.join(repository.git_dir, "MERGE_HEAD"), "rb") as file:
            named = file.read(_BYTES).decode("ascii", "replace").split()
    except OSError:
        # The hook of a merge without conflicts runs before Git writes that file.
        named = [name[8:] for name in os.environ if name.startswith("GITHEAD_")]
    return [oid for oid in named if is_id(oid)]


def others(snapshot: Snapshot) -> Iterator[Snapshot]:
    """The snapshot as it differs from each of the other commits; none where there is no merge.

    As ranges have it, nothing on disk has a part in these.
    """
    repository, span = snapshot.repository, snapshot.span
    if snapshot.origin == STAGED:
        for commit in _published(repository, heads(repository)):
            changes = raw_diff.changes(repository.run(*raw_diff.DIFF_INDEX, commit, "--"))
            yield snapshot.as_range(changes, introduced_by(changes))
    elif span.merged:
        # What lies behind the base is no other side: what it had has been taken away since.
        sides = independent(repository, [span.base or span.merged[0], *span.merged])
        for commit in [side for side in sides if side != span.base][:_MOST]:
            changes = raw_diff.between(repository, commit, span.tip)
            yield snapshot.as_range(changes)


def _published(repository: Repository, commits: Sequence[str]) -> list[str]:
    """The commits themselves, or the last ones behind them, that a remote-tracking ref has."""
    if not commits:
        return []
    # A commit that is the tip of a remote-tracking ref is not listed at all.
    asked = ("rev-list", "--boundary", *commits, "--not", "--remotes")
    code, out, _ = repository.start(*asked).wait()
    if code:
        return []  # what the environment names is not here
    listed = out.decode("ascii").split()
    edges = [line[1:] for line in listed if line.startswith("-")]
    published = [commit for commit in commits if commit not in listed]
    return independent(repository, [*published, *edges])[:_MOST]
