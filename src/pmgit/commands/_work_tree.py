"""The repository that a command works in, and the configuration on disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.check import config_lookup
from pmgit.commands._terminal import say
from pmgit.core.errors import PmgitError, UsageError
from pmgit.git import repository
from pmgit.models import one_at_a_time
from pmgit.report.text import visible

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository


def load() -> tuple[Repository, Config]:
    """The repository of the current folder, and its configuration as the work tree has it.

    A judgement reads the configuration in what it judges; a command that writes into the work tree
    reads the file that the user sees there. Raises PmgitError where there is no work tree,
    UsageError when the configuration is wrong.
    """
    found = repository.discover()
    if found.bare:
        raise PmgitError(
            "this repository is bare: it has no work tree",
            "run it in a clone that has one",
        )
    return found, config_lookup.on_disk(found.top)


def alone(found: Repository, path: str) -> AbstractContextManager[None]:
    """Hold the model folder `path` of the repository; who has to wait for another pmgit is told."""
    waiting = f"{visible(path)}: waiting for another pmgit"
    return one_at_a_time.alone(found, path, lambda: say(waiting, err=True))


def from_top(repository: Repository, path: str) -> str:
    """A path as typed, relative to the top of the repository ('' is the top itself)."""
    # The last part is not resolved: a link is judged as a link.
    folder, name = os.path.split(os.path.abspath(path))
    whole = os.path.join(os.path.realpath(folder), name)
    found = os.path.relpath(whole, os.path.realpath(repository.top)).replace(os.sep, "/")
    if found == ".." or found.startswith("../"):
        raise UsageError(f"{path!r} is outside of the repository", f"it is {repository.top}")
    return "" if found == "." else found
