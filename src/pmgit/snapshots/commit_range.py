"""The snapshot of a range of commits: the blobs that each of them introduces, and the tip.

One process however many commits there are. A merge introduces what differs from all of its parents
(`-c`): content that no parent had, as only an "evil" merge has it; everything else was introduced
by another commit.
"""

from __future__ import annotations

import os

from pmgit.core.errors import UsageError
from pmgit.core.shell import quote
from pmgit.git import commit_diffs
from pmgit.git.commit_diffs import CommitDiff, contributions, difference
from pmgit.git.objects import Objects
from pmgit.git.raw_diff import WALK, between
from pmgit.git.remotes import Remotes
from pmgit.git.revisions import demand_commit, edges_of, listed, merge_base
from pmgit.git.temporary import CommitIndex
from pmgit.snapshots.base import NOBODY, RANGE, Receiver, Snapshot, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository


def take_range(repository: Repository, text: str) -> Snapshot:
    """The snapshot of `A..B`, the commits that B has and A has not. `A..` ends at HEAD."""
    old, dots, new = text.partition("..")
    if not dots or not old or new.startswith("."):
        hint = "for example: --range origin/main..HEAD"
        if old and new.startswith(".") and new.strip("."):
            hint = f"of two dots: --range {quote(f'{old}..{new[1:]}')}"
        raise UsageError(f"not a range of commits: {text!r}", hint)
    base = demand_commit(repository, old)
    tip = demand_commit(repository, new or "HEAD")
    return take(repository, tip, [f"^{base}"], base)


def take(
    repository: Repository,
    tip: str,
    excluded: Sequence[str],
    base: str = "",
    *others: str,
    receiver: Receiver = NOBODY,
) -> Snapshot:
    """The snapshot of the commits that `tip` has and `excluded` (`^ID`, `--remotes=…`) have not.

    `base` is the commit that the tip's tree is compared with; without one, every file is new.
    `others` are more commits that are not new: a file that one of them has as it is, is not new.
    """
    # Those whose parents are not here: at the edge of a shallow clone.
    shallow = repository.shallow_commits
    cut = sorted(shallow.intersection(listed(repository, tip, *excluded))) if shallow else []
    # Git works on the commits while it is asked about the tip.
    walk = repository.start(*WALK, *(f"^{commit}" for commit in cut), tip, *excluded)
    index = CommitIndex(repository, tip)
    start = merge_base(repository, base, tip) if base else ""
    changes = between(repository, start or repository.empty_tree, tip)
    blobs, removed = contributions(_walked(repository, walk.finish(), cut, base))
    merged = [other for other in others if other != base]
    return Snapshot(
        repository, RANGE, changes, blobs, index=index, removed=removed, receiver=receiver,
        span=Span(tip, merged=merged, excluded=excluded, cut=len(cut)),
        objects=Objects(repository, packed=True),
    )  # fmt: skip


def from_environment(repository: Repository) -> Snapshot:
    """The range that pre-commit names in the environment."""
    old, new = os.environ.get("PRE_COMMIT_FROM_REF"), os.environ.get("PRE_COMMIT_TO_REF")
    remote = os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    if not remote and old and new:
        return take_range(repository, f"{old}..{new}")
    # The push of a root commit has no FROM_REF: everything that the remote has not got.
    tip = demand_commit(repository, new or os.environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD")
    known, base = [], ""
    if remote:
        remotes = Remotes(repository)
        known = remotes.known(remote)
        # Of a new branch it is what pre-commit found by `--remotes=NAME`.
        if old and not remotes.has_others_below(remote):
            base = demand_commit(repository, old)
            known.append(base)
    bounds = ["--not", *known]
    news, edges = edges_of(repository, tip, bounds)
    starts = [base, *edges] if base else edges if news else [tip]
    receiver = Receiver(known, address=remote, lacks_all=True) if remote else NOBODY
    return take(repository, tip, bounds, *starts, receiver=receiver)


def _walked(repository: Repository, out: bytes, cut: Sequence[str], base: str) -> list[CommitDiff]:
    """The changes of the commits in the output of WALK, the oldest first, then of those `cut`."""
    found = [*commit_diffs.of_walk(repository, out).values()]
    # What lies behind the edge of a shallow clone cannot be seen: such a commit is held
    # against the base of the range, so that it does not seem to introduce the whole tree.
    for commit in cut:
        changes = difference(repository, base or repository.empty_tree, commit)
        found.append(CommitDiff(commit, (), changes))
    return found
