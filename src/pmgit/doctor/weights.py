"""Weights that lie in the work tree as pointers: what `invalid load key, 'v'` means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.finding import Fix, Step
from pmgit.core.units import show_size
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.lfs import include, pointer, store
from pmgit.model import folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context
    from pmgit.lfs.pointer import Pointer


def checks(context: Context) -> Iterator[Check]:
    """`weights`."""
    name = "weights"
    if not context.in_lfs:
        yield Check(name, OK, "no tracked file is in Git LFS")
        return
    stubs = _stubs(context)
    models = _models(context, context.in_lfs)
    if not stubs:
        here = f"{len(context.in_lfs)} files" if len(context.in_lfs) != 1 else "the 1 file"
        yield Check(name, OK, f"{here} in Git LFS, content in the work tree")
        return
    away = _models(context, stubs)
    size = sum({found.oid: found.size for found in stubs.values()}.values())
    what = []
    if models:
        what.append(f"{len(away)} of {len(models)} models are not here")
    files = "1 file is a pointer" if len(stubs) == 1 else f"{len(stubs)} files are pointers"
    what.append(f"{files} in the work tree ({show_size(size)})")
    evidence = ": ".join(what) + "; loading one fails with `invalid load key, 'v'`"
    fix, hint = _pull(context, stubs, away)
    yield Check(name, WARNING if _wished(context) else ERROR, evidence, fix, hint)


def _stubs(context: Context) -> dict[str, Pointer]:
    """The files that are pointers on disk and should be content, with these pointers."""
    top = context.repository.top
    found = ((path, pointer.at(os.path.join(top, path))) for path in context.in_lfs)
    return {path: target for path, target in found if target}


def _models(context: Context, paths: dict[str, Pointer] | list[str]) -> list[str]:
    """The model folders that hold any of these files."""
    return [
        model
        for root in context.config.models
        for model in folder.find([p for p in context.tracked if p.startswith(f"{root}/")], root)
        if any(path.startswith(model + "/") for path in paths)
    ]


def _wished(context: Context) -> bool:
    """Whether somebody has asked for a checkout without content."""
    skip = context.environ.get("GIT_LFS_SKIP_SMUDGE", "").lower()
    smudge = context.settings.last("filter.lfs.smudge")
    return skip in ("1", "true", "t") or (smudge is not None and "--skip" in smudge.value.split())


def _pull(context: Context, stubs: dict[str, Pointer], away: list[str]) -> tuple[Fix | None, str]:
    """The fix that fetches the content, or None and the reason why there is none."""
    stores = store.folders(context.repository)
    missing = [path for path, found in stubs.items() if not store.find_in(stores, found.oid)]
    if missing and not context.repository.run("remote"):
        return None, f"the content of {missing[0]} is not on this machine, and there is no remote"
    loose = [path for path in stubs if not any(path.startswith(model + "/") for model in away)]
    wanted = [*away, *loose]
    # Without a name, all of them: one that is here cannot be written as a pattern.
    names = ",".join(wanted) if all(include.MAGIC.isdisjoint(path) for path in wanted) else ""
    argv = ["git", "lfs", "pull", f"--include={names}"]
    if context.settings.last("lfs.fetchexclude"):
        argv.append("--exclude=")  # otherwise the configuration leaves them out again
    return Fix(Step(*argv)), ""
