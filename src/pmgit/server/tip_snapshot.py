"""The snapshot of one tip of a received push, made without an index of its tree."""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.git import temporary
from pmgit.git.blob import FOLDER, LINK, REGULAR, Blob, decode, encode, folders_of
from pmgit.git.entries import FILES, TREE, in_object, of_tree, plain_mode
from pmgit.git.names import ATTRIBUTES
from pmgit.git.objects import Objects, UnreadableObjectError
from pmgit.snapshots.base import RANGE, Snapshot, attribute_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from pmgit.git.cat_file import Batch
    from pmgit.git.process import Process
    from pmgit.git.repository import Repository
    from pmgit.snapshots.base import Receiver, Span

_FILES = (*REGULAR, LINK)
_NAME = ATTRIBUTES.encode("ascii")
#: How it stands in a tree, or in a part of a longer name.
_ENTRY = b" %b\0" % _NAME
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
        batch: Batch,
        span: Span,
        changes: list[Blob],
        introduced: list[Blob],
        *,
        removed: dict[tuple[str, str], list[str]],
        trees: dict[str, str],
        receiver: Receiver,
    ) -> None:
        super().__init__(
            repository, RANGE, changes, introduced, removed=removed, receiver=receiver, span=span,
            objects=Objects(repository, batch),
        )  # fmt: skip
        self._batch = batch
        #: The ids of folders of the tip, as far as they are known; '' for what is none any more.
        self._trees = trees
        self._known_files: dict[str, Blob] = {}
        self._folders: set[str] = set()
        self._index_file = ""
        self._expected: tuple[tuple[str, ...], Process] | None = None

    def listing(self, *folders: str) -> dict[str, Blob]:
        """All entries of the tip's tree below `folders` (everything without any)."""
        if folders not in self._listings:
            expected, process = self._expected or ((), None)
            if process is None or expected != folders:
                process = self._list(folders)
            else:
                self._expected = None
            self._listings[folders] = {blob.path: blob for blob in of_tree(process.finish())}
        return self._listings[folders]

    def as_range(self, changes: list[Blob], introduced: list[Blob] | None = None) -> Self:
        """The same tree with other changes; `introduced` as in `Snapshot.as_range`."""
        found = super().as_range(changes, introduced)
        found._expected = None  # the process belongs to the other snapshot
        return found

    def _list(self, paths: Iterable[str]) -> Process:
        return self.repository.start(*FILES, self.span.tip, "--", *paths)

    def ask_filters(self, paths: Sequence[str]) -> None:
        """Start to ask Git for the filter attribute of `paths`; `filter_of` waits for it."""
        if (self._asked and self._asked[0] == paths) or self._lists[-1:] == [paths]:
            return  # it was asked for in advance
        self._collect()
        if not paths:
            return
        self._look_for_attributes(paths)
        if self._settle(paths):
            return
        if self._known_files:
            self._index_file = temporary.write(self.repository, self._known_files.values())
            self._asked = (paths, self._start(paths, {"GIT_INDEX_FILE": self._index_file}))
        else:
            self._lists.append(paths)

    def _collect(self) -> None:
        try:
            super()._collect()
        finally:
            if self._index_file:
                os.unlink(self._index_file)
                self._index_file = ""

    def discard(self) -> None:
        """Remove the files of questions that nobody needed: the quarantine is going to be kept."""
        if self._index_file:
            try:
                self._collect()
            except PmgitError:
                pass  # nobody waits for the answer

    def prepare(self, roots: tuple[str, ...]) -> bool:
        """Start to ask for what is sure to be needed: attributes, and these folders if they change.

        Returns whether they do.
        """
        self.ask_filters([blob.path for blob in self.introduced if blob.is_regular])
        touched = self._touched(roots)
        listed = self._listed_for(touched, roots)
        if listed and self._expected is None and listed not in self._listings:
            self._expected = listed, self._list(listed)
        return bool(touched)

    def near(self, roots: Sequence[str]) -> dict[str, Blob]:
        """The entries below those folders of `roots` in which something changes.

        A push touches a few models of the hundreds that there may be.
        """
        touched = self._touched(roots)
        listed = self._listed_for(touched, roots)
        if listed:
            # A folder that has become a link is one loose entry more.
            begins = tuple(f"{folder}/" for folder in touched)
            return {p: blob for p, blob in self.listing(*listed).items() if p.startswith(begins)}
        found = self._below({folder: self._trees[folder] for folder in touched})
        return {blob.path: blob for blob in sorted(found, key=lambda blob: blob.path)}

    def _touched(self, roots: Sequence[str]) -> list[str]:
        """The folders directly in `roots` in which something changes."""
        found = {}
        for root in roots:
            begin = f"{root}/"
            for change in self.changes:
                if change.path.startswith(begin):
                    name, below, _ = change.path[len(begin) :].partition("/")
                    if below:
                        found[begin + name] = True
        return list(found)

    def _listed_for(self, touched: Sequence[str], roots: Sequence[str]) -> tuple[str, ...]:
        """The paths that Git has to list for the touched folders; () when their trees are known."""
        if all(folder in self._trees for folder in touched):
            return ()
        return tuple(touched if len(touched) <= _FOLDERS else roots)

    def _below(self, trees: Mapping[str, str]) -> Iterator[Blob]:
        """All entries below these folders (ids of trees by path)."""
        while trees:
            deeper = {}
            for folder, data in self._contents_of(trees).items():
                for mode, name, oid in self._entries_of(folder, data):
                    path = f"{folder}/{decode(name)}"
                    if mode == FOLDER:
                        deeper[path] = oid
                    else:
                        yield Blob(path, oid, mode)
            trees = deeper

    def _entries_of(self, folder: str, data: bytes) -> list[tuple[str, bytes, str]]:
        """Mode, name and id of what is in the tree of a folder."""
        width = len(self.repository.empty_tree) // 2
        try:
            return [(plain_mode(mode), name, oid) for mode, name, oid in in_object(data, width)]
        except ValueError:
            listed = self.repository.run(*TREE, f"{self.span.tip}:{folder}")
            return [(blob.mode, encode(blob.path), blob.oid) for blob in of_tree(listed)]

    def _contents_of(self, trees: Mapping[str, str]) -> dict[str, bytes]:
        """The tree objects of folders, by folder; left out is where there is no tree any more."""
        # Of a small push they are files of their own; all else is asked for at once.
        there = {folder: oid for folder, oid in trees.items() if oid}
        found = {folder: self.objects.tree(oid) for folder, oid in there.items()}
        packed = [folder for folder, data in found.items() if data is None]
        answers = self._batch.ask([there[folder] for folder in packed], whole=True)
        for folder, answer in zip(packed, answers, strict=True):
            if answer.kind != "tree":
                raise UnreadableObjectError(there[folder])
            found[folder] = answer.data
        return {folder: data for folder, data in found.items() if data}

    def _by_name(self, folders: Sequence[str]) -> Iterator[Blob]:
        """The `.gitattributes` files of folders whose tree ids are not known."""
        if any("\n" in folder for folder in folders):
            yield from of_tree(self._list(map(_in, folders)).finish())
            return
        # Not the name of each file: a blob that is not here would look like no file at all.
        answers = self._batch.ask([f"{self.span.tip}:{folder}" for folder in folders], whole=True)
        pairs = zip(folders, answers, strict=True)
        yield from self._entries({f: one.data for f, one in pairs if one.kind == "tree"})

    def _entries(self, trees: Mapping[str, bytes]) -> Iterator[Blob]:
        """The `.gitattributes` files in the trees of folders."""
        for folder, data in trees.items():
            if _ENTRY in data:
                for mode, name, oid in self._entries_of(folder, data):
                    if name == _NAME and mode in _FILES:
                        yield Blob(_in(folder), oid, REGULAR[0])

    def _look_for_attributes(self, paths: Iterable[str]) -> None:
        """Find the `.gitattributes` files that can decide about these paths."""
        folders = folders_of(paths) - self._folders
        if not folders:
            return
        self._folders |= folders
        if len(folders) > _FOLDERS or () in self._listings:
            found = attribute_files(self.listing().values())
        else:
            # A look into trees whose ids are known costs a tenth of finding the way to each file.
            known = {folder: self._trees[folder] for folder in folders if folder in self._trees}
            unknown = sorted(folders.difference(known))
            found = [*self._entries(self._contents_of(known)), *self._by_name(unknown)]
        # Git takes a file that it cannot read for an empty one, without a word.
        sizes = self.objects.readable_sizes(blob.oid for blob in found)
        for blob in found:
            measured = Blob.known(blob.path, blob.oid, blob.mode, sizes[blob.oid], None)
            self._known_files[blob.path] = measured

    def _attribute_files(self, size: int) -> Sequence[Blob]:  # noqa: ARG002
        return list(self._known_files.values())


def _in(folder: str) -> str:
    return f"{folder}/{ATTRIBUTES}" if folder else ATTRIBUTES
