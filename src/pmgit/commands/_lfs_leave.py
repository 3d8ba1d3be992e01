"""`pmgit lfs-setup --leave`, and what a switch of storage prints of the files that it writes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pmgit.commands import _next
from pmgit.commands._difference import difference
from pmgit.commands._terminal import is_quiet, say
from pmgit.errors import UsageError
from pmgit.report.text import visible
from pmgit.setup import lfs_leave

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.config import Config
    from pmgit.git.repository import Repository
    from pmgit.setup.lfs_leave import Leaving
    from pmgit.setup.step import SetupStep


def run(repository: Repository, config: Config, *, dry_run: bool, yes: bool) -> None:
    """Leave Git LFS, after a question."""
    made = lfs_leave.plan(repository, config)
    if made is None:
        say("nothing to do: weights are not in Git LFS here")
        return
    if dry_run:
        show_steps(made.switch.steps)
        for name, before, after in made.diffs:
            click.echo(difference(before, after, name), nl=False)
    if dry_run or not (yes and is_quiet()):
        _tell(made, "would leave Git" if dry_run else "leaves Git")
    if dry_run:
        return
    _ask(yes=yes)
    lfs_leave.apply(repository, made)
    names = tell_written(made.switch.steps)
    if made.diffs:
        say("wrote and staged .gitattributes")
    for note in made.notes:
        say(f"note: {visible(note)}")
    say("proved: Git has none of these files any more, and ignores them")
    if names:
        say(f"next: {_next.add(repository, names)}")


def _tell(made: Leaving, what: str) -> None:
    for blob in made.blobs:
        click.echo(f"{what}, stays on disk: {visible(blob.path)}")
    if made.blobs:
        click.echo(
            "note: everybody else's copies of these files are deleted at their next pull:"
            " they copy the folder first, or download the models again"
        )


def _ask(*, yes: bool) -> None:
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "this would ask before it changes anything, and there is no terminal",
            "what it would do: pmgit lfs-setup --leave --dry-run; to do it: pmgit lfs-setup"
            " --leave --yes",
        )
    click.confirm("Leave Git LFS?", default=False, abort=True)


def show_steps(steps: Iterable[SetupStep]) -> None:
    """How the files of these steps would change."""
    for step in steps:
        for name, before, after in step.diffs:
            click.echo(difference(before, after, visible(name)), nl=False)


def tell_written(steps: Iterable[SetupStep]) -> list[str]:
    """Say which files these steps have written; their names."""
    names = []
    for step in steps:
        say(f"wrote{visible(step.what.removeprefix('write'))}")
        names += [name for name, _, after in step.diffs if after is not None]
    return list(dict.fromkeys(names))
