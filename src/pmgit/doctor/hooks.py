"""The hook folder, and whether a push uploads the objects of Git LFS.

Hooks are judged by their text, so one that calls git-lfs in a roundabout way is not seen.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.finding import Fix, Step
from pmgit.doctor import hook_files
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.hooks import chain
from pmgit.hooks.hook_file import HookFile
from pmgit.hooks.names import LFS_HOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context
    from pmgit.doctor.hook_files import HookFolder

_LOST = "a push would upload no content, without a message"


def checks(context: Context) -> Iterator[Check]:
    """`hooks-path`, `hook-chain` where one is of an earlier version, `lfs-hook`."""
    folder = hook_files.folder(context)
    yield _place(context, folder)
    yield from _earlier(context)
    yield _upload(context, folder)


def _place(context: Context, folder: HookFolder) -> Check:
    name = "hooks-path"
    shown = context.shown(folder.path)
    if folder.setting is None:
        return Check(name, OK, f"{shown} (core.hooksPath is not set)")
    where = f"core.hooksPath is {shown} ({folder.setting.place})"
    if not os.path.isdir(folder.path):
        evidence = f"{where}, which is not a folder: no hook runs"
        hint = "see who set it: git config --show-origin --get-all core.hooksPath"
        if not os.path.lexists(folder.path):
            return Check(name, ERROR, evidence, hook_files.onboard(context), hint)
        hint = f"move {shown} away, or let core.hooksPath lead to a folder; {hint}"
        return Check(name, ERROR, evidence, hint=hint)
    left = [
        stage
        for stage in _names(folder.own)
        if HookFile.read(os.path.join(folder.own, stage), stage).runs
        and not os.path.exists(os.path.join(folder.path, stage))
    ]
    if left:
        evidence = f"{where}; not run: {', '.join(left)} in {context.shown(folder.own)}"
        if folder.is_shared:
            hint = f"what lies in {shown} runs in every repository; copy there what may"
            return Check(name, WARNING, evidence, hint=hint)
        return Check(name, WARNING, evidence, _copy(folder, left))
    return Check(name, OK, where)


def _earlier(context: Context) -> Iterator[Check]:
    """A warning for chains that an earlier pmgit wrote: they run, and do what they did then."""
    hooks = [hook for hook in context.hooks().hooks.values() if hook.chain]
    early = [hook for hook in hooks if chain.version(hook.content or b"") < chain.VERSION]
    if early:
        shown = ", ".join(context.shown(hook.path) for hook in early)
        evidence = f"{shown} {'is' if len(early) == 1 else 'are'} of an earlier version of pmgit"
        yield Check("hook-chain", WARNING, evidence, hook_files.onboard(context))


def _copy(folder: HookFolder, stages: list[str]) -> Fix:
    """Hooks with what they hand on to, copied to where Git looks: nothing lies there yet."""
    files = [
        path
        for stage in stages
        for path in (os.path.join(folder.own, stage), os.path.join(folder.own, f"{stage}.legacy"))
        if os.path.exists(path) and not os.path.exists(folder.path + path[len(folder.own) :])
    ]
    return Fix(Step("cp", "-p", *files, folder.path))


def _names(path: str) -> list[str]:
    """The hooks in a folder, without the samples and what others have put aside."""
    try:
        return sorted(name for name in os.listdir(path) if "." not in name)
    except OSError:
        return []


def _upload(context: Context, folder: HookFolder) -> Check:
    name = "lfs-hook"
    hook = folder.hook("pre-push")
    shown = context.shown(hook.path)
    if not context.uses_lfs:
        return Check(name, OK, "not needed: nothing here is in Git LFS")
    if hook.content is None:
        return _absent(context, folder, f"{shown} is not there: {_LOST}")
    if not hook.runs:
        evidence = f"{shown} is not executable, so Git does not run it: {_LOST}"
        return Check(name, ERROR, evidence, Fix(Step("chmod", "+x", hook.path)))
    if hook.uploads:
        return Check(name, OK, f"{shown} runs git lfs pre-push")
    if hook.is_lefthook:
        return Check(name, OK, f"{shown} is lefthook's, which runs git lfs pre-push by itself")
    if hook.is_framework:
        return _handed_on(context, hook)
    evidence = f"{shown} does not run git lfs pre-push: {_LOST}"
    return Check(name, ERROR, evidence, hook_files.onboard(context))


def _absent(context: Context, folder: HookFolder, evidence: str) -> Check:
    """No hook: git-lfs writes its own, unless it would fail half way or write for others too."""
    hooks = [folder.hook(stage) for stage in LFS_HOOKS]
    foreign = [hook for hook in hooks if hook.content and "git lfs" not in hook.text]
    if folder.is_shared or foreign:
        return Check("lfs-hook", ERROR, evidence, hook_files.onboard(context))
    return Check("lfs-hook", ERROR, evidence, Fix(Step("git", "lfs", "update")))


def _handed_on(context: Context, hook: HookFile) -> Check:
    """A hook of pre-commit or prek: it runs the one that was put aside, and git-lfs only there."""
    name, legacy = "lfs-hook", hook.beside("legacy")
    shown = context.shown(legacy.path)
    by = f"{context.shown(hook.path)} is {hook.kind}'s"
    if legacy.content is None:
        evidence = f"{by}, and there is no {shown} to run git lfs pre-push: {_LOST}"
        return Check(name, ERROR, evidence, _write_legacy(legacy.path))
    if not legacy.uploads:
        evidence = f"{by}, and {shown} does not run git lfs pre-push: {_LOST}"
        return Check(name, ERROR, evidence, hook_files.onboard(context))
    if not legacy.runs:
        evidence = f"{by}, and {shown} is not executable, so it is not run: {_LOST}"
        return Check(name, ERROR, evidence, Fix(Step("chmod", "+x", legacy.path)))
    return Check(name, OK, f"{by}, and {shown} runs git lfs pre-push")


def _write_legacy(path: str) -> Fix:
    """The one repair that keeps both hooks: `git lfs install --force` would overwrite the other."""
    script = 'printf "%s\\n" "#!/bin/sh" "git lfs pre-push \\"\\$@\\"" >"$0" && chmod +x "$0"'
    return Fix(Step("sh", "-c", script, path))
