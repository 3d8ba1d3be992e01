"""pre-commit and prek: which of them is used here, and having it do its part.

Their Git hooks are installed by themselves, never by hand and never with -f: that would delete
the hook that uploads the objects of Git LFS (docs/design.md).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Timer
from typing import TYPE_CHECKING, Any, NamedTuple

from pmgit.core.errors import PmgitError
from pmgit.git.program import path_of
from pmgit.hooks import hook_state
from pmgit.hooks.names import COMMIT_STAGES, FRAMEWORKS, PRE_COMMIT, PREK, YAML
from pmgit.report.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmgit.git.repository import Repository
    from pmgit.hooks.hook_file import HookFile
    from pmgit.hooks.hook_state import HookState

#: So long may the building of an environment take; on a slow line 14 MB take two minutes.
MOST_SECONDS = 600
#: What a terminal is asked on would be seen by nobody.
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "PIP_NO_INPUT": "1", "NO_COLOR": "1"}


#: What pre-commit puts around what went wrong.
_MARKS = ("error:", "fatal:", "cause:", "caused by:")
_EMPTY = ("An unexpected error has occurred:", "Check the log at", "return code:", "stdout:")


#: What Git sets for the repository that it works in; `git rev-parse --local-env-vars`.
_LOCAL = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_IMPLICIT_WORK_TREE",
)  # fmt: skip


class Framework(NamedTuple):
    """The one that is used: its name, the words that run it, the configuration it reads.

    `options` are those with which its hooks are installed.
    """

    name: str
    argv: tuple[str, ...]
    config: str
    options: tuple[str, ...] = ()


class FrameworkRun(NamedTuple):
    """The exit code of a program, and all that it printed."""

    code: int
    output: str

    def summary(self, most: int = 3) -> str:
        """The last lines that it printed; where some name an error, the last of these."""
        lines = [line.strip() for line in self.output.splitlines()]
        lines = [line for line in lines if line and not line.startswith(_EMPTY)]
        named = [line for line in lines if any(mark in line.lower() for mark in _MARKS)]
        words = " ".join((named or lines)[-most:])[-600:]
        return redact(words) or f"exit code {self.code}"


def find(state: HookState, asked: str = "", recorded: str = "") -> Framework:
    """pre-commit or prek: the one that is asked for; else that whose hook, or whose configuration
    that only it reads, is here; else what the configuration of pmgit records; else what is on the
    PATH. pre-commit is always there: pmgit depends on it.

    Raises PmgitError where prek is meant and cannot serve, or where the hooks that are installed
    would not run pmgit.
    """
    programs = {name: path_of(name) for name in FRAMEWORKS}
    served = YAML in state.configs or not state.configs or state.tool == PRE_COMMIT
    name = asked or state.tool or recorded
    if name == PRE_COMMIT and not served:
        name = PREK
    replaceable = asked != PREK and served and not (state.named and state.tool == PREK)
    if not name or (name == PREK and not programs[PREK] and replaceable):
        name = PREK if programs[PREK] and not programs[PRE_COMMIT] else PRE_COMMIT
    config = state.config(name)
    argv: tuple[str, ...] = (programs[name],)
    if name == PREK and not programs[PREK]:
        raise PmgitError(
            "prek is not installed" if asked else f"{config} is for prek, which is not installed",
            "install it: pip install prek; or for Git hooks without a framework:"
            " pmgit init --hooks native",
        )
    if name == PRE_COMMIT and not programs[PRE_COMMIT]:
        argv = (sys.executable, "-I", "-m", "pre_commit")
    blind = [h.stage for h in state.installed if h.kind == PRE_COMMIT and h.stage in COMMIT_STAGES]
    if name == PREK and asked != PREK and blind and YAML not in state.configs:
        types = " ".join(of_stages(blind, "-t"))
        raise PmgitError(
            f"{state.hook(blind[0]).path} is pre-commit's hook, and pre-commit does not read"
            f" {config}: every commit fails",
            f"take it out, then run it again: pre-commit uninstall {types}",
        )
    _refuse_others(state, name)
    call = state.call
    if not state.named and state.installed:
        call = state.installed[0].call._replace(config="", folder="")
    return Framework(name, argv, config, (*call.options, *call.only))


def _refuse_others(state: HookState, name: str) -> None:
    """Raise PmgitError for hooks that would not run pmgit's entry, wherever it is written."""
    hooks = [hook for hook in state.installed if hook.stage in COMMIT_STAGES]
    who = hooks[0].path if hooks else "hooks-config in pmgit's configuration"
    again = "then run it again; for Git hooks beside it: pmgit init --hooks native"
    top = state.top
    read = {hook_state.named_config(hook, top): hook for hook in hooks}
    if len(read) > 1:
        (one, first), (other, second) = list(read.items())[:2]
        raise PmgitError(
            f"{first.path} reads {one or YAML}, {second.path} reads"
            f" {other or YAML}: pmgit's entry is for one file",
            f"install both hooks with the same -c, {again}",
        )
    for hook in hooks:
        only = [word for word in hook.call.only if not word.startswith("--")]
        if (only and "pmgit" not in only) or "--skip=pmgit" in hook.call.only:
            raise PmgitError(
                f"{hook.path} runs some hooks only ({' '.join(hook.call.only)}), and not pmgit",
                f"install it for all hooks: prek install -t {hook.stage}; {again}",
            )
    if state.call.folder and name == PRE_COMMIT:
        raise PmgitError(
            f"hooks are prek's here, for the folder {state.call.folder}, and pre-commit has none"
            " that begin in a folder",
            "pmgit init --hooks prek; or for Git hooks without a framework: pmgit init --hooks"
            " native",
        )
    if not state.named:
        return
    if state.hooks_path and not hooks:
        raise PmgitError(
            f"{who} names {state.named}, and no framework installs hooks for it here, where"
            " core.hooksPath is set",
            "for Git hooks without a framework: pmgit init --hooks native",
        )
    path = os.path.join(top, *state.named.split("/"))
    if state.named.startswith("../") or os.path.isabs(state.named):
        raise PmgitError(
            f"{who} names {state.named}, which is outside of this repository",
            f"name one of this repository: {name} install -c FILE, {again}",
        )
    if not os.path.lexists(path) and state.call.config:
        raise PmgitError(
            f"{who} names {state.named}, which is not there",
            f"name the file that is, or take the hook away, then run it again:"
            f" {name} install -c FILE; {name} uninstall",
        )


