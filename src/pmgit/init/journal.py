"""The steps of a set-up, and the record of what they wrote, so that `--undo` can take it back.

The journal lies in the git directory. A record reaches the disk before the step that it is about:
after a crash at any moment the journal has everything that may have been written. It holds the
content before and the hash of what was written, so a file that was changed since is recognised.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

from pmgit.core.errors import PmgitError
from pmgit.git.blob import decode
from pmgit.git.entries import INDEX as INDEX_ENTRIES
from pmgit.gitfiles import parts, user_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

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
#: So many paths are named to `git ls-files`; of more, all of the index is listed.
MOST_ASKED = 200


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

    @classmethod
    def for_index(cls, path: str, before: str, after: str = PENDING) -> Self:
        """The record of a path that is about to be staged otherwise; `before` and `after` are what
        the index has of it (`mode id`).
        """
        return cls(INDEX, path, _as_text(before.encode("ascii")), after)

    @property
    def content(self) -> bytes | None:
        """The content before; None when there was no file."""
        return None if self.before is None else base64.b64decode(self.before)

    @property
    def is_settled(self) -> bool:
        """Whether all is as it was before."""
        was = self.content
        return self.after == ((was or b"").decode("ascii") if self.kind == INDEX else digest(was))


class Journal:
    """The records, in the order in which they were written."""

    def __init__(self, repository: Repository) -> None:
        """Raises PmgitError when there is a journal that cannot be read."""
        self.path = os.path.join(repository.git_dir, "pmgit", "init.json")
        self._repository = repository
        self._top = repository.top
        #: What the index has of the files that steps are about to write: asked once for all.
        self._staged: dict[str, str] = {}
        self.records = self._load()

    def _load(self) -> list[Record]:
        data = user_files.read(self.path)
        if data is None:
            return []
        with suppress(ValueError, TypeError, KeyError):
            document = json.loads(data)
            if document["version"] == _VERSION:
                return [Record(**record) for record in document["entries"]]
        raise PmgitError(
            f"{self.path} cannot be read: it is damaged, or of another version of pmgit",
            "what pmgit init wrote can then not be undone; to go on without it, delete the file",
        )

    def _save(self) -> None:
        if not self.records:
            # It was never written, or the folder holds something else.
            with suppress(OSError):
                os.unlink(self.path)
                os.rmdir(os.path.dirname(self.path))
            return
        records = [asdict(record) for record in self.records]
        data = json.dumps({"version": _VERSION, "entries": records}, indent=1)
        user_files.make_folder(os.path.dirname(self.path))
        user_files.write_whole(self.path, data.encode("ascii") + b"\n")

    def sweep(self) -> None:
        """Remove the unfinished files that an interrupted run has left beside what it wrote."""
        for path in (self.path, *map(self.locate, self.records)):
            user_files.sweep(path)

    def locate(self, record: Record) -> str:
        """Where a record's file is."""
        return os.path.normpath(os.path.join(self._top, *record.path.split("/")))

    def name(self, path: str) -> str:
        """A path as records have it: from the top, so that the repository can be moved."""
        try:
            return os.path.relpath(path, self._top).replace(os.sep, "/")
        except ValueError:  # on another drive
            return path.replace(os.sep, "/")

    def note(self, *records: Record) -> list[Record]:
        """Write records down, before what they are about is done.

        One that is the last about its file already is not written again: then an earlier run was
        interrupted. The same further up is another matter: the file has been something else since.
        """
        noted = []
        for record in records:
            last = next((one for one in reversed(self.records) if one.path == record.path), None)
            if last != record:
                self.records.append(record)
            noted.append(last if last == record else record)
        self._save()
        return noted

    def drop(self, *records: Record) -> None:
        """Take these very records out, not others that are equal: they are undone."""
        self.records = [one for one in self.records if not any(one is record for record in records)]
        self._save()

    def about(self, kind: str, path: str, after: bytes | None) -> Record:
        """The record for a file that is about to be written (`after` None: removed)."""
        link = os.path.islink(path) and kind == HOOK
        before = link_content(path) if link else user_files.read(path)
        name = self.name(path)
        added, removed = parts.between(before or b"", after or b"") if kind == ENTRY else ([], [])
        return Record(
            kind,
            name,
            None if before is None else _as_text(before),
            digest(after),
            0 if before is None or link else stat.S_IMODE(os.lstat(path).st_mode),
            added,
            link,
            removed,
            self._of_index([name]).get(name),
        )

    def expect(self, names: Iterable[str]) -> None:
        """Ask Git what the index has of these files, which are about to be written one by one."""
        self._staged = self._of_index(names)

    def _of_index(self, names: Iterable[str]) -> dict[str, str]:
        """What the index has of each of the names that is of a file of the work tree."""
        here = [name for name in names if _is_of_work_tree(name)]
        known = {name: self._staged[name] for name in here if name in self._staged}
        return known | staged(self._repository, [name for name in here if name not in known])

    def write(self, kind: str, path: str, data: bytes) -> None:
        """Note it, make the folders, write the file: each whole or not at all.

        `path` may begin at the top.
        """
        path = os.path.normpath(os.path.join(self._top, path))
        if user_files.read(path) == data:
            return
        self.folders(os.path.dirname(path))
        self.note(self.about(kind, path, data))
        user_files.write_whole(path, data)

    def remove(self, kind: str, path: str) -> None:
        """Note it, and remove the file."""
        self.note(self.about(kind, path, None))
        user_files.remove(path)

    def folders(self, path: str) -> None:
        """Make a folder and those above it; noted, so that they can go again when empty."""
        missing = []
        while path and not os.path.isdir(path):
            missing.append(path)
            path = os.path.dirname(path)
        for folder in reversed(missing):
            self.note(Record(FOLDER, self.name(folder), None, PENDING))
            user_files.make_folder(folder)

    @contextmanager
    def around(self, watched: Mapping[str, str], entries: Iterable[str] = ()) -> Iterator[None]:
        """Note what another program does to the watched files (path to kind), and to entries of the
        index; what it leaves as it was is forgotten.

        Links are left out: what they lead to is not this repository's.
        """
        entries = list(entries)
        plain = [path for path in watched if not os.path.islink(path)]
        if entries:
            self._staged = {}  # it changes now
            self.expect([*entries, *map(self.name, plain)])
        made = [Record.for_index(name, self._staged[name]) for name in entries]
        for path in plain:
            made.append(self.about(watched[path], path, None))
            made[-1].after = PENDING
        noted = self.note(*made)
        try:
            yield
        finally:
            self._staged = {} if entries else self._staged
            now = staged(self._repository, entries)
            for record in noted:
                if record.kind == INDEX:
                    record.after = now[record.path]
                else:
                    record.after = digest(user_files.read(self.locate(record)))
            self.drop(*(record for record in noted if record.is_settled))


