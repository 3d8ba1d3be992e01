"""pmgit's entry in the configuration of pre-commit or prek: whether what it names can be had here.

An entry that cannot be built stops every commit, and the file alone does not show that. So the
framework builds it, as it would at the next commit; a second build takes no time. It builds only
what is as trustworthy as the pmgit that runs: a version from the package index, or a commit from
the address that this pmgit was installed from. Nothing else that a repository names is run.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from pmgit import __version__
from pmgit.core.errors import PmgitError
from pmgit.core.finding import Fix, Step
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.git.program import path_of
from pmgit.hooks import entry, framework_files, frameworks, origin
from pmgit.hooks.entry import GIT, INDEX, HookEntry
from pmgit.hooks.names import PRE_COMMIT

if TYPE_CHECKING:
    from pmgit.doctor.context import Context
    from pmgit.hooks.hook_state import HookState

_NAME = "pmgit-hook"
_ANSWERS = "see whether it answers later; an entry that needs no address: pmgit init --system"
_SYSTEM = Fix(Step("pmgit", "init", "--system"))
_BUILT = Fix(Step("pmgit", "init", "--no-system"))


def check(context: Context, state: HookState, document: Any, runs: str) -> Check:
    """The check of the entry in `document`, which a hook runs; `runs` is the words for that."""
    config = state.config(state.tool or PRE_COMMIT)
    items = framework_files.items(document)
    if _calls_installed(items) and not path_of("pmgit-hook"):
        evidence = f"{config} runs pmgit-hook, which is not on the PATH: every commit fails"
        hint = f"put the folder on the PATH that has it: {os.path.dirname(sys.executable)}"
        return Check(_NAME, ERROR, evidence, hint=hint)
    own = entry.from_item(items[0]) if len(items) == 1 else None
    try:
        framework = frameworks.find(state)
        if own and _is_trusted(own):
            frameworks.build(context.repository, framework, _alone(document, own))
    except PmgitError as error:
        evidence = f"{config}: every commit fails: {error.message}"
        return Check(_NAME, ERROR, evidence, _SYSTEM if own else None, error.hint)
    if own and (now := _other(own)):
        evidence = f"{config} runs {own.described}, and this is {now}"
        fix = _BUILT if origin.find().entry else _SYSTEM
        return Check(_NAME, WARNING, evidence, fix, f"or install that one here: {own.version}")
    hosted = own if own and own.kind == GIT and _is_trusted(own) else None
    if hosted and (why := frameworks.unreachable(hosted.address)):
        evidence = f"another clone could not build {hosted.described}: {why}"
        return Check(_NAME, WARNING, evidence, hint=_ANSWERS)
    return Check(_NAME, OK, f"{config} has pmgit, {runs}")


def _is_trusted(own: HookEntry) -> bool:
    """Whether an entry names the package index, or the address that this pmgit is from."""
    source = origin.find().entry
    same = source is not None and own.kind == GIT and source.address == own.address
    version = own.kind == INDEX and own.version.replace(".", "").replace("+", "").isalnum()
    return (version or same) and _is_plain(own.python)


def _is_plain(version: str) -> bool:
    """Whether this names a Python by its version, and is no path of a program."""
    return not version or version.removeprefix("python").replace(".", "").isdigit()


def _alone(document: Any, own: HookEntry) -> dict[str, Any]:
    """A configuration with this entry, and the team's choice of a Python."""
    wanted = framework_files.wanted_python(document)
    kept = bool(wanted) and _is_plain(wanted)
    python = {"default_language_version": {"python": wanted}} if kept else {}
    return {**python, "repos": [own.item]}


def _calls_installed(items: list[dict[str, Any]]) -> bool:
    hooks = [hook for item in items for hook in item["hooks"]]
    return any(
        hook.get("language") in ("system", "unsupported")
        and str(hook.get("entry", "")).split()[:1] == ["pmgit-hook"]
        for hook in hooks
    )


def _other(found: HookEntry) -> str:
    """The version or commit that runs here, when the entry names another one."""
    if found.kind == INDEX:
        return __version__ if found.version != __version__ else ""
    own = origin.find().entry
    same = own and found.kind == own.kind == GIT and found.address == own.address
    return own.version if own and same and own.version != found.version else ""
