"""Repositories that are made once for all tests of a worker, and copied for each."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Repo

#: The folders of what has been made, until the tests end.
_made: dict[Callable[[Repo], object], TemporaryDirectory[str]] = {}


def settle(repo: Repo) -> None:
    """Have the index of each copy know its files: else Git has Git LFS look at the weights."""
    repo.git("config", "core.checkStat", "minimal")
    for file in (f for f in repo.path.rglob("*") if f.is_file() and ".git" not in f.parts):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    repo.git("update-index", "-q", "--really-refresh")


def made_once(repo: Repo, make: Callable[[Repo], object]) -> Repo:
    """Turn a new repository into a copy of what `make` makes of one like it.

    Nothing that `make` writes may name the folder of the repository.
    """
    from tests.kit import isolated_environment

    if make not in _made:
        folder = TemporaryDirectory()
        first = Path(folder.name, "repo")
        shutil.copytree(repo.path, first, symlinks=True)
        make(type(repo)(first, isolated_environment(Path(folder.name, "home")), init=None))
        _made[make] = folder
    shutil.rmtree(repo.path)
    shutil.copytree(Path(_made[make].name, "repo"), repo.path, symlinks=True)
    return repo