def _as_text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _is_of_work_tree(name: str) -> bool:
    return not (name.startswith(("../", ".git/")) or os.path.isabs(name))


def staged(repository: Repository, paths: Sequence[str]) -> dict[str, str]:
    """`mode id` of each path in the index; '' where it is not there."""
    found = dict.fromkeys(paths, "")
    if found:
        # The system lets a command have so many words.
        asked = found if len(found) < MOST_ASKED else ()
        for line in decode(repository.run(*INDEX_ENTRIES, "--", *asked)).split("\0")[:-1]:
            entry, _, path = line.partition("\t")
            if found.get(path) == "":
                found[path] = entry.rpartition(" ")[0]
    return found


def link_content(path: str) -> bytes:
    """The content recorded for a symbolic link: the place where it leads, after LINK."""
    return LINK + os.fsencode(os.readlink(path))


def digest(data: bytes | None) -> str:
    """The hash by which a content is known again."""
    return GONE if data is None else hashlib.sha256(data).hexdigest()


@dataclass
class SetupStep:
    """A step: a line about it, how each file changes (name, before, after), and the call for it.

    `run` may be called again: it does what is still missing. `ready` is called before the first
    step is done: it raises PmgitError when this one will not be possible, and writes nothing into
    the repository.
    """

    what: str
    diffs: list[tuple[str, bytes | None, bytes | None]]
    run: Callable[[Journal], None]
    ready: Callable[[], None] | None = None

    @classmethod
    def writing(
        cls, kind: str, name: str, before: bytes | None, after: bytes, why: str = ""
    ) -> Self:
        """The step that writes the file `name`."""
        diff = (name, before, after)
        return cls(f"write {name}{why}", [diff], lambda journal: journal.write(kind, name, after))


def carry_out(steps: Sequence[SetupStep], journal: Journal) -> None:
    """Do the steps, in their order."""
    journal.expect(dict.fromkeys(name for step in steps for name, _, _ in step.diffs))
    for step in steps:
        step.run(journal)
