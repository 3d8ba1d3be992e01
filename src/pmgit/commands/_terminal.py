"""How a command writes to the terminal: with colour or without, and whether it talks at all."""

from __future__ import annotations

import sys

import click

from pmgit.core.errors import UsageError
from pmgit.core.shell import called, own_command
from pmgit.report.colour import Paint, wanted

#: The key of click's `ctx.meta` that --quiet sets.
QUIET = "pmgit.quiet"


def paint() -> Paint:
    """The colours of standard output: as --color says, else as the terminal and NO_COLOR do."""
    chosen = click.get_current_context().color
    return Paint(wanted(sys.stdout) if chosen is None else chosen)


def is_quiet() -> bool:
    """Whether only findings and errors are wanted (--quiet)."""
    return bool(click.get_current_context().meta.get(QUIET))


def named(text: str) -> str:
    """`text` with every command of pmgit that it names as the user's shell finds it."""
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
    """Print what a command has done or sees; not when --quiet is given."""
    if not is_quiet():
        click.echo(text, err=err)
