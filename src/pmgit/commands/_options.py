"""Options that several commands have, and the completion of their values in a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from pmgit import rules
from pmgit.hosts.limits import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def format_option_of(*forms: str) -> Callable[[Any], Any]:
    """--format, with the formats that a command has; the first is the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help="For people or for programs.",
    )


format_option = format_option_of("text", "json")

settings_option = click.option(
    "-c",
    "--config",
    "settings",
    multiple=True,
    metavar="RULE.OPTION=VALUE",
    help="Set an option of a rule.",
)

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Print what would change, and change nothing."
)

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def rule_names(
    ctx: click.Context,  # noqa: ARG001
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Rules and families; after a comma the next one of a list."""
    before, comma, begin = incomplete.rpartition(",")
    names = [*rules.FAMILIES, *rules.RULES]
    return [CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(begin)]


def host_names(
    ctx: click.Context,  # noqa: ARG001
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """The hosts that pmgit knows; else files."""
    found = [CompletionItem(name) for name in NAMES if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]
