"""Writing to the terminal: colours, --quiet, questions and fixes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pmgit.core.errors import UsageError
from pmgit.core.shell import called, own_command
from pmgit.report.colour import BOLD, GREEN, Paint, wanted

if TYPE_CHECKING:
    from typing import TextIO

#: The key of click's `ctx.meta` that --quiet sets.
QUIET = "pmgit.quiet"


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


def show_json(document: object) -> None:
    """Print a document for programs."""
    import json

    click.echo(json.dumps(document, indent=2))


def show_fix(line: str, paint: Paint) -> None:
    """Print a fix as the line to paste."""
    click.echo(f"{paint('fix:', BOLD)} {paint(line, GREEN)}", color=True)
