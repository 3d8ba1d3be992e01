"""Variables of the environment that switch hooks or uploads off, in silence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.finding import Fix, Step
from pmgit.doctor import hook_files
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.hooks import chain, framework_files
from pmgit.hooks.names import PRE_COMMIT, STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context

#: What git-lfs 3.3 takes for yes; anything else is no.
_YES = frozenset({"1", "true", "t", "on", "yes"})
_NO_UPLOAD = "a push uploads no content, without a message"


def checks(context: Context) -> Iterator[Check]:
    """`variables`."""
    found = list(_found(context))
    if not found:
        yield Check("variables", OK, "none that switches hooks or uploads off")
        return
    names = [name for name, _, _ in found]
    evidence = "; ".join(f"{name} is set: {what}" for name, what, _ in found)
    status = ERROR if any(loses for _, _, loses in found) else WARNING
    fix = Fix(Step("unset", *names))
    yield Check("variables", status, evidence, fix, "take it out of your shell's start file too")


def _found(context: Context) -> Iterator[tuple[str, str, bool]]:
    """The name of a variable, what it does, and whether a push would lose content by it."""
    environ, uses_lfs = context.environ, context.uses_lfs
    name = "GIT_LFS_SKIP_PUSH"
    if uses_lfs and environ.get(name, "").lower() in _YES:
        yield name, _NO_UPLOAD, True
    folder = hook_files.folder(context)
    push = folder.hook("pre-push")
    above, last = os.path.split(folder.path)
    if environ.get("HUSKY") == "0" and last == "_" and os.path.basename(above) == ".husky":
        does = f"; {_NO_UPLOAD}" if uses_lfs else ""
        yield "HUSKY", f"husky runs no hook{does}", uses_lfs
    if environ.get("LEFTHOOK") in ("0", "false"):
        hooks = [folder.hook(stage) for stage in STAGES]
        if any(h.is_lefthook or h.beside(chain.SAVED).is_lefthook for h in hooks):
            loses = uses_lfs and push.is_lefthook  # the chain uploads by itself
            does = f"; {_NO_UPLOAD}" if loses else ""
            yield "LEFTHOOK", f"lefthook runs no hook{does}", loses
    ours = _own_ids(context)
    for name in ("SKIP", "PREK_SKIP"):
        left_out = [word for word in environ.get(name, "").split(",") if word.strip() in ours]
        if left_out:
            yield name, f"{', '.join(left_out)} is left out at every commit", False


def _own_ids(context: Context) -> set[str]:
    """The ids of the hooks of pmgit in the configuration of pre-commit or prek."""
    state = context.hooks()
    config = state.config(state.tool or PRE_COMMIT)
    document, _ = framework_files.read(context.repository.top, config)
    ours = [hook for item in framework_files.items(document) for hook in item["hooks"]]
    return {str(hook.get("id", "")) for hook in ours} - {""}
