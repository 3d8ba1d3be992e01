"""Files of an earlier lock: their source has them, so that nobody misses them on this disk.

Somebody else's `pmgit update` comes with `git pull`; what lies here is then what the lock before
named, and no work of anybody.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.git import log
from pmgit.git.objects import Objects
from pmgit.git.streams import Running
from pmgit.model import lock_file
from pmgit.model.folder import LOCK
from pmgit.model.lock_file import LOCAL, LockError
from pmgit.models.hashing import Memory, hash_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository
    from pmgit.models.account import Account
    from pmgit.models.verify import Verdict


def among(repository: Repository, model: Account, changed: Sequence[Verdict]) -> set[str]:
    """The paths of those changed files that a committed lock of the model had just so.

    None of a lock without a source, and none of a model that has no source now. Files are hashed
    where their size alone has shown that they are changed.
    """
    if not changed or not model.lock or model.lock.type == LOCAL:
        return set()
    known = _hashes(repository, model.path)
    if not known:
        return set()
    found = {verdict.path: verdict.sha256 for verdict in changed}
    unread = {f"{model.path}/{path}": path for path, sha256 in found.items() if not sha256}
    memory = Memory(repository)
    for place, hashed in hash_files(repository.top, unread, memory).items():
        found[unread[place]] = hashed.sha256
    memory.save()
    return {path for path, sha256 in found.items() if (path, sha256) in known}


def _hashes(repository: Repository, model: str) -> set[tuple[str, str]]:
    """Path and sha256 of every file in the committed locks of a model that have a source."""
    with Running(repository) as running:
        stream = log.begin(running, "HEAD", "--", f"{model}/{LOCK}")
        blobs = list(log.read(stream))
        error = stream.finish()
    if error:
        return set()  # no commit yet, or a clone without trees
    locks = []
    for data in Objects(repository).contents(blobs).values():
        try:
            locks.append(lock_file.parse(data, os.path.join(model, LOCK)))
        except LockError:
            continue
    return {(file.path, file.sha256) for lock in locks if lock.type != LOCAL for file in lock.files}
