"""The gate of `pmgit add`, `update` and `pull`: what it says about files, where people see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.models.gate import Gate

if TYPE_CHECKING:
    from pmgit.core.config import Config

#: What a refusal means for a model that was fetched.
KEPT = (
    "what was fetched stays in the git directory (pmgit/incoming), so that it is not fetched again"
)


def gate(config: Config) -> Gate:
    """The gate of a repository: refusals are findings, what is odd about a file is a note."""
    return Gate(config, click.echo, lambda line: click.echo(f"note: {line}", err=True))
