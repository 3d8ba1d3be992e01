"""pre-commit and prek: whether the hooks of their configuration run, and whether pmgit does."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from pmgit.core.finding import Fix, Step
from pmgit.doctor import entries, hook_files
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.git.program import path_of
from pmgit.hooks import chain, framework_files, frameworks
from pmgit.hooks.installation import NONE
from pmgit.hooks.names import FRAMEWORKS, PRE_COMMIT, PREK, TOML, YML

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context
    from pmgit.doctor.hook_files import HookFolder
    from pmgit.hooks.hook_file import HookFile
    from pmgit.hooks.hook_state import HookState

#: The stages that are hooks of Git, in the order of a day's work.
_STAGES = (
    "pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg", "post-commit",
    "pre-rebase", "post-checkout", "post-merge", "post-rewrite", "pre-push",
)  # fmt: skip
#: The configurations that pre-commit does not read unless its hook names them.
_OF_PREK_ALONE = (TOML, YML)
_OLD_NAMES = {"commit": "pre-commit", "push": "pre-push", "merge-commit": "pre-merge-commit"}


def checks(context: Context) -> Iterator[Check]:
    """`pre-commit`, `pmgit-hook`."""
    folder = hook_files.folder(context)
    state = context.hooks()
    state.follow(context.config.values["hooks-config"])
    recorded = context.config.values["hooks"]
    tool = state.tool or (recorded if recorded in FRAMEWORKS else PRE_COMMIT)
    config = state.config(tool)
    document, fault = framework_files.read(context.repository.top, config)
    is_there = os.path.exists(os.path.join(context.repository.top, config))
    if is_there and not fault and not framework_files.has_repos(document):
        document, fault = None, "no list `repos`"
    if fault:
        hint = f"repair {config}; where it is wrong: {tool} validate-config {config}"
        yield Check("pre-commit", ERROR, f"{config}: {fault}", hint=hint)
    elif document is None:
        yield Check("pre-commit", OK, f"not used: there is no {config}")
    else:
        # Those by which hooks are installed that read another file than usual.
        options = state.call.options if state.named else []
        yield _installed(context, folder, _Use(tool, config, document, options))
    yield _judged(context, folder, state, document)


class _Use(NamedTuple):
    """pre-commit or prek, whichever is used here, and its configuration."""

    tool: str
    config: str
    document: dict[str, Any]
    options: list[str]


def _stages(value: Any) -> set[str]:
    names = value if isinstance(value, list) else []
    return {_OLD_NAMES.get(name, name) for name in names if isinstance(name, str)}


def _wanted(document: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The hook types that must be installed, and those that some hook would also run in."""
    must = _stages(document.get("default_install_hook_types", ["pre-commit"]))
    named = set[str]()
    for hook in framework_files.hooks(document):
        named |= _stages(hook.get("stages", document.get("default_stages")))
    # A check before a push is the last one: left out in silence it is worth an error.
    must |= named & {"pre-push"}
    return [s for s in _STAGES if s in must], [s for s in _STAGES if s in named - must]


def _runs_framework(hook: HookFile) -> bool:
    """Whether a hook is pre-commit's or prek's and runs, or a hook that runs one of them."""
    if not hook.runs:
        return False
    if hook.chain:
        saved = hook.beside(chain.SAVED)
        return hook.chain.framework in FRAMEWORKS or (saved.runs and saved.is_framework)
    return hook.is_framework or any("pre-commit" in line or "prek" in line for line in hook.lines)


def _judges(hook: HookFile) -> bool:
    """Whether its text runs pmgit; of a chain, whether its header has `judge`."""
    if hook.chain:
        return hook.chain.judge
    return any("pmgit-hook" in line or "pmgit.hook" in line for line in hook.lines)


