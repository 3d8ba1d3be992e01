"""How a command writes to the terminal: with colour or without, and whether it talks at all."""

from __future__ import annotations

import sys

import click

from pmgit.report.colour import Paint, wanted
from pmgit.report.shell import called, own_command

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


def say(text: str = "", *, err: bool = False) -> None:
    """Print what a command has done or sees; not when --quiet is given."""
    if not is_quiet():
        click.echo(text, err=err)
