"""`pmgit explain`: the manual page of a rule."""

from __future__ import annotations

import inspect

import click

from pmgit import rules
from pmgit.commands._completion import rule_names
from pmgit.errors import unknown


@click.command("explain")
@click.argument("names", nargs=-1, metavar="[RULE]...", shell_complete=rule_names)
def command(names: tuple[str, ...]) -> None:
    """Say what a rule reports, why that is bad, and what to do.

    Without RULE, list all rules. A family stands for its rules.
    """
    if not names:
        width = max(map(len, rules.RULES))
        for name, entry in rules.RULES.items():
            summary = inspect.cleandoc(rules.load(name).__doc__ or "").splitlines()[0]
            click.echo(f"{entry.family:8} {name:{width}}  {summary}")
        return
    wanted: list[str] = []
    for name in names:
        family = [rule for rule, entry in rules.RULES.items() if entry.family == name]
        if name not in rules.RULES and not family:
            raise unknown("rule or family", name, [*rules.RULES, *rules.FAMILIES])
        wanted += family or [name]
    click.echo("\n\n".join(_page(name) for name in dict.fromkeys(wanted)))


def _page(name: str) -> str:
    rule = rules.load(name)
    page = inspect.cleandoc(rule.__doc__ or "").replace("\n## ", "\n")
    lines = [f"{name} ({rule.family}, {rule.severity})", "", page]
    if rule.options:
        lines += ["", "Options", ""]
        for option in rule.options:
            lines.append(f"{name}.{option.name}: {option.help}")
            if option.choices:
                lines.append(f"  one of: {', '.join(option.choices)}")
            lines.append(f"  default: {option.shown}")
    return "\n".join(lines)
