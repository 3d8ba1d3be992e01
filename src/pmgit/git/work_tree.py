"""The file on disk beside its blob: whether it is the same, and its content when it is.

Files are hashed here, as Git would hash them without any filter: asking Git would run the
filters that a repository configures, and those may be anything.
"""

from __future__ import annotations

import os
import stat

from pmgit.git.blob import LINK, SUBMODULE, Blob, decode, encode
from pmgit.git.objects import Objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from io import BufferedReader

    from pmgit.git.repository import Repository

#: What the file on disk is, compared with the blob.
SAME, DIFFERENT, ABSENT = "same", "different", "absent"


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
        is_same = blob.mode == LINK and repository.id_of(os.readlink(path)) == blob.oid
        return SAME if is_same else DIFFERENT
    if not stat.S_ISREG(status.st_mode) or (blob.size >= 0 and status.st_size != blob.size):
        return DIFFERENT
    digest = repository.hasher(status.st_size)
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
    return bool(all_left_out(repository, [path]))


def all_left_out(repository: Repository, paths: Iterable[str]) -> set[str]:
    """Those of the tracked files that a sparse checkout leaves off disk."""
    wanted = list(paths)
    if not (wanted and repository.is_sparse):
        return set()
    out = repository.run("--literal-pathspecs", "ls-files", "-t", "-z", "--", *wanted)
    return {decode(row[2:]) for row in out.split(b"\0") if row.startswith(b"S ")}


def content(repository: Repository, blob: Blob, limit: int) -> bytes | None:
    """The content of a blob from its file on disk: the hash proves that it is the same.

    None when it is not, or larger than `limit`. Saves two git processes for a small text.
    """
    data = small(repository, blob, limit)
    if data is None:
        return None
    return data if repository.id_of(data) == blob.oid else None


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
    from pmgit.formats.regular import open_regular

    out = repository.run("ls-files", "--debug", "-z", "--", blob.path)
    noted = _noted(decode(out).rpartition("\0")[2])
    path = on_disk(repository, blob.path)
    try:
        if _beyond_link(os.path.dirname(path), blob.path.count("/")):
            return None
        file = open_regular(path)
        is_same = _is_as_noted(os.fstat(file.fileno()), noted, os.stat(repository.index))
        if is_same and os.fstat(file.fileno()).st_size == blob.size:
            return file
        file.close()
    except (OSError, ValueError):
        pass
    return None


def changed(repository: Repository) -> list[Blob]:
    """The blobs of the index whose files on disk have another content, or are not there.

    Only files that are not as the index has noted are read. `git diff-files` (2.39) reads those as
    young as the index too, through the filters that the repository configures.
    """
    # <tag> 100644 <id> 0<TAB><path><NUL>, then lines of `name: value`. The tag of what Git shall
    # not look at is S (a sparse checkout left it out) or a small letter (assumed to be unchanged).
    out = decode(repository.run("ls-files", "-v", "-s", "-z", "--debug"))
    if not out:
        return []  # there may be no index
    index = os.stat(repository.index)
    entry, *rest = out.split("\0")
    found = []
    for text in rest:
        place, path = entry.split("\t", 1)
        tag, mode, oid, _ = place.split(" ")
        values, _, entry = text.partition("flags: ")
        entry = entry.partition("\n")[2]
        if tag == "S" or tag.islower():
            continue
        blob = Blob(path, oid, mode)
        try:
            file = os.lstat(on_disk(repository, path))
            is_same = stat.S_ISREG(file.st_mode) and _is_as_noted(file, _noted(values), index)
        except (OSError, ValueError):
            is_same = False
        if not is_same and compare(repository, blob) != SAME:
            found.append(blob)
    return found


def _noted(text: str) -> dict[str, str]:
    """What `ls-files --debug` has printed of one file, by its names."""
    noted = {}
    for line in text.replace("\t", "\n").split("\n"):
        name, _, value = line.strip().partition(": ")
        noted[name] = value
    return noted


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
    return all(noted.get(name) == str(number & 0xFFFFFFFF) for name, number in numbers.items())


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
