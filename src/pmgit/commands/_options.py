"""Options that several commands have."""

from __future__ import annotations

import click

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people or for programs.",
)

settings_option = click.option(
    "-c",
    "--config",
    "settings",
    multiple=True,
    metavar="RULE.OPTION=VALUE",
    help="Set an option of a rule.",
)
