"""Lines of `.gitattributes` that were meant to send files to Git LFS and do not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.lfs import patterns, pointer
from pmgit.setup import attribute_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.doctor.context import Context
    from pmgit.setup.attribute_lines import Line

_LFS = "filter=lfs"
#: So many lines are named; the rest is counted.
_SHOWN = 3


def checks(context: Context) -> Iterator[Check]:
    """`attributes`."""
    name, files = "attributes", context.attribute_files
    for path, data in files.items():
        if pointer.read(data[: pointer.MAX_BYTES]) is not None and len(data) < pointer.MAX_BYTES:
            evidence = f"{path} is itself a Git LFS pointer, so none of its lines works"
            yield Check(name, ERROR, evidence, hint="put its text back: git log -- " + path)
            return
    lines = [line for path in files for line in _lfs_lines(path, files[path])]
    if not lines:
        yield Check(name, OK, "no line sends anything to Git LFS")
        return
    paths = list(dict.fromkeys([*context.tracked, *context.local]))
    matching = attribute_lines.matching(context.repository, files, paths)
    hit: dict[tuple[str, int], list[list[Line]]] = {}
    for found in matching.values():
        for line in found:
            hit.setdefault((line.file, line.number), []).append(found)
    wrong, unused, hint = [], 0, ""
    for path, number, pattern in lines:
        where = f"{path}:{number}: {pattern}"
        places = hit.get((path, number), [])
        if not places:
            reason = _matches_never(context, path, pattern)
            unused += not reason
            if reason:
                wrong.append(f"{where} matches nothing: {reason}")
                hint = hint or _instead(pattern)
            continue
        winners = [_winner(found) for found in places]
        if all(winner and _LFS not in winner.attributes for winner in winners):
            by = winners[0]
            assert by is not None
            wrong.append(f"{where} is overridden by {by.file}:{by.number}: {by.text}")
            hint = hint or f"take one of the two lines out, or put {pattern} below the other"
    if wrong:
        more = f" … and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        yield Check(name, WARNING, "; ".join(wrong[:_SHOWN]) + more, hint=hint)
        return
    yet = f", {unused} of them match no file yet" if unused else ""
    count = "1 line sends" if len(lines) == 1 else f"{len(lines)} lines send"
    yield Check(name, OK, f"{count} files to Git LFS{yet}")


def _lfs_lines(path: str, data: bytes) -> Iterator[tuple[str, int, str]]:
    """File, number and pattern of the lines that give `filter=lfs`."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n"), 1):
        parts = patterns.split_line(line)
        if parts is not None and _LFS in parts[1]:
            yield path, number, parts[0]
        elif parts is None and line.startswith("!") and _LFS in line.split():
            yield path, number, line.split()[0]


def _matches_never(context: Context, path: str, pattern: str) -> str:
    """Why no file can ever match; '' when one may come."""
    bare = pattern.strip('"')
    if bare.startswith("!"):
        return "a pattern that begins with ! is ignored"
    if bare.endswith("/"):
        return "a pattern for a folder does not match what is in it"
    below = os.path.join(context.repository.top, os.path.dirname(path), bare.lstrip("/"))
    if not set("*?[\\") & set(bare) and os.path.isdir(below):
        return "it names a folder, and does not match what is in it"
    return ""


def _instead(pattern: str) -> str:
    bare = pattern.strip('"')
    if bare.startswith("!"):
        return "write a leading ! as \\!, or -filter to keep files out"
    return f"write {bare.rstrip('/')}/** instead"


def _winner(found: list[Line]) -> Line | None:
    """The line that decides the filter of a path, of those that match it."""
    for line in reversed(found):
        if any(word.lstrip("-!").partition("=")[0] == "filter" for word in line.attributes):
            return line
    return None
