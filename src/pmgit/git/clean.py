"""Turns the content of a blob into its Git LFS pointer, without touching the work tree."""

from __future__ import annotations

from pmgit.core.errors import PmgitError
from pmgit.git.streams import Running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository

#: The filter that every run of pmgit uses, whatever a configuration calls `filter.lfs`.
LFS_FILTER = (
    "-c",
    "filter.lfs.clean=git-lfs clean -- %f",
    "-c",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "-c",
    "filter.lfs.process=git-lfs filter-process",
    "-c",
    "filter.lfs.required=true",
)


def pointer_to(repository: Repository, oid: str) -> bytes:
    """The pointer to the content of a blob, which goes to the store of Git LFS.

    The content flows from git to git-lfs: it may be larger than the memory. git-lfs does not
    get the path of the blob: where the file that lies there has at most 1024 bytes, such as a
    pointer, git-lfs 3.6 takes no more of what flows in, and ends with 0.
    """
    with Running(repository) as running:
        text = running.start(("cat-file", "blob", oid), ("lfs", "clean")).read()
    size = int(repository.run("cat-file", "-s", oid))
    # An extension of Git LFS may store something else.
    if b"\next-" not in text and not text.endswith(b"\nsize %d\n" % size):
        raise PmgitError(
            f"git-lfs made no pointer to the {size} bytes of object {oid}", "see: git lfs version"
        )
    return text
