"""The files of a model as its lock has them, put where they belong in the cheapest way.

Bytes are put together in a folder of the git directory, hashed while they arrive, judged, and
renamed into place when they are right: a damaged, partial or unsafe file is never found under its
final name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pmgit.core.errors import ROOM, PmgitError, UsageError
from pmgit.core.units import show_size
from pmgit.formats.regular import open_regular, pieces
from pmgit.gitfiles import user_files
from pmgit.model.lock_file import HUB, URL
from pmgit.models.gate import Arrived
from pmgit.models.hashing import size_of
from pmgit.models.side_by_side import side_by_side
from pmgit.sources import resolve
from pmgit.sources.fetch import fetch
from pmgit.sources.listing import RemoteFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pmgit.git.repository import Repository
    from pmgit.model.lock_file import Lock, LockedFile
    from pmgit.models.gate import Gate
    from pmgit.models.nearby import Nearby
    from pmgit.sources.source import Source

#: Beside the files themselves, a disk needs room for what else is written there.
_SPARE = 10_000_000


@dataclass(frozen=True)
class Pulled:
    """A file that is in its place now: `how` it came (a path, or the source), its size (bytes)."""

    path: str
    size: int
    how: str


def staging(repository: Repository) -> str:
    """The folder in which files are put together; on the same disk as the git directory."""
    folder = os.path.join(repository.common_dir, "pmgit", "incoming")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise user_files.not_written(folder, error) from error
    return folder


class Pull:
    """The files of the `lock` of a `model` folder, on their way into their places.

    First they `arrive`, then they `settle`. What lies in a place already is replaced: the caller
    has made sure that nobody misses it.
    """

    def __init__(
        self, repository: Repository, model: str, lock: Lock, files: Sequence[LockedFile]
    ) -> None:
        self._repository = repository
        self._model = model
        self._lock = lock
        folder = staging(repository)
        top = os.path.join(repository.top, model)
        self._targets = {file: os.path.join(top, *file.path.split("/")) for file in files}
        self._parts = {file: os.path.join(folder, f"{file.sha256}.part") for file in files}
        self._ways: dict[str, str] = {}
        self._failure: PmgitError | None = None

    def arrive(
        self, nearby: Nearby, *, jobs: int = 1, on_bytes: Callable[[int], None] = lambda _: None
    ) -> None:
        """Have the files on this machine, `jobs` of them at a time.

        One that cannot be had ends it: the error is raised when what came before has settled.
        """
        demand_room(
            self._repository,
            self._model,
            {part: file.size for file, part in self._parts.items()},
        )
        for file in self._targets:
            refuse_links(self._repository.top, self._model, file.path)
        lock = self._lock

        @cache
        def source() -> Source:
            """Asked for when a file is not on this machine; one for all, because it learns."""
            try:
                return resolve.of_lock(lock.source)
            except UsageError as error:  # of the lock, not of the command
                raise PmgitError(error.message, error.hint) from None

        def copy(file: LockedFile) -> None:
            places, part = nearby.places_of(lock, file, self._model), self._parts[file]
            how = copy_from_near(places, file, self._targets[file], part, on_bytes)
            if how:
                self._ways[file.sha256] = how

        def get(file: LockedFile) -> None:
            _fetch(source(), lock, file, self._parts[file], on_bytes)
            self._ways[file.sha256] = lock.type

        order = sorted(self._targets, key=lambda file: (file.size, file.path))
        first = {file.sha256: file for file in reversed(order)}
        once = [file for file in order if first[file.sha256] == file]
        try:
            # All that is here comes first: a cache may have the weights, and not the model card.
            side_by_side(copy, once, jobs)
            side_by_side(get, [file for file in once if file.sha256 not in self._ways], jobs)
        except PmgitError as error:
            self._failure = error

    def settle(self, gate: Gate, outcome: str) -> list[Pulled]:
        """Put what has arrived into its places.

        Raises NotTakenError when the gate refuses a file, and then nothing has changed; `outcome`
        says so. PmgitError for a file that could not be had or written; what came before it is in
        its place.
        """
        order = sorted(self._targets, key=lambda file: (file.size, file.path))
        here = [file for file in order if file.sha256 in self._ways]
        judged = [Arrived(file.path, self._parts[file], file.sha256) for file in here]
        gate.judge(self._model, judged, outcome)
        copies = put_all([(file, self._parts[file], self._targets[file]) for file in here])
        if self._failure:
            raise self._failure
        return [
            Pulled(file.path, file.size, copies.get(file.path, self._ways[file.sha256]))
            for file in here
        ]


def put_all(files: Iterable[tuple[LockedFile, str, str]]) -> dict[str, str]:
    """Give finished files, each with its part and its target, their final names.

    One part may belong to several: the others are copies of the first, and where each is from is
    returned by its path. Raises PmgitError.
    """
    placed: dict[str, str] = {}
    copies = {}
    for file, part, target in files:
        if part in placed:
            copies[file.path] = placed[part]
            if not copy_from_near([placed[part]], file, target, part, lambda _: None):
                raise PmgitError(f"{target} could not be written", "run it again")
        put(part, target)
        placed.setdefault(part, target)
    return copies


def _fetch(
    source: Source, lock: Lock, file: LockedFile, part: str, on_bytes: Callable[[int], None]
) -> None:
    """Fetch a file to `part`. Raises SourceError when it cannot be had, PmgitError for the disk."""
    revision = revision_of(lock)
    blob = file.blob if lock.type == HUB else ""
    wanted = RemoteFile(file.path, file.size, file.sha256, blob)
    try:
        fetch(source, revision, wanted, part, on_bytes=on_bytes)
    except OSError as error:
        raise user_files.not_written(error.filename or file.path, error) from error


def revision_of(lock: Lock) -> str:
    """The full commit of a lock, '' for an address; PmgitError when it should name one."""
    revision = str(lock.source.get("revision", ""))
    if not revision and lock.type != URL:
        raise PmgitError(
            "pmgit.lock names no commit to fetch from",
            "to lock what its branch has now: pmgit update MODEL",
        )
    return revision


def demand_room(repository: Repository, model: str, parts: Mapping[str, int]) -> None:
    """Raise PmgitError when a disk has no room for the files that are put together at `parts`.

    `parts` are paths with the bytes that each will have; bytes that have arrived already count.
    They end in the model folder `model`, which may lie on another disk.
    """
    wanted = sum(size - min(size, size_of(part)) for part, size in parts.items())
    target = os.path.join(repository.top, model)
    while not os.path.isdir(target):
        target = os.path.dirname(target)
    for folder in (target, repository.common_dir):
        free = shutil.disk_usage(folder).free
        if wanted + _SPARE > free:
            raise PmgitError(
                f"there is not enough room: {show_size(wanted)} are needed,"
                f" {show_size(free)} are free, and {show_size(_SPARE)} of them stay free",
                ROOM,
            )


def refuse_links(top: str, model: str, path: str) -> None:
    """Raise PmgitError when a link or a file stands where a folder of the model has to be."""
    at = top
    parts = [*model.split("/"), *path.split("/")]
    for part in parts[:-1]:
        at = os.path.join(at, part)
        if os.path.islink(at) or (os.path.lexists(at) and not os.path.isdir(at)):
            shown = os.path.relpath(at, top).replace(os.sep, "/")
            kind = "link" if os.path.islink(at) else "file"
            raise PmgitError(
                f"{shown} is a {kind}, where a folder has to be",
                "pmgit writes through no link: move it away, then run it again",
            )
    if os.path.isdir(os.path.join(at, parts[-1])):
        raise PmgitError(
            f"{model}/{path} is a folder, where a file has to be", "move it away, then run it again"
        )


def copy_from_near(
    places: Iterable[str],
    file: LockedFile,
    target: str,
    part: str,
    on_bytes: Callable[[int], None],
) -> str:
    """Put a file of this machine that has the right bytes at `part`; where it was, or ''."""
    for place in places:
        if os.path.abspath(place) == os.path.abspath(target):
            continue  # it has been looked at: it is not right
        copy = f"{part}.{os.urandom(4).hex()}"
        try:
            if _copied(os.path.realpath(place), copy, on_bytes) == file.sha256:
                os.replace(copy, part)
                return place
        except ValueError:
            continue
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise user_files.not_written(file.path, error) from error
            continue
        finally:
            _remove(copy)
    return ""


def _copied(place: str, copy: str, on_bytes: Callable[[int], None]) -> str:
    """Copy a regular file, sharing its blocks where the file system can; its sha256."""
    digest = hashlib.sha256()
    with open_regular(place) as reader, open(copy, "xb") as writer:
        shared = _share_blocks(reader.fileno(), writer.fileno())
        for piece in pieces(reader):
            digest.update(piece)
            if not shared:
                writer.write(piece)
            on_bytes(len(piece))
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _share_blocks(source: int, target: int) -> bool:
    """Make `target` a copy of `source` that shares its blocks (Btrfs, XFS); whether that worked."""
    try:
        import fcntl

        fcntl.ioctl(target, 0x40049409, source)  # FICLONE, linux/fs.h
    except (ImportError, OSError):
        return False
    return True


def put(part: str, target: str) -> None:
    """Give a finished file its final name; raises PmgitError."""
    folder = os.path.dirname(target)
    try:
        os.makedirs(folder, exist_ok=True)
        move(part, target)
        _remove(f"{part}.note")  # of a whole one that was refused once
    except OSError as error:
        raise user_files.not_written(target, error) from error


def move(source: str, target: str) -> None:
    """Give a finished file or folder its final name in one step; raises OSError."""
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The work tree lies on another disk: copy there first, under a name of its own.
        beside = user_files.unfinished(target)
        copy = shutil.copytree if os.path.isdir(source) else shutil.copyfile
        try:
            copy(source, beside)
            os.replace(beside, target)
        finally:
            _remove(beside)
        _remove(source)


def _remove(path: str) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    try:
        os.unlink(path)
    except OSError:
        pass
