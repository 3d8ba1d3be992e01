"""What is judged: the blobs that Git would record or receive, and what else Git says of them.

A snapshot is made by `git.staged` (the index against HEAD), `git.tree` (all of the index) or
`git.ranges` (every commit of a range, and its tip). Rules only ask it; they never run git.
"""

from __future__ import annotations

import os

from pmgit.git.blob import (
    NOT_HERE,
    REGULAR,
    SUBMODULE,
    UNKNOWN,
    Blob,
    removed_by,
)
from pmgit.git.entries import INDEX, of_index
from pmgit.git.names import ATTRIBUTES
from pmgit.git.objects import Objects
from pmgit.git.path_filters import PathFilters
from pmgit.git.raw_diff import DIFF_INDEX, changes
from pmgit.git.receiver import NOBODY, Receiver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from typing import Self

    from pmgit.git.index_sizes import Sizes
    from pmgit.git.outline import Outline
    from pmgit.git.process import Process
    from pmgit.git.repository import Repository

STAGED, TREE, RANGE = "staged", "tree", "range"


class Snapshot(PathFilters):
    """The blobs to judge, and the tree that they are part of.

    `introduced` are the blobs that are new here, links and submodules among them; `changes` the
    raw difference to what was before, deletions too. `index_env` points git at the index that holds
    the tree (a temporary one for a commit). `receiver` is who gets it in a push.
    """

    def __init__(
        self,
        repository: Repository,
        origin: str,
        changes: list[Blob],
        introduced: list[Blob],
        *,
        index_env: dict[str, str] | None = None,
        removed: dict[tuple[str, str], list[str]] | None = None,
        receiver: Receiver = NOBODY,
    ) -> None:
        super().__init__(repository, index_env)
        self.origin = origin
        self.changes = changes
        self.introduced = introduced
        self._removed = removed
        self.objects = Objects(repository)
        self.receiver = receiver
        self.tip = ""  # the commit whose tree it is
        self.base = ""  # the commit that the changes are held against, where that may be old
        self.merged: Sequence[str] = ()  # other commits that are not new and that it is made of
        self.apart = False  # whether the work tree has no part in it, in spite of its origin
        self.cut = 0  # how many commits of a range have parents that a shallow clone lacks
        self.sizes: Sizes | None = None  # what the index tells, when much is staged
        self._surveyed: list[Blob] | None = None  # the introduced files
        self._rough: Collection[Blob] = ()  # those whose sizes the index tells
        self._absent: set[str] = set()
        self.knows_filters = False  # of all that is introduced
        self._listings: dict[tuple[str, ...], dict[str, Blob]] = {}
        self._heads: dict[str, bytes] = {}
        self._texts: dict[str, bytes] = {}
        self._keep: Callable[[bytes], bool] = bool

    @property
    def removed(self) -> dict[tuple[str, str], list[str]]:
        """The paths that a commit ('' for the staged change) takes from a blob: by (commit, id)."""
        if self._removed is None:
            # Seldom asked for: only what is large or weights can be a move that matters.
            self._removed = removed_by(self.changes)
        return self._removed

    @property
    def files(self) -> list[Blob]:
        """The introduced blobs that are files and are here."""
        if self._surveyed is not None and not self._absent:
            return self._surveyed
        return [b for b in self.introduced if b.mode in REGULAR and b.size != NOT_HERE]

    @property
    def has_work_tree(self) -> bool:
        """Whether the files on disk belong to what is judged."""
        return self.origin != RANGE and not self.repository.bare and not self.apart

    def as_range(self, changes: list[Blob], introduced: list[Blob] | None = None) -> Self:
        """The same tree with other changes, judged as ranges are: without the work tree.

        `introduced` are the blobs that are new then; None: as they are.
        """
        import copy

        self._collect()
        found = copy.copy(self)
        found.changes, found.apart = changes, True
        if introduced is not None:
            found.introduced, found._removed, found.sizes = introduced, None, None
        found._surveyed, found._filtered, found.knows_filters = None, None, False
        return found

    @property
    def not_judged(self) -> int:
        """How many objects could not be judged, because a partial clone has not got them."""
        return len(self._absent)

    def survey(self, keep: Callable[[bytes], bool], limit: int, *, ask_filters: bool) -> None:
        """Find the size of every introduced blob, and `head` of the small ones `keep` wants.

        `limit` is the size from which on sizes must be exact (see `index_sizes`). The
        attributes are asked for at the same time, because git takes as long for them.
        """
        self._keep = keep
        files = self._surveyed = [blob for blob in self.introduced if blob.mode in REGULAR]
        if ask_filters or self.sizes:
            self.knows_filters = True
            self.ask_filters([blob.path for blob in files])
        # A quarter: one character set enlarges by 12, where `index_sizes` reckons with 3.
        self._rough = self.sizes.take(limit // 4) if self.sizes else ()
        # Small ones are read while Git works out the attributes.
        self.examine(files)
        if self._rough:
            self._again([blob for blob in self.filtered(files) if not blob.head])

    def examine(self, blobs: Iterable[Blob]) -> None:
        """As `measure`, for blobs to judge: small ones are read, absent ones are counted."""
        blobs = list(blobs)
        self._size(blobs, self._keep)
        self._absent.update([blob.oid for blob in blobs if blob.size == NOT_HERE])

    def make_exact(self) -> bool:
        """Measure what only the index has told the size of; whether there was any."""
        rough, self.sizes = self._rough, None
        self.measure(rough)
        return bool(rough)

    def measure(self, blobs: Iterable[Blob]) -> None:
        """Find the size of those files and links whose size is not known, or not exactly."""
        blobs = list(blobs)
        if self._rough:
            rough = set(self._rough)
            self._again(rough.intersection(blobs))
            self._rough = rough.difference(blobs)
        self._size(blobs, None)

    def _again(self, blobs: Collection[Blob]) -> None:
        for blob in blobs:
            blob.size = UNKNOWN
        self.examine(blobs)

    def _size(self, blobs: Iterable[Blob], keep: Callable[[bytes], bool] | None) -> None:
        self.objects.survey([b for b in blobs if b.size == UNKNOWN and b.mode != SUBMODULE], keep)

    def _attribute_files(self, size: int) -> Sequence[Blob]:
        if () in self._listings:
            files = [b for p, b in self._listings[()].items() if p.endswith(ATTRIBUTES)]
        elif self.has_work_tree and _size(f"{self.repository.top}/{ATTRIBUTES}") >= size:
            files = of_index(list_attributes(self.repository, self.index_env).finish())
        else:
            return ()
        files = [blob for blob in files if blob.path.rpartition("/")[2] == ATTRIBUTES]
        self.measure(files)
        return files

    def attribute_texts(self) -> dict[str, bytes]:
        """The contents of all `.gitattributes` files, by path."""
        files = [b for p, b in self.listing().items() if p.endswith(ATTRIBUTES) and b.is_regular]
        return self._texts_of([b for b in files if b.path.rpartition("/")[2] == ATTRIBUTES])

    def _texts_of(self, files: Sequence[Blob]) -> dict[str, bytes]:
        contents = self.objects.contents(files)
        return {blob.path: contents[blob.oid] for blob in files if blob.oid in contents}

    def listing(self, *folders: str) -> dict[str, Blob]:
        """All entries of the snapshot's index below `folders` (everything without any).

        Unmerged entries and those of `git add -N` are left out: Git does not record them.
        """
        if folders not in self._listings:
            wider = next((known for known in self._listings if set(folders) <= set(known)), None)
            if folders and wider:
                begins = tuple(f"{folder}/" for folder in folders)
                self._listings[folders] = {
                    path: blob
                    for path, blob in self._listings[wider].items()
                    if path.startswith(folders) and (path in folders or path.startswith(begins))
                }
            else:
                self.know(folders, self._listed(folders))
        return self._listings[folders]

    def near(self, roots: Sequence[str]) -> dict[str, Blob] | None:  # noqa: ARG002
        """The entries below those folders of `roots` in which something changes.

        None where that costs as much as to list all of `roots`.
        """
        return None

    def outline(self, roots: Sequence[str], note: str) -> Outline | None:  # noqa: ARG002
        """What the index has of large folders, with the files `note` below; None: list them."""
        return None

    def know(self, folders: tuple[str, ...], entries: dict[str, Blob]) -> None:
        """Keep what the index holds below these folders."""
        self._listings[folders] = entries

    def _listed(self, folders: tuple[str, ...]) -> dict[str, Blob]:
        out = self.repository.run(*INDEX, "--", *folders, env=self.index_env)
        found = {blob.path: blob for blob in of_index(out)}
        empty = self.repository.empty_blob
        if not self.index_env and any(blob.oid == empty for blob in found.values()):
            # It may be an intent to add, which looks like an empty file; the diff leaves it out.
            diff = self.repository.run(*DIFF_INDEX, self.repository.empty_tree, "--", *folders)
            real = {change.path for change in changes(diff)}
            found = {path: blob for path, blob in found.items() if path in real}
        return found

    def head_of(self, blob: Blob) -> bytes:
        """The first bytes of a blob (see HEAD_BYTES); empty when it is not here."""
        return self.heads_of([blob]).get(blob.oid, b"")

    def heads_of(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """The first bytes of many blobs, by blob id and one batch."""
        wanted = [b for b in blobs if b.oid not in self._heads and b.mode != SUBMODULE]
        self.examine(wanted)
        self._heads.update({blob.oid: blob.head for blob in wanted})
        self._heads.update(self.objects.heads([blob for blob in wanted if not blob.head]))
        return self._heads

    def know_head(self, oid: str, head: bytes) -> None:
        """Keep the first bytes of a blob that may not be in the object store."""
        self._heads[oid] = head

    def texts_of(self, blobs: Sequence[Blob], limit: int) -> dict[str, bytes]:
        """The content of texts such as INFO.md, by blob id; their sizes are known afterwards.

        Left out is what is no file, not here, or larger than `limit`: it is never read.
        """
        if self.has_work_tree:
            from pmgit.git import work_tree

            for blob in blobs:
                if blob.size == UNKNOWN and blob.mode in REGULAR:
                    data = work_tree.content(self.repository, blob, limit)
                    if data is not None:
                        blob.size, self._texts[blob.oid] = len(data), data
        self.measure(blobs)
        self._absent.update(blob.oid for blob in blobs if blob.size == NOT_HERE)
        wanted = [
            blob
            for blob in blobs
            if blob.mode in REGULAR and 0 <= blob.size <= limit and blob.oid not in self._texts
        ]
        if wanted:
            self._texts.update(self.objects.contents(wanted))
        return self._texts

    def content_of(self, blob: Blob) -> bytes:
        """Everything in a blob, for small files such as INFO.md; empty when it is not here."""
        here, absent = self.objects.split_present([blob])
        self._absent.update(blob.oid for blob in absent)
        return self.objects.contents(here).get(blob.oid, b"")


def list_attributes(repository: Repository, env: dict[str, str]) -> Process:
    """Start to list the `.gitattributes` files of an index."""
    listed = (*INDEX, "--", f":(glob)**/{ATTRIBUTES}")
    return repository.start(*listed, env=env, literal=False)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
