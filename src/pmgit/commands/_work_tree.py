"""The repository that a command works in, and the configuration on disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core import config
from pmgit.core.config import Config
from pmgit.core.errors import PmgitError, UsageError
from pmgit.git import repository

if TYPE_CHECKING:
    from pmgit.git.repository import Repository


def load(found: Repository | None = None) -> tuple[Repository, Config]:
    """The repository of the current folder, and its configuration as the work tree has it.

    `found` is that repository when it is known already.

    A judgement reads the configuration in what it judges; a command that writes into the work tree
    reads the file that the user sees there. Raises PmgitError where there is no work tree,
    UsageError when the configuration is wrong.
    """
    found = found or repository.discover()
    if found.bare:
        raise PmgitError(
            "this repository is bare: there is no work tree to write to",
            "run it in a clone that has one",
        )
    for name in (config.FILE, config.PYPROJECT):
        data = _read(os.path.join(found.top, name), name)
        if data is not None:
            return found, config.parse(data, name)
    return found, Config()


def _read(path: str, name: str) -> bytes | None:
    """A configuration file; None when there is none. Never more than one that is too large."""
    try:
        with open(path, "rb") as file:
            return file.read(config.MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except (IsADirectoryError, NotADirectoryError):
        raise UsageError(f"{name} is not a file", "make it a file, or move it away") from None
    except OSError as error:
        raise PmgitError(f"{name} is unreadable: {error.strerror}") from error


def from_top(repository: Repository, path: str) -> str:
    """A path as typed, relative to the top of the repository ('' is the top itself)."""
    # The last part is not resolved: a link is judged as a link.
    folder, name = os.path.split(os.path.abspath(path))
    whole = os.path.join(os.path.realpath(folder), name)
    found = os.path.relpath(whole, os.path.realpath(repository.top)).replace(os.sep, "/")
    if found == ".." or found.startswith("../"):
        raise UsageError(f"{path!r} is outside of the repository", f"it is {repository.top}")
    return "" if found == "." else found
