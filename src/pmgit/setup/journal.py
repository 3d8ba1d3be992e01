"""What `pmgit init` has written, kept in the git directory so that `--undo` can take it back.

An entry reaches the disk before the step that it is about: after a crash at any moment the
journal knows of everything that may have been written. It holds the content before and the hash
of what was written, so a file that somebody has changed since is told from one that nobody has.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from pmgit.errors import PmgitError
from pmgit.git.blob import decode
from pmgit.setup import files, parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pmgit.git.repository import Repository

#: A file that is all ours, one with our block, one with our entry, a hook, Git's configuration,
#: a folder that was made, an entry of the index.
OWN, BLOCK, ENTRY, HOOK, CONFIG, FOLDER, INDEX = (
    "own", "block", "entry", "hook", "config", "folder", "index",
)  # fmt: skip
#: `after` of a step that another program does: known only when it is done.
PENDING = "pending"
#: `after` of a file that the step removes.
GONE = "gone"

#: What the noted content of a symbolic link begins with.
LINK = b"link to "

_VERSION = 1


@dataclass
class Record:
    """One thing that was written: `path` is relative to the top of the work tree.

    `before` is the content in base64 (None: there was nothing), `mode` its permissions, `after`
    the hash of what was written. `added` are the texts that were put into a user's file, `removed`
    what stood in the place of each ([]: nothing). Of a symbolic link (`link`: it was one before)
    the content is where it leads, after `LINK`. `index` is what the index had of it (None: it is
    no file of the work tree).
    """

    kind: str
    path: str
    before: str | None
    after: str
    mode: int = 0
    added: list[str] = field(default_factory=list)
    link: bool = False
    removed: list[str] = field(default_factory=list)
    index: str | None = None

    @property
    def content(self) -> bytes | None:
        """What was there before."""
        return None if self.before is None else base64.b64decode(self.before)


class Journal:
    """The entries, in the order in which they were written."""

    def __init__(self, repository: Repository) -> None:
        """Raises PmgitError when there is a journal that cannot be read."""
        self.path = os.path.join(repository.git_dir, "pmgit", "init.json")
        self._repository = repository
        self._top = repository.top
        self.entries = self._load()

    def _load(self) -> list[Record]:
        data = files.read(self.path)
        if data is None:
            return []
        try:
            document = json.loads(data)
            if document["version"] == _VERSION:
                return [Record(**entry) for entry in document["entries"]]
        except (ValueError, TypeError, KeyError):
            pass
        raise PmgitError(
            f"{self.path} cannot be read: it is damaged, or of another version of pmgit",
            "what pmgit init wrote can then not be undone; to go on without it, delete the file",
        )

    def _save(self) -> None:
        if not self.entries:
            try:
                os.unlink(self.path)
                os.rmdir(os.path.dirname(self.path))
            except OSError:
                pass  # it was never written, or the folder holds something else
            return
        entries = [asdict(entry) for entry in self.entries]
        data = json.dumps({"version": _VERSION, "entries": entries}, indent=1)
        files.make_folder(os.path.dirname(self.path))
        files.write_whole(self.path, data.encode("ascii") + b"\n")

    def sweep(self) -> None:
        """Remove the unfinished files that an interrupted run has left beside what it wrote."""
        for path in (self.path, *map(self.locate, self.entries)):
            folder, name = os.path.split(path)
            for found in os.listdir(folder) if os.path.isdir(folder) else ():
                if found.startswith(f"{name}.") and found.endswith((".tmp", ".pmgit-new")):
                    middle = found.removeprefix(f"{name}.").removesuffix(".tmp").split(".")
                    if all(m == "pmgit-new" or (len(m) == 12 and _is_hex(m)) for m in middle):
                        os.unlink(os.path.join(folder, found))

    def locate(self, entry: Record) -> str:
        """Where an entry's file is."""
        return os.path.normpath(os.path.join(self._top, *entry.path.split("/")))

    def name(self, path: str) -> str:
        """A path as entries have it: from the top, so that the repository can be moved."""
        try:
            return os.path.relpath(path, self._top).replace(os.sep, "/")
        except ValueError:  # on another drive
            return path.replace(os.sep, "/")

    def note(self, entry: Record) -> Record:
        """Write an entry down, before what it is about is done; again does nothing."""
        entry = self._add(entry)
        self._save()
        return entry

    def note_all(self, entries: Iterable[Record]) -> None:
        """Write many entries down at once."""
        for entry in entries:
            self._add(entry)
        self._save()

    def _add(self, entry: Record) -> Record:
        """Add an entry, unless it is the last about its file already: then an earlier run was
        interrupted. The same further up is another matter: the file has been something else since.
        """
        last = next((one for one in reversed(self.entries) if one.path == entry.path), None)
        if last == entry:
            return last
        self.entries.append(entry)
        return entry

    def _drop(self, *entries: Record) -> None:
        """Take these very entries out, not others that say the same."""
        self.entries = [one for one in self.entries if not any(one is entry for entry in entries)]

    def forget(self, entry: Record) -> None:
        """Take an entry out: it is undone."""
        self._drop(entry)
        self._save()

    def settle(self, entry: Record, after: str) -> None:
        """Note what another program has made of it; what it left as it was is forgotten."""
        entry.after = after
        if after == (entry.content or b"").decode("ascii", "replace"):
            self._drop(entry)
        self._save()

    def about(self, kind: str, path: str, after: bytes | None) -> Record:
        """The entry for a file that is about to be written (`after` None: removed)."""
        link = os.path.islink(path) and kind == HOOK
        before = link_content(path) if link else content(path)
        name = self.name(path)
        added, removed = parts.between(before or b"", after or b"") if kind == ENTRY else ([], [])
        is_here = not (name.startswith(("../", ".git/")) or os.path.isabs(name))
        return Record(
            kind,
            name,
            None if before is None else base64.b64encode(before).decode("ascii"),
            digest(after),
            0 if before is None or link else stat.S_IMODE(os.lstat(path).st_mode),
            added,
            link,
            removed,
            staged(self._repository, name) if is_here else None,
        )

    def write(self, kind: str, path: str, data: bytes) -> None:
        """Note it, make the folders, write the file: each whole or not at all."""
        if content(path) == data:
            return
        self.folders(os.path.dirname(path))
        self.note(self.about(kind, path, data))
        files.write_whole(path, data)

    def remove(self, kind: str, path: str) -> None:
        """Note it, and remove the file."""
        self.note(self.about(kind, path, None))
        files.remove(path)

    def folders(self, path: str) -> None:
        """Make a folder and those above it; noted, so that they can go again when empty."""
        missing = []
        while path and not os.path.isdir(path):
            missing.append(path)
            path = os.path.dirname(path)
        for folder in reversed(missing):
            self.note(Record(FOLDER, self.name(folder), None, PENDING))
            files.make_folder(folder)

    @contextmanager
    def around(self, watched: Mapping[str, str]) -> Iterator[None]:
        """Note what another program does to the watched files: path to kind.

        Links are left out: what they lead to is not this repository's.
        """
        noted = []
        for path, kind in watched.items():
            if not os.path.islink(path):
                entry = self.about(kind, path, None)
                entry.after = PENDING
                noted.append((path, self._add(entry)))
        self._save()
        try:
            yield
        finally:
            for path, entry in noted:
                entry.after = digest(content(path))
            self._drop(*(entry for _, entry in noted if entry.after == digest(entry.content)))
            self._save()


def _is_hex(text: str) -> bool:
    return set("0123456789abcdef").issuperset(text)


def staged(repository: Repository, path: str) -> str:
    """`mode id` of a path in the index; '' when it is not there."""
    out = repository.run("ls-files", "-s", "-z", "--", path)
    fields = decode(out).partition("\t")[0].split(" ")
    return f"{fields[0]} {fields[1]}" if len(fields) == 3 else ""


def content(path: str) -> bytes | None:
    """What is in a file; None when there is none. Raises PmgitError."""
    return files.read(path)


def link_content(path: str) -> bytes:
    """What stands for the content of a symbolic link: where it leads."""
    return LINK + os.fsencode(os.readlink(path))


def digest(data: bytes | None) -> str:
    """The hash by which a content is known again."""
    return GONE if data is None else hashlib.sha256(data).hexdigest()
