"""`pmgit status`: every model on one line, then the models that need attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.commands import _terminal, _work_tree
from pmgit.commands._model_names import chosen_models
from pmgit.commands._options import format_option
from pmgit.core.errors import CLEAN
from pmgit.core.shell import Shell, own_command
from pmgit.core.units import counted, show_size
from pmgit.licenses import phrase
from pmgit.licenses.expression import read
from pmgit.licenses.policy import Policy
from pmgit.models.status import Status
from pmgit.report.text import visible

if TYPE_CHECKING:
    from typing import Any

    from pmgit.models.status import ModelRow

_HEADINGS = ("model", "weights", "size", "format", "parameters", "license", "commit", "INFO.md")


@click.command("status")
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@format_option
def command(names: tuple[str, ...], form: str) -> int:
    """Show each MODEL (all of them without one) on one line, then what needs attention.

    Where its weights are: here, pointer (Git LFS has the content), missing, changed, or not
    locked (neither a lock nor a pointer records them). No weights are read: sizes are compared;
    `pmgit verify` compares the content.

    Exit code 0: looked, whatever was found; 2: wrong usage; 3: could not look.
    """
    repository, accounts = chosen_models(names)
    config = _work_tree.load(repository)[1]
    policy = Policy(config) if config.has_license_policy else None
    found = Status(repository, accounts, policy)
    if form == "json":
        _terminal.show_json(_document(found))
        return CLEAN
    if not (found.rows or found.loose or found.clones):
        _terminal.say("no model: put one below the models folder, then: pmgit add FOLDER")
        return CLEAN
    for line in _table(found.rows) if found.rows else ():
        click.echo(line)
    sums = [f"{show_size(found.on_disk)} on disk", f"{show_size(found.in_git)} in Git"]
    sums += [f"{show_size(found.in_lfs)} in Git LFS", f"{show_size(found.free)} free"]
    click.echo(f"{counted(len(found.rows), 'model')}: {', '.join(sums)}")
    shell = Shell(repository.prefix, own_command())
    paint = _terminal.paint()
    for row in found.rows:
        for text, fix in row.attention:
            click.echo(f"{visible(row.model.path)}: {shell.called(visible(text))}")
            if fix:
                _terminal.show_fix(shell.line(fix), paint)
    for path in map(visible, found.loose):
        click.echo(f"{path}: lies in no model's folder; see: pmgit explain misplaced-weights")
    for path in map(visible, found.clones):
        click.echo(f"{path}: is a repository of its own; see: pmgit explain linked-model")
    return CLEAN


def _table(rows: list[ModelRow]) -> list[str]:
    """The rows under their headings, each column as wide as it has to be."""
    cells = [list(_HEADINGS), *(_cells(row) for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(_HEADINGS))]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


def _cells(row: ModelRow) -> list[str]:
    size = max(row.on_disk, row.in_lfs)
    return [
        visible(row.model.path),
        row.state,
        show_size(size) if size else "-",
        visible(",".join(row.formats)) or "-",
        visible(_rounded(row.parameters)) or "-",
        visible(phrase.cell(read(row.license))[:50]) if row.license else "-",
        row.commit[:12] or "-",
        row.info,
    ]


def _rounded(parameters: dict[str, int]) -> str:
    """`110 M F32`: the type that most numbers have."""
    if not parameters:
        return ""
    dtype, count = max(parameters.items(), key=lambda item: item[1])
    for factor, unit in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= factor:
            return f"{count / factor:.3g} {unit} {dtype}"
    return f"{count} {dtype}"


def _document(found: Status) -> dict[str, Any]:
    return {
        "on_disk": found.on_disk,
        "in_git": found.in_git,
        "in_lfs": found.in_lfs,
        "free": found.free,
        "loose": found.loose,
        "clones": found.clones,
        "models": [
            {
                "model": row.model.path,
                "weights": row.state,
                "on_disk": row.on_disk,
                "in_git": row.in_git,
                "in_lfs": row.in_lfs,
                "formats": row.formats,
                "parameters": row.parameters,
                "license": row.license or None,
                "commercial_use": row.terms.commercial if row.license else None,
                "license_conditions": row.terms.conditions if row.license else None,
                "commit": row.commit or None,
                "info": row.info,
                "locked": row.model.lock is not None,
                "only_copy": row.is_only_copy,
                "attention": [
                    {
                        "message": text,
                        "fix": [list(step.argv) for step in fix.steps] if fix else None,
                    }
                    for text, fix in row.attention
                ],
            }
            for row in found.rows
        ],
    }
