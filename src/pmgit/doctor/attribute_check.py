"""Lines of `.gitattributes` that were meant to send files to Git LFS and do not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.core.finding import Fix, Step
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.fix.for_staged import lfs_setup as lfs_setup_step
from pmgit.git import attributes
from pmgit.git.attribute_text import unquoted
from pmgit.gitfiles import block
from pmgit.gitfiles.attributes import attribute_lines, dead_lines
from pmgit.gitfiles.attributes.attribute_lines import NAME, lfs_lines
from pmgit.init import lfs_setup
from pmgit.lfs import patterns, pointer, store
from pmgit.model.weights import Tiers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context
    from pmgit.git.attribute_text import Line
    from pmgit.gitfiles.attributes.dead_lines import Dead

#: So many lines are named; the rest is counted.
_SHOWN = 3


def checks(context: Context) -> Iterator[Check]:
    """`attributes`."""
    there = [*context.tracked, *context.local]
    for steers in (attributes.ATTRIBUTES, attributes.IGNORE):
        attributes.refuse_pipes(context.repository, there, steers)
    name, files = "attributes", context.attribute_files
    for path, data in files.items():
        if target := pointer.readable(data):
            evidence = f"{path} is itself a Git LFS pointer, so none of its lines works"
            yield Check(name, ERROR, evidence, *_text_again(context, path, target.oid))
            return
    count = sum(map(lfs_lines, files.values()))
    if not count:
        yield Check(name, OK, "no line sends anything to Git LFS")
        return
    tiers, roots = Tiers(context.config), context.config.models
    paths = list(dict.fromkeys(there))
    dead = dead_lines.find(context.repository, files, paths, roots, tiers, here=True)
    if dead:
        lines = [f"{line.file}:{line.number}: {line.why}" for line in dead[:_SHOWN]]
        if len(dead) > _SHOWN:
            lines.append(f"and {len(dead) - _SHOWN} more")
        yield Check(name, WARNING, "; ".join(lines), *_cure(context, dead))
        return
    sends = "1 line sends" if count == 1 else f"{count} lines send"
    yield Check(name, OK, f"{sends} files to Git LFS")


def _cure(context: Context, dead: list[Dead]) -> tuple[Fix | None, str]:
    """The fix that makes the lines do what was meant, and a hint about what is done by hand."""
    hints = []
    wanted: dict[str, None] = {}
    behind: dict[tuple[str, str], None] = {}
    mended: list[Step] = []
    for line in dead:
        at = f"{line.file}:{line.number}"
        if line.fix:
            mended += line.fix.steps
            continue
        if line.cures:
            wanted.update(dict.fromkeys(line.cures))
            continue
        if not line.by:
            hints.append(f"repair {at}, or take it out")
            continue
        lines = [
            (file, _inside(line.pattern, by.file) if os.path.isfile(file) else "")
            for by in line.by
            for file in [_path(context, by.file)]
            if _stays(context, by)
        ]
        if all(pattern for _, pattern in lines):
            wanted[line.pattern] = None
            behind.update(dict.fromkeys(lines))
            hints.append(f"or, where these files are to stay out of Git LFS, take {at} out")
        else:
            named = ", ".join(f"{by.file}:{by.number}" for by in line.by)
            hints.append(f"take out {at}, or what overrides it: {named}")
    if wanted and not behind and not mended:
        try:
            lfs_setup.plan(context.repository, context.config, list(wanted))
        except PmgitError as error:
            return None, "; ".join([f"{error.message}; {error.hint}", *hints])
    steps = [*mended, *(_append(*entry) for entry in behind)]
    changed = {
        os.path.relpath(file, context.repository.top).replace(os.sep, "/") for file, _ in behind
    }
    if staged := tuple(sorted(changed.intersection(context.tracked))):
        # Others get what is staged, and `pmgit lfs-setup` proves that.
        steps.append(Step("git", "add", items=staged))
    steps += [lfs_setup_step(wanted)] if wanted else []
    return Fix(*steps) if steps else None, "; ".join(dict.fromkeys(hints))


def _stays(context: Context, by: Line) -> bool:
    """Whether a line wins over the block that `pmgit lfs-setup` writes."""
    if by.file != NAME:
        return True  # in a deeper folder, or in the git directory
    lines = context.attribute_files.get(NAME, b"").split(b"\n")
    marks = [at for at, line in enumerate(lines, 1) if line.rstrip() == block.BEGIN.encode()]
    return bool(marks) and by.number > marks[0]


def _inside(pattern: str, file: str) -> str:
    """A pattern of the top as one of a deeper file; '' when there is no such pattern."""
    glob = unquoted(pattern)
    folder = "" if file == attribute_lines.INFO else file[: -len(NAME)]
    if not folder or "/" not in glob.rstrip("/") or glob.startswith("**/"):
        return pattern
    begin = patterns.literal(folder)
    inside = glob.lstrip("/")
    return patterns.quoted("/" + inside[len(begin) :]) if inside.startswith(begin) else ""


def _path(context: Context, file: str) -> str:
    """Where a file with attributes is."""
    if file == attribute_lines.INFO:
        return os.path.join(context.repository.common_dir, "info", "attributes")
    return os.path.join(context.repository.top, file)


def _append(file: str, pattern: str) -> Step:
    """A line at the end of a file, behind the one that wins now."""
    line = patterns.attribute_line(pattern)
    # A line end first: the last line of the file may lack its own.
    script = 'printf "\\n%s\\n" "$1" >>"$0"'
    return Step("sh", "-c", script, file, line)


def _text_again(context: Context, path: str, oid: str) -> tuple[Fix | None, str]:
    """The fix that replaces a `.gitattributes` which is a pointer by its text, or a hint."""
    file = os.path.join(context.repository.top, path)
    if not store.find_object(context.repository, oid) and not context.repository.run("remote"):
        hint = f"its content is not on this machine, and there is no remote: write {path} anew"
        return None, hint
    # It asks the remote for what is not here.
    script = 'git lfs smudge <"$0" >"$0.text" && mv "$0.text" "$0"'
    steps = [Step("sh", "-c", script, file)]
    if not os.path.isfile(file):
        steps.insert(0, Step("git", "checkout", items=(path,)))
    return Fix(*steps), ""
