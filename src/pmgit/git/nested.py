"""Repositories inside of the work tree: clones, submodules, worktrees and bare ones.

Git records of such a folder one commit at most, and no file: `git add` of a file in it does
nothing and exits 0 (seen with git 2.39). Git itself looks for the same files; nothing is run.
"""

from __future__ import annotations

import os

#: The file in which a repository names its submodules.
MODULES = ".gitmodules"
#: Git refuses a longer `.git` file.
_MAX_BYTES = 1 << 20
_POINTS = "gitdir: "


def is_repository(folder: str) -> bool:
    """Whether a folder of the work tree is a repository of its own, with a work tree or bare."""
    return _has_work_tree(folder) or _is_git_dir(folder)


def _has_work_tree(folder: str) -> bool:
    """Whether there is a git directory in `.git`, or at the place that the file `.git` names."""
    inside = os.path.join(folder, ".git")
    if not os.path.isfile(inside):
        return _is_git_dir(inside)
    try:
        with open(inside, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(_MAX_BYTES)
    except OSError:
        return False
    target = text.removeprefix(_POINTS).rstrip("\r\n")
    return text.startswith(_POINTS) and _is_git_dir(os.path.join(folder, target))


def _is_git_dir(folder: str) -> bool:
    """Whether a folder has what Git demands of a git directory, that of a linked worktree too."""
    if not os.path.lexists(os.path.join(folder, "HEAD")):
        return False
    if os.path.isfile(os.path.join(folder, "commondir")):
        return True
    return all(os.path.isdir(os.path.join(folder, name)) for name in ("objects", "refs"))
