"""The commands of the lines `next:`, which a person runs after a command of pmgit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.shell import quote
from pmgit.git import attributes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository


def git(repository: Repository) -> str:
    """`git` at the top of the repository, from where the user stands."""
    above = os.path.relpath(repository.top, os.path.join(repository.top, repository.prefix))
    return "git" if above == "." else f"git -C {quote(above)}"


def add(repository: Repository, names: Sequence[str]) -> str:
    """The command that stages these files, also when ignore rules hide one of them."""
    force = "-f " if attributes.ignored(repository, names, untracked=True) else ""
    return f"{git(repository)} add {force}-- {' '.join(map(quote, names))}"
