"""`pmgit verify --load`: whether models load, for people or for programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.commands._model_names import NO_MODEL
from pmgit.commands._tables import BAD, CARE, GOOD, show_table
from pmgit.commands._terminal import is_quiet, named, paint, say, show_fix, show_json
from pmgit.core.errors import CLEAN, FAILED, FINDINGS
from pmgit.core.finding import Fix, Step
from pmgit.core.shell import Shell, own_command, quote
from pmgit.core.units import counted, listed
from pmgit.model.lock_file import LOCAL
from pmgit.models import verify
from pmgit.models.load import load
from pmgit.models.load_plan import (
    BROKEN,
    FAILS,
    LOADS,
    MISSING,
    NO_LOADER,
    NOT_TRIED,
    POINTER,
    UNSAFE,
)  # fmt: skip
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pmgit.git.repository import Repository
    from pmgit.models.account import Account
    from pmgit.models.load import How, Result
    from pmgit.models.load_plan import Loaded

_STYLES = {
    LOADS: GOOD, NO_LOADER: CARE, NOT_TRIED: CARE,
    **dict.fromkeys((FAILS, UNSAFE, BROKEN, POINTER, MISSING), BAD),
}  # fmt: skip


def run(repository: Repository, models: Sequence[Account], how: How, form: str) -> int:
    """Load each model, print what became of it, and return the exit code.

    Raises PmgitError when the Python cannot be started.
    """
    found: dict[str, Result] = {}
    shell = Shell(repository.prefix, own_command())
    for model, result in load(repository, models, how):
        found[model.path] = result
        if form != "json":
            _show(model, result)
    states = [result.state for result in found.values()]
    if form == "json":
        show_json(_document(how, found))
    else:
        _show_ways_out(repository, models, found, how, shell)
        bad, not_tried = states.count(FAILS), states.count(NOT_TRIED)
        right = states.count(LOADS)
        loads = "loads" if right == 1 or len(models) == 1 else "load"
        parts = [f"{right} of {counted(len(models), 'model')} {loads}"]
        parts += [f"{bad} {'does' if bad == 1 else 'do'} not"] if bad else []
        parts += [f"{not_tried} not tried"] if not_tried else []
        said = f"{', '.join(parts)}: with {_guard(found, how)}"
        say(said if models else named(NO_MODEL))
    if FAILS in states:
        return FINDINGS
    return FAILED if NOT_TRIED in states else CLEAN


def _guard(found: dict[str, Result], how: How) -> str:
    """The Python that was asked, and how it was kept from the network."""
    guards = [result.guard for result in found.values() if result.guard]
    python = visible(how.python)
    if not guards:
        return python
    apart = all(guard.get("apart") for guard in guards)
    network = "without a network" if apart else "the network refused by a hook"
    return f"{python} (Python {visible(str(guards[0].get('python'))[:20])}), {network}"


def _show(model: Account, result: Result) -> None:
    """Print one line for a model that loads, else one for each part of it that does not."""
    good = [part for part in result.parts if part.state == LOADS]
    other = [part for part in result.parts if part.state not in (LOADS, NO_LOADER, MISSING)]
    missing = [part for part in result.parts if part.state == MISSING]
    left = [part for part in result.parts if part.state == NO_LOADER]
    kinds = ", ".join(dict.fromkeys(part.note for part in left))
    places = [f"{model.path}/{part.path}" if part.path else model.path for part in other]
    rows = [(at, one.state, _note(one)) for at, one in zip(places, other, strict=True)]
    if missing:
        names = listed([part.path for part in missing if part.path], 3)
        note = f"not here: {names}" if names else "none of its weights are here"
        rows.insert(0, (model.path, MISSING, note))
    if result.state == LOADS and not is_quiet():
        words = [_in_words(part) for part in good]
        words += [f"{len(left)} left out (nothing here loads {kinds})"] if left else []
        rows.append((model.path, LOADS, ", ".join(words)))
    elif result.state == NOT_TRIED and not rows:
        rows.append((model.path, NOT_TRIED, f"nothing here loads {kinds}"))
    if rows:
        show_table((), rows, _STYLES)


def _note(part: Loaded) -> str:
    by = f"{part.library or part.by}: " if part.by and part.state == FAILS else ""
    refused = f" (refused: {', '.join(part.refused)})" if part.refused else ""
    return f"{by}{part.note}{refused}"


def _in_words(part: Loaded) -> str:
    name = part.path.rpartition("/")[2]
    if part.by in ("transformers", "tokenizer"):
        what, _, more = part.note.partition("; ")
        return f"{what} by {part.library}" + (f" ({more})" if more else "")
    by = f" by {part.library}" if part.library else ""
    return f"{name} ({part.note}){by}"


def _show_ways_out(
    repository: Repository,
    models: Sequence[Account],
    found: dict[str, Result],
    how: How,
    shell: Shell,
) -> None:
    fixes: dict[str, Fix] = {}
    absent = set()
    for model in models:
        result = found[model.path]
        states = {part.state for part in result.parts}
        can_pull = bool(model.lock and model.lock.type != LOCAL)
        if POINTER in states or (MISSING in states and can_pull):
            fixes[model.path] = Fix(Step("pmgit", "pull", model.path))
        if BROKEN in states and can_pull and _is_changed(repository, model, result):
            fixes[model.path] = Fix(Step("pmgit", "pull", "--replace", model.path))
        for part in result.parts:
            if part.state == NOT_TRIED and part.note.endswith(" is not installed"):
                absent.add(part.note.partition(" ")[0])
        unsafe = next((part for part in result.parts if part.state == UNSAFE), None)
        if unsafe:
            place = os.path.join(repository.top, model.path, unsafe.path)
            here = os.path.relpath(place, os.path.join(repository.top, repository.prefix))
            say(named(f"hint: what is in it: pmgit scan {quote(here)}"))
    for fix in fixes.values():
        show_fix(shell.line(fix), paint())
    if absent:
        install = f"{quote(how.python)} -m pip install {' '.join(sorted(absent))}"
        say(f"hint: {install}; or name a Python that has it: --python PATH")


def _is_changed(repository: Repository, model: Account, result: Result) -> bool:
    """Whether a broken file is not what the lock says: then the right one can be had."""
    broken = {part.path for part in result.parts if part.state == BROKEN}
    verdicts = verify.verify(repository, [model])[model.path]
    return any(one.path in broken and one.state == verify.CHANGED for one in verdicts)


def _document(how: How, found: dict[str, Result]) -> dict[str, Any]:
    return {
        "loads": all(result.state == LOADS for result in found.values()),
        "python": how.python,
        "models": [
            {
                "model": path,
                "state": result.state,
                "network": _network(result),
                "parts": [
                    {
                        "path": part.path,
                        "by": part.by or None,
                        "library": part.library or None,
                        "state": part.state,
                        "note": part.note or None,
                        "refused": list(part.refused),
                    }
                    for part in result.parts
                ],
            }
            for path, result in found.items()
        ],
    }


def _network(result: Result) -> str | None:
    """How the child was kept from the network: by the system, or by its hook alone."""
    if not result.guard:
        return None
    return "none" if result.guard.get("apart") else "refused"
