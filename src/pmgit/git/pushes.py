"""The snapshots of a push: for every ref that Git announces, what its tip brings to the remote.

Git tells a pre-push hook all refs on standard input, a line each:
`<local ref> <local id> <remote ref> <remote id>`, with zeros for what does not exist.
pre-commit hands on only the first of them (docs/design.md), so pmgit reads them itself.
"""

from __future__ import annotations

from pmgit.errors import UsageError
from pmgit.git import ranges
from pmgit.git.blob import Blob, introduced_by
from pmgit.git.cat_file import peeled
from pmgit.git.commit_diffs import difference
from pmgit.git.incoming import Update, is_id
from pmgit.git.objects import UnreadableObjectError
from pmgit.git.receiver import Receiver
from pmgit.git.remotes import Remotes
from pmgit.git.revisions import edges_of, listed
from pmgit.git.snapshot import RANGE
from pmgit.git.tree import CommitIndex, CommitSnapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pmgit.git.repository import Repository
    from pmgit.git.snapshot import Snapshot


def parse(stdin: bytes) -> list[Update]:
    """The refs that Git announces on standard input of a pre-push hook. Raises UsageError."""
    updates = []
    # Not splitlines: a ref may hold U+0085 or U+2028, which are no line ends to Git.
    for line in stdin.decode("utf-8", "surrogateescape").split("\n"):
        if not line:
            continue
        # A local "ref" may be an expression with blanks (`HEAD@{1 day ago}`): split from the right.
        words = line.rsplit(" ", 3)
        if len(words) != 4 or not (is_id(words[1]) and is_id(words[3])):
            raise UsageError(
                f"not a line of a pre-push hook: {line[:80]!r}",
                "git gives `<local ref> <local id> <remote ref> <remote id>` on standard input",
            )
        updates.append(Update(words[0], words[1], words[2], words[3]))
    return updates


def take(repository: Repository, remote: str, updates: Sequence[Update]) -> Iterator[Snapshot]:
    """A snapshot for every tip that brings what the remote is not known to have.

    `remote` is the remote's name, or its address when it has none. What the remote has is known
    from its remote-tracking refs and from the old ids that it announced, where they are here.
    Each snapshot's `receiver` says so. A tip that another tip of the push contains introduces
    nothing. One that is nothing new is not among them; nor is a ref that is deleted.
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
    tips: dict[str, Update] = {}
    tagged: list[tuple[str, CommitSnapshot]] = []
    for update in updates:
        oid, kind = named[update.new].oid, named[update.new].kind
        if kind == "commit":
            tips.setdefault(oid, update)
        elif kind in ("blob", "tree"):
            receiver = Receiver(
                known, address=remote, tagged={update.local: update.new}, lacks_all=True
            )
            tagged.append((kind, _without_commit(repository, update, oid, kind, receiver)))
        else:
            raise UnreadableObjectError(update.new, note=f", but {update.local} is pushed")
    if tagged:
        from pmgit.git.known import keep_new

        trees = [u.old for u in updates if u.old and named[u.old].kind == "tree"]
        keep_new(repository, tagged, known, trees)
        for _, snapshot in tagged:
            if snapshot.introduced:
                yield snapshot
    there_already = ["--not", *tracking, "--not", *excluded]
    fresh = _reachable(repository, tips, tracking, excluded)
    for oid, update in tips.items():
        if oid not in fresh:
            continue
        bounds = ["--not", *tracking, "--not", *excluded]
        _, edges = edges_of(repository, oid, there_already)
        old = olds.get(update.old)
        name = remote if remote in remotes.names else ""
        receiver = Receiver(known, address=remote, name=name, ref=update.local, lacks_all=True)
        starts = [old, *edges] if old else edges
        yield ranges.take(repository, oid, bounds, *starts, receiver=receiver)
        # What one tip brings is judged once, not again with every branch on top of it; the
        # tree of each is judged all the same.
        excluded.append(f"^{oid}")


def _reachable(
    repository: Repository, tips: Iterable[str], tracking: Sequence[str], excluded: Sequence[str]
) -> set[str]:
    """Every commit that the tips bring, by one process however many tips there are."""
    words = "".join(f"{word}\n" for word in (*tips, *excluded))
    if not words:
        return set()
    bounds = ("--not", *tracking, "--not", "--stdin")
    return set(listed(repository, *bounds, stdin=words.encode()))


def _without_commit(
    repository: Repository, update: Update, oid: str, kind: str, receiver: Receiver
) -> CommitSnapshot:
    """The snapshot of a tag on a blob or a tree: no range of commits has it.

    A blob has no path of its own; it is judged under the name of the ref.
    """
    tree = oid if kind == "tree" else repository.empty_tree
    changes = difference(repository, repository.empty_tree, tree)
    index = CommitIndex(repository, tree)
    blobs = introduced_by(changes) if kind == "tree" else [Blob(update.remote, oid)]
    snapshot = CommitSnapshot(
        repository, RANGE, changes, blobs, index_env=index.env, receiver=receiver
    )
    snapshot.index = index
    return snapshot
