"""The files below the paths that somebody gives, in one order, whatever lies there.

A link to a file counts, by its own path: a loader opens what it leads to, and the caches of the
Hub are made of links. Links to folders are not followed, so there is no circle.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from pmgit.formats.regular import reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Folders that hold no files of a model: Git keeps objects there, and hooks.
_LEFT_OUT = (".git",)
LINK_TO_FOLDER = "a link to a folder, which is not followed"
LINK_TO_NOTHING = "a link to nothing"


@dataclass(frozen=True)
class Place:
    """A path to look at. `opens` is the path of the file that it leads to, `found` what that file
    was when it was looked for; `trouble` says why there is none ('' when there is)."""

    path: str
    opens: str = ""
    trouble: str = ""
    found: os.stat_result | None = None


def files_below(paths: Sequence[str]) -> Iterator[Place]:
    """The places of all files: as they were given, folders in the order of their names."""
    for path in paths:
        yield from _below(path, given=True)


def _below(path: str, *, given: bool) -> Iterator[Place]:
    is_link = False
    try:
        state = os.lstat(path)
        is_link = stat.S_ISLNK(state.st_mode)
        opens = os.path.realpath(path, strict=True) if is_link else path
        state = os.lstat(opens)
    except (OSError, ValueError) as error:
        to_nothing = is_link and not given and isinstance(error, FileNotFoundError)
        yield Place(path, trouble=LINK_TO_NOTHING if to_nothing else reason_of(error))
        return
    if stat.S_ISREG(state.st_mode):
        yield Place(path, opens, found=state)
    elif not stat.S_ISDIR(state.st_mode):
        yield Place(path, trouble="it is neither a file nor a folder")
    elif is_link and not given:
        yield Place(path, trouble=LINK_TO_FOLDER)
    else:
        yield from _folder(path)


def _folder(path: str) -> Iterator[Place]:
    """The files of a folder; of one folder after the other, however deep."""
    waiting = [path]
    while waiting:
        path = waiting.pop()
        try:
            with os.scandir(path) as entries:
                found = sorted((os.fsencode(one.name), one) for one in entries)
        except OSError as error:
            yield Place(path, trouble=reason_of(error))
            continue
        folders = []
        for _, entry in found:
            if not entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, given=False)
            elif entry.name not in _LEFT_OUT:
                folders.append(entry.path)
        waiting += reversed(folders)
