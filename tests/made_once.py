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


def put_copy(repo: Repo, made: Path) -> Repo:
    """Put a copy of the prepared repository `made` in the place of this one."""
    shutil.rmtree(repo.path)
    shutil.copytree(made, repo.path)
    return repo


def made_once(repo: Repo, make: Callable[[Repo], object]) -> Repo:
    """Turn a new repository into a copy of what `make` makes of one like it, also beside it.

    What `make` writes may name the folder of the repository in its configuration alone.
    """
    from tests.kit import isolated_environment

    if make not in _made:
        folder = TemporaryDirectory()
        first = Path(folder.name, "repo")
        shutil.copytree(repo.path, first, symlinks=True)
        make(type(repo)(first, isolated_environment(Path(folder.name, "home")), init=None))
        _made[make] = folder
    made = Path(_made[make].name)
    # The folder itself stays: a test may stand in it.
    for old in repo.path.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for new in made.iterdir():
        if new.name != "home":
            there = repo.path if new.name == "repo" else repo.path.parent / new.name
            shutil.copytree(new, there, symlinks=True, dirs_exist_ok=True)
            config = there / (".git/config" if (there / ".git").is_dir() else "config")
            if config.is_file():
                config.write_text(config.read_text().replace(str(made), str(repo.path.parent)))
    return repo
