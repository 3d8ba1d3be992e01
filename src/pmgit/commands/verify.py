"""`pmgit verify`: whether the files of models are what pmgit.lock and Git LFS say.

With --remote: whether the sources still have what the locks say (`_verify_remote.py`). With --load:
whether the models load (`_verify_load.py`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pmgit.commands import _load_options
from pmgit.commands._bars import bytes_bar
from pmgit.commands._model_names import NO_MODEL, chosen_models
from pmgit.commands._options import format_option
from pmgit.commands._tables import BAD, CARE, GOOD, show_table
from pmgit.commands._terminal import is_quiet, named, paint, say, show_fix, show_json
from pmgit.core.errors import CLEAN, FINDINGS, UsageError
from pmgit.core.finding import Fix, Step
from pmgit.core.shell import Shell, own_command
from pmgit.core.units import counted, show_size
from pmgit.model.folder import LOCK
from pmgit.model.lock_file import LOCAL
from pmgit.models import verify

if TYPE_CHECKING:
    from typing import Any

    from pmgit.models.account import Account
    from pmgit.models.verify import Verdict

_STYLES = {
    verify.RIGHT: GOOD, verify.STANDS_IN: CARE, verify.UNLISTED: CARE, f"no {LOCK}": CARE,
    verify.CHANGED: BAD, verify.MISSING: BAD, verify.UNREADABLE: BAD,
}  # fmt: skip
#: So many sources are asked at a time.
_SOURCES = 4
#: With --load: seconds for each part of a model.
_SECONDS = 120.0


@click.command("verify")
@click.argument("names", metavar="[MODEL]...", nargs=-1)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Hash so many files side by side (not given: one a core), or ask so many sources.",
)
@click.option("--shard", metavar="K/N", default="1/1", help="Only the K-th of N parts, for CI.")
@click.option(
    "--force", is_flag=True, help="Hash again what was hashed before and has not changed."
)
@click.option(
    "--remote", is_flag=True, help="Compare each lock with its source instead; fetch nothing."
)
@click.option(
    "--load", is_flag=True, help="Load each model instead, in a process with limits; no network."
)
@_load_options.python_option("With --load: the Python that has the libraries")
@_load_options.timeout_option(
    "With --load: so long for each file, and for each folder (not given: 120)."
)
@_load_options.memory_option(
    "With --load: at most so much (not given: 4 GB, and twice the files of the model)."
)
@format_option
def command(
    *,
    names: tuple[str, ...],
    jobs: int | None,
    shard: str,
    force: bool,
    remote: bool,
    load: bool,
    python: str | None,
    timeout: float | None,
    memory: str | None,
    form: str,
) -> int:
    """Compare the files of each MODEL (all of them without one) with what was locked.

    The size first, then the sha256: by the model's pmgit.lock, and by the pointers that Git has.
    What was hashed before and has not been touched since is not read again. Nothing is changed,
    and nothing is asked of a network, except with --remote: then each lock is compared with what
    its source has at the locked commit, by the list of files that the source gives.

    With --load each model is loaded by the libraries that it belongs to (safetensors, torch,
    transformers, onnxruntime), in a process of its own that has no network and can run no code of
    the model. What `pmgit scan` calls unsafe or broken is not loaded.

    Exit code 0: every file is right; 1: a file is changed, missing, a pointer, or weights that
    nothing lists, or a model has nothing to compare with, or its source has it no more, or it does
    not load; 2: wrong usage; 3: could not look, or a source did not answer, or a model could not
    be tried (no library, too little time or memory).
    """
    part = _part(shard)
    if load:
        if remote or force or jobs or part != (1, 1):
            raise UsageError("--load compares nothing", "leave out the options of other ways")
        from pmgit.commands import _verify_load

        how = _load_options.how(python, timeout, memory, _SECONDS)
        repository, _, accounts = chosen_models(names)
        return _verify_load.run(repository, accounts.models, how, form)
    if python is not None or timeout is not None or memory is not None:
        raise UsageError("--python, --timeout and --memory belong to --load", "add --load")
    if remote and (force or part != (1, 1)):
        raise UsageError("--remote hashes nothing here", "leave out --force and --shard")
    repository, _, accounts = chosen_models(names)
    models = accounts.models
    if remote:
        from pmgit.commands import _verify_remote

        return _verify_remote.run(models, jobs or _SOURCES, form)
    begun = time.monotonic()
    total = sum(need.size for model in models for need in verify.wanted(model).values())
    with bytes_bar("verifying", total // part[1]) as on_bytes:
        found = verify.verify(
            repository, models, jobs=jobs or 0, shard=part, force=force, on_bytes=on_bytes
        )
    if form == "json":
        show_json(_document(models, found))
    else:
        shell = Shell(repository.prefix, own_command())
        if not models:
            say(named(NO_MODEL))
            return CLEAN
        of_part = ""
        if part != (1, 1):
            # Of a model without a file in this part nothing is known: it is not called right.
            models = [m for m in models if found[m.path] or not _is_right(m, found[m.path])]
            of_part = f" (part {part[0]} of {part[1]})"
        _show(models, found, shell)
        hashed = sum(v.size for verdicts in found.values() for v in verdicts if v.sha256)
        took = time.monotonic() - begun
        bad = sum(not _is_right(model, found[model.path]) for model in models)
        compared = [model for model in models if not _is_text(model)]
        count = counted(len(compared), "model")
        differ = "differs" if len(compared) == 1 else "differ"
        what = f"{bad} of {count} {differ}" if bad else f"{count} right"
        what = what if compared else "nothing to compare"
        say(f"{what}{of_part}: {show_size(hashed)} compared in {took:.1f} s")
    right = all(_is_right(model, found[model.path]) for model in models)
    return CLEAN if right else FINDINGS


def _part(text: str) -> tuple[int, int]:
    number, slash, parts = text.partition("/")
    if not (slash and number.isdecimal() and parts.isdecimal()) or len(text) > 12:
        raise UsageError(f"--shard: not K/N: {text!r}", "for example: --shard 1/4")
    if not 1 <= int(number) <= int(parts):
        raise UsageError(f"--shard: there is no part {number} of {parts}", "K is from 1 to N")
    return int(number), int(parts)


def _is_right(model: Account, verdicts: list[Verdict]) -> bool:
    if model.trouble or _is_unlocked(model):
        return False
    return all(verdict.state == verify.RIGHT for verdict in verdicts)


def _is_unlocked(model: Account) -> bool:
    """Whether there is nothing to compare the weights of a model with."""
    return model.is_bare or bool(not model.lock and model.weights and not model.pointers)


def _is_text(model: Account) -> bool:
    """Whether nothing is known of the files of a model, and none of them is weights."""
    return not (model.lock or model.trouble or model.pointers or model.weights or model.is_bare)


def _show(models: list[Account], found: dict[str, list[Verdict]], shell: Shell) -> None:
    """Print one line for each model that is right, and for each file that is not; then the fixes.

    On a terminal they are a table.
    """
    rows: list[tuple[str, str, str]] = []
    fixes: list[Fix] = []
    back: list[Fix] = []
    anew: list[Fix] = []
    for model in models:
        verdicts = found[model.path]
        wrong = [verdict for verdict in verdicts if verdict.state != verify.RIGHT]
        if model.trouble:
            place = f"{model.path}/{(*model.unmerged, LOCK)[0]}"
            rows.append((place, verify.UNREADABLE, model.trouble.removeprefix(f"{place}: ")))
            wrong = [
                one
                for one in wrong
                if one.state != verify.UNLISTED and one.path not in model.unmerged
            ]
            fixes += [model.cure] if model.cure else []
        elif _is_unlocked(model):
            rows.append((model.path, f"no {LOCK}", "there is nothing to compare with"))
            can_be_locked = not (model.is_bare or model.has_only_links)
            step = Step("pmgit", "add" if can_be_locked else "status", model.path)
            fixes.append(Fix(step))
        elif _is_text(model):
            rows.append((model.path, f"no {LOCK}", "nothing is compared; it has no weights"))
        elif not wrong and not is_quiet():
            size = show_size(sum(verdict.size for verdict in verdicts))
            rows.append((model.path, verify.RIGHT, f"{counted(len(verdicts), 'file')}, {size}"))
        rows += [(f"{model.path}/{one.path}", one.state, one.note) for one in wrong]
        states = {verdict.state for verdict in wrong}
        has_source = bool(model.lock and model.lock.type != LOCAL)
        can_pull = verify.MISSING in states and (has_source or model.pointers)
        if can_pull or verify.STANDS_IN in states:
            fixes.append(Fix(Step("pmgit", "pull", model.path)))
        if verify.CHANGED in states and has_source:
            back.append(Fix(Step("pmgit", "pull", "--replace", model.path)))
        elif verify.CHANGED in states and model.lock:
            anew.append(Fix(Step("pmgit", "update", model.path)))
    if rows:
        show_table((), rows, _STYLES)
    for fix in fixes:
        show_fix(shell.line(fix), paint())
    for fix in back:
        say(f"hint: to have back what is locked: {shell.line(fix)}")
    for fix in anew:
        say(f"hint: to lock what is here now: {shell.line(fix)}")


def _document(models: list[Account], found: dict[str, list[Verdict]]) -> dict[str, Any]:
    return {
        "right": all(_is_right(model, found[model.path]) for model in models),
        "models": [
            {
                "model": model.path,
                "locked": model.lock is not None,
                "trouble": model.trouble or None,
                "files": [
                    {
                        "path": verdict.path,
                        "state": verdict.state,
                        "size": verdict.size,
                        "sha256": verdict.sha256 or None,
                        "note": verdict.note or None,
                    }
                    for verdict in found[model.path]
                ],
            }
            for model in models
        ],
    }
