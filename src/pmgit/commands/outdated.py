"""`pmgit outdated`: which models have moved on at their source since they were locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.commands._model_names import NO_MODEL, chosen_models, refused
from pmgit.commands._one_by_one import one_by_one
from pmgit.commands._options import format_option
from pmgit.commands._tables import show_table
from pmgit.commands._terminal import named, say, show_json
from pmgit.core.errors import CLEAN, FINDINGS
from pmgit.core.units import counted, listed
from pmgit.model.lock_file import LOCAL
from pmgit.models.moved_on import MovedOn
from pmgit.sources import resolve

if TYPE_CHECKING:
    from typing import Any

    from pmgit.models.account import Account

#: So many changed files are named on the line of a model.
_NAMED = 3
_HEADINGS = ("model", "locked", "now", "what differs")


@click.command("outdated")
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@format_option
def command(names: tuple[str, ...], form: str) -> int:
    """Ask the source of each MODEL (all of them without one) what its branch has now.

    Names the files that differ, so that a new README.md is not taken for new weights. Nothing is
    fetched and nothing is changed; `pmgit update MODEL` moves the lock.

    Exit code 0: all are up to date; 1: some have moved on; 3: a source did not answer, or a
    pmgit.lock cannot be read.
    """
    repository, _, accounts = chosen_models(names)
    locks = {m.path: m.lock for m in accounts.models if m.lock and m.lock.type != LOCAL}
    asked = [model for model in accounts.models if model.trouble or model.path in locks]
    found: dict[str, MovedOn] = {}

    def ask(model: Account) -> int:
        if model.trouble:
            raise refused(repository, model)
        lock = locks[model.path]
        source = resolve.of_lock(lock.source)
        found[model.path] = MovedOn(lock, source.look())
        return CLEAN if found[model.path].is_same else FINDINGS

    try:
        return one_by_one(asked, ask, "not compared")
    finally:
        if form == "json":
            show_json({path: _document(one) for path, one in found.items()})
        elif not asked:
            nothing = "no model here has a lock with a source to ask"
            say(nothing if accounts.models else named(NO_MODEL))
        else:
            _show(found)


def _show(found: dict[str, MovedOn]) -> None:
    """Print the models that have moved on, and how many have not."""
    moved = {path: one for path, one in found.items() if not one.is_same}
    if moved:
        show_table(_HEADINGS, [_cells(path, one) for path, one in moved.items()])
    if found:
        current = len(found) - len(moved)
        models = counted(len(found), "model")
        are = "is as its source has it" if len(found) == 1 else "are as their sources have them"
        say(f"{current} of {models} {are}")


def _cells(path: str, one: MovedOn) -> list[str]:
    old = str(one.lock.source.get("revision", ""))[:12]
    files = listed(one.paths, _NAMED) or "no file that is locked"
    only = " only" if len(one.paths) == 1 else ""
    return [path, old or "-", one.revision[:12] or "another file", f"{files}{only}"]


def _document(one: MovedOn) -> dict[str, Any]:
    return {
        "locked": one.lock.source.get("revision"),
        "now": one.revision or None,
        "new": one.new,
        "gone": one.gone,
        "changed": one.changed,
    }
