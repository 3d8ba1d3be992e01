"""What a shell completes besides commands and options: names of rules and families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from pmgit import rules

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
