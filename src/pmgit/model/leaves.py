"""Folders on disk without folders in them, told without a look inside.

Most file systems count in the links of a folder the folders in it, two more for itself: one with
two links has none. `find` relies on it as well. Where a file system does not count (Btrfs) or
counts something else (CIFS), a folder that is known to have folders shows it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_OWN_LINKS = 2


def entries(folder: str, *, links: bool = False) -> list[os.DirEntry[str]]:
    """What is in a folder; with what `test` asks of the folders in it, if `links`. OSError."""
    if not links or os.scandir not in os.supports_fd:
        with os.scandir(folder) as listing:
            return list(listing)
    # By a descriptor the look at each of 1,000 folders takes half of the time.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with os.scandir(descriptor) as listing:
            found = list(listing)
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                entry.stat(follow_symlinks=False)  # the entry keeps it
    finally:
        os.close(descriptor)
    return found


def test(folder: str, folders: Sequence[os.DirEntry[str]]) -> Callable[[os.DirEntry[str]], bool]:
    """How to tell of one of the `folders`, all that there are in `folder`, that it has none."""
    found = os.lstat(folder)
    if not folders or found.st_nlink != len(folders) + _OWN_LINKS:
        return unknown

    def has_no_folder(entry: os.DirEntry[str]) -> bool:
        try:
            inside = entry.stat(follow_symlinks=False)
        except OSError:
            return False
        return inside.st_nlink == _OWN_LINKS and inside.st_dev == found.st_dev

    return has_no_folder


def unknown(entry: os.DirEntry[str]) -> bool:  # noqa: ARG001
    """The answer where links tell nothing."""
    return False
