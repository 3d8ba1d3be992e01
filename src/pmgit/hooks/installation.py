"""The files to write so that all hooks of a repository run, and writing them.

In whatever order hooks were installed, after `apply` each push is judged by pmgit, then uploaded
by Git LFS, and the user's own hooks and the framework's stages run as before. Nobody's hook is
lost and core.hooksPath stays: a hook in the place of the chain is kept beside it, as
`<stage>.before-pmgit`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.gitfiles import user_files
from pmgit.hooks import chain
from pmgit.hooks.hook_file import CHAIN, FOREIGN, LFS, NOTHING, SHIM
from pmgit.hooks.names import COMMIT_STAGES, HUSKY, LEFTHOOK, PRE_COMMIT, PREK, PUSH, STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.hooks.hook_file import HookFile
    from pmgit.hooks.hook_state import HookState

FRAMEWORK, NATIVE, NONE = "pre-commit", "native", "none"
_EXECUTABLE = 0o755


@dataclass
class HookAction:
    """A file to write: `before` and `after` are its content (None: there is none).

    `path` is absolute, `mode` its permissions afterwards, `why` its purpose. With `link`, a
    symbolic link that leads there is made, not a file.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int
    why: str
    link: str = ""


def plan(state: HookState, mode: str, *, python: str) -> list[HookAction]:
    """The files to write, in the order in which they must be written; empty when all is right.

    `mode` is "native" (the chain at every stage), "pre-commit" (a framework serves the commit,
    the chain the push) or "none". `python` is the interpreter that has pmgit.

    Raises PmgitError where two hooks of the user's want the same place.
    """
    if mode == NONE:
        return []
    actions = []
    for stage in STAGES:
        if stage == PUSH or mode == NATIVE:
            actions += _chain(state, stage, python, judge=True, framework=state.pushes)
        elif state.hooks_path and not state.hook(stage).is_framework:
            # pre-commit refuses to install its hook; the chain runs it, and it runs pmgit.
            actions += _chain(state, stage, python, judge=False, framework=True)
    return actions


def unchain(state: HookState) -> list[HookAction]:
    """The actions that remove the chains which judge commits, for a framework that is to do so: the
    hooks before them are restored. Where core.hooksPath is set, `plan` makes them run it instead.
    """
    actions = []
    for stage in COMMIT_STAGES:
        for suffix in ("legacy",) if state.hooks_path else ("", "legacy"):
            place, saved = state.hook(stage, suffix), state.hook(stage, chain.SAVED)
            if not place.judges:
                continue
            why = "pmgit's own hook, which is not needed beside pmgit's entry"
            if saved.content is None:
                actions.append(HookAction(place.path, place.content, None, 0, why))
                continue
            why = "your own hook, back where it was before"
            actions += [
                HookAction(
                    place.path, place.content, saved.content, saved.mode, why, link=saved.target
                ),
                HookAction(saved.path, saved.content, None, 0, "it is back where it was before"),
            ]
    return actions


def _chain(
    state: HookState, stage: str, python: str, *, judge: bool, framework: bool
) -> list[HookAction]:
    """The actions that make the chain part of one stage."""
    hook = state.hook(stage)
    if hook.is_framework:
        # It hands all of standard input to `.legacy`, and runs that first.
        place = state.hook(stage, "legacy")
        framework = False
    else:
        place = hook
        framework = framework and (stage == PUSH or not judge)
    saved = state.hook(stage, chain.SAVED)
    actions = []
    if hook.is_framework and not hook.runs and not hook.target:
        why = f"{hook.kind}'s own hook, executable again"
        actions.append(HookAction(hook.path, hook.content, hook.content, _EXECUTABLE, why))
    if place.kind == FOREIGN:
        actions += _keep(place, saved, state.manager)
    elif place is hook and saved.content is None and place.kind in (LFS, NOTHING):
        # Left over where `git lfs install --force` or a deletion took the framework's hook away.
        legacy = state.hook(stage, "legacy")
        if legacy.kind == FOREIGN and legacy.runs:
            actions += _keep(legacy, saved, state.manager)
    upload = chain.USED if stage == PUSH else chain.NEVER
    if place.kind == LFS or (place.chain and place.chain.upload == chain.ALWAYS):
        upload = chain.ALWAYS
    after = chain.text(
        chain.ChainHeader(
            stage,
            # A tracked file goes to other machines, where this interpreter is not.
            "python3" if state.tracked else python,
            judge,
            (state.tool or PRE_COMMIT) if framework else chain.NO_FRAMEWORK,
            only_configured=state.shared,
            upload=upload,
            sourced=state.manager == HUSKY,
        )
    )
    if place.content != after or place.target or not place.runs:
        why = _why(state, stage, place, judge)
        actions.append(HookAction(place.path, place.content, after, _EXECUTABLE, why))
    return actions


def _keep(place: HookFile, saved: HookFile, manager: str) -> list[HookAction]:
    """Keep the user's hook beside the chain, which runs it."""
    if saved.content == place.content and saved.target == place.target:
        return []
    # `lefthook install` has written a newer hook of its own over the chain.
    renewed = manager == LEFTHOOK and all(b"lefthook" in (h.content or b"") for h in (place, saved))
    if saved.content is not None and not renewed:
        raise PmgitError(
            f"{place.path} and {saved.path} are both hooks of yours",
            "join them in the first, remove the second, then run it again",
        )
    why = "your own hook, which the chain runs with the same arguments and input"
    if not place.runs and manager != HUSKY:
        why = "your own hook; it is not executable, so nobody runs it"
    return [
        HookAction(saved.path, saved.content, place.content, place.mode, why, link=place.target)
    ]


def _why(state: HookState, stage: str, place: HookFile, judge: bool) -> str:
    did = {
        NOTHING: "",
        LFS: ", in the place of Git LFS's own hook",
        CHAIN: ", updated",
        SHIM: ", in the place of the one that pmgit made for a clone",
        FOREIGN: ", and your own hook with it",
    }.get(place.kind, "")
    if not judge:
        why = "runs pre-commit, which cannot install its hook while core.hooksPath is set"
        if state.tool == PREK:
            why = "runs prek, and keeps what lies where core.hooksPath leads"
    elif stage == PUSH:
        why = "judges every pushed ref, then uploads with Git LFS"
    else:
        why = "judges what is staged"
    if state.manager == LEFTHOOK:
        did += "; lefthook may write its own again: run `pmgit init` after `lefthook install`"
    if state.shared:
        did += "; the folder is shared, so only repositories with a .pmgit.toml are judged"
    return why + did


def apply(actions: Sequence[HookAction]) -> None:
    """Write: each file whole or not at all, executable from its first moment on.

    Raises PmgitError; what was written before stays, and running it again finishes the rest.
    """
    for action in actions:
        if action.after is None:
            user_files.remove(action.path)
            continue
        user_files.make_folder(os.path.dirname(action.path))
        if action.link:
            user_files.link_whole(action.path, action.link)
        else:
            user_files.write_script(action.path, action.after, action.mode)
