"""`pmgit doctor`: look at the machine and this clone, and report what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.check import config_lookup
from pmgit.commands import _terminal
from pmgit.commands._options import format_option
from pmgit.core.config import Config
from pmgit.core.errors import CLEAN, FAILED, FINDINGS, PmgitError, UsageError
from pmgit.core.shell import Shell, own_command
from pmgit.core.units import counted
from pmgit.doctor import examine
from pmgit.doctor.check import ERROR, OK, WARNING, Check
from pmgit.doctor.context import Context
from pmgit.git import repository
from pmgit.report import colour
from pmgit.report.redact import redact

if TYPE_CHECKING:
    from typing import Any

    from pmgit.report.colour import Paint

_COLOURS = {OK: colour.GREEN, WARNING: colour.YELLOW, ERROR: colour.RED}


@click.command("doctor")
@format_option
def command(form: str) -> int:
    """Look at git, Git LFS, hooks, attributes, weights and the Hugging Face environment.

    Each line begins with ok, warning or error, gives the evidence, and the command that cures it.
    Nothing is changed, and nothing is asked of a network.

    Exit code 0: no errors; 1: errors; 3: could not look.
    """
    context, found = _look()
    found += examine.examine(context)
    shell = Shell(context.repository.prefix, own_command())
    if form == "json":
        _terminal.show_json(_document(found, shell))
    else:
        paint = _terminal.paint()
        for check in found:
            if check.status == ERROR or not _terminal.is_quiet():
                _show(check, shell, paint)
        _terminal.say(_summary(found))
    if not all(check.looked for check in found):
        return FAILED
    return FINDINGS if any(check.status == ERROR for check in found) else CLEAN


def _look() -> tuple[Context, list[Check]]:
    """The context of all checks; a configuration that cannot be read is the first finding."""
    here = repository.discover()
    if here.bare:
        raise PmgitError(
            "this repository is bare: there is no work tree to look at",
            "run it in a clone that has one",
        )
    try:
        config = config_lookup.on_disk(here.top)
    except UsageError as error:
        return Context(here, Config()), [
            Check("configuration", ERROR, error.message, hint=error.hint)
        ]
    return Context(here, config), []


def _show(check: Check, shell: Shell, paint: Paint) -> None:
    status = paint(f"{check.status + ':':8}", _COLOURS[check.status])
    evidence = _terminal.words_of(check.evidence)
    click.echo(f"{status} {check.name}: {evidence}", color=True)
    if check.fix:
        _terminal.show_fix(shell.line(check.fix), paint)
    if check.hint:
        click.echo(f"hint: {_terminal.words_of(check.hint)}")


def _summary(found: list[Check]) -> str:
    counts = {status: sum(check.status == status for check in found) for status in (ERROR, WARNING)}
    parts = [counted(count, status) for status, count in counts.items() if count]
    return f"{' and '.join(parts) or 'all ok'} in {len(found)} checks"


def _document(found: list[Check], shell: Shell) -> dict[str, Any]:
    return {
        "status": next((s for s in (ERROR, WARNING) if any(c.status == s for c in found)), OK),
        "checks": [
            {
                "name": check.name,
                "status": check.status,
                "evidence": redact(check.evidence),
                "fix": shell.document(check.fix) if check.fix else None,
                "hint": shell.called(redact(check.hint)) or None,
                "looked": check.looked,
            }
            for check in found
        ],
    }
