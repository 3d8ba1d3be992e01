"""What commits change: each of them, and several that follow each other together."""

from __future__ import annotations

from pmgit.git.blob import FOLDER, Blob, change_of, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.tree_order import TreeOrder


class Brought:
    """What one commit changes, brings in and takes away."""

    __slots__ = ("blobs", "changes", "commit", "removed", "trees")

    def __init__(self, commit: str) -> None:
        self.commit = commit
        #: Against the only parent; of a merge they do not count.
        self.changes: list[Blob] = []
        self.blobs: list[Blob] = []
        self.removed: dict[tuple[str, str], list[str]] = {}
        #: The new trees of the folders in which something changes, and of the top (''); '' as an
        #: id where there is none any more.
        self.trees: dict[str, str] = {}

    def add(self, record: str, name: bytes, order: TreeOrder) -> None:
        """A line of `diff-tree -c -t --raw`; one colon for each parent.

        `order` has seen the lines before it. Raises MalformedTreeError.
        """
        # ::<mode> <mode> <new mode> <id> <id> <new id> MM
        parents = len(record) - len(record.lstrip(":"))
        words = record[parents:].split(" ")
        path = decode(name)
        if order.is_folder(words[: parents + 1], name):
            self.trees[path] = words[-2] if words[parents] == FOLDER else ""
            return
        self.take(change_of(path, words[: parents + 1], words[parents + 1 : -1]))

    def take(self, change: Blob) -> None:
        """One of the commit's changes."""
        self.changes.append(change)
        if change.leaves:
            self.removed.setdefault((self.commit, change.before), []).append(change.path)
        if change.brings:
            blob = Blob(
                change.path, change.oid, change.mode, change.before, self.commit,
                before_mode=change.before_mode,
            )  # fmt: skip
            self.blobs.append(blob)


def add_up(commits: Iterable[Brought]) -> list[Blob]:
    """What commits that follow each other change together, as one diff over all of them."""
    found: dict[str, Blob] = {}
    for brought in commits:
        for change in brought.changes:
            first = found.get(change.path, change)
            found[change.path] = Blob(
                change.path, change.oid, change.mode, first.before, before_mode=first.before_mode
            )
    return [
        change
        for _, change in sorted(found.items())
        if (change.before, change.before_mode) != (change.oid, change.mode)
    ]
