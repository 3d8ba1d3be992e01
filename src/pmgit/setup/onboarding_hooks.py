"""The steps of `pmgit init` that make Git run pmgit: the entry, the framework, the hook chain."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pmgit.errors import PmgitError
from pmgit.report.shell import quote
from pmgit.setup import files
from pmgit.setup.hooks import framework_files, frameworks, hook_chain, hook_config, prek_config
from pmgit.setup.hooks.hook_chain import FRAMEWORK, HUSKY, LEFTHOOK, NATIVE, State
from pmgit.setup.hooks.hook_file import CHAIN
from pmgit.setup.journal import ENTRY, HOOK, LINK, Journal
from pmgit.setup.step import Step

if TYPE_CHECKING:
    from collections.abc import Collection

    from pmgit.git.repository import Repository


#: What puts a manager's hooks where Git looks: over ours, when it comes later.
_INSTALLS = {HUSKY: "npm install", LEFTHOOK: "lefthook install"}


def idle(state: State, managers: Collection[str]) -> list[str]:
    """What to say of a manager whose hooks are not installed in this clone yet."""
    return [
        f"{name} is not installed in this clone: run `pmgit init` again after `{install}`"
        for name, install in _INSTALLS.items()
        if name in managers and state.manager != name
    ]


def mode_here(state: State, managers: Collection[str] = ()) -> str:
    """The kind of hooks when nobody says: native where the chain judges commits already, and
    beside husky or lefthook, whose users have neither pre-commit nor prek.
    """
    hooks = [state.hook(stage) for stage in hook_config.STAGES]
    judges = any(h.kind == CHAIN and b"\njudge=yes\n" in (h.content or b"") for h in hooks)
    managed = bool(state.manager) or not {HUSKY, LEFTHOOK}.isdisjoint(managers)
    alone = managed and not state.configs and not any(h.is_framework for h in hooks)
    return NATIVE if judges or alone else FRAMEWORK


def entry(repository: Repository, state: State, *, system: bool) -> list[Step]:
    """pmgit's entry in the configuration of pre-commit or prek."""
    name = frameworks.find(state).config
    path = os.path.join(repository.top, name)
    if name == framework_files.TOML:
        change = prek_config.plan(files.read(path), system=system)
    else:
        change = hook_config.plan(files.read(path), system=system, name=name)
    if change.after == change.before:
        return []

    def run(journal: Journal) -> None:
        journal.write(ENTRY, path, change.after, change.added)

    return [Step(f"write pmgit's entry in {name}", [(name, change.before, change.after)], run)]


def hooks(repository: Repository, state: State, mode: str) -> list[Step]:
    """The Git hooks: those of the framework, by itself, and the chain."""
    steps = []
    if mode == FRAMEWORK and not state.hooks_path and not _has_framework(state):
        framework = frameworks.find(state)

        def install(journal: Journal) -> None:
            if _has_framework(hook_chain.inspect(repository)):
                return
            journal.folders(state.folder)
            names = [n for stage in hook_config.STAGES for n in (stage, f"{stage}.legacy")]
            with journal.around({os.path.join(state.folder, name): HOOK for name in names}):
                frameworks.install(repository, framework)

        types = " ".join(f"--hook-type {stage}" for stage in hook_config.STAGES)
        steps.append(Step(f"run {framework.name} install {types}", [], install))

    def chain(journal: Journal) -> None:
        for action in _actions(hook_chain.inspect(repository), mode):
            journal.folders(os.path.dirname(action.path))
            after = LINK + os.fsencode(action.link) if action.link else action.after
            journal.note(journal.about(HOOK, action.path, after, []))
            hook_chain.apply([action])

    for action in _actions(state, mode):
        name = shown(repository, action.path)
        does = "write" if action.after is not None else "remove"
        what = f"{does} {name}{f' -> {action.link}' if action.link else ''}: {action.why}"
        diffs = [] if action.link else [(name, action.before, action.after)]
        steps.append(Step(what, diffs, chain))
    return steps


def prove(repository: Repository, mode: str) -> str:
    """That Git runs pmgit where it should; what is said of it. Raises PmgitError."""
    state = hook_chain.inspect(repository)
    left = _actions(state, mode)
    missing = [action.path for action in left]
    if mode == FRAMEWORK and not state.hooks_path and not _has_framework(state):
        missing.append(state.hook(hook_config.STAGES[0]).path)
    if missing:
        raise PmgitError(
            f"git would not run pmgit: {missing[0]} is not as it was written",
            "see who else writes that file; then run it again: pmgit init",
        )
    return (
        f"git runs the hooks in {shown(repository, state.folder)}: {', '.join(hook_chain.STAGES)}"
    )


def shown(repository: Repository, path: str) -> str:
    """A path as a person reads it: from the top, unless it lies elsewhere."""
    if os.path.normcase(path).startswith(os.path.normcase(repository.top) + os.sep):
        return os.path.relpath(path, repository.top).replace(os.sep, "/")
    return path


def seen(state: State) -> list[str]:
    """What hooks are here, for people."""
    lines = []
    if state.hooks_path:
        lines.append(f"core.hooksPath = {quote(state.hooks_path)}")
    there = {stage: state.hook(stage) for stage in hook_chain.STAGES}
    lines += [f"{stage} ({hook.kind})" for stage, hook in there.items() if hook.content is not None]
    return lines


def _has_framework(state: State) -> bool:
    return all(state.hook(stage).is_framework for stage in hook_config.STAGES)


def _actions(state: State, mode: str) -> list[hook_chain.HookAction]:
    return hook_chain.plan(state, mode, python=sys.executable)
