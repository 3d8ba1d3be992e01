"""The place for the weights of a repository: ignored by Git, or in Git LFS."""

from __future__ import annotations

from pmgit.core.config import IGNORE, LFS
from pmgit.lfs.patterns import MAX_TEXT_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.snapshots.base import Snapshot

_WORD = b"filter=lfs"


def of(config: Config, snapshot: Snapshot) -> str:
    """`ignore` or `lfs`: what is configured, else what the repository does already."""
    return config.storage or (LFS if has_lfs_lines(snapshot) else IGNORE)


def largest_text(config: Config) -> int:
    """Up to which size a text belongs into Git as text.

    What is larger than a file in Git may be has only Git LFS to go to, so the limits of
    `text-in-lfs` and of `oversized-blob` must agree.
    """
    limits = (("text-in-lfs", "max-text-size"), ("oversized-blob", "max-file-size"))
    return min(config.size(rule, option, MAX_TEXT_BYTES) for rule, option in limits)


def has_lfs_lines(snapshot: Snapshot) -> bool:
    """Whether any .gitattributes file of a snapshot names Git LFS.

    Two git processes; only asked for when weights are found that no attribute speaks about.
    """
    return any(map(_names_lfs, snapshot.attribute_texts().values()))


def _names_lfs(data: bytes) -> bool:
    """Whether a line, and no comment, has the word. Only lines with it are looked at."""
    at = data.find(_WORD)
    while at >= 0:
        begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        line = data[begin : end if end >= 0 else len(data)]
        if _WORD in line.split() and not line.lstrip().startswith(b"#"):
            return True
        at = data.find(_WORD, begin + len(line))
    return False
