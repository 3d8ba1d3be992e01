"""What a shell completes besides commands and options: names of rules, families and hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from pmgit import rules
from pmgit.hosts.limits import NAMES

if TYPE_CHECKING:
    import click


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
