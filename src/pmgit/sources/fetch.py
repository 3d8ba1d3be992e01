"""One file, fetched to its last byte: continued where it broke off, hashed while it arrives.

What has arrived lies in a part, a file that the caller names by the content that it shall have.
Whenever the process is killed, the part holds a beginning of the file, and the next fetch goes on
at its end. Nothing but the whole and right content is ever called done.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.core.file_lock import take
from pmgit.formats.regular import read_regular
from pmgit.sources import web
from pmgit.sources.errors import DamagedError, PassingError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pmgit.sources.listing import RemoteFile
    from pmgit.sources.source import Source
    from pmgit.sources.web import ByteStream

_CHUNK = 1 << 20
#: Bytes that must have arrived for a failure to count as the first one again.
_PROGRESS = 1_000_000
#: Seconds between two looks at a part that another process is filling.
_PAUSE = 0.1


class _OtherFileError(Exception):
    """The bytes of the source are not those of the file that was asked for."""


def fetch(
    source: Source,
    revision: str,
    file: RemoteFile,
    part: str,
    *,
    on_bytes: Callable[[int], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    attempts: int = web.ATTEMPTS,
) -> tuple[int, str]:
    """Fetch `file` of the full commit `revision` to the path `part`; its size and sha256.

    Size and hash are compared with those of `file`. `on_bytes` is called with the number of bytes
    that are there, first of all those of an earlier fetch; the number is negative when some turned
    out to be of no use. `sleep` takes seconds; after `attempts` without a new megabyte in between
    the fetch is given up.
    Of several that fetch to one part, one works and the others wait. Its folder must exist.

    Raises DamagedError when the right bytes do not come, SourceError when none do, and OSError for
    trouble with the disk. The part stays, to be continued, unless it is damaged.
    """
    why = ""
    for _ in range(2):
        with _Part(part, file, on_bytes) as kept:
            try:
                patience = web.Patience(
                    source.address, sleep=sleep, attempts=attempts, help=source.elsewhere
                )
                _fill(kept, source, revision, patience)
                why = kept.difference()
            except _OtherFileError as error:
                why = str(error)
            if not why:
                kept.finish()
                return kept.size, kept.sha256
            kept.discard()
    raise DamagedError(
        f"{file.path!r} of {source.label} is not what it should be: {why}",
        "it was fetched twice; the source, or a mirror or proxy on the way, gives other bytes",
    )


def _fill(kept: _Part, source: Source, revision: str, patience: web.Patience) -> None:
    """Append what is missing of the file to its part."""
    reached = kept.size
    while not kept.is_whole:
        try:
            with (
                web.failures(source.address, source.elsewhere),
                source.open(revision, kept.file, kept.size, kept.validator) as stream,
            ):
                _append(kept, stream)
            return
        except PassingError as error:
            if error.must_restart:
                kept.restart()
            if kept.size >= reached + _PROGRESS:
                reached = kept.size
                patience.renew()
            patience.wait(error)


def _append(kept: _Part, stream: ByteStream) -> None:
    if kept.size and not kept.continues(stream):
        is_at_start = stream.start == 0
        kept.restart()
        if not is_at_start:
            raise PassingError("it goes on at another place than it was asked to", wait=0)
    elif stream.start != kept.size:
        raise PassingError("it begins at another place than it was asked to")
    kept.begin(stream)
    if kept.total < 0 and not stream.is_bounded and not kept.has_hash:
        raise SourceError(
            f"nothing says where {kept.file.path!r} ends: neither its server nor a hash",
            "name its hash: --sha256 HASH",
        )
    for chunk in stream.chunks():
        kept.append(chunk)
    if 0 <= kept.size < kept.total:
        raise PassingError("the connection was closed too early")


class _Part:
    """The part of `file` that has arrived: its `size` in bytes, the `total` of all (-1: unknown).

    Where no hash is known, a note beside it keeps what names the state of the source's file, its
    `validator`, so that parts of two states are never joined.
    """

    def __init__(self, path: str, file: RemoteFile, on_bytes: Callable[[int], None] | None) -> None:
        self._path = path
        self._note = f"{path}.note"
        self.file = file
        self._on_bytes = on_bytes or (lambda _: None)
        self.has_hash = bool(file.sha256 or file.blob)
        self._digest = hashlib.sha256()
        self.size = 0
        self.total = file.size
        self.validator = ""

    def __enter__(self) -> _Part:
        self._fd = _open_alone(self._path)
        try:
            self._take_up()
        except BaseException:
            os.close(self._fd)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

    def _take_up(self) -> None:
        """Hash what an earlier fetch has left, or drop it where it cannot be continued."""
        size = os.fstat(self._fd).st_size
        if not self.has_hash:
            self.validator, total = _read_note(self._note)
            self.total = total if self.total < 0 else self.total
            if not self.validator or (total >= 0 and total != self.total):
                size = 0
            elif size == self.total and self.file.etag not in ("", self.validator):
                size = 0  # nothing else asks whether the source has another file by now
        if not size or 0 <= self.total < size:
            self._truncate()
            return
        while count := len(chunk := os.read(self._fd, _CHUNK)):
            self._digest.update(chunk)
            self.size += count
            self._on_bytes(count)

    @property
    def is_whole(self) -> bool:
        """Whether no byte is missing, as far as the total is known."""
        return self.size == self.total

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def continues(self, stream: ByteStream) -> bool:
        """Whether a stream goes on where the part ends, with the same file."""
        is_same = stream.validator == self.validator and stream.total in (-1, self.total)
        return stream.start == self.size and (self.has_hash or is_same)

    def begin(self, stream: ByteStream) -> None:
        """Before the first byte of a stream: see whether it is of the right file."""
        if stream.total >= 0 and self.file.size >= 0 and stream.total != self.file.size:
            raise _OtherFileError(
                f"it has {stream.total:,} bytes there, and should have {self.file.size:,}"
            )
        if self.file.size < 0 and (stream.total >= 0 or not self.size):
            self.total = stream.total
        if not self.has_hash and not self.size:
            self.validator = stream.validator
            _write_note(self._note, stream.validator, self.total)

    def append(self, chunk: bytes) -> None:
        """Write a chunk at once: what was written outlives this process."""
        if 0 <= self.total < self.size + len(chunk):
            raise _OtherFileError(f"more than {self.total:,} bytes arrived")
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self._fd, rest) :]
        self._digest.update(chunk)
        self.size += len(chunk)
        self._on_bytes(len(chunk))

    def restart(self) -> None:
        """Drop all bytes."""
        if self.size:
            self._on_bytes(-self.size)
        self._truncate()

    def _truncate(self) -> None:
        os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        # Only after the bytes: a note is never kept for bytes of another state.
        _remove(self._note)
        self._digest = hashlib.sha256()
        self.size = 0
        self.total = self.file.size
        self.validator = ""

    def discard(self) -> None:
        """Leave nothing; before anybody who waits for the part gets it."""
        self.restart()
        try:
            os.remove(self._path)
        except OSError:  # Windows removes nothing that is open: it stays, and is empty
            return

    def difference(self) -> str:
        """The fault of the whole content; '' when it is as the file should be."""
        file = self.file
        if file.size >= 0 and self.size != file.size:
            return f"it has {self.size:,} bytes, and should have {file.size:,}"
        if file.sha256 and self.sha256 != file.sha256:
            return f"its sha256 is {self.sha256}, and should be {file.sha256}"
        if not self.sha256.startswith(file.prefix):
            return f"its sha256 is {self.sha256}, and should begin with {file.prefix}"
        if file.blob and not file.sha256 and (blob := self._blob(len(file.blob))) != file.blob:
            return f"its blob id is {blob}, and should be {file.blob}"
        return ""

    def _blob(self, digits: int) -> str:
        """The id that Git gives the content; what has no sha256 is small, and is read again."""
        digest = hashlib.sha1(usedforsecurity=False) if digits == 40 else hashlib.sha256()
        digest.update(b"blob %d\0" % self.size)
        os.lseek(self._fd, 0, os.SEEK_SET)
        while chunk := os.read(self._fd, _CHUNK):
            digest.update(chunk)
        return digest.hexdigest()

    def finish(self) -> None:
        """See the content onto the disk."""
        os.fsync(self._fd)
        _remove(self._note)


def keep_whole(part: str, file: RemoteFile, size: int) -> None:
    """Have the next fetch of `file` find its whole part; one without a hash needs a note for it."""
    if not file.sha256 and not file.blob:
        _write_note(f"{part}.note", file.etag, size)


def _open_alone(path: str) -> int:
    """The file at `path`, made when it is not there; waits while somebody else fetches to it."""
    flags = os.O_RDWR | os.O_CREAT
    for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY", "O_NONBLOCK"):
        flags |= getattr(os, name, 0)
    while True:
        try:
            fd = os.open(path, flags, 0o666)
        except OSError:
            if os.path.islink(path):
                raise PmgitError(f"{path} is a link", "remove it, then run it again") from None
            raise
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise PmgitError(f"{path} is no file", "remove it, then run it again")
            while not take(fd):
                time.sleep(_PAUSE)
            if _is_still(path, fd):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)  # it was done and moved away while this one waited


def _is_still(path: str, fd: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except FileNotFoundError:
        return False


def _read_note(path: str) -> tuple[str, int]:
    """Validator and total as they were noted; ('', -1) when they were not, or not whole."""
    try:
        found = json.loads(read_regular(path, 10_000) or b"null")
        validator, total = found["validator"], found["total"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", -1
    if not isinstance(validator, str) or type(total) is not int:
        return "", -1
    return validator, total


def _write_note(path: str, validator: str, total: int) -> None:
    if validator:
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"validator": validator, "total": total}, file)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except FileNotFoundError:
        pass
