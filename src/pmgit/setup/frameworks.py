"""pre-commit and prek: which of them is used here, and having it do its part.

Their Git hooks are installed by themselves, never by hand and never with -f: that would delete
the hook that uploads the objects of Git LFS (docs/design.md).
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from pmgit.errors import PmgitError
from pmgit.setup import hook_config
from pmgit.setup.hook_file import PRE_COMMIT, PREK

if TYPE_CHECKING:
    from pmgit.git.repository import Repository
    from pmgit.setup.hook_chain import State


class Framework(NamedTuple):
    """The one that is used: its name, and the words that run it."""

    name: str
    argv: tuple[str, ...]


def find(state: State) -> Framework:
    """prek where its hook is installed, or where it alone is on the PATH; else pre-commit.

    pre-commit is always there: pmgit depends on it.
    """
    programs = {name: _program(name) for name in (PRE_COMMIT, PREK)}
    used = {state.hook(stage).kind for stage in hook_config.STAGES} & {PRE_COMMIT, PREK}
    # Whoever serves commits; where nobody does, whoever serves pushes.
    used = used or {hook.kind for hook in state.hooks.values()}
    alone = not programs[PRE_COMMIT] and PRE_COMMIT not in used
    if programs[PREK] and (PREK in used or alone):
        return Framework(PREK, (programs[PREK],))
    if programs[PRE_COMMIT]:
        return Framework(PRE_COMMIT, (programs[PRE_COMMIT],))
    return Framework(PRE_COMMIT, (sys.executable, "-I", "-m", "pre_commit"))


def _program(name: str) -> str:
    """The path of a program; only absolute folders of the PATH count."""
    endings = (".exe", ".cmd", ".bat") if sys.platform == "win32" else ("",)
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for ending in endings:
            path = os.path.join(folder, name + ending)
            if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
                return path
    return ""


def install(repository: Repository, framework: Framework) -> None:
    """Have the framework write its Git hooks. Raises PmgitError with what it said."""
    types = [word for stage in hook_config.STAGES for word in ("--hook-type", stage)]
    _run(repository, framework, "install", *types)


def validate(repository: Repository, framework: Framework) -> None:
    """Have the framework read its configuration. Raises PmgitError with what it said."""
    _run(repository, framework, "validate-config", hook_config.NAME)


def _run(repository: Repository, framework: Framework, *args: str) -> None:
    # cwd: both look for their configuration and the repository where they stand.
    try:
        done = subprocess.run(
            [*framework.argv, *args],
            cwd=repository.top,
            env={**os.environ, **repository.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise PmgitError(f"{framework.name} could not be started: {error.strerror}") from error
    if done.returncode:
        said = [
            line for line in os.fsdecode(done.stdout + done.stderr).splitlines() if line.strip()
        ]
        told = " ".join(said[:3]) or f"exit code {done.returncode}"
        raise PmgitError(
            f"{framework.name} {args[0]} failed: {told}", f"see: {framework.name} {args[0]}"
        )
