"""Looking at a repository before `pmgit init` writes anything."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.config import Config
from pmgit.core.errors import UsageError
from pmgit.gitfiles import models_folders
from pmgit.hooks.names import FILES
from pmgit.init import candidates
from pmgit.lfs import missing, pointer
from pmgit.model import storage
from pmgit.model.weights import ALWAYS, AMBIGUOUS, Tiers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pmgit.git.blob import Blob
    from pmgit.init.candidates import Folder
    from pmgit.snapshots.base import Snapshot

#: Of so many folders the content is looked at: each may be as large as the work tree.
_MOST_WEIGHED = 50


@dataclass
class Look:
    """The findings: models folders to take, to offer and to leave, Git LFS, and hooks.

    `raw` are blobs of the index that are weights and no pointers; `source` is the configuration
    that names the folders to take ('' when none does), `idle` are lines about managers of hooks
    that have none here. `more` folders have a name like those offered, and were not looked into.
    `is_invented`: there is no models folder, and the one to take is to be made.
    """

    taken: list[Folder] = field(default_factory=list)
    offered: list[Folder] = field(default_factory=list)
    left: list[Folder] = field(default_factory=list)
    more: int = 0
    raw: list[Blob] = field(default_factory=list)
    lfs_installed: bool = False
    lfs_lines: bool = False
    managers: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)
    source: str = ""
    is_invented: bool = False


def look(snapshot: Snapshot, config: Config, wanted: Iterable[str] = ()) -> Look:
    """Look at the repository, whose index `snapshot` is. `wanted` are models folders that a person
    has named.
    """
    repository, tracked = snapshot.repository, snapshot.listing()
    tiers = Tiers(config)
    seen = Look(source=config.source)

    def weighed(path: str) -> Folder:
        return candidates.weigh(repository, tiers, path, tracked)

    found = candidates.find(repository, tracked)
    if wanted or config.source:
        names = list(wanted) or models_folders.existing(repository, config, tracked)
        seen.taken = [weighed(name) for name in names]
    else:
        for path in filter(candidates.is_common, found):
            if not any(path.startswith(f"{folder.path}/") for folder in seen.taken):
                seen.taken += filter(_is_taken, [weighed(path)])
        if not seen.taken:
            seen.taken, seen.is_invented = [weighed(_new(found))], True
    _offer(seen, weighed, found)
    seen.raw = _raw(snapshot, tiers, [folder.path for folder in seen.taken])
    seen.lfs_installed = missing.is_installed()
    seen.lfs_lines = storage.has_lfs_lines(snapshot)
    seen.managers = [
        name
        for name, marks in FILES.items()
        if any(os.path.lexists(os.path.join(repository.top, mark)) for mark in marks)
    ]
    return seen


def _is_taken(folder: Folder) -> bool:
    """Whether a folder of a common name is taken without a question.

    At the top as it is, and in another case too, because on some disks there is no other beside
    it; elsewhere and in other spellings with weights as evidence.
    """
    if folder.path in candidates.COMMON:
        return True
    if folder.is_clone or not _can_be_named(folder.path):
        return False
    if folder.path.rpartition("/")[2] in candidates.COMMON:
        return folder.files > 0
    return not folder.has_code and (folder.files > 0 or folder.path.lower() in candidates.COMMON)


def _new(found: Iterable[str]) -> str:
    """The models folder to make: one that differs from what is there in more than its case."""
    there = {path.lower() for path in found}
    return next((name for name in candidates.COMMON if name not in there), candidates.COMMON[0])


def _offer(seen: Look, weighed: Callable[[str], Folder], found: Iterable[str]) -> None:
    """Sort the folders that are not taken, and lie neither in one that is nor around it."""
    known = [f"{folder.path}/" for folder in seen.taken]
    left = _MOST_WEIGHED
    for path in found:
        begin = f"{path}/"
        apart = not any(begin.startswith(one) or one.startswith(begin) for one in known)
        if not (apart and _can_be_named(path)):
            continue
        left -= 1
        if left < 0:
            seen.more += 1
            continue
        folder = weighed(path)
        if folder.has_code or folder.is_clone:
            if folder.files:
                seen.left.append(folder)
        elif folder.files or (candidates.is_pretrained_name(path) and not folder.is_empty):
            seen.offered.append(folder)
            known.append(begin)


def _can_be_named(path: str) -> bool:
    """Whether the configuration can have it as a models folder."""
    try:
        return Config({"models": [path]}).models == (path,)
    except UsageError:
        return False


def _raw(snapshot: Snapshot, tiers: Tiers, roots: Iterable[str]) -> list[Blob]:
    """The tracked weights that are no pointers: all of a models folder, elsewhere by name."""
    begins = tuple(f"{root}/" for root in roots)
    asked = []
    for path, blob in snapshot.listing().items():
        tier = tiers.of(path)
        if blob.is_regular and (tier == ALWAYS or (tier == AMBIGUOUS and path.startswith(begins))):
            asked.append(blob)
    snapshot.objects.survey(asked, pointer.may_be)
    return [b for b in asked if b.size > 0 and not pointer.read(b.head or b"", expected=True)]
