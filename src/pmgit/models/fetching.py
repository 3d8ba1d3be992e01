"""The bytes of a locked file, fetched from where its lock says that the model is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.model.lock_file import HUB, URL
from pmgit.models.pull import disk_error
from pmgit.sources import resolve
from pmgit.sources.fetch import fetch
from pmgit.sources.listing import RemoteFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.model.lock_file import Lock, LockedFile


def from_source(lock: Lock, file: LockedFile, part: str, on_bytes: Callable[[int], None]) -> None:
    """Bring a file to `part`. Raises SourceError when it cannot be had, PmgitError for the disk."""
    source = resolve.of_lock(lock.source)
    revision = str(lock.source.get("revision", ""))
    if not revision and lock.type != URL:
        raise PmgitError(
            "pmgit.lock names no commit to fetch from", "lock it anew: remove it, then: pmgit add"
        )
    blob = file.blob if lock.type == HUB else ""
    wanted = RemoteFile(file.path, file.size, file.sha256, blob)
    try:
        fetch(source, revision, wanted, part, on_bytes=on_bytes)
    except OSError as error:
        raise disk_error(file.path, error) from error
