"""Reading and writing a user's file, whole or not at all.

The new content goes to a temporary file in the same folder, reaches the disk, and takes the old
file's place in one step. A crash, a full disk or a second pmgit leaves the old file or the new
one, never half of either.
"""

from __future__ import annotations

import errno
import os
import stat

from pmgit.core.errors import ROOM, PmgitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_HINTS = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: "free some of your disk quota, then run it again",
    errno.EFBIG: "this disk, or a limit (ulimit -f), allows no file of this size",
    errno.EROFS: "the file system is mounted read-only",
    errno.ENOENT: "make the folder first",
    errno.ENOTDIR: "a file is where a folder is needed",
}
_POSIX = os.name == "posix"
_HEX = frozenset("0123456789abcdef")
#: What people write by hand is smaller than this, in bytes; a sparse file may claim any size.
MOST = 64_000_000


def read(path: str, limit: int = MOST) -> bytes | None:
    """The content of a file; None when there is none.

    Raises PmgitError when it cannot be read, has more than `limit` bytes, or is a link: what it
    points to may be outside of the repository, and Git does not read `.gitattributes` and
    `.gitignore` through links. A pipe is not opened: it may never end.
    """
    _refuse_link(path)
    before = _status(path)
    if before is not None and not (stat.S_ISREG(before.st_mode) or stat.S_ISDIR(before.st_mode)):
        raise _not_a_file(path)
    if before is not None and limit < before.st_size:
        raise PmgitError(
            f"{path} has {before.st_size:,} bytes, at most {limit:,} are read",
            "move it out of the way, then run it again",
        )
    try:
        with open(path, "rb") as file:
            return file.read(limit)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PmgitError(f"{path} could not be read: {error.strerror}") from error


def write_whole(path: str, data: bytes, *, new: bool = False) -> None:
    """Put `data` at `path`, in one step; the mode of an existing file stays.

    With `new`, a file that exists (also one that another process has just made) is an error.
    Raises PmgitError, and then the old file is as it was and nothing else is left behind.
    """
    if new and os.path.lexists(path):
        raise _exists(path)
    _refuse_link(path)
    before = _status(path)
    _refuse_read_only(path, before)
    _make(path, lambda part: _fill(part, data, before), _put_new if new else os.replace)


def write_script(path: str, data: bytes, mode: int) -> None:
    """Put a script at `path`, in one step, also in the place of a link. It has its permissions
    before it gets its name: Git skips a hook that is not executable, and reports success.

    Raises PmgitError.
    """

    def make(part: str) -> None:
        _fill(part, data, None)
        os.chmod(part, mode)

    _refuse_read_only(path, None)
    _make(path, make)


def link_whole(path: str, target: str) -> None:
    """Put a symbolic link to `target` at `path`, in one step. Raises PmgitError."""
    _make(path, lambda part: os.symlink(target, part))


def make_folder(path: str) -> None:
    """Make a folder and those above it. Raises PmgitError."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise PmgitError(
            f"the folder {path} could not be made: {error.strerror}", "see who may write there"
        ) from error


def remove(path: str) -> None:
    """Remove a file, if it is there. Raises PmgitError."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise PmgitError(f"{path} could not be removed: {error.strerror}") from error


def _make(
    path: str, make: Callable[[str], None], put: Callable[[str, str], None] = os.replace
) -> None:
    """Have `make` make a file under another name, and `put` it at `path`. Raises PmgitError."""
    part = unfinished(path)
    try:
        make(part)
        put(part, path)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        _remove(part)


def not_written(path: str, error: OSError) -> PmgitError:
    """The error for a file that could not be written."""
    hint = _HINTS.get(error.errno or 0, "see who may write there: ls -la")
    return PmgitError(f"{path} could not be written: {error.strerror or 'unknown error'}", hint)


def unfinished(path: str) -> str:
    """The name of a file until it gets the name `path`; what a killed process has left is swept."""
    sweep(path)
    return f"{path}.{os.getpid()}-{os.urandom(6).hex()}.tmp"


def sweep(path: str) -> None:
    """Remove the unfinished files of this name whose processes have ended without removing them."""
    if not _POSIX:
        return  # to ask Windows for a process by `kill` ends it
    folder, name = os.path.split(path)
    try:
        beside = os.listdir(folder or ".")
    except OSError:
        return
    for other in beside:
        if other.startswith(f"{name}.") and other.endswith(".tmp"):
            process, dash, code = other[len(name) + 1 : -len(".tmp")].partition("-")
            ours = dash and process.isdecimal() and len(code) == 12 and _HEX.issuperset(code)
            if ours and not _runs(int(process)):
                _remove(os.path.join(folder, other))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # it is somebody else's
    return True


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _fill(part: str, data: bytes, before: os.stat_result | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # 0o666 less the umask: what any new file gets.
    with open(os.open(part, flags, 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if before is not None:
        if _POSIX and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            try:
                os.chown(part, before.st_uid, before.st_gid)
            except OSError:
                pass  # only root may give a file away; the content matters more
        os.chmod(part, stat.S_IMODE(before.st_mode))


def _put_new(part: str, path: str) -> None:
    """Give the file its name, unless the name is taken: there is no moment in between."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (FAT, some network drives): take the name first, then fill it.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        os.replace(part, path)


def _remove(part: str) -> None:
    try:
        os.unlink(part)
    except OSError:
        pass  # it has become the file, or was never made


def _refuse_link(path: str) -> None:
    if os.path.islink(path):
        raise PmgitError(
            f"{path} is a symbolic link; pmgit does not write through links",
            "put a plain file in its place, then run it again",
        )


def _refuse_read_only(path: str, before: os.stat_result | None) -> None:
    """A file or folder without any write bit is left alone, also when root could write it."""
    if before is not None and not stat.S_ISREG(before.st_mode):
        raise _not_a_file(path)
    if before is not None and not before.st_mode & 0o222:
        raise PmgitError(f"{path} is read-only", f"allow it first: chmod u+w {path}")
    folder = os.path.dirname(path) or "."
    above = _status(folder)
    # On Windows the bit of a folder means nothing.
    if _POSIX and above is not None and stat.S_ISDIR(above.st_mode) and not above.st_mode & 0o222:
        raise PmgitError(f"the folder {folder} is read-only", f"allow it first: chmod u+w {folder}")


def _not_a_file(path: str) -> PmgitError:
    return PmgitError(f"{path} is not a file", "move it out of the way, then run it again")


def _exists(path: str) -> PmgitError:
    return PmgitError(
        f"{path} exists already", "nothing was changed; move it away to make a new one"
    )
