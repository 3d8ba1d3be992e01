"""Where the weights of a repository belong: ignored by Git, or in Git LFS."""

from __future__ import annotations

from pmgit.config import IGNORE, LFS
from pmgit.git.snapshot import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.config import Config
    from pmgit.git.repository import Repository

ATTRIBUTES = ".gitattributes"


def of(config: Config, has_lfs_lines: bool) -> str:
    """`ignore` or `lfs`: what is configured, else what the repository does already."""
    if config.storage:
        return config.storage
    return LFS if has_lfs_lines else IGNORE


def has_lfs_lines(source: Snapshot | Repository) -> bool:
    """Whether any .gitattributes file of a snapshot (of a repository: its index) names Git LFS.

    Two git processes; only asked for when weights are found that no attribute speaks about.
    """
    snapshot = source if isinstance(source, Snapshot) else Snapshot(source, TREE, [], [])
    files = [
        blob
        for path, blob in snapshot.listing().items()
        if blob.is_regular and (path == ATTRIBUTES or path.endswith("/" + ATTRIBUTES))
    ]
    if not files:
        return False
    return any(map(_names_lfs, snapshot.objects.contents(files).values()))


def _names_lfs(data: bytes) -> bool:
    if b"filter=lfs" not in data:
        return False
    lines = data.split(b"\n")
    return any(
        b"filter=lfs" in line.split() for line in lines if not line.lstrip().startswith(b"#")
    )
