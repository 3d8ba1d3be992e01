"""The snapshot of one tip of a received push, made without an index of its tree."""

from __future__ import annotations

import os

from pmgit.git.attributes import ask
from pmgit.git.blob import REGULAR, Blob, encode, parse_tree, tree_entries
from pmgit.git.objects import Objects, UnreadableObjectError, loose_tree
from pmgit.git.snapshot import RANGE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pmgit.git.batch import Answer, Batch
    from pmgit.git.process import Process
    from pmgit.git.repository import Repository

ATTRIBUTES = ".gitattributes"
_FILES = (b"100", b"120")
_NAME = ATTRIBUTES.encode("ascii")
#: How it stands in a tree, or in a part of a longer name.
_ENTRY = b" .gitattributes\0"
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
        tip: str,
        changes: list[Blob],
        introduced: list[Blob],
        *,
        removed: dict[tuple[str, str], list[str]],
        trees: dict[str, str],
    ) -> None:
        super().__init__(repository, RANGE, changes, introduced, removed=removed)
        self.tip = tip
        self._batch = batch
        self.objects = self._batch_objects = BatchObjects(repository, batch)
        #: The ids of folders of the tip, as far as they are known; '' for what is none any more.
        self._trees = trees
        self._attribute_files: dict[str, Blob] = {}
        self._folders: set[str] = set()
        self._index = ""
        self._expected: tuple[tuple[str, ...], Process] | None = None

    def listing(self, *folders: str) -> dict[str, Blob]:
        """All entries of the tip's tree below `folders` (everything without any)."""
        if folders not in self._listings:
            expected, process = self._expected or ((), None)
            if process is None or expected != folders:
                process = self._list(folders)
            else:
                self._expected = None
            self._listings[folders] = {blob.path: blob for blob in parse_tree(process.finish())}
        return self._listings[folders]

    def _list(self, paths: Iterable[str]) -> Process:
        return self.repository.start("ls-tree", "-r", "-z", "--full-tree", self.tip, "--", *paths)

    def ask_filters(self, paths: Sequence[str]) -> None:
        """Start to ask Git for the filter attribute of `paths`; `filter_of` waits for it."""
        if self._asked and self._asked[0] == paths:
            return  # it was asked for in advance
        self._collect()
        if not paths:
            return
        self._look_for_attributes(paths)
        # What the server itself says of paths counts too.
        own = os.path.exists(f"{self.repository.common_dir}/info/attributes")
        if self._attribute_files or own:
            self._index = _write_index(self.repository, self._attribute_files.values())
            self._asked = (paths, ask(self.repository, paths, {"GIT_INDEX_FILE": self._index}))
        else:
            self._lists.append(paths)

    def _collect(self) -> None:
        try:
            super()._collect()
        finally:
            if self._index:
                os.unlink(self._index)
                self._index = ""

    def prepare(self, roots: tuple[str, ...]) -> bool:
        """Start to ask what is sure to be asked: attributes, and these folders if they change.

        Whether they do is the answer.
        """
        prefixes = tuple(f"{root}/" for root in roots)
        touched = any(change.path.startswith(prefixes) for change in self.changes)
        if touched and self._expected is None and roots not in self._listings:
            self._expected = roots, self._list(roots)
        self.ask_filters([blob.path for blob in self.introduced if blob.is_regular])
        return touched

    def _by_name(self, folders: Sequence[str]) -> Iterator[Blob]:
        """The `.gitattributes` files that folders of the tip have whose trees are not known."""
        if any("\n" in folder for folder in folders):
            yield from parse_tree(self._list(map(_in, folders)).finish())
            return
        # Not the name of each file: a blob that is not here would look like no file at all.
        answers = self._batch.contents([f"{self.tip}:{folder}" for folder in folders])
        pairs = zip(folders, answers, strict=True)
        yield from self._entries({f: one.data for f, one in pairs if one.kind == "tree"})

    def _in_trees(self, folders: Iterable[str]) -> Iterator[Blob]:
        """The `.gitattributes` files that folders have whose trees are known."""
        trees = {folder: self._trees[folder] for folder in folders if self._trees[folder]}
        # Of a small push they are files of their own; all else is asked for at once.
        found = {f: loose_tree(self.repository.objects, oid) for f, oid in trees.items()}
        packed = [folder for folder, data in found.items() if data is None]
        answers = self._batch.contents([trees[folder] for folder in packed])
        for folder, answer in zip(packed, answers, strict=True):
            if answer.kind != "tree":
                raise UnreadableObjectError(trees[folder], "missing")
            found[folder] = answer.data
        yield from self._entries(found)

    def _entries(self, trees: Mapping[str, bytes | None]) -> Iterator[Blob]:
        """The `.gitattributes` files in the trees of folders."""
        width = len(self.repository.empty_tree) // 2
        for folder, data in trees.items():
            if data and _ENTRY in data:
                for mode, name, oid in tree_entries(data, width):
                    if name == _NAME and mode.startswith(_FILES):
                        yield Blob(_in(folder), oid, REGULAR[0])

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
            found = [b for b in self.listing().values() if b.path.endswith(ATTRIBUTES)]
        else:
            # A look into trees whose ids are known costs a tenth of finding the way to each file.
            known = [folder for folder in folders if folder in self._trees]
            found = [*self._in_trees(known), *self._by_name(sorted(folders.difference(known)))]
        found = [blob for blob in found if blob.path.rpartition("/")[2] == ATTRIBUTES]
        # Git takes a file that it cannot read for an empty one, and says nothing.
        self._batch_objects.demand(blob.oid for blob in found)
        self._attribute_files.update({blob.path: blob for blob in found})


