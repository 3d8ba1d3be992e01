"""The steps of `pmgit init` that make Git run pmgit: the framework, the hook chain."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError, UsageError
from pmgit.core.shell import quote
from pmgit.git.program import path_of
from pmgit.hooks import entry, framework_files, frameworks, hook_state, installation
from pmgit.hooks.hook_file import CHAIN, HookFile
from pmgit.hooks.hook_state import HookState
from pmgit.hooks.installation import FRAMEWORK, NATIVE, NONE
from pmgit.hooks.names import COMMIT_STAGES, HUSKY, LEFTHOOK, PRE_COMMIT, PREK, STAGES
from pmgit.init import entry_steps
from pmgit.init.journal import HOOK, LINK, Journal, SetupStep
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from contextlib import AbstractContextManager

    from pmgit.git.repository import Repository
    from pmgit.hooks.frameworks import Framework


#: What puts a manager's hooks where Git looks: over ours, when it comes later.
_INSTALLS = {HUSKY: "npm install", LEFTHOOK: "lefthook install"}


def idle_managers(state: HookState, managers: Collection[str]) -> list[str]:
    """The lines about managers whose hooks are not installed in this clone yet."""
    return [
        f"{name} is not installed in this clone: run `pmgit init` again after `{install}`"
        for name, install in _INSTALLS.items()
        if name in managers and state.manager != name
    ]


def mode_here(state: HookState, managers: Collection[str]) -> str:
    """The kind of hooks when nothing names one: native where the chain judges commits already, and
    beside husky or lefthook, whose users have neither pre-commit nor prek.
    """
    judges = any(state.hook(stage).judges for stage in COMMIT_STAGES)
    return NATIVE if judges or _is_managed(state, managers) else FRAMEWORK


def mode_of_clone(state: HookState, managers: Collection[str]) -> str:
    """The kind of hooks in the next clone when the configuration of pmgit names none: it has the
    files of this one, and no hooks.
    """
    if _is_managed(HookState(state.folder, configs=state.configs), managers):
        return NATIVE
    return framework_files.tool(state.configs, ()) or PRE_COMMIT


def _is_managed(state: HookState, managers: Collection[str]) -> bool:
    managed = bool(state.manager) or not {HUSKY, LEFTHOOK}.isdisjoint(managers)
    framework = any(state.hooks[s].is_framework for s in COMMIT_STAGES if s in state.hooks)
    return managed and not state.configs and not framework


def refuse_none(repository: Repository, state: HookState) -> None:
    """Raise UsageError where pmgit's hooks are here, which `--hooks none` would not take away."""
    hooks = [hook for hook in state.hooks.values() if hook.kind == CHAIN]
    where = [shown(repository, hook.path) for hook in hooks]
    for name in dict.fromkeys((state.config(state.tool), *state.configs)):
        path = os.path.join(repository.top, *name.split("/"))
        if os.path.isfile(path) and not os.path.islink(path):
            document, _ = framework_files.read(repository.top, name)
            where += [name] * any(map(entry.from_item, framework_files.items(document)))
    if where:
        raise UsageError(
            f"pmgit runs here already, by {', '.join(where)}: --hooks none is not applied",
            "to take it all back: pmgit init --undo",
        )


def install_steps(
    repository: Repository,
    state: HookState,
    mode: str,
    framework: Framework | None = None,
    *,
    exchange: bool = False,
) -> list[SetupStep]:
    """The Git hooks: those of the framework, by itself, and the chain.

    With `exchange`, hooks of the other framework are not good enough.
    """
    steps = []
    if mode == FRAMEWORK and framework:
        if away := installation.unchain(state):
            steps += _chain_steps(repository, state, away, mode, framework)
        others = _stages_of_other(state, framework) if exchange else []
        missing = [stage for stage in _missing(state) if stage not in others]
        if not state.hooks_path and (missing or others):
            steps.append(_install(repository, state, framework, missing, others))
    return steps + _chain_steps(
        repository, state, _actions(state, mode, framework), mode, framework
    )


def only_native(repository: Repository, state: HookState) -> tuple[list[SetupStep], list[str]]:
    """What takes pmgit's entry out of the framework's configuration, where hooks are to be native;
    and the framework's own hooks, when that leaves nothing for it to read. `state` is as it will
    be then. The texts are notes about what stays.
    """
    name = state.config(state.tool or PRE_COMMIT)
    path = os.path.join(repository.top, *name.split("/"))
    if not os.path.isfile(path) or os.path.islink(path):
        return [], []
    steps, left = entry_steps.take_out(repository, name)
    stages = [hook.stage for hook in state.installed]
    if left == entry_steps.BY_HAND:
        note = f"the entry of pmgit in {name} is not as pmgit writes it, and stays: it judges, too"
        return steps, [note]
    if left == entry_steps.NOTHING and stages:
        framework = frameworks.find(state)

        def uninstall(journal: Journal) -> None:
            with _watched(journal, state, stages):
                frameworks.uninstall(repository, framework, stages)

        gone = " ".join(frameworks.of_stages(stages))
        steps.append(SetupStep(f"run {framework.name} uninstall {gone}", [], uninstall))
        for hook in list(state.installed):
            legacy = state.hook(hook.stage, "legacy")
            state.hooks[hook.stage] = replace(legacy, path=hook.path)
            state.hooks[f"{hook.stage}.legacy"] = HookFile(legacy.path, hook.stage)
    return steps, []


