"""The trial of the hooks: real commits in a repository of their own, through the installed hook.

The repository is a temporary one. It has copies of the hook files that Git would run here and of
what they read: the configuration of pmgit, and that of pre-commit or prek, where all hooks but
pmgit's do nothing. So the team's other hooks, which may do anything, are not run, and one that
fails is no fault of pmgit. Nothing is written into the user's repository, and its size does not
matter.
"""

from __future__ import annotations

import json
import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.formats import safetensors
from pmgit.git.program import path_of
from pmgit.gitfiles import user_files
from pmgit.hooks import framework_files, frameworks, hook_state
from pmgit.hooks.hook_file import FOREIGN, HookFile
from pmgit.hooks.names import COMMIT_STAGES, HUSKY, PUSH, TOML, YAML
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.repository import Repository
    from pmgit.hooks.hook_state import HookState

#: Over every default limit for weights.
BYTES = 2_000_000
#: What a configuration of the user's could do to a commit that is only a trial.
_SETTINGS = {
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
_ENVIRONMENT = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    **{f"GIT_{who}_NAME": "pmgit" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "pmgit@example.invalid" for who in ("AUTHOR", "COMMITTER")},
}
_HOOKS = ".git/hooks"
#: What makes hooks do nothing, in silence.
_SWITCHES = ("SKIP", "PREK_SKIP", "HUSKY", "LEFTHOOK")


def commit(
    repository: Repository, state: HookState, tool: str, path: str, rules: Iterable[str]
) -> None:
    """Commit text, which must go in, and raw weights at `path`, which one of `rules` must stop.

    `tool` is pre-commit or prek, where it reads a configuration. Raises PmgitError, with what the
    hook did instead.
    """
    with TemporaryDirectory(prefix="pmgit-", ignore_cleanup_errors=True) as folder:
        there = _Repository(os.path.join(os.path.realpath(folder), "repository"))
        there.make(repository, state)
        for name in (".pmgit.toml", "pyproject.toml"):
            there.copy(repository.top, name)
        config = state.config(tool)
        if tool and os.path.lexists(os.path.join(repository.top, config)):
            there.write(*_harmless(repository.top, config))
        there.write("README.md", b"# A trial\n")
        done = there.commit()
        if done.code:
            raise PmgitError(f"a commit of text does not get through the hook: {done.summary()}")
        there.write(path, safetensors.file_of(bytes(BYTES)))
        done = there.commit()
    named = any(f"{visible(path)}: {rule}: " in done.output for rule in rules)
    if done.code and named:
        return
    switched = [name for name in _SWITCHES if os.environ.get(name)]
    if switched and not done.code:
        raise PmgitError(
            f"a commit of raw weights gets through the hook: {', '.join(switched)} is set",
            f"run it without: unset {' '.join(switched)}",
        )
    if not done.code:
        raise PmgitError("a commit of raw weights gets through the hook")
    raise PmgitError(f"the hook stops raw weights, but not by pmgit's judgement: {done.summary()}")


def _harmless(top: str, config: str) -> tuple[str, bytes]:
    """The configuration of a framework where only pmgit's entry does anything: name and content."""
    document = framework_files.harmless(framework_files.read(top, config)[0])
    if config == TOML:
        config = YAML  # prek reads that as well
    if config.endswith(".toml"):
        import tomlkit

        return config, tomlkit.dumps(document).encode()
    return config, json.dumps(document, ensure_ascii=False, default=str).encode()


class _Repository:
    """The temporary repository, with Git as a user has it."""

    def __init__(self, top: str) -> None:
        self._top = top
        self._env = {**frameworks.elsewhere(), **_ENVIRONMENT}
        self._settings = dict(_SETTINGS)

    def make(self, repository: Repository, state: HookState) -> None:
        """Make it, with the hooks."""
        os.mkdir(self._top)
        self._git("init", "-q", "--template=", f"--object-format={repository.object_format}")
        self._settings["core.hooksPath"] = self._hooks(repository, state)

    def _hooks(self, repository: Repository, state: HookState) -> str:
        """Copy the hooks of commits that are pmgit's or a framework's; where Git finds them."""
        for name, hook in state.hooks.items():
            if hook.stage != PUSH and hook.kind != FOREIGN:
                self._put(name, hook)
        folder = os.path.join(self._top, *_HOOKS.split("/"))
        if state.manager != HUSKY:
            return folder
        # What husky puts before them: `_/<stage>`, which runs `_/h`.
        real = hook_state.hooks_folder(repository)
        for name in (*COMMIT_STAGES, "h", "husky.sh"):
            self._put(f"_/{name}", HookFile.read(os.path.join(real, name), name))
        return os.path.join(folder, "_")

    def _put(self, name: str, hook: HookFile) -> None:
        if hook.content is not None:
            path = self.write(f"{_HOOKS}/{name}", hook.content)
            os.chmod(path, 0o755 if hook.runs else 0o644)

    def copy(self, top: str, name: str) -> None:
        """Copy a file of the user's work tree, if it is there."""
        data = user_files.read(os.path.join(top, name))
        if data is not None:
            self.write(name, data)

    def write(self, name: str, content: bytes) -> str:
        """Write a file; its path."""
        path = os.path.join(self._top, *name.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def commit(self) -> frameworks.FrameworkRun:
        """Stage everything, and commit it as a user would."""
        added = self._git("add", "-f", "--", ".")
        return added if added.code else self._git("commit", "-q", "-m", "A trial")

    def _git(self, *args: str) -> frameworks.FrameworkRun:
        settings = [f"{name}={value}" for name, value in self._settings.items()]
        words = [word for setting in settings for word in ("-c", setting)]
        argv = [path_of("git"), *words, *args]
        return frameworks.run(argv, self._top, self._env)
