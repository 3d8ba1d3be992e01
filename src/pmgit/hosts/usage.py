"""The Git LFS storage of a host that a push would take."""

from __future__ import annotations

from pmgit.core.units import show_size
from pmgit.git import revisions
from pmgit.git.remotes import ANY, Remotes
from pmgit.lfs.pointer import Pointer, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.git.repository import Repository
    from pmgit.hosts.limits import Host
    from pmgit.snapshots.base import Snapshot


class Usage:
    """The Git LFS objects that are new to a host: how many, and their bytes together."""

    __slots__ = ("host", "objects", "size")

    def __init__(self, host: Host, objects: int, size: int) -> None:
        self.host = host
        self.objects = objects
        self.size = size

    def line(self) -> str:
        """The usage in one line; empty when there is no object."""
        if not self.objects:
            return ""
        objects = "1 new object" if self.objects == 1 else f"{self.objects} new objects"
        text = f"Git LFS: {objects}, {show_size(self.size)}"
        quota = self.host.quota
        if quota is None:
            return text
        parts = [
            f"{quota.shown['storage']} of storage" if quota.storage is not None else "",
            f"{quota.shown['bandwidth']} of downloads a month"
            if quota.bandwidth is not None
            else "",
        ]
        included = " and ".join(part for part in parts if part)
        if not included:
            return text
        over = quota.storage is not None and self.size > quota.storage
        more = ", less than this push needs" if over else ""
        return f"{text}; {quota.plan}: {included} included (as of {quota.date}){more}"

    def document(self) -> dict[str, Any]:
        """The usage for JSON."""
        quota = self.host.quota
        return {
            "name": self.host.name,
            "lfs": {
                "objects": self.objects,
                "bytes": self.size,
                "included": quota
                and {
                    "plan": quota.plan,
                    "storage": quota.storage,
                    "bandwidth": quota.bandwidth,
                    "date": quota.date,
                    "source": quota.source,
                },
            },
        }


def of_push(snapshot: Snapshot, host: Host) -> Usage:
    """The objects that the snapshot's new pointers stand for, each once.

    Those that the host is known to have do not count: what its remote-tracking refs reach.
    """
    found: dict[str, tuple[int, set[str]]] = {}
    for blob in snapshot.files:
        pointer = read(blob.head) if blob.head else None
        if isinstance(pointer, Pointer) and pointer.size:
            found.setdefault(pointer.oid, (pointer.size, set()))[1].add(blob.oid)
    there = _known(snapshot.repository, host) if found else set()
    sizes = [size for size, blobs in found.values() if not blobs & there]
    return Usage(host, len(sizes), sum(sizes))


def _known(repository: Repository, host: Host) -> set[str]:
    """Every object that the host's remotes are known to have; of all remotes when none is its."""
    remotes = Remotes(repository)
    ours = [
        name
        for name in remotes.names
        if any(_is_at(url, domain) for url in remotes.at(name) for domain in host.domains)
    ]
    return revisions.objects(repository, remotes.known(*ours) if ours else ANY)


def _is_at(url: str, domain: str) -> bool:
    """Whether an address is at a domain: https://github.com/…, git@github.com:…"""
    _, scheme, rest = url.partition("://")
    place = (rest if scheme else url).partition("/")[0].rpartition("@")[2].partition(":")[0]
    return place.lower() == domain or place.lower().endswith(f".{domain}")
