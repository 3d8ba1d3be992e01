"""`pmgit verify --remote`: each lock beside its source, for people or for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.commands._terminal import is_quiet, named, note, say, show_json, words_of
from pmgit.core.errors import CLEAN, FINDINGS, PmgitError
from pmgit.core.units import counted
from pmgit.models import remote
from pmgit.models.remote import NO_LOCK, NO_SOURCE, SAME, UNREACHABLE
from pmgit.report.redact import redact
from pmgit.report.text import visible
from pmgit.sources import web

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pmgit.models.account import Account
    from pmgit.models.remote import AtSource

#: Models that no source is asked about.
_NOT_ASKED = (NO_SOURCE, NO_LOCK)


def run(models: Sequence[Account], jobs: int, form: str) -> int:
    """Ask the sources of all models, print what differs, and return the exit code.

    Raises PmgitError, after all is printed, when a source gives no answer.
    """
    web.demand_online()
    found = remote.compare(models, jobs)
    broken = {model.path: model.trouble for model in models if model.trouble}
    if form == "json":
        show_json(_document(found, broken))
    else:
        _show(found, broken)
    silent = [one.trouble for one in found.values() if one.state == UNREACHABLE and one.trouble]
    if silent:
        # Each is printed beside its model.
        message = f"{counted(len(silent), 'lock')} of {len(found) + len(broken)} not compared"
        raise PmgitError(message, silent[0].hint)
    return CLEAN if _is_right(found, broken) else FINDINGS


def _is_right(found: dict[str, AtSource], broken: dict[str, str]) -> bool:
    return not broken and all(one.state in (SAME, *_NOT_ASKED) for one in found.values())


def _show(found: dict[str, AtSource], broken: dict[str, str]) -> None:
    for trouble in broken.values():
        click.echo(visible(trouble))
    for path, one in found.items():
        shown = visible(path)
        for odd in one.notes:
            note(named(visible(odd)))
        if one.trouble:
            is_silent = one.state == UNREACHABLE
            line = f"{shown}: {one.state}: {words_of(one.trouble.message)}"
            click.echo(line, err=is_silent)
        elif one.state in _NOT_ASKED:
            say(f"{shown}: {one.state} to compare with")
        elif one.state == SAME and not is_quiet():
            kinds = sorted({file.by for file in one.files})
            count = counted(len(one.files), "file")
            click.echo(f"{shown}: {count} as {visible(one.label)} has them, by {', '.join(kinds)}")
        for file in one.files:
            if file.state != SAME:
                place = visible(f"{path}/{file.path}")
                click.echo(f"{place}: {file.state}: {visible(file.note)}")
    asked = [one for one in found.values() if one.state not in _NOT_ASKED]
    same = sum(one.state == SAME for one in asked)
    every = len(asked) + len(broken)
    are = "is as its source has it" if every == 1 else "are as their sources have them"
    say(f"{same} of {counted(every, 'lock')} {are}")


def _document(found: dict[str, AtSource], broken: dict[str, str]) -> dict[str, Any]:
    return {
        "right": _is_right(found, broken),
        "unreadable_locks": broken,
        "models": [
            {
                "model": path,
                "source": one.label or None,
                "state": one.state,
                "trouble": redact(one.trouble.message) if one.trouble else None,
                "files": [
                    {
                        "path": file.path,
                        "state": file.state,
                        "compared_by": file.by,
                        "note": file.note or None,
                    }
                    for file in one.files
                ],
            }
            for path, one in found.items()
        ],
    }
