"""The diffs that `--dry-run` prints."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_NO_END = "\\ No newline at end of file"


def show(diffs: Iterable[tuple[str, bytes | None, bytes | None]]) -> None:
    """Print how files change, each by its name and its text before and after."""
    for name, before, after in diffs:
        click.echo(difference(before, after, name), nl=False)


def difference(before: bytes | None, after: bytes | None, name: str) -> str:
    """A unified diff of two versions of a text, as `git apply` reads it; '' when they are the same.

    None: there is no file. Characters that a terminal would act on are shown escaped.
    """
    if before == after:
        return ""
    old, new = map(_lines, (before or b"", after or b""))
    head = [f"diff --git a/{name} b/{name}"]
    if before is None:
        head.append("new file mode 100644")
    elif after is None:
        head.append("deleted file mode 100644")
    above = "/dev/null" if before is None else f"a/{name}"
    below = "/dev/null" if after is None else f"b/{name}"
    found = [*(f"{line}\n" for line in head), *difflib.unified_diff(old, new, above, below)]
    return "".join(map(_shown, found))


def _lines(data: bytes) -> list[str]:
    """The lines with their ends, so that a last line without one differs from one that has it."""
    *lines, last = data.decode("utf-8", "surrogateescape").split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _shown(line: str) -> str:
    """A line of the diff; a carriage return at its very end does nothing in a terminal."""
    text = line.removesuffix("\n")
    end = "\r\n" if text.endswith("\r") else "\n"
    return visible(text.removesuffix("\r")) + end + ("" if line.endswith("\n") else f"{_NO_END}\n")
