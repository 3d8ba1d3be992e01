"""Files without a name for what git reads and prints, however much that is."""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError


def empty() -> int:
    """A file descriptor of an empty file that has no name and vanishes with it."""
    try:
        return os.memfd_create("pmgit")
    except (AttributeError, OSError):
        pass  # another system, or one that forbids it
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def holding(data: bytes) -> int:
    """A file descriptor to read `data` from."""
    if not data:
        return os.open(os.devnull, os.O_RDONLY)
    file = empty()
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.lseek(file, 0, os.SEEK_SET)
    except OSError:
        os.close(file)
        raise
    return file


def drain(fd: int) -> bytes:
    """All that is in a file, which is closed; nothing for -1."""
    if fd < 0:
        return b""
    try:
        size = os.fstat(fd).st_size
        os.lseek(fd, 0, os.SEEK_SET)
        parts = []
        while size > 0:
            part = os.read(fd, size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(fd)


def no_temporary_files(error: OSError) -> PmgitError:
    """The error that there is no room for what git has to read."""
    return PmgitError(
        f"no temporary files could be made: {error.strerror}",
        "free some space there, or name another folder in TMPDIR",
    )