def _installed(context: Context, folder: HookFolder, use: _Use) -> Check:
    name = "pre-commit"
    must, may = _wanted(use.document)
    hooks = {stage: folder.hook(stage) for stage in (*must, *may)}
    blind = [stage for stage, hook in hooks.items() if hook.runs and hook.kind == PRE_COMMIT]
    if blind and use.config in _OF_PREK_ALONE:
        evidence = f"the {', '.join(blind)} hook is pre-commit's, which does not read {use.config}"
        return Check(name, ERROR, f"{evidence}: it stops all", *_exchange(blind))
    lost = [stage for stage in must if not _runs_framework(hooks[stage])]
    idle = [stage for stage in may if not _runs_framework(hooks[stage])]
    others = (*lost, *idle)
    broken = [s for s in hooks if s not in others and frameworks.is_dead(hooks[s])]
    if lost or broken:
        stages = [*lost, *broken]
        what = [f"no hook of {use.tool} for {', '.join(lost)}"] if lost else []
        if broken:
            what.append(f"the {use.tool} of the {', '.join(broken)} hook is gone")
        return Check(name, ERROR, "; ".join(what), *_install(context, folder, use, stages))
    if idle:
        evidence = f"no hook for {', '.join(idle)}, which some hooks of {use.config} are for"
        return Check(name, WARNING, evidence, *_install(context, folder, use, idle))
    return Check(name, OK, f"{use.config}: installed for {', '.join(hooks) or 'no stage'}")


def _exchange(stages: list[str]) -> tuple[Fix | None, str]:
    """prek's hooks for those of pre-commit, which would else be kept and run before them."""
    programs = [(_find(PRE_COMMIT), "uninstall"), (_find(PREK), "install")]
    if not all(program for program, _ in programs):
        return None, "pre-commit uninstall, then pip install prek, then prek install"
    types = frameworks.of_stages(stages, "-t")
    steps = [Step(program, does, *types) for program, does in programs]
    return Fix(*steps), ""


def _install(
    context: Context, folder: HookFolder, use: _Use, stages: list[str]
) -> tuple[Fix | None, str]:
    """The fix that installs the hooks, never with --force: others stay; or None and a hint."""
    order = [PREK, PRE_COMMIT] if use.tool == PREK else [PRE_COMMIT, PREK]
    if use.config in _OF_PREK_ALONE:
        order = [PREK]
    tool, program = next(((t, p) for t in order for p in [_find(t)] if p), ("", ""))
    if not tool:
        return None, f"install it: pip install {use.tool}"
    if folder.setting is not None and (tool == PRE_COMMIT or folder.is_shared):
        # pre-commit refuses to install its hooks there; the chain of pmgit runs it.
        return hook_files.onboard(context), ""
    types = frameworks.of_stages(stages, "-t")
    return Fix(Step(program, "install", *use.options, *types)), ""


def _find(name: str) -> str:
    """A program as a shell finds it: bare on the PATH, else beside the Python that runs us."""
    return name if path_of(name) else path_of(name, os.path.dirname(sys.executable))


def _judged(
    context: Context, folder: HookFolder, state: HookState, document: dict[str, Any] | None
) -> Check:
    """Whether pmgit itself sees a commit."""
    name, hook = "pmgit-hook", folder.hook("pre-commit")
    shown = context.shown(hook.path)
    if hook.runs and (_judges(hook) or _judges(hook.beside("legacy"))):
        return Check(name, OK, f"{shown} runs pmgit")
    entry = framework_files.has_entry(document)
    if entry and _runs_framework(hook):
        return entries.check(context, state, document, f"and {shown} runs it")
    if context.config.values["hooks"] == NONE:
        return Check(name, OK, f"{context.config.source} asks for no hooks")
    evidence = "nothing runs pmgit at a commit"
    if entry:
        config = state.config(state.tool or PRE_COMMIT)
        evidence = f"{config} has pmgit, but nothing runs it at a commit"
    return Check(name, WARNING, evidence, hook_files.onboard(context))
