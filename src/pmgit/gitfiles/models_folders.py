"""The models folders that a set-up command works on, and what is in them."""

from __future__ import annotations

import os

from pmgit.formats.regular import read_regular
from pmgit.gitfiles import block
from pmgit.model import folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository

#: No ignore file is larger in earnest.
_MOST_BYTES = 10_000_000


def existing(repository: Repository, config: Config, tracked: Iterable[str]) -> list[str]:
    """The configured models folders that exist, in the index or on disk; else the first one."""
    tracked = list(tracked)
    found = [
        root
        for root in config.models
        if os.path.isdir(os.path.join(repository.top, root))
        or any(path.startswith(f"{root}/") for path in tracked)
    ]
    return found or [config.models[0]]


def files_below(repository: Repository, roots: Iterable[str], tracked: Iterable[str]) -> list[str]:
    """The files below the models folders, in the index and in the work tree, sorted."""
    roots = list(roots)
    below = tuple(f"{root}/" for root in roots)
    found = {path for path in tracked if path.startswith(below)}
    for root in roots:
        found.update(folder.files_on_disk(repository.top, root))
    return sorted(found)


def ignore_blocks(repository: Repository, roots: Iterable[str]) -> list[str]:
    """The `.gitignore` files that have pmgit's block: those of models folders, and that at the top
    ('').
    """
    places = {root: os.path.join(repository.top, root, ".gitignore") for root in ("", *roots)}
    mark = block.BEGIN.encode("ascii")
    return [
        root for root, path in places.items() if mark in (read_regular(path, _MOST_BYTES) or b"")
    ]
