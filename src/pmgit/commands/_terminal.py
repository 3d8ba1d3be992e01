"""Writing to the terminal: colours, --quiet, questions, fixes and diffs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pmgit.core.errors import UsageError
from pmgit.core.shell import called, own_command
from pmgit.report.colour import BOLD, GREEN, Paint, wanted
from pmgit.report.redact import redact
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

#: The key of click's `ctx.meta` that --quiet sets.
QUIET = "pmgit.quiet"
_NO_END = "\\ No newline at end of file"


def has_colour(stream: TextIO | None = None) -> bool:
    """Whether a stream (standard output without one) gets colours.

    By --color, else by whether it is a terminal, and NO_COLOR.
    """
    chosen = click.get_current_context().color
    return wanted(stream or sys.stdout) if chosen is None else chosen


def paint() -> Paint:
    """The colours of standard output."""
    return Paint(has_colour())


def is_quiet() -> bool:
    """Whether only findings and errors are wanted (--quiet)."""
    return bool(click.get_current_context().meta.get(QUIET))


def named(text: str) -> str:
    """`text` with every command of pmgit in it written as the user's shell finds it."""
    return called(text, own_command())


def words_of(text: str) -> str:
    """A text of an error for people: nothing in it acts on a terminal or a log, or is secret."""
    return named(visible(redact(text)))


def is_interactive() -> bool:
    """Whether somebody can answer a question; None is a standard input that is closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(
    question: str, hint: str, *, default: bool = True, before: str = "changes anything"
) -> None:
    """Ask before a command does something; an answer of no ends it.

    Raises UsageError with the hint where nobody can answer.
    """
    if not is_interactive():
        raise UsageError(f"this would ask before it {before}, and there is no terminal", hint)
    click.confirm(question, default=default, abort=True)


def say(text: str = "", *, err: bool = False) -> None:
    """Print a line about what a command does or finds; nothing with --quiet."""
    if not is_quiet():
        click.echo(text, err=err)


def note(text: str) -> None:
    """Print what is odd, also with --quiet."""
    click.echo(f"note: {text}", err=True)


def show_json(document: object) -> None:
    """Print a document for programs."""
    import json

    click.echo(json.dumps(document, indent=2))


def show_fix(line: str, paint: Paint) -> None:
    """Print a fix as the line to paste."""
    click.echo(f"{paint('fix:', BOLD)} {paint(line, GREEN)}", color=True)


def show_diffs(diffs: Iterable[tuple[str, bytes | None, bytes | None]]) -> None:
    """Print how files change, each by its name and its text before and after."""
    for name, before, after in diffs:
        click.echo(difference(before, after, name), nl=False)


def difference(before: bytes | None, after: bytes | None, name: str) -> str:
    """A unified diff of two versions of a text, as `git apply` reads it; '' when they are the same.

    None: there is no file. Characters that a terminal would act on are shown escaped.
    """
    if before == after:
        return ""
    import difflib

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
