"""`pmgit history`: the largest blobs of all history, and the way out for weights."""

from __future__ import annotations

import sys
import time

import click

from pmgit.check import config_lookup
from pmgit.commands import _history_report
from pmgit.commands._options import format_option
from pmgit.commands._terminal import show_json
from pmgit.core.config import Config
from pmgit.core.errors import CLEAN, FAILED, UsageError
from pmgit.core.units import read_size
from pmgit.git import repository
from pmgit.history import migration_plan, scan


@click.command("history")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Show so many blobs; all of them are counted.",
)
@click.option(
    "--min-size",
    default="1 MB",
    show_default=True,
    metavar="SIZE",
    help="Only blobs of at least this size: 500 kB, 10 MiB, or bytes.",
)
@format_option
@click.option(
    "--allow-missing",
    is_flag=True,
    help="Exit 0 although part of the history is not here (shallow or partial clone).",
)
def command(top: int, min_size: str, form: str, allow_missing: bool) -> int:
    """Show the largest blobs of all history, and how weights get out of it.

    For each blob: its size, where it is (in HEAD, in another ref, only in older commits, only in
    a reflog or an index, or unreachable), its paths, and the oldest commit that added it.
    Then a plan, as commands to paste, that moves the weights among them into Git LFS. pmgit
    never rewrites history by itself, and fetches nothing. Pointers of Git LFS do not count.

    Exit code 0: looked at everything, whatever was found; 2: wrong usage; 3: part of the history
    is not here, or unreadable.
    """
    least = _size(min_size)
    here = repository.discover()
    # A bare one has none that could be read.
    config = Config() if here.bare else config_lookup.on_disk(here.top)
    counter = _Counter()
    try:
        found = scan.look(here, least, counter.show if counter.is_shown else None)
    finally:
        counter.clear()
    migration_plan.without_pointers(here, found)
    weighed = migration_plan.Weighed(found, config)
    plan = migration_plan.plan(here, weighed)
    if form == "json":
        show_json(_history_report.document(weighed, plan, top, least))
    else:
        for line in _history_report.lines(weighed, plan, top, least):
            click.echo(line.encode("utf-8", "backslashreplace"))
    lacking = _history_report.lacking(found)
    for line in lacking:
        click.echo(line, err=True)
    broken = bool(found.faults) or (bool(lacking) and not allow_missing)
    return FAILED if broken else CLEAN


def _size(text: str) -> int:
    try:
        return read_size(text)
    except ValueError:
        raise UsageError(
            f"--min-size: not a size: {text!r}", "for example: --min-size '500 kB'"
        ) from None


class _Counter:
    """A line on the terminal that counts while git works; nothing where nobody sees it."""

    def __init__(self) -> None:
        self.is_shown = sys.stderr.isatty()
        self._width = 0
        self._next = time.monotonic() + 0.5

    def show(self, objects: int, commits: int) -> None:
        """Show how far the look is, ten times in a second at the most."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.1
            text = f"{objects:,} objects" + (f", {commits:,} commits" if commits else "")
            # No escape sequences: blanks wipe what was longer.
            click.echo("\r" + text.ljust(self._width), nl=False, err=True)
            self._width = len(text)

    def clear(self) -> None:
        """Leave an empty line."""
        if self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
