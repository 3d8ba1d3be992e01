"""One thing that is inspected: a file, a pointer with its object, a blob of a revision, a folder.

A file is judged as a scan judges it, and listed when it is whole. Nothing of it is loaded.
"""

from __future__ import annotations

import os
import posixpath
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.formats import names
from pmgit.formats.opinion import (
    BROKEN,
    POINTER,
    UNKNOWN,
    FileFinding,
    Opinion,
    opinion,
)  # fmt: skip
from pmgit.formats.reader import FileReader
from pmgit.formats.regular import open_regular, reason_of
from pmgit.git import process, revisions
from pmgit.git.repository import discover
from pmgit.lfs import pointer, store
from pmgit.scan import scanned
from pmgit.scan.paths import files_below
from pmgit.scan.scanned import judge_content
from pmgit.tensors import read
from pmgit.tensors.contents import FileContents

if TYPE_CHECKING:
    from typing import IO, Self

    from pmgit.formats.reader import Reader
    from pmgit.git.repository import Repository

NO_FILE = "no file"


@dataclass
class Inspected:
    """What is known of one file: the opinion of a scan on it, and its contents.

    `oid` is that of the object when the file is a pointer; `here` is whether the object is on this
    machine (then all else is about it). `could` is whether the file could be read at all.
    """

    path: str
    opinion: Opinion
    size: int = 0
    contents: FileContents = field(default_factory=FileContents)
    oid: str = ""
    here: bool = True
    could: bool = True
    reader: Reader | None = None

    @property
    def is_listed(self) -> bool:
        """Whether the contents are those of the whole file."""
        return self.could and self.here and self.opinion.verdict not in (BROKEN, UNKNOWN)


class Surroundings:
    """The repository around, looked for only where a pointer or a revision needs it."""

    def __init__(self) -> None:
        self._repository: Repository | None = None
        self._stores: list[str] | None = None

    def repository(self) -> Repository:
        """The repository; PmgitError outside of one."""
        if self._repository is None:
            self._repository = discover()
        return self._repository

    def stores(self) -> list[str]:
        """The stores of Git LFS; none outside of a repository."""
        if self._stores is None:
            try:
                self._stores = store.folders(self.repository())
            except PmgitError:
                self._stores = []
        return self._stores


class Looks:
    """Opens what is inspected, and closes it at the end: a context."""

    def __init__(self, around: Surroundings) -> None:
        self._stack = ExitStack()
        self._around = around

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def file(self, path: str, *, alone: bool = False) -> Inspected:
        """Look at the file at a path, or at `REV:path` when there is no such file.

        `alone`: what lies beside it does not count.
        """
        if not os.path.lexists(path) and ":" in path:
            return self._revision(path)
        place = next(iter(files_below([path])), None)
        if place is None or os.path.isdir(path):
            return _unreadable(path, "it is a folder")
        if place.trouble:
            return _unreadable(path, place.trouble)
        try:
            file = self._stack.enter_context(open_regular(place.opens))
        except (OSError, ValueError) as error:
            return _unreadable(path, reason_of(error))
        return self._content(path, file, "" if alone else os.path.dirname(path) or ".")

    def _content(self, name: str, file: IO[bytes], folder: str) -> Inspected:
        try:
            reader = FileReader(file, folder)
            head = reader.read(0, pointer.MAX_BYTES)
            found = pointer.readable(head) if reader.size < pointer.MAX_BYTES else None
            if found is not None and found.fault not in pointer.NOT_BY_LFS:
                return self._pointer(name, found, folder)
            return _listed(Inspected(name, judge_content(reader, name), reader=reader), reader)
        except (OSError, ValueError) as error:
            return _unreadable(name, reason_of(error))

    def _pointer(self, name: str, found: pointer.Pointer, folder: str) -> Inspected:
        """Look at the object that a pointer stands for, when it is here."""
        path = store.find_in(self._around.stores(), found.oid)
        if not path:
            text = "the content that it stands for is not here"
            absent = opinion(names.POINTER, [FileFinding(POINTER, text)])
            return Inspected(name, absent, found.size, oid=found.oid, here=False)
        try:
            reader = FileReader(self._stack.enter_context(open_regular(path)), folder)
        except (OSError, ValueError) as error:
            return _unreadable(name, reason_of(error))
        looked = Inspected(name, judge_content(reader, name), oid=found.oid, reader=reader)
        if reader.size != found.size:
            text = f"the object has {reader.size:,} bytes, the pointer says {found.size:,}"
            wrong = FileFinding(BROKEN, text)
            looked.opinion = opinion(looked.opinion.kind, [wrong, *looked.opinion.findings])
        return _listed(looked, reader)

    def _revision(self, name: str) -> Inspected:
        """Look at a blob: `HEAD~1:pretrained_model/bert/model.safetensors`."""
        try:
            repository = self._around.repository()
        except PmgitError:
            return _unreadable(name, "no such file, and no repository for a revision")
        revision, _, path = name.partition(":")
        if path.startswith(("./", "../")):
            # Git is asked from the top.
            path = posixpath.normpath(repository.prefix + path)
        oid = revisions.id_of(repository, f"{revision}:{path}")
        if not oid:
            return _unreadable(name, "no such file, nor such a file of a revision")
        try:
            if repository.run("cat-file", "-t", oid).strip() != b"blob":
                return _unreadable(name, "it is no file of that revision")
            file = self._blob(repository, oid)
        except PmgitError as error:
            return _unreadable(name, error.message)
        return self._content(name, file, "")

    def _blob(self, repository: Repository, oid: str) -> IO[bytes]:
        """A file without a name that holds the content of a blob."""
        import tempfile

        try:
            file = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        except OSError as error:
            raise process.no_temporary_files(error) from error
        asked = ("cat-file", "blob", oid)
        started = process.start(*asked, top=repository.top, env=repository.env, into=file.fileno())
        code, _, err = started.wait()
        if code:
            raise process.GitError(asked, code, err)
        return file


def _listed(looked: Inspected, reader: Reader) -> Inspected:
    looked.size = reader.size
    if looked.is_listed:
        looked.contents = read.read(reader, looked.opinion.kind)
    return looked


def nothing(name: str) -> Inspected:
    """A file that is not there, to be compared with one that is."""
    return Inspected(name, opinion(NO_FILE, []))


def _unreadable(name: str, why: str) -> Inspected:
    return Inspected(name, scanned.unreadable(why), could=False)
