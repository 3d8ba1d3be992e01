"""The snapshots of a push: one for the tip of every ref that is new to the remote."""

from __future__ import annotations

from pmgit.git.blob import Blob
from pmgit.git.cat_file import peeled
from pmgit.git.objects import UnreadableObjectError
from pmgit.git.remotes import Remotes
from pmgit.git.revisions import listed
from pmgit.git.temporary import CommitIndex
from pmgit.snapshots import commit_range
from pmgit.snapshots.base import RANGE, Receiver, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.git.cat_file import Answer
    from pmgit.git.ref_updates import RefUpdate
    from pmgit.git.repository import Repository


def take(repository: Repository, remote: str, updates: Sequence[RefUpdate]) -> Iterator[Snapshot]:
    """A snapshot for every tip with commits that the remote is not known to have.

    `remote` is the remote's name, or its address when it has none. What the remote has is known
    from its remote-tracking refs and from the old ids that it announced, where they are here.
    Each snapshot's `receiver` holds that. A tip that another tip of the push contains introduces
    nothing. Tips with nothing new and deleted refs are left out.
    """
    updates = [update for update in updates if update.new]
    if not updates:
        return
    remotes = Remotes(repository)
    named = peeled(repository, [oid for u in updates for oid in (u.new, u.old) if oid])
    olds = {u.old: named[u.old].oid for u in updates if u.old and named[u.old].kind == "commit"}
    tracking = remotes.known(remote)
    known = [*tracking, *dict.fromkeys(olds.values())]
    excluded = [f"^{oid}" for oid in dict.fromkeys(olds.values())]
    tips: dict[str, RefUpdate] = {}
    others: list[RefUpdate] = []
    for update in updates:
        kind = named[update.new].kind
        if kind == "commit":
            tips.setdefault(named[update.new].oid, update)
        elif kind in ("tree", "blob"):
            others.append(update)
        else:
            raise UnreadableObjectError(update.new, note=f", but {update.local} is pushed")
    if others:
        trees = [u.old for u in updates if u.old and named[u.old].kind == "tree"]
        yield from _without_commit(repository, remote, others, named, known, trees=trees)
    there_already = ["--not", *tracking, "--not", *excluded]
    # By one process, however many tips there are.
    words = "".join(f"{word}\n" for word in (*tips, *excluded))
    fresh = set(listed(repository, "--not", *tracking, "--not", "--stdin", stdin=words.encode()))
    for oid, update in tips.items():
        if oid not in fresh:
            continue
        bounds = ["--not", *tracking, "--not", *excluded]
        name = remote if remote in remotes.names else ""
        receiver = Receiver(
            known, address=remote, name=name, ref=update.local, lacks_all=True, remotes=remotes
        )
        yield commit_range.take(
            repository, oid, bounds, olds.get(update.old, ""),
            behind=there_already, receiver=receiver,
        )  # fmt: skip
        # The commits of one tip are judged once, not again with every branch on top of it; the
        # tree of each is judged all the same.
        excluded.append(f"^{oid}")


def _without_commit(
    repository: Repository,
    remote: str,
    updates: Sequence[RefUpdate],
    named: dict[str, Answer],
    known: Sequence[str],
    *,
    trees: Sequence[str],
) -> Iterator[Snapshot]:
    """The snapshots of tags on trees and blobs that are new; `trees` are those there before."""
    from pmgit.git.tagged import Tagged, new_blobs  # it imports `re`, for seldom a push

    tagged = []
    for update in updates:
        oid, refs = named[update.new].oid, {update.local: update.new}
        if named[update.new].kind == "tree":
            tagged.append(Tagged(repository, refs, oid))
        else:
            tagged.append(Tagged(repository, refs, "", [Blob(update.remote, oid)]))
    for one, blobs in zip(tagged, new_blobs(repository, tagged, known, trees), strict=True):
        if blobs:
            index = CommitIndex(repository, one.tree)
            receiver = Receiver(known, address=remote, tagged=one.refs, lacks_all=True)
            yield Snapshot(repository, RANGE, one.changes, blobs, index=index, receiver=receiver)
