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
from pmgit.setup.hooks import framework_files, hook_config
from pmgit.setup.hooks.hook_file import PRE_COMMIT, PREK

if TYPE_CHECKING:
    from pmgit.git.repository import Repository
    from pmgit.setup.hooks.hook_chain import State


class Framework(NamedTuple):
    """The one that is used: its name, the words that run it, the configuration it reads."""

    name: str
    argv: tuple[str, ...]
    config: str


def find(state: State) -> Framework:
    """prek where its hook or a configuration that only it reads is here, or where it alone is on
    the PATH; else pre-commit, which is always there: pmgit depends on it.

    Raises PmgitError where prek is meant and cannot serve.
    """
    programs = {name: _program(name) for name in (PRE_COMMIT, PREK)}
    name = state.tool
    served = framework_files.YAML in state.configs or not state.configs
    if not name or (name == PREK and not programs[PREK] and served):
        name = PREK if programs[PREK] and not programs[PRE_COMMIT] else PRE_COMMIT
    config = framework_files.read_by(name, state.configs)
    if name == PRE_COMMIT:
        program = programs[PRE_COMMIT]
        argv = (program,) if program else (sys.executable, "-I", "-m", "pre_commit")
        return Framework(name, argv, config)
    if not programs[PREK]:
        raise PmgitError(
            f"{config} is for prek, which is not installed",
            "install it: pip install prek; or for Git hooks without a framework:"
            " pmgit init --hooks native",
        )
    stages = [s for s in hook_config.STAGES if state.hook(s).kind == PRE_COMMIT]
    if stages and framework_files.YAML not in state.configs:
        types = " ".join(f"-t {stage}" for stage in stages)
        raise PmgitError(
            f"{state.hook(stages[0]).path} is pre-commit's hook, and pre-commit does not read"
            f" {config}: every commit fails",
            f"take it out, then run it again: pre-commit uninstall {types}",
        )
    return Framework(name, (programs[PREK],), config)


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
    _run(repository, framework, "validate-config", framework.config)


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
