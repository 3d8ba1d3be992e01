"""`pmgit status`: every model on one line, then the models that need attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.commands import _terminal
from pmgit.commands._model_names import NO_MODEL, chosen_models
from pmgit.commands._options import format_option
from pmgit.commands._tables import BAD, CARE, GOOD, show_table
from pmgit.core.errors import CLEAN
from pmgit.core.shell import Shell, own_command
from pmgit.core.units import counted, listed, show_size
from pmgit.licenses import phrase
from pmgit.licenses.expression import read
from pmgit.licenses.policy import Policy
from pmgit.models.status import (
    ABSENT,
    CHANGED,
    HERE,
    LINKED,
    MISSING,
    NOT_LOCKED,
    NOT_MERGED,
    PLACEHOLDERS,
    STANDS_IN,
    Status,
)  # fmt: skip
from pmgit.report.text import visible

if TYPE_CHECKING:
    from typing import Any

    from pmgit.models.status import ModelRow

#: So many of the weights in a clone are named.
_NAMED = 3
#: What needs attention, by the words in the columns "weights" and "INFO.md".
_STYLES = {
    HERE: GOOD, STANDS_IN: CARE, LINKED: CARE, NOT_LOCKED: CARE, PLACEHOLDERS: CARE,
    MISSING: BAD, CHANGED: BAD, ABSENT: BAD, NOT_MERGED: BAD,
}  # fmt: skip
_HEADINGS = ("model", "weights", "size", "format", "parameters", "license", "commit", "INFO.md")


@click.command("status")
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@format_option
def command(names: tuple[str, ...], form: str) -> int:
    """Show each MODEL (all of them without one) on one line, then what needs attention.

    Where its weights are: here, pointer (Git LFS has the content), missing, changed, link (they
    lie elsewhere), not locked (neither a lock nor a pointer records them), or not merged (two
    branches have changed them). Weights that belong to no model are named as well: loose files,
    links out of the models folders or to nothing, clones. No weights are read: sizes are compared,
    and what `pmgit verify` has found out since a file was touched last.

    Exit code 0: looked, whatever was found; 2: wrong usage; 3: could not look.
    """
    repository, config, accounts = chosen_models(names)
    policy = Policy(config) if config.has_license_policy else None
    found = Status(repository, accounts, policy, config.models[0])
    shell = Shell(repository.prefix, own_command())
    if form == "json":
        _terminal.show_json(_document(found, shell))
        return CLEAN
    if not (found.rows or found.loose or found.clones or found.links):
        _terminal.say(NO_MODEL)
        return CLEAN
    if found.rows:
        show_table(_HEADINGS, [_cells(row) for row in found.rows], _STYLES)
    sums = [f"{show_size(found.on_disk)} on disk", f"{show_size(found.in_git)} in Git"]
    sums += [f"{show_size(found.in_lfs)} in Git LFS", f"{show_size(found.free)} free"]
    click.echo(f"{counted(len(found.rows), 'model')}: {', '.join(sums)}")
    paint = _terminal.paint()
    for row in found.rows:
        for text, fix in row.attention:
            click.echo(f"{visible(row.model.path)}: {shell.called(visible(text))}")
            if fix:
                _terminal.show_fix(shell.line(fix), paint)
    for path in map(visible, found.loose):
        click.echo(f"{path}: lies in no model's folder; see: pmgit explain misplaced-weights")
    for link in found.links:
        what = "leads out of the models folders" if link.exists else "leads to nothing"
        _say_place(link.path, f"is a link that {what}: {visible(link.target)}", shell)
    for path, weights in found.clones.items():
        has = f", with {listed(weights, _NAMED)}" if weights else ""
        _say_place(path, f"is a repository of its own{visible(has)}", shell)
    return CLEAN


def _say_place(path: str, what: str, shell: Shell) -> None:
    line = shell.called(f"{what}; see: pmgit explain linked-model")
    click.echo(f"{visible(path)}: {line}")


def _cells(row: ModelRow) -> list[str]:
    size = max(row.on_disk, row.in_lfs)
    return [
        row.model.path,
        row.state,
        show_size(size) if size else "-",
        ",".join(row.formats) or "-",
        _rounded(row.parameters) or "-",
        phrase.cell(read(row.license))[:50] if row.license else "-",
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


def _document(found: Status, shell: Shell) -> dict[str, Any]:
    return {
        "on_disk": found.on_disk,
        "in_git": found.in_git,
        "in_lfs": found.in_lfs,
        "free": found.free,
        "loose": found.loose,
        "clones": [{"path": path, "weights": names} for path, names in found.clones.items()],
        "links": [
            {"path": one.path, "target": one.target, "exists": one.exists} for one in found.links
        ],
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
                        "fix": shell.document(fix)["commands"] if fix else None,
                    }
                    for text, fix in row.attention
                ],
            }
            for row in found.rows
        ],
    }
