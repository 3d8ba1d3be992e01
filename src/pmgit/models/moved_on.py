"""Differences between a source now and a lock: which files are new, gone or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.core.units import show_size
from pmgit.models import choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.model.lock_file import Lock, LockedFile
    from pmgit.sources.listing import Listing, RemoteFile


class MovedOn:
    """A `lock` beside a `listing` of its source.

    `files` are those that the lock would have now, by the patterns that it has; `changed`, `new`
    and `gone` are paths.
    """

    def __init__(self, lock: Lock, listing: Listing) -> None:
        self.lock = lock
        self.listing = listing
        self.files: Sequence[RemoteFile] = choose.choose(
            listing.files, patterns(lock, "include"), patterns(lock, "exclude")
        ).taken
        old = {file.path: file for file in lock.files}
        now = {file.path: file for file in self.files}
        self.new = sorted(now.keys() - old.keys())
        self.gone = sorted(old.keys() - now.keys())
        self.changed = sorted(
            path for path in now.keys() & old.keys() if difference(old[path], now[path])
        )

    @property
    def paths(self) -> list[str]:
        """All paths that differ, sorted."""
        return sorted([*self.new, *self.gone, *self.changed])

    @property
    def revision(self) -> str:
        """The commit that the source has now; '' for an address."""
        return self.listing.revision

    @property
    def is_same(self) -> bool:
        """Whether neither commit nor files have changed."""
        return not self.paths and self.revision == str(self.lock.source.get("revision", ""))

    def lines(self) -> list[str]:
        """The differences, one line for each file."""
        old = {file.path: file.size for file in self.lock.files}
        now = {file.path: file.size for file in self.files}
        lines = []
        for path in self.paths:
            if path in self.new:
                lines.append(f"{path}: new ({show_size(max(now[path], 0))})")
            elif path in self.gone:
                lines.append(f"{path}: gone from the source; the file here stays")
            else:
                sizes = f"{show_size(old[path])} to {show_size(max(now[path], 0))}"
                lines.append(f"{path}: changed ({sizes})")
        return lines


def patterns(lock: Lock, name: str) -> list[str]:
    """The patterns `include` or `exclude` by which the files of a lock were chosen."""
    found = lock.source.get(name, [])
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def difference(old: LockedFile, now: RemoteFile) -> str:
    """How a file of a source differs from the locked one, in words; '' when nothing shows it."""
    if now.size >= 0 and now.size != old.size:
        return f"{now.size:,} bytes at its source, where pmgit.lock has {old.size:,}"
    if now.sha256 and now.sha256 != old.sha256:
        return f"its sha256 is {now.sha256} at its source, and {old.sha256} in pmgit.lock"
    if not now.sha256 and now.blob and old.blob and now.blob != old.blob:
        return f"its blob is {now.blob} at its source, and {old.blob} in pmgit.lock"
    return ""
