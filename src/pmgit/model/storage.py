"""The place for the weights of a repository: ignored by Git, or in Git LFS."""

from __future__ import annotations

from pmgit.core.config import IGNORE, LFS
from pmgit.core.units import read_size
from pmgit.lfs.patterns import MAX_TEXT_BYTES
from pmgit.snapshots.base import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.git.repository import Repository

_WORD = b"filter=lfs"


def of(config: Config, has_lfs_lines: bool) -> str:
    """`ignore` or `lfs`: what is configured, else what the repository does already."""
    if config.storage:
        return config.storage
    return LFS if has_lfs_lines else IGNORE


def largest_text(config: Config) -> int:
    """Up to which size a text belongs into Git as text.

    What is larger than a file in Git may be has only Git LFS to go to, so the limits of
    `text-in-lfs` and of `oversized-blob` must agree.
    """
    limits = (("text-in-lfs", "max-text-size"), ("oversized-blob", "max-file-size"))
    return min(limit(config, rule, option, MAX_TEXT_BYTES) for rule, option in limits)


def limit(config: Config, rule: str, option: str, default: int) -> int:
    """The size that the configuration sets for an option of a rule, else `default`."""
    value = config.rules.get(rule, {}).get(option, default)
    try:
        return read_size(getattr(value, "text", str(value)))
    except ValueError:
        return default  # the judgement complains of it


def has_lfs_lines(source: Snapshot | Repository) -> bool:
    """Whether any .gitattributes file of a snapshot (of a repository: its index) names Git LFS.

    Two git processes; only asked for when weights are found that no attribute speaks about.
    """
    snapshot = source if isinstance(source, Snapshot) else Snapshot(source, TREE, [], [])
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