def _install(
    repository: Repository,
    state: HookState,
    framework: Framework,
    missing: Sequence[str],
    others: Sequence[str],
) -> SetupStep:
    """Have the framework install its hooks; the `others` go first, or both would run."""
    stages = [*missing, *others]
    other = _other(framework) if others else None

    def install(journal: Journal) -> None:
        journal.folders(state.folder)
        with _watched(journal, state, stages):
            now = hook_state.look_again(repository, state)
            if other and (left := _stages_of_other(now, framework)):
                frameworks.uninstall(repository, other, left)
                now = hook_state.look_again(repository, state)
            if left := [*_missing(now), *others]:
                frameworks.install(repository, framework, list(dict.fromkeys(left)))

    what = " ".join(map(quote, (*framework.options, *frameworks.of_stages(stages))))
    what = f"run {framework.name} install {what}"
    if other:
        gone = " ".join(frameworks.of_stages(others))
        what = f"run {other.name} uninstall {gone}, then {what}"
    return SetupStep(what, [], install)


def _stages_of_other(state: HookState, framework: Framework) -> list[str]:
    """The stages, of commits or not, whose hook is the other framework's."""
    names = sorted(os.listdir(state.folder)) if os.path.isdir(state.folder) else []
    paths = {name: os.path.join(state.folder, name) for name in names if "." not in name}
    hooks = [HookFile.read(path, name) for name, path in paths.items() if os.path.isfile(path)]
    return [h.stage for h in hooks if h.is_framework and h.kind != framework.name]


def _other(framework: Framework) -> Framework:
    """The other framework, whose hooks are here. Raises PmgitError when it is not installed."""
    name = PRE_COMMIT if framework.name == PREK else PREK
    found = path_of(name)
    if not found and name == PREK:
        raise PmgitError(
            "the hooks here are prek's, and prek is not installed: it is what takes them away",
            "install it, then run it again: pip install prek",
        )
    argv = (found,) if found else (sys.executable, "-I", "-m", "pre_commit")
    return framework._replace(name=name, argv=argv, options=())


def _watched(
    journal: Journal, state: HookState, stages: Sequence[str]
) -> AbstractContextManager[None]:
    names = [name for stage in stages for name in (stage, f"{stage}.legacy")]
    return journal.around({os.path.join(state.folder, name): HOOK for name in names})


def _chain_steps(
    repository: Repository,
    state: HookState,
    actions: Sequence[installation.HookAction],
    mode: str,
    framework: Framework | None,
) -> list[SetupStep]:
    def run(journal: Journal) -> None:
        # Looked at again: the steps before this one have changed hooks, too.
        now = hook_state.look_again(repository, state)
        away = installation.unchain(now) if mode == FRAMEWORK else []
        for action in away or _actions(now, mode, framework):
            journal.folders(os.path.dirname(action.path))
            after = LINK + os.fsencode(action.link) if action.link else action.after
            journal.note(journal.about(HOOK, action.path, after))
            installation.apply([action])

    steps = []
    for action in actions:
        name = shown(repository, action.path)
        does = "write" if action.after is not None else "remove"
        what = f"{does} {name}{f' -> {action.link}' if action.link else ''}: {action.why}"
        diffs = [] if action.link else [(name, action.before, action.after)]
        steps.append(SetupStep(what, diffs, run))
    return steps


def prove(repository: Repository, state: HookState, mode: str, framework: Framework | None) -> str:
    """Prove that Git runs pmgit; returns the line of the proof. Raises PmgitError."""
    missing = [action.path for action in _actions(state, mode, framework)]
    if mode == FRAMEWORK:
        missing += [action.path for action in installation.unchain(state)]
        if not state.hooks_path:
            missing += [state.hook(stage).path for stage in _missing(state)]
    if missing:
        raise PmgitError(
            f"git would not run pmgit: {missing[0]} is not as it was written",
            "see who else writes that file; then run it again: pmgit init",
        )
    return f"git runs the hooks in {shown(repository, state.folder)}: {', '.join(STAGES)}"


def shown(repository: Repository, path: str) -> str:
    """A path as a person reads it: from the top, unless it lies elsewhere."""
    if os.path.normcase(path).startswith(os.path.normcase(repository.top) + os.sep):
        return os.path.relpath(path, repository.top).replace(os.sep, "/")
    return path


def hook_lines(state: HookState) -> list[str]:
    """The lines about the hooks of this clone, for people."""
    lines = []
    if state.hooks_path:
        lines.append(f"core.hooksPath = {quote(state.hooks_path)}")
    for stage in STAGES:
        hook = state.hook(stage)
        if hook.content is not None:
            named = hook_state.named_config(hook, state.top) if hook.is_framework else ""
            reads = f", reads {visible(named)}" if named else ""
            lines.append(f"{stage} ({hook.kind}{reads})")
    return lines


def _missing(state: HookState) -> list[str]:
    """The stages of commits without a hook of a framework that works."""
    hooks = [state.hook(stage) for stage in COMMIT_STAGES]
    return [hook.stage for hook in hooks if not hook.is_framework or frameworks.is_dead(hook)]


def _actions(
    state: HookState, mode: str, framework: Framework | None
) -> list[installation.HookAction]:
    if mode == NONE:
        return []
    if framework:
        state.tool = framework.name  # what the chain runs where core.hooksPath is set
    return installation.plan(state, mode, python=sys.executable)
