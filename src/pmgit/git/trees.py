"""New trees and commits made from old ones: entries are taken out or replaced, all else stays.

Everything is worked out here and its ids with it; Git then writes all of it by two processes,
however many commits there are. No index and no work tree has a part in it, so merges, old
commits and any name are the same to it, and nothing can be lost before a ref is moved.
"""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.git.blob import REGULAR, encode
from pmgit.git.cat_file import Batch
from pmgit.git.entries import in_object, plain_mode
from pmgit.git.names import ATTRIBUTES
from pmgit.git.objects import UnreadableObjectError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pmgit.git.repository import Repository

_FOLDER = b"40000"
_ATTRIBUTES = ATTRIBUTES.encode("ascii")


class Rewritten:
    """The new commits: `ids` maps each old id to the new one where they differ.

    `signatures` counts the signatures that are gone: they were for the old content.
    """

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.signatures = 0
        self.objects: list[tuple[str, str, bytes]] = []


class _Node:
    """A folder on the way to targets."""

    def __init__(self) -> None:
        self.folders: dict[bytes, _Node] = {}
        self.files: dict[bytes, dict[str, str]] = {}


class OldObjects:
    """The commits and trees that new ones are made of: each of them is read once.

    A context, in which one process of Git reads what is not known yet.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._batch: Batch | None = None
        self._known: dict[tuple[str, str], bytes] = {}

    def __enter__(self) -> OldObjects:
        return self

    def __exit__(self, *_: object) -> None:
        if self._batch:
            self._batch.close()
        self._batch = None

    def read(self, oids: Iterable[str], kind: str) -> dict[str, bytes]:
        """The contents of objects of this kind; UnreadableObjectError for the first of another."""
        unique = list(dict.fromkeys(oids))
        wanted = [oid for oid in unique if (kind, oid) not in self._known]
        if wanted:
            self._batch = self._batch or Batch(self._repository)
            for oid, answer in zip(wanted, self._batch.ask(wanted, whole=True), strict=True):
                if answer.kind != kind:
                    raise UnreadableObjectError(oid)
                self._known[kind, oid] = answer.data
        return {oid: self._known[kind, oid] for oid in unique}


class Rewriter:
    """Makes new commits from `commits` (ids, parents before children).

    `targets` maps (path, blob id) to the id of the blob that takes its place, '' for none: every
    tree that has this very blob at this very path is changed. Where a blob is replaced, the
    .gitattributes at the top becomes what `attributes` makes of its id ('' when there is none).
    `objects` are the old ones, where several make new ones of them.
    """

    def __init__(
        self,
        repository: Repository,
        targets: Mapping[tuple[str, str], str],
        attributes: Callable[[str], str] = str,
        objects: OldObjects | None = None,
    ) -> None:
        self._repository = repository
        self._attributes = attributes
        self._objects = objects or OldObjects(repository)
        self._width = len(repository.empty_tree) // 2
        self._trees: dict[str, bytes] = {}
        self._done: dict[tuple[str, int], tuple[str, bool]] = {}
        self._made = Rewritten()
        self._root = _Node()
        for (path, oid), new in targets.items():
            node = self._root
            *folders, name = encode(path).split(b"/")
            for folder in folders:
                node = node.folders.setdefault(folder, _Node())
            node.files.setdefault(name, {})[oid] = new

    def run(self, commits: Iterable[str]) -> Rewritten:
        """Make the new commits and write them; no ref is moved."""
        self.work_out(commits)
        _write(self._repository, self._made.objects)
        return self._made

    def work_out(self, commits: Iterable[str]) -> Rewritten:
        """Work out the new commits; nothing is written."""
        order = list(commits)
        with self._objects as objects:
            raw = objects.read(order, "commit")
            roots = {oid: raw[oid][5 : 5 + 2 * self._width].decode("ascii") for oid in order}
            self._load(objects, roots.values())
        trees = {root: self._top(root) for root in dict.fromkeys(roots.values())}
        for oid in order:
            new = self._commit(raw[oid], trees[roots[oid]])
            if new != raw[oid]:
                self._made.ids[oid] = self._keep("commit", new)
        return self._made

    def _load(self, objects: OldObjects, roots: Iterable[str]) -> None:
        """Read all trees on the way to targets, level by level."""
        level = [(oid, self._root) for oid in dict.fromkeys(roots)]
        while level:
            wanted = [oid for oid, _ in level if oid not in self._trees]
            if wanted:
                self._trees.update(objects.read(wanted, "tree"))
            below = {}
            for oid, node in level:
                for mode, name, entry in self._entries(oid):
                    if mode == _FOLDER and name in node.folders:
                        below[entry, id(node.folders[name])] = node.folders[name]
            level = [(entry, node) for (entry, _), node in below.items()]

    def _entries(self, oid: str) -> list[tuple[bytes, bytes, str]]:
        """Mode, name and id of the entries of a tree; modes as Git writes them today.

        Foreign tools have written zeros in front of them.
        """
        entries = in_object(self._trees[oid], self._width)
        try:
            return [(plain_mode(mode).lstrip("0").encode(), name, i) for mode, name, i in entries]
        except ValueError:
            self._repository.run("ls-tree", oid)  # its error names what is wrong
            raise UnreadableObjectError(oid, "a damaged tree") from None

    def _top(self, root: str) -> str:
        """The new tree for the top of a commit."""
        new, replaced = self._tree(root, self._root)
        if not replaced:
            return new or self._keep("tree", b"")
        entries = {entry[1]: entry for entry in self._entries(new)}
        absent = (REGULAR[0].encode("ascii"), _ATTRIBUTES, "")
        mode, name, old = entries.get(_ATTRIBUTES, absent)
        text = self._attributes(old)
        if text == old:
            return new
        return self._keep_tree([*{**entries, name: (mode, name, text)}.values()])

    def _tree(self, oid: str, node: _Node) -> tuple[str, bool]:
        """The new id of a tree ('' when nothing is left), and whether a blob was replaced."""
        key = (oid, id(node))
        if key not in self._done:
            kept, replaced, changed = [], False, False
            for mode, name, entry in self._entries(oid):
                new = entry
                if mode == _FOLDER and name in node.folders:
                    new, inside = self._tree(entry, node.folders[name])
                    replaced = replaced or inside
                elif mode != _FOLDER and entry in node.files.get(name, ()):
                    new = node.files[name][entry]
                    replaced = replaced or bool(new)
                changed = changed or new != entry
                if new:
                    kept.append((mode, name, new))
            new = oid if not changed else self._keep_tree(kept) if kept else ""
            self._done[key] = (new, replaced)
        return self._done[key]

    def _keep_tree(self, entries: list[tuple[bytes, bytes, str]]) -> str:
        # Git sorts a folder as if its name ended in a slash.
        entries.sort(key=lambda e: e[1] + b"/" if e[0] == _FOLDER else e[1])
        data = b"".join(b"%s %s\0%s" % (m, n, bytes.fromhex(oid)) for m, n, oid in entries)
        oid = self._keep("tree", data)
        self._trees[oid] = data
        return oid

    def _commit(self, raw: bytes, tree: str) -> bytes:
        """A commit with its new tree and parents: author, dates, message stay byte for byte."""
        head, separator, message = raw.partition(b"\n\n")
        lines = head.split(b"\n")
        kept = [b"tree " + tree.encode()]
        changed, signatures, skipping = lines[0] != kept[0], 0, False
        for line in lines[1:]:
            word, _, value = line.partition(b" ")
            if word == b"parent":
                new = self._made.ids.get(value.decode("ascii"))
                changed = changed or new is not None
                line = b"parent " + new.encode() if new else line  # noqa: PLW2901
            # A signature of the old content would be a wrong one of the new; a merged tag's too.
            skipping = (not word and skipping) or word in (b"gpgsig", b"gpgsig-sha256", b"mergetag")
            signatures += word in (b"gpgsig", b"gpgsig-sha256")
            if not skipping:
                kept.append(line)
        if not changed:
            return raw
        self._made.signatures += signatures
        return b"\n".join(kept) + separator + message

    def _keep(self, kind: str, data: bytes) -> str:
        oid = self._repository.id_of(data, kind)
        self._made.objects.append((kind, oid, data))
        return oid


def _write(repository: Repository, objects: list[tuple[str, str, bytes]]) -> None:
    """Have Git write the objects, trees first; it must find the ids that were worked out."""
    import tempfile

    for kind in ("tree", "commit"):
        mine = {oid: data for found, oid, data in objects if found == kind}
        with tempfile.TemporaryDirectory(prefix="pmgit-") as folder:
            names = []
            for number, data in enumerate(mine.values()):
                names.append(os.path.join(folder, str(number)))
                with open(names[-1], "wb") as file:
                    file.write(data)
            out = repository.run(
                "hash-object", "-w", "-t", kind, "--no-filters", "--stdin-paths",
                stdin="".join(f"{name}\n" for name in names).encode(),
            )  # fmt: skip
        if out.decode("ascii").split() != list(mine):
            raise PmgitError(f"git wrote another {kind} than was meant; no ref was moved")