def is_dead(hook: HookFile) -> bool:
    """Whether a framework's hook calls what is gone, and finds nothing on the PATH instead."""
    called = hook.call.program
    return bool(called) and not os.access(called, os.X_OK) and not path_of(hook.kind)


def of_stages(stages: Iterable[str], option: str = "--hook-type") -> list[str]:
    """The options that name these stages to a framework."""
    return [word for stage in stages for word in (option, stage)]


def install(
    repository: Repository, framework: Framework, stages: Sequence[str] = COMMIT_STAGES
) -> None:
    """Have the framework write its Git hooks. Raises PmgitError with what it printed."""
    _run(repository, framework, "install", *framework.options, *of_stages(stages))


def uninstall(repository: Repository, framework: Framework, stages: Sequence[str]) -> None:
    """Have the framework take its Git hooks away, and put back what it has put aside."""
    _run(repository, framework, "uninstall", *of_stages(stages))


def validate(repository: Repository, framework: Framework) -> None:
    """Have the framework read its configuration. Raises PmgitError with what it printed."""
    _run(repository, framework, "validate-config", framework.config)


def build(repository: Repository, framework: Framework, document: dict[str, Any]) -> None:
    """Have the framework build the environments of a configuration that is not written yet.

    It keeps them, and uses them when the same stands in the real one. Raises PmgitError with what
    it printed, or when it takes too long.
    """
    with TemporaryDirectory(prefix="pmgit-", ignore_cleanup_errors=True) as folder:
        path = os.path.join(folder, YAML)
        with open(path, "w", encoding="utf-8") as file:
            # What is JSON is YAML, too.
            json.dump(document, file, ensure_ascii=False, default=str)
        _run(repository, framework, "install-hooks", "--config", path)


def _run(repository: Repository, framework: Framework, *args: str) -> None:
    # cwd: both look for their configuration and the repository where they stand.
    env = {**os.environ, **repository.env, **_QUIET}
    done = run([*framework.argv, *args], repository.top, env)
    if done.code:
        raise PmgitError(
            f"{framework.name} {args[0]} failed: {done.summary()}",
            f"see: {' '.join((framework.name, *args))}",
        )


def unreachable(address: str) -> str:
    """Why a Git address does not answer; '' when it does. It is asked outside of the repository."""
    with TemporaryDirectory(prefix="pmgit-") as folder:
        argv = [path_of("git"), "ls-remote", "-q", "--exit-code", "--", address, "HEAD"]
        try:
            done = run(argv, folder, {**elsewhere(), **_QUIET}, seconds=30)
        except PmgitError as error:
            return error.message
    return done.summary() if done.code else ""


def elsewhere() -> dict[str, str]:
    """The environment for Git in another repository than the one that we stand in."""
    return {name: value for name, value in os.environ.items() if name not in _LOCAL}


def run(
    argv: Sequence[str], cwd: str, env: Mapping[str, str], seconds: float | None = None
) -> FrameworkRun:
    """Run a program to its end, without a terminal. Raises PmgitError when it cannot be started or
    takes too long; then nothing that it has started goes on.
    """
    most = seconds or MOST_SECONDS
    name = os.path.basename(argv[0])
    # A file, not a pipe: what goes on in the background may keep it open for ever.
    with TemporaryFile() as printed:
        try:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                # A group of its own, to be ended as a whole; and no terminal to ask anybody on.
                start_new_session=True,
            )
        except OSError as error:
            raise PmgitError(f"{name} could not be started: {error.strerror}") from error
        # Given a time, Popen looks for the end every 50 ms: 0.2 s of a `pmgit init`.
        late, by = Timer(most, _end, [process]), time.monotonic() + most
        late.start()
        try:
            process.wait()
        finally:
            late.cancel()
            if process.returncode is None:
                _end(process)
        if time.monotonic() >= by:
            raise PmgitError(
                f"{name} was ended after {most:g} seconds: it took too long",
                "see whether the package index and the Git address can be reached from here",
            )
        printed.seek(0)
        return FrameworkRun(process.returncode, printed.read().decode("utf-8", "replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it ends by itself this moment
        if sys.platform != "win32":
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
