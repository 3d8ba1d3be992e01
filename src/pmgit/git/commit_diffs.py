"""The changes of commits: of each by itself, and of several that follow each other together."""

from __future__ import annotations

from pmgit.git.blob import FOLDER, Blob, decode, introduced_by, removed_by
from pmgit.git.process import GitError
from pmgit.git.raw_diff import DIFF_TREE, change, parts
from pmgit.git.tree_order import TreeOrder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pmgit.git.repository import Repository


class CommitDiff:
    """The changes of a commit against its parents; of a merge, those against all of them.

    `introduced` are the changes that introduce content, `removed` the paths that files leave, by
    (commit, blob id). `trees` are the ids of changed folders, '' for one that is gone.
    """

    __slots__ = ("changes", "commit", "introduced", "parents", "removed", "trees")

    def __init__(
        self,
        commit: str,
        parents: Sequence[str],
        changes: list[Blob],
        trees: dict[str, str] | None = None,
    ) -> None:
        self.commit = commit
        self.parents = parents
        self.changes = changes
        self.introduced = introduced_by(changes, commit)
        self.removed = removed_by(changes, commit)
        self.trees = trees or {}


def of_walk(repository: Repository, out: bytes) -> dict[str, CommitDiff]:
    """The commits in the output of `raw_diff.WALK`, by their ids, in Git's order.

    Raises MalformedTreeError for a tree that Git itself would not write. A name that is new to all
    parents of a merge may be that of a file which one of them had elsewhere: Git itself moves what
    a side adds to a folder that the other side has renamed. So what such a merge takes away from
    any of its parents is among its `removed`.
    """
    found: dict[str, CommitDiff] = {}
    for (commit, tree, *parents), records in _records(out):
        order, trees = TreeOrder(commit), {"": tree}
        changes = _changes(records, order, trees)
        found[commit] = CommitDiff(commit, parents, changes, trees)
    merges = [one.commit for one in found.values() if one.introduced and len(one.parents) > 1]
    for commit, removed in _removed_by_merges(repository, merges).items():
        found[commit].removed.update(removed)
    return found


def _removed_by_merges(
    repository: Repository, merges: Sequence[str]
) -> dict[str, dict[tuple[str, str], list[str]]]:
    """The files that each merge takes away from one of its parents, as `CommitDiff.removed`."""
    found: dict[str, dict[tuple[str, str], list[str]]] = {}
    stdin = "".join(f"{commit}\n" for commit in merges).encode("ascii")
    out = repository.run(*DIFF_TREE, "--stdin", "-m", stdin=stdin) if merges else b""
    for (commit, *_), records in _records(out):
        removed = found.setdefault(commit, {})
        for key, paths in removed_by(_changes(records), commit).items():
            removed[key] = list(dict.fromkeys([*removed.get(key, ()), *paths]))
    return found


def difference(repository: Repository, old: str, new: str) -> list[Blob]:
    """The changes between two trees (or those of commits), of which the second is checked.

    Raises MalformedTreeError.
    """
    out = repository.run(*DIFF_TREE, "-t", old, new)
    fields = out.split(b"\0")[:-1]
    return _changes(zip(fields[::2], fields[1::2], strict=True), TreeOrder(new))


def differences(
    repository: Repository, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], list[Blob]]:
    """The changes between the two commits of each pair (new, old), by one process."""
    if not pairs:
        return {}
    # A commit followed by another is held against that one instead of its parents.
    # --always: without a difference too, so that the answers can be told apart.
    stdin = "".join(f"{new} {old}\n" for new, old in pairs).encode("ascii")
    out = repository.run(*DIFF_TREE, "--stdin", "--always", stdin=stdin)
    found = [_changes(records) for _, records in _records(out)]
    if len(found) != len(pairs):
        message = f"fatal: {len(found)} answers to {len(pairs)} questions"
        raise GitError(("diff-tree",), 0, message)
    return dict(zip(pairs, found, strict=True))


def together(commits: Iterable[CommitDiff]) -> list[Blob]:
    """The changes of commits that follow each other, as one diff over all of them."""
    found: dict[str, Blob] = {}
    for commit in commits:
        for one in commit.changes:
            first = found.get(one.path, one)
            found[one.path] = Blob(
                one.path, one.oid, one.mode, first.before, before_mode=first.before_mode
            )
    return [
        one
        for _, one in sorted(found.items())
        if (one.before, one.before_mode) != (one.oid, one.mode)
    ]


def contributions(
    commits: Iterable[CommitDiff],
) -> tuple[list[Blob], dict[tuple[str, str], list[str]]]:
    """The blobs that commits introduce, by the first commit that has each there; and `removed`."""
    blobs: dict[tuple[str, str, bool], Blob] = {}
    removed: dict[tuple[str, str], list[str]] = {}
    for commit in commits:
        for blob in commit.introduced:
            blobs.setdefault((blob.path, blob.oid, blob.is_regular), blob)
        removed.update(commit.removed)
    return list(blobs.values()), removed


def _records(out: bytes) -> Iterator[tuple[list[str], list[tuple[bytes, bytes]]]]:
    """The words of each header, such as the id of a commit, and the records and names behind it."""
    header: list[str] = []
    found: list[tuple[bytes, bytes]] = []
    fields = iter(out.split(b"\0"))
    for field in fields:
        record = field
        if field and not field.startswith(b":"):
            if header:
                yield header, found
            # In a log the first record stands on the line below the header.
            line, _, record = field.partition(b"\n")
            header, found = line.decode("ascii").split(), []
        if record:
            found.append((record, next(fields)))
    if header:
        yield header, found


def _changes(
    records: Iterable[tuple[bytes, bytes]],
    order: TreeOrder | None = None,
    trees: dict[str, str] | None = None,
) -> list[Blob]:
    """The changes of files. Where folders are listed (`-t`), `order` checks them all.

    The ids of folders are put into `trees`.
    """
    found = []
    for raw, name in records:
        record, path = raw.decode("ascii"), decode(name)
        if order:
            modes, ids = parts(record)
            if order.is_folder(modes, name):
                if trees is not None:
                    trees[path] = ids[-1] if modes[-1] == FOLDER else ""
                continue
        found.append(change(record, path))
    return found
