"""Files that say how Git treats others, such as `.gitattributes`: they stay in Git."""

from __future__ import annotations

from pmgit.git.blob import LINK
from pmgit.git.names import ATTRIBUTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.blob import Blob

#: What Git and pmgit go by. Without them files lose their filter, or come into Git again.
_STEERING = frozenset({
    ATTRIBUTES, ".gitignore", ".gitmodules", ".lfsconfig", ".pmgit.toml", ".pmgit-baseline",
})  # fmt: skip


def steers_git(path: str) -> bool:
    """Whether a file says how Git treats others: no fix takes it out of Git."""
    return path[path.rfind("/") + 1 :] in _STEERING


def advice(blob: Blob) -> str:
    """The advice for such a file that is too large, or a link; added to a message."""
    if blob.mode == LINK:
        return "; Git reads no such file through a link: put a file in its place"
    how = "make it smaller"
    if blob.path.endswith(ATTRIBUTES):
        how = "write one pattern in place of many lines, such as `/data/**/*.bin`"
    return f"; Git needs it, so no command takes it out: {how}, and stage it again"
