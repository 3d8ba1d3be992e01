"""The snapshot of a range of commits: the blobs that each of them introduces, and the tip.

One process however many commits there are. A merge introduces what differs from all of its parents
(`-c`): content that no parent had, as only an "evil" merge has it; everything else was introduced
by another commit.
"""

from __future__ import annotations

import os

from pmgit.core.config import BASELINE, FILE, PYPROJECT, Config
from pmgit.core.errors import UsageError
from pmgit.core.shell import quote
from pmgit.git import commit_diffs
from pmgit.git.commit_diffs import CommitDiff, contributions, difference, together
from pmgit.git.objects import Objects
from pmgit.git.raw_diff import WALK, between
from pmgit.git.remotes import Remotes
from pmgit.git.revisions import demand_commit, demand_commits, edges_of, listed, merge_base
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
    base, tip = demand_commits(repository, old, new or "HEAD")
    return take(repository, tip, [f"^{base}"], base)


def take(
    repository: Repository,
    tip: str,
    excluded: Sequence[str],
    base: str = "",
    *,
    behind: Sequence[str] | None = None,
    unmoved: str = "",
    receiver: Receiver = NOBODY,
) -> Snapshot:
    """The snapshot of the commits that `tip` has and `excluded` (`^ID`, `--remotes=…`) have not.

    `base` is the commit that the tip's tree is compared with; without one, every file is new.
    With `behind` the commits at which the history of the tip meets these (as `excluded`) are not
    new: a file that one of them has as it is, is not new. The first of them is the base where no
    other is named, and `unmoved` where the tip has nothing that these have not.
    """
    # Those whose parents are not here: at the edge of a shallow clone.
    shallow = repository.shallow_commits
    cut = sorted(shallow.intersection(listed(repository, tip, *excluded))) if shallow else []
    # Git works on the commits while it is asked about the tip.
    walk = repository.start(*WALK, *(f"^{commit}" for commit in cut), tip, *excluded)
    index = CommitIndex(repository, tip)
    commits = commit_diffs.of_walk(repository, walk.finish())
    parents = dict.fromkeys(parent for one in commits.values() for parent in one.parents)
    met = [parent for parent in parents if parent not in commits]
    edges: list[str] = []
    if behind is not None:
        news, edges = bool(commits), met
        if cut or len(met) > 1 or list(behind) != list(excluded):
            news, edges = edges_of(repository, tip, behind)
        base = base or next(iter(edges), "" if news else unmoved)
    follow = commits and not cut and all(len(one.parents) < 2 for one in commits.values())
    # Commits that follow each other begin where they leave what is excluded. Where nothing else is
    # excluded than the base, that is what they have in common with it.
    if follow and (met == [base] or list(excluded) == [f"^{base}"] or not (base or met)):
        changes = together(commits.values())
    else:
        start = merge_base(repository, base, tip) if base and base not in (*met, *edges) else base
        changes = between(repository, start or repository.empty_tree, tip)
    blobs, removed = contributions([*commits.values(), *_at_the_edge(repository, cut, base)])
    merged = [other for other in edges if other != base]
    snapshot = Snapshot(
        repository, RANGE, changes, blobs, index=index, removed=removed, receiver=receiver,
        span=Span(
            tip, merged=merged, excluded=excluded, cut=len(cut),
            commits=None if cut else [(one.commit, one.parents) for one in commits.values()],
        ),
        objects=Objects(repository, packed=True),
    )  # fmt: skip
    snapshot.list_ahead(FILE, PYPROJECT, BASELINE, *Config().models)
    return snapshot


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
    receiver = Receiver(known, address=remote, lacks_all=True) if remote else NOBODY
    return take(repository, tip, bounds, base, behind=bounds, unmoved=tip, receiver=receiver)


def _at_the_edge(repository: Repository, cut: Sequence[str], base: str) -> list[CommitDiff]:
    """The changes of the commits `cut` at the edge of a shallow clone.

    What lies behind them cannot be seen: each is held against the base of the range, so that it
    does not seem to introduce the whole tree.
    """
    start = base or repository.empty_tree
    return [CommitDiff(commit, (), difference(repository, start, commit)) for commit in cut]