def _in(folder: str) -> str:
    return f"{folder}/{ATTRIBUTES}" if folder else ATTRIBUTES


class BatchObjects(Objects):
    """The object store, with all questions to one process."""

    def __init__(self, repository: Repository, batch: Batch) -> None:
        super().__init__(repository)
        self._asked = batch

    def demand(self, oids: Iterable[str]) -> None:
        """Raise UnreadableObjectError unless all of these blobs can be read."""
        for _ in self._blobs(oids, self._asked.contents):
            pass

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """Size of every blob."""
        return {oid: one.size for oid, one in self._blobs(oids, self._asked.info)}

    def _batch(self, oids: Iterable[str], count: int | None = None) -> dict[str, bytes]:
        return {oid: one.data[:count] for oid, one in self._blobs(oids, self._asked.contents)}

    def _blobs(
        self, oids: Iterable[str], ask: Callable[[Sequence[str]], list[Answer]]
    ) -> Iterator[tuple[str, Answer]]:
        unique = list(dict.fromkeys(oids))
        for oid, answer in zip(unique, ask(unique), strict=True):
            if answer.kind != "blob":
                why = f"it is a {answer.kind}" if answer.kind else "missing"
                raise UnreadableObjectError(oid, why)
            yield oid, answer


def _write_index(repository: Repository, files: Iterable[Blob]) -> str:
    """An index of a few files, which is all that check-attr looks at; the path of its file.

    Written here, in version 2 of the format, because another git process would take longer than
    everything else about it. The checksum at the end is left out, as git 2.40 and newer do when
    `index.skipHash` is set; older ones do not look at it either (only `git fsck` does).
    """
    entries = []
    for path, blob in sorted((encode(file.path), file) for file in files):
        entry = b"".join(
            (
                bytes(24),  # times, device and inode of a file on disk, which there is not
                int(blob.mode, 8).to_bytes(4, "big"),
                bytes(12),
                bytes.fromhex(blob.oid),
                min(len(path), 0xFFF).to_bytes(2, "big"),
                path,
            )
        )
        entries.append(entry + bytes(8 - len(entry) % 8))
    head = b"DIRC" + (2).to_bytes(4, "big") + len(entries).to_bytes(4, "big")
    data = b"".join((head, *entries, bytes(len(repository.empty_tree) // 2)))
    if os.environ.get("GIT_QUARANTINE_PATH"):
        # Git removes it with the rest of a refused push, should we be killed.
        path_of_index = f"{repository.objects}/pmgit-{os.getpid()}.index"
        fd = os.open(path_of_index, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    else:
        import tempfile

        fd, path_of_index = tempfile.mkstemp(prefix="pmgit-")
    with open(fd, "wb") as file:
        file.write(data)
    return path_of_index
