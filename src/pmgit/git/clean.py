"""Staged content turned into what a Git LFS pointer of it is, without touching the work tree."""

from __future__ import annotations

import os
import subprocess

from pmgit.git import process
from pmgit.git.process import GitError

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
    reader, writer = os.pipe()
    try:
        source = process.start(
            "cat-file", "blob", oid, top=repository.top, env=repository.env, into=writer
        )
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    argv = ("lfs", "clean", "--", path)
    try:
        git = [process._find_git(), *process.GUARDS, "-C", repository.top]
        done = subprocess.run(
            [*git, *argv],
            stdin=reader,
            capture_output=True,
            env=process._environment(repository.env),
            check=False,
        )
    finally:
        os.close(reader)
        code, _, err = source.wait()
    if done.returncode:
        raise GitError(argv, done.returncode, done.stderr.decode("utf-8", "backslashreplace"))
    if code:
        raise GitError(source.argv, code, err)
    return done.stdout
