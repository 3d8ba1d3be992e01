"""git, git-lfs, its filters, and whether a push may leave objects behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.doctor.settings import LFSCONFIG
from pmgit.finding import Fix, Step
from pmgit.lfs import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context

#: What `git lfs install` writes.
_FILTER = {
    "clean": "git-lfs clean -- %f",
    "smudge": "git-lfs smudge -- %f",
    "process": "git-lfs filter-process",
    "required": "true",
}
_NOT_USED = "; nothing here is in Git LFS"


def checks(context: Context) -> Iterator[Check]:
    """`git`, `git-lfs`, `lfs-filter`, `lfs-push`."""
    version = context.repository.run("version").decode("utf-8", "replace").strip()
    yield Check("git", OK, version)
    yield _program(context)
    yield _filter(context)
    yield _push(context)


def _program(context: Context) -> Check:
    if missing.is_installed():
        # git looks for git-lfs before it looks for an alias; folders such as `.` are left out of
        # its PATH, because what lies in the repository must not be run.
        path = context.environ.get("PATH", os.defpath).split(os.pathsep)
        absolute = os.pathsep.join(folder for folder in path if os.path.isabs(folder))
        code, out, err = context.repository.start("lfs", "version", env={"PATH": absolute}).wait()
        said = out.decode("utf-8", "replace").strip()
        if code == 0:
            return Check("git-lfs", OK, said)
        return Check("git-lfs", ERROR, f"git lfs version failed: {err.strip() or said}")
    if context.uses_lfs:
        hint = missing.install_hint()
        return Check("git-lfs", ERROR, "not installed, and files here are in Git LFS", hint=hint)
    return Check("git-lfs", OK, f"not installed{_NOT_USED}")


def _filter(context: Context) -> Check:
    name = "lfs-filter"
    found = {key: context.settings.last(f"filter.lfs.{key}") for key in _FILTER}
    # `process` does the work of the other two, but git-lfs and older clients read those too.
    absent = [
        key
        for key, setting in found.items()
        if setting is None or (key == "required" and not setting.is_true) or not setting.value
    ]
    places = dict.fromkeys(setting.place for setting in found.values() if setting)
    if absent:
        if not context.uses_lfs and len(absent) == len(found):
            return Check(name, OK, f"not configured{_NOT_USED}")
        what = "is" if len(absent) == 1 else "are"
        names = ", ".join(f"filter.lfs.{key}" for key in absent)
        evidence = f"{names} {what} not set: files go into Git raw, without a word"
        return Check(name, ERROR, evidence, _repair(absent))
    odd = [
        key
        for key, setting in found.items()
        if setting
        and key != "required"
        and "git-lfs" not in setting.value.replace("git lfs", "git-lfs")
    ]
    if odd:
        names = ", ".join(f"filter.lfs.{key}" for key in odd)
        return Check(
            name, WARNING, f"{names}: not a command of git-lfs ({'; '.join(places)})",
            hint="what git-lfs writes: git lfs install --manual; see: git config --show-origin"
            " --get-regexp filter.lfs",
        )  # fmt: skip
    if any(setting and "--skip" in setting.value.split() for setting in found.values()):
        return Check(
            name, WARNING, f"--skip: a checkout leaves pointers ({'; '.join(places)})",
            hint="git lfs pull brings the content when it is wanted",
        )  # fmt: skip
    return Check(name, OK, f"clean, smudge, process, required ({'; '.join(places)})")


def _repair(absent: list[str]) -> Fix:
    if len(absent) == len(_FILTER):
        # --skip-repo: no hooks; those are another check.
        install = Step("git", "lfs", "install", "--local", "--skip-repo", names="verbatim")
        return Fix(install, order=Fix.SETUP)
    # `git lfs install` refuses when one of the others is not as it writes them.
    steps = [
        Step("git", "config", "--local", f"filter.lfs.{key}", _FILTER[key], names="verbatim")
        for key in absent
    ]
    return Fix(*steps, order=Fix.SETUP)


def _push(context: Context) -> Check:
    name, key = "lfs-push", "lfs.allowincompletepush"
    found = context.settings.last(key)
    if found is None or not found.is_true:
        return Check(name, OK, "a push without the objects of its pointers is refused")
    evidence = f"{key} is true ({found.place}): a push may leave pointers to nothing"
    if found.scope == "command":
        return Check(name, ERROR, evidence, hint="take it out of GIT_CONFIG_COUNT, or of git -c")
    scope = "--worktree" if found.scope == "worktree" else "--local"
    # Set to false, not unset: it may come from a wider scope or from the committed .lfsconfig.
    step = Step("git", "config", scope, "--replace-all", key, "false", names="verbatim")
    hint = f"take it out of {LFSCONFIG} too, for everybody" if found.scope == LFSCONFIG else ""
    return Check(name, ERROR, evidence, Fix(step, order=Fix.SETUP), hint)
