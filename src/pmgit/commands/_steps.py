"""The steps of a fix, run as if they had been pasted: with the user's own Git, hooks and terminal.

What a person pastes runs with their configuration, so it does here; only judging is guarded.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from pmgit.commands._terminal import is_quiet, say
from pmgit.core.errors import PmgitError
from pmgit.core.shell import Shell, quote
from pmgit.git.program import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.core.finding import Step
    from pmgit.git.repository import Repository


def run(repository: Repository, steps: Iterable[Step], shell: Shell) -> None:
    """Run the steps at the top of the repository, one after the other.

    Raises PmgitError at the first that fails: what comes behind it is not run.
    """
    # Names are relative to the top here, wherever the user stands.
    for step in steps:
        argv = shell.argv(step)
        say(f"$ {' '.join(map(quote, argv))}", err=True)
        code = subprocess.run(
            [*_program(argv[0]), *argv[1:]], cwd=repository.top, env=_environment(), check=False
        ).returncode
        if code:
            line = " ".join(map(quote, argv))
            hint = "read its output above; the steps before it stay done: git status"
            if step.argv[:2] == ("git", "commit"):
                hint = f"a hook may have refused it; mend what its output names, then: {line[:300]}"
            raise PmgitError(f"this failed (exit code {code}): {line[:300]}", hint)


def _program(name: str) -> list[str]:
    if os.path.basename(name) in ("pmgit", "pmgit.exe"):
        return [sys.executable, "-P", "-m", "pmgit"]
    found = path_of(name)
    if not found:
        raise PmgitError(f"{name} is not installed, or not on the PATH", "on Windows: in Git Bash")
    return [found]


def _environment() -> dict[str, str]:
    # Of the folder where the user stands; these run at the top.
    found = {name: value for name, value in os.environ.items() if name != "GIT_PREFIX"}
    found["PMGIT_INFO_NEW_YES"] = "1"  # the whole fix is agreed to: nothing asks in between
    return {**found, "PMGIT_QUIET": "1"} if is_quiet() else found
