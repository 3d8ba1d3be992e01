"""git, git-lfs, its filters, and whether a push may leave objects behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.core.finding import Fix, Step
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.git.repository import check_version
from pmgit.git.settings import LFSCONFIG
from pmgit.lfs import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context
    from pmgit.git.settings import GitSetting

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
    yield _git(context)
    yield _program(context)
    yield _filter(context)
    yield _push(context)


def _git(context: Context) -> Check:
    printed = context.repository.run("version")
    try:
        check_version(printed)
    except PmgitError as error:
        return Check("git", ERROR, error.message, hint=error.hint)
    return Check("git", OK, printed.decode("utf-8", "replace").strip())


def _program(context: Context) -> Check:
    name = "git-lfs"
    if missing.is_installed():
        # git looks for git-lfs before it looks for an alias; folders such as `.` are left out of
        # its PATH, because what lies in the repository must not be run.
        path = context.environ.get("PATH", os.defpath).split(os.pathsep)
        absolute = os.pathsep.join(folder for folder in path if os.path.isabs(folder))
        code, out, err = context.repository.start("lfs", "version", env={"PATH": absolute}).wait()
        printed = out.decode("utf-8", "replace").strip()
        if code == 0:
            return Check(name, OK, printed)
        evidence = f"git lfs version failed: {err.strip() or printed or f'exit code {code}'}"
        return Check(name, ERROR, evidence, hint=f"once more, {missing.install_hint()}")
    if context.uses_lfs:
        evidence = "not installed, and files here are in Git LFS"
        command = missing.install_command()
        if not command:
            return Check(name, ERROR, evidence, hint=missing.install_hint())
        fix = Fix(Step(*command.split()))
        return Check(name, ERROR, evidence, fix, missing.NOT_IT)
    return Check(name, OK, f"not installed{_NOT_USED}")


def _filter(context: Context) -> Check:
    name = "lfs-filter"
    found = {key: context.settings.last(f"filter.lfs.{key}") for key in _FILTER}
    # `process` does the work of the other two, but git-lfs and older clients read those too.
    absent = [
        key
        for key, setting in found.items()
        if setting is None or (key == "required" and not setting.is_true) or not setting.value
    ]
    places = "; ".join(dict.fromkeys(setting.place for setting in found.values() if setting))
    if len(absent) == len(found) and not any(found.values()):
        if not context.uses_lfs:
            return Check(name, OK, f"not configured{_NOT_USED}")
        # --skip-repo: no hooks; those are another check.
        install = Step("git", "lfs", "install", "--local", "--skip-repo")
        return Check(name, ERROR, _raw(absent), Fix(install))
    odd = [key for key in found if key not in absent and _is_foreign(key, found[key])]
    skips = [
        key
        for key, setting in found.items()
        if setting and key not in odd and "--skip" in setting.value.split()
    ]
    faults, hint = [], ""
    if absent:
        faults.append(_raw(absent))
    if odd:
        values = {key: setting.value for key in odd if (setting := found[key])}
        shown = ", ".join(f"filter.lfs.{key} = {value!r}" for key, value in values.items())
        faults.append(f"{shown}: not a command of git-lfs ({places})")
    if skips:
        faults.append(f"--skip: a checkout leaves pointers ({places})")
        hint = "or leave it, where that is wanted: pmgit pull MODEL fetches what is needed"
    if not faults:
        return Check(name, OK, f"clean, smudge, process, required ({places})")
    fix, other = _repair(found, [*absent, *odd, *skips])
    return Check(name, ERROR if absent else WARNING, "; ".join(faults), fix, other or hint)


def _raw(absent: list[str]) -> str:
    what = "is" if len(absent) == 1 else "are"
    names = ", ".join(f"filter.lfs.{key}" for key in absent)
    return f"{names} {what} not set: files go into Git raw, without a word"


def _is_foreign(key: str, setting: GitSetting | None) -> bool:
    """Whether another program is called; a wrapper that calls git-lfs is none."""
    value = setting.value.replace("git lfs", "git-lfs") if setting else ""
    return key != "required" and "git-lfs" not in value


def _repair(found: dict[str, GitSetting | None], keys: list[str]) -> tuple[Fix | None, str]:
    """The fix that sets these keys as git-lfs does, or None and a hint.

    `git lfs install` refuses where they differ.
    """
    steps = []
    for key in dict.fromkeys(keys):
        setting = found[key]
        if setting and setting.scope == "command":
            return None, "take it out of the environment (GIT_CONFIG_COUNT), or of git -c"
        # Set, not unset: a value from a wider scope would come in its place.
        scope = "--worktree" if setting and setting.scope == "worktree" else "--local"
        words = ("git", "config", scope, "--replace-all", f"filter.lfs.{key}", _FILTER[key])
        steps.append(Step(*words))
    return Fix(*steps), ""


def _push(context: Context) -> Check:
    name, key = "lfs-push", "lfs.allowincompletepush"
    found = context.settings.last(key)
    if found is None or not found.is_true:
        return Check(name, OK, "a push without the objects of its pointers is refused")
    evidence = f"{key} is true ({found.place}): a push may leave pointers to nothing"
    if found.scope == "command":
        begin, given = "GIT_CONFIG_KEY_", context.environ.items()
        names = [n for n, value in given if n.startswith(begin) and value.lower() == key]
        exports = [f"{name.replace('_KEY_', '_VALUE_')}=false" for name in names]
        fix = Fix(Step("export", *exports)) if exports else None
        hint = "" if fix else "it was given to git -c: leave it out"
        return Check(name, ERROR, evidence, fix, hint)
    scope = "--worktree" if found.scope == "worktree" else "--local"
    # Set to false, not unset: it may come from a wider scope or from the committed .lfsconfig.
    step = Step("git", "config", scope, "--replace-all", key, "false")
    hint = f"take it out of {LFSCONFIG} too, for everybody" if found.scope == LFSCONFIG else ""
    return Check(name, ERROR, evidence, Fix(step), hint)
