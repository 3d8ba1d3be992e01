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
    argv = ("lfs", "clean", "--", path)
    command = [process._find_git(), *process.GUARDS, "-C", repository.top, *argv]
    environment = process._environment(repository.env)
    reader, writer = os.pipe()
    try:
        filter = subprocess.Popen(
            command,
            stdin=reader,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        os.close(reader)
        reader = -1
        source = process.start(
            "cat-file", "blob", oid, top=repository.top, env=repository.env, into=writer
        )
    finally:
        for fd in (reader, writer):
            if fd >= 0:
                os.close(fd)
    # The source first: it holds the last writing end, and the filter reads until that is closed.
    code, _, err = source.wait()
    out, said = filter.communicate()
    if filter.returncode:
        raise GitError(argv, filter.returncode, said.decode("utf-8", "backslashreplace"))
    if code:
        raise GitError(source.argv, code, err)
    return out
