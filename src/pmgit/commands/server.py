"""`pmgit server`: judge pushes on the server too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pmgit.commands._terminal import say
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable


@click.group()
def command() -> None:
    """Judge every push on the server that receives it.

    For bare repositories on this machine: over ssh, or below GitLab, Gitea and Forgejo.
    docs/servers.md describes the steps for each of them, and what GitHub offers instead.
    """


@command.command(short_help="Install the pre-receive hook into DIR, and prove it.")
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--gitlab", is_flag=True, help="Begin every line so that GitLab shows it.")
@click.option(
    "--config",
    metavar="FILE",
    default="",
    help="Judge every push by this file, not by the configuration of the repository.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be done, and do nothing.")
@click.option("--undo", is_flag=True, help="Remove the hook, and put back the one before it.")
def install(folder: str, gitlab: bool, config: str, dry_run: bool, undo: bool) -> None:
    """Install the pre-receive hook into DIR, and prove that it refuses raw weights.

    DIR is a bare repository on this machine, or a folder of hooks such as pre-receive.d or
    custom_hooks. A pre-receive hook that is there is kept and runs after pmgit, with the same
    input. Run it as the user that Git runs as.
    """
    from pmgit.server import installation, proof

    place = installation.find(folder)
    if undo:
        _print_lines(
            installation.undo(place, dry_run=dry_run), dry_run, "nothing to undo: no hook of pmgit"
        )
        return
    config = os.path.abspath(config) if config else ""
    # First on a copy: a hook that cannot judge would refuse every push.
    proved = proof.prove(place, installation.hook_text(config=config, gitlab=gitlab), config)
    done = installation.install(place, config=config, gitlab=gitlab, dry_run=dry_run)
    _print_lines(done, dry_run, f"nothing to do: {place.path} is there")
    say(f"proved: {visible(proved)}")


def _print_lines(lines: Iterable[str], dry_run: bool, otherwise: str) -> None:
    printed = False
    for line in lines:
        printed = True
        if dry_run:
            click.echo(visible(f"would {line}"))
        else:
            say(visible(line))
    if not printed:
        say(visible(otherwise))
