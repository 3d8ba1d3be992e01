"""A command about several models: an error of one does not stop the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.commands._terminal import words_of
from pmgit.core.errors import CLEAN, PmgitError
from pmgit.core.units import counted
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pmgit.models.account import Account


def one_by_one(models: Sequence[Account], act: Callable[[Account], int], outcome: str) -> int:
    """Call `act` with each model; returns the highest of its exit codes.

    Raises the PmgitError of a single model as it is. Those of several are printed beside the
    models' paths, each hint once; when all were tried, the gravest is raised: its message is how
    many are `outcome` (`not restored`), its exit code stays.
    """
    if len(models) == 1:
        return act(models[0])
    code = CLEAN
    failures: list[PmgitError] = []
    hints: set[str] = set()
    for model in models:
        try:
            code = max(code, act(model))
        except PmgitError as error:
            failures.append(error)
            words = words_of(error.message.removeprefix(f"{model.path}/"))
            click.echo(f"{visible(model.path)}: {words}", err=True)
            if error.hint and error.hint not in hints:
                hints.add(error.hint)
                click.echo(f"hint: {words_of(error.hint)}", err=True)
    if failures:
        gravest = max(failures, key=lambda error: error.exit_code)
        gravest.message = f"{counted(len(failures), 'model')} of {len(models)} {outcome}"
        gravest.hint = ""
        raise gravest
    return code
