"""Staged content turned into what a Git LFS pointer of it is, without touching the work tree."""

from __future__ import annotations

from pmgit.git import pipe

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


def pointer_to(repository: Repository, oid: str, path: str) -> bytes:
    """The pointer to the content of a blob, whose content goes to the store of Git LFS.

    The content flows from git to git-lfs: it may be larger than the memory.
    """
    return pipe.run(
        ("cat-file", "blob", oid),
        ("lfs", "clean", "--", path),
        top=repository.top,
        env=repository.env,
    )
