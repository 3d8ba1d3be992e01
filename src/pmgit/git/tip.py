"""The snapshot of one tip of a received push, made without an index of its tree."""

from __future__ import annotations

import os

from pmgit.git.attributes import ask
from pmgit.git.objects import decode
from pmgit.git.snapshot import RANGE, Blob, Change, Snapshot
from pmgit.git.tree import AttributeIndex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pmgit.git.repository import Repository

ATTRIBUTES = ".gitattributes"
#: In more folders than this, `.gitattributes` is looked for in the whole tree at once.
_FOLDERS = 400


class TipSnapshot(Snapshot):
    """The snapshot of a new tip. No index is made of its tree: that costs more than all the rest.

    Files are listed from the tree; for attributes there is an index that has only the
    `.gitattributes` files above the paths in question.
    """

    def __init__(
        self,
        repository: Repository,
        tip: str,
        changes: list[Change],
        introduced: list[Blob],
        removed: dict[tuple[str, str], str],
    ) -> None:
        super().__init__(repository, RANGE, changes, introduced, removed=removed)
        self.tip = tip
        self._attribute_files: dict[str, Blob] = {}
        self._folders: set[str] = set()
        self._index: AttributeIndex | None = None

    def listing(self, *folders: str) -> dict[str, Blob]:
        """All entries of the tip's tree below `folders` (everything without any)."""
        if folders not in self._listings:
            self._listings[folders] = {blob.path: blob for blob in self._tree(*folders)}
        return self._listings[folders]

    def _tree(self, *paths: str) -> Iterator[Blob]:
        out = self.repository.run("ls-tree", "-r", "-z", "--full-tree", self.tip, "--", *paths)
        for line in out.split(b"\0"):
            head, tab, path = line.partition(b"\t")
            if tab:
                mode, _, oid = head.decode("ascii").split(" ")
                yield Blob(decode(path), oid, mode)

    def ask_filters(self, paths: Sequence[str]) -> None:
        """Start to ask Git for the filter attribute of `paths`; `filter_of` waits for it."""
        self._collect()
        if not paths:
            return
        self._look_for_attributes(paths)
        # What the server itself says of paths counts too.
        own = os.path.exists(f"{self.repository.common_dir}/info/attributes")
        if (self._attribute_files or own) and self._index is None:
            self._index = AttributeIndex(self.repository, self._attribute_files.values())
        if self._index:
            self._asked = (paths, ask(self.repository, paths, self._index.env))
        else:
            self._filters.update(dict.fromkeys(paths, "unspecified"))

    def _look_for_attributes(self, paths: Iterable[str]) -> None:
        """Find the `.gitattributes` files that can say something of these paths."""
        folders = {""}
        for path in paths:
            folder = path.rpartition("/")[0]
            while folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        folders -= self._folders
        if not folders:
            return
        self._folders |= folders
        if len(folders) > _FOLDERS or () in self._listings:
            every = self.listing().values()
            found = [b for b in every if b.path.rpartition("/")[2] == ATTRIBUTES]
        else:
            names = [f"{folder}/{ATTRIBUTES}".lstrip("/") for folder in folders]
            found = [blob for blob in self._tree(*names) if blob.path in names]
        new = {blob.path: blob for blob in found if blob.path not in self._attribute_files}
        if new:
            self._attribute_files |= new
            self._index = None
