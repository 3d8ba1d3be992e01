"""The sha256 of files on disk, several at a time, and a memory of what was hashed before.

A file whose size, times and inode are as they were has the content that it had. That is kept in
the git directory, in a file of the user's own: nobody's memory is trusted but one's own.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.formats.regular import open_regular, pieces, read_regular
from pmgit.gitfiles.user_files import write_whole
from pmgit.models.side_by_side import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pmgit.git.repository import Repository
    from pmgit.model.describe import Hasher

#: A memory of 100,000 files has 20 MB.
_MOST_BYTES = 64_000_000
#: What was changed so recently (seconds) may change again within one tick of the file system's
#: clock: FAT counts two seconds.
_SETTLED = 2.0


class Memory:
    """The hashes of files by their identity; `save` writes what was added."""

    def __init__(self, repository: Repository) -> None:
        self._owner = os.getuid() if hasattr(os, "getuid") else 0
        folder = os.path.join(repository.git_dir, "pmgit")
        self._path = os.path.join(folder, f"hashes-{self._owner}.json")
        self._known = self._read()
        self._added: dict[str, list[object]] = {}
        self._saved_at = time.monotonic()

    def _read(self) -> dict[str, list[object]]:
        try:
            status = os.lstat(self._path)
        except OSError:
            return {}
        if not stat.S_ISREG(status.st_mode) or getattr(status, "st_uid", 0) != self._owner:
            return {}
        if status.st_mode & 0o022 and os.name == "posix":
            return {}  # others could have written it
        try:
            found = json.loads(read_regular(self._path, _MOST_BYTES) or b"{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def is_any(self) -> bool:
        """Whether anything is remembered."""
        return bool(self._known)

    def recall(self, path: str, status: os.stat_result) -> str:
        """The sha256 that the file at `path` (from the top) had, when it is still that file."""
        known = self._known.get(path)
        if isinstance(known, list) and known[:-1] == _identity(status):
            sha256 = known[-1]
            return sha256 if isinstance(sha256, str) and len(sha256) == 64 else ""
        return ""

    def keep(self, path: str, status: os.stat_result, sha256: str) -> None:
        """Remember a hash, unless the file may still be changing."""
        if time.time() - max(status.st_mtime, status.st_ctime) > _SETTLED:
            self._added[path] = [*_identity(status), sha256]

    def save(self, every: float = 0.0) -> None:
        """Write what was added; a memory that cannot be written is none, and no error.

        Not when the last time is fewer than `every` seconds ago: all of it is written each time.
        """
        now = time.monotonic()
        if not self._added or now - self._saved_at < every:
            return
        self._saved_at = now
        # Another pmgit may have written meanwhile: a `pull` of many models takes hours.
        data = json.dumps(self._read() | self._added, separators=(",", ":")).encode("ascii")
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            write_whole(self._path, data)
            os.chmod(self._path, 0o600)
        except (OSError, PmgitError):
            return


def _identity(status: os.stat_result) -> list[object]:
    return [
        status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev,
    ]  # fmt: skip


#: The trouble with a file that is not there any more.
GONE = "missing"


@dataclass(frozen=True)
class Hashed:
    """A file that was hashed: its `size` in bytes and `sha256`, or the `trouble` with it."""

    size: int = 0
    sha256: str = ""
    trouble: str = ""


def hash_files(
    top: str,
    paths: Iterable[str],
    memory: Memory | None,
    *,
    jobs: int = 0,
    on_bytes: Callable[[int], None] | None = None,
) -> dict[str, Hashed]:
    """The hashes of the files `paths` (from `top`), a thread for each file, the largest first.

    `jobs` threads (0: as many as the machine has cores). `on_bytes` is called with the number of
    bytes that were read or need not be read again.
    """
    sizes = {path: size_of(os.path.join(top, path)) for path in paths}
    order = sorted(sizes, key=lambda path: (-sizes[path], path))

    found: dict[str, Hashed] = {}

    def one(path: str) -> None:
        found[path] = _hash(os.path.join(top, path), path, memory, on_bytes)

    side_by_side(one, order, jobs or os.cpu_count() or 1)
    return found


def hasher(repository: Repository, on_bytes: Callable[[int], None] | None = None) -> Hasher:
    """What `describe` hashes files with: several at a time, none twice. Raises PmgitError."""

    def hashed(places: Mapping[str, str]) -> dict[str, tuple[int, str]]:
        memory = Memory(repository)
        names = {
            os.path.relpath(place, repository.top).replace(os.sep, "/"): path
            for path, place in places.items()
        }
        found = {}
        for name, one in hash_files(repository.top, names, memory, on_bytes=on_bytes).items():
            if one.trouble and one.trouble != GONE:
                raise PmgitError(f"{name!a} is unreadable: {one.trouble}")
            if not one.trouble:
                found[names[name]] = (one.size, one.sha256)
        memory.save()
        return found

    return hashed


def size_of(path: str) -> int:
    """The size of a file in bytes; 0 when there is none."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


def _hash(
    place: str, path: str, memory: Memory | None, on_bytes: Callable[[int], None] | None
) -> Hashed:
    try:
        with open_regular(place) as file:
            status = os.fstat(file.fileno())
            known = memory.recall(path, status) if memory else ""
            if known:
                if on_bytes:
                    on_bytes(status.st_size)
                return Hashed(status.st_size, known)
            digest = hashlib.sha256()
            for piece in pieces(file):
                digest.update(piece)  # without Python's lock: threads hash side by side
                if on_bytes:
                    on_bytes(len(piece))
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        return Hashed(trouble=GONE)
    except ValueError as error:
        return Hashed(trouble=str(error))
    except OSError as error:
        return Hashed(trouble=error.strerror or "unreadable")
    if _identity(after) != _identity(status):
        return Hashed(trouble="it changed while it was read")
    sha256 = digest.hexdigest()
    if memory:
        memory.keep(path, status, sha256)
    return Hashed(status.st_size, sha256)
