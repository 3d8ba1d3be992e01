"""The other work trees of a repository (`git worktree add`), which have files that Git ignores."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository


def others(repository: Repository) -> list[str]:
    """The tops of the work trees that share this repository, without this one and those moved away.

    Read as gitrepository-layout(5) has it, because threads ask, and one process more is one too
    many for what is mostly not there.
    """
    common = repository.common_dir
    found = [os.path.dirname(common)] if os.path.basename(common) == ".git" else []
    notes = os.path.join(common, "worktrees")
    for name in sorted(os.listdir(notes)) if os.path.isdir(notes) else ():
        folder = os.path.join(notes, name)
        try:
            with open(os.path.join(folder, "gitdir"), "rb") as file:
                link = os.fsdecode(file.read()).rstrip("\n")
        except OSError:
            continue
        # Relative since git 2.48, where worktree.useRelativePaths says so.
        found.append(os.path.dirname(os.path.normpath(os.path.join(folder, link))))
    own = os.path.realpath(repository.top)
    return [top for top in found if os.path.realpath(top) != own and os.path.isdir(top)]
