"""Lines of `.gitattributes` that were meant to send files to Git LFS and do not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.finding import Fix, Step
from pmgit.lfs import patterns, pointer, store
from pmgit.model import folder
from pmgit.model.weights import ALWAYS, AMBIGUOUS, Tiers
from pmgit.setup import dead_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context

#: So many lines are named; the rest is counted.
_SHOWN = 3


def checks(context: Context) -> Iterator[Check]:
    """`attributes`."""
    name, files = "attributes", context.attribute_files
    for path, data in files.items():
        if isinstance(pointer.read(data), pointer.Pointer):
            evidence = f"{path} is itself a Git LFS pointer, so none of its lines works"
            yield Check(name, ERROR, evidence, *_text_again(context, path, data))
            return
    count = sum(map(_lfs_lines, files.values()))
    if not count:
        yield Check(name, OK, "no line sends anything to Git LFS")
        return
    tiers, roots = Tiers(context.config), context.config.models

    def is_weights(path: str) -> bool:
        tier = tiers.of(path)
        return tier == ALWAYS or (tier == AMBIGUOUS and bool(folder.root_of(path, roots)))

    paths = list(dict.fromkeys([*context.tracked, *context.local]))
    dead = dead_lines.find(context.repository, files, paths, roots, is_weights)
    if dead:
        told = [f"{line.file}:{line.number}: {line.why}" for line in dead[:_SHOWN]]
        if len(dead) > _SHOWN:
            told.append(f"and {len(dead) - _SHOWN} more")
        cures = tuple(dict.fromkeys(line.cure for line in dead if line.cure))
        setup = Step("pmgit", "lfs-setup", items=cures, option="--pattern", names="verbatim")
        fix = Fix(setup, order=Fix.SETUP) if cures else None
        hint = "" if all(line.cure for line in dead) else "repair the lines, or take them out"
        yield Check(name, WARNING, "; ".join(told), fix, hint)
        return
    sends = "1 line sends" if count == 1 else f"{count} lines send"
    yield Check(name, OK, f"{sends} files to Git LFS")


def _text_again(context: Context, path: str, data: bytes) -> tuple[Fix | None, str]:
    """What makes a `.gitattributes` that is a pointer the text that it was."""
    told = pointer.read(data)
    file = os.path.join(context.repository.top, path)
    if not isinstance(told, pointer.Pointer) or not os.path.isfile(file):
        return None, f"bring the file into the work tree first: git checkout -- {path}"
    if not store.find_object(context.repository, told.oid):
        return None, f"its content is not here; git lfs fetch brings it, or write {path} anew"
    script = 'git lfs smudge <"$0" >"$0.text" && mv "$0.text" "$0"'
    return Fix(Step("sh", "-c", script, file, names="verbatim"), order=Fix.SETUP), ""


def _lfs_lines(data: bytes) -> int:
    """How many lines give `filter=lfs`."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    lines = map(patterns.split_line, text.split("\n"))
    return sum(parts is not None and "filter=lfs" in parts[1] for parts in lines)
