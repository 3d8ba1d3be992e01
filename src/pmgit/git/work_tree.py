"""The file on disk beside its blob: whether it is the same, and its content when it is.

Files are hashed here, as Git would hash them without any filter: asking Git would run the
filters that a repository configures, and those may be anything.
"""

from __future__ import annotations

import os
import stat

from pmgit.git.blob import SUBMODULE, decode, encode
from pmgit.git.objects import Objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from hashlib import _Hash
    from io import BufferedReader

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

#: What the file on disk is, compared with the blob.
SAME, DIFFERENT, ABSENT = "same", "different", "absent"

#: From so many bytes on, OpenSSL is faster, its loading included.
_SMALL = 1_000_000


def compare(repository: Repository, blob: Blob) -> str:
    """Whether the work tree holds this very content at the blob's path, as SAME, …"""
    if blob.mode == SUBMODULE:
        return SAME  # the index holds no content that could get lost
    path = on_disk(repository, blob.path)
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return ABSENT
    if _beyond_link(os.path.dirname(path), blob.path.count("/")):
        return DIFFERENT
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
        digest = _hasher(repository, len(content))
        digest.update(content)
        return SAME if digest.hexdigest() == blob.oid else DIFFERENT
    if not stat.S_ISREG(status.st_mode) or (blob.size >= 0 and status.st_size != blob.size):
        return DIFFERENT
    digest = _hasher(repository, status.st_size)
    try:
        with open(path, "rb", buffering=0) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return DIFFERENT
    return SAME if digest.hexdigest() == blob.oid else DIFFERENT


def left_out(repository: Repository, tracked: Mapping[str, Blob], path: str) -> bytes | None:
    """The content of a file that a sparse checkout leaves off disk; None for any other.

    A new text of the file must begin with it: Git records the file as it is on disk then.
    """
    blob = tracked.get(path)
    if blob is None or not blob.is_regular or not repository.is_sparse:
        return None
    if not _is_left_out(repository, path):
        return None  # somebody has removed it
    return Objects(repository).contents([blob]).get(blob.oid)


def clear_skip_mark(repository: Repository, path: str) -> None:
    """Clear the mark by which Git skips a file that a sparse checkout left out.

    Git before 2.36 does not clear it when the file is written again.
    """
    if repository.is_sparse and _is_left_out(repository, path):
        repository.run("update-index", "--no-skip-worktree", "-z", "--stdin",
                       stdin=encode(path) + b"\0")  # fmt: skip


def _is_left_out(repository: Repository, path: str) -> bool:
    return repository.run("ls-files", "-t", "-z", "--", path).startswith(b"S ")


def content(repository: Repository, blob: Blob, limit: int) -> bytes | None:
    """The content of a blob from its file on disk: the hash proves that it is the same.

    None when it is not, or larger than `limit`. Saves two git processes for a small text.
    """
    data = small(repository, blob, limit)
    if data is None:
        return None
    return data if blob_id(repository, data) == blob.oid else None


def blob_id(repository: Repository, data: bytes) -> str:
    """The id that Git has for a blob with this content."""
    digest = _hasher(repository, len(data))
    digest.update(data)
    return digest.hexdigest()


def small(repository: Repository, blob: Blob, limit: int) -> bytes | None:
    """The content of the plain file at the blob's path; None above `limit` bytes, or for others."""
    path = on_disk(repository, blob.path)
    try:
        status = os.lstat(path)
        # Neither a link nor a pipe is opened: one leads elsewhere, the other never ends.
        beyond = _beyond_link(os.path.dirname(path), blob.path.count("/"))
        if beyond or not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        with open(path, "rb") as file:
            return file.read(limit)
    except (OSError, ValueError):
        return None


def open_unchanged(repository: Repository, blob: Blob) -> BufferedReader | None:
    """The file of a staged blob, open, where Git knows that nobody has changed it since `git add`.

    The index holds the times, the place and the size of the file that was added. Git itself goes by
    these, unless the file is as young as the index. None: nobody knows. For a file on whose path a
    filter works they prove nothing.
    """
    out = repository.run("ls-files", "--debug", "-z", "--", blob.path)
    noted: dict[str, str] = {}
    for line in decode(out).rpartition("\0")[2].replace("\t", "\n").split("\n"):
        name, _, value = line.strip().partition(": ")
        noted[name] = value
    path = on_disk(repository, blob.path)
    try:
        if _beyond_link(os.path.dirname(path), blob.path.count("/")):
            return None
        file = open(path, "rb", opener=_open_plain)  # noqa: SIM115 - the caller closes it
        is_same = _is_as_noted(os.fstat(file.fileno()), noted, os.stat(repository.index))
        if is_same and os.fstat(file.fileno()).st_size == blob.size:
            return file
        file.close()
    except (OSError, ValueError):
        pass
    return None


def _open_plain(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _is_as_noted(file: os.stat_result, noted: dict[str, str], index: os.stat_result) -> bool:
    """Whether a file has the times, the place and the size that the index has noted."""
    times = {"ctime": file.st_ctime_ns, "mtime": file.st_mtime_ns}
    for name, real in times.items():
        seconds, _, rest = noted.get(name, "").partition(":")
        if not (seconds.isdigit() and rest.isdigit()):
            return False
        if int(seconds) * 10**9 + int(rest) != real or real >= index.st_mtime_ns:
            return False
    numbers = {"ino": file.st_ino, "size": file.st_size}
    return stat.S_ISREG(file.st_mode) and all(
        noted.get(name) == str(number & 0xFFFFFFFF) for name, number in numbers.items()
    )


def on_disk(repository: Repository, path: str) -> bytes:
    """The place of a path of the repository in its work tree."""
    # As bytes: in a Latin-1 locale the text would name another file, and "absent" overwrites.
    return os.path.join(os.fsencode(repository.top), encode(path))


def _beyond_link(folder: bytes, depth: int) -> bool:
    """Whether one of the last `depth` folders is a link: Git does not look at what lies beyond."""
    for _ in range(depth):
        if os.path.islink(folder):
            return True
        folder = os.path.dirname(folder)
    return False


def _hasher(repository: Repository, size: int) -> _Hash:
    digest: _Hash
    if repository.object_format == "sha1" and size < _SMALL:
        digest = _small_sha1()
    else:
        import hashlib

        digest = hashlib.new(repository.object_format, usedforsecurity=False)
    digest.update(f"blob {size}\0".encode("ascii"))
    return digest


def _small_sha1() -> _Hash:
    """The same without OpenSSL, which takes hashlib 4 ms to load: too long for a text of 1 kB."""
    try:
        from _sha1 import sha1  # type: ignore[import-not-found]
    except ImportError:  # a Python that was built without it
        from hashlib import sha1
    digest: _Hash = sha1(usedforsecurity=False)
    return digest
