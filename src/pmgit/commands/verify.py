"""`pmgit verify`: whether the files of models are what pmgit.lock and Git LFS say.

With --remote: whether the sources still have what the locks say (`_verify_remote.py`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from pmgit.commands import _verify_remote
from pmgit.commands._model_names import chosen_models
from pmgit.commands._options import format_option
from pmgit.commands._terminal import bytes_bar, is_quiet, say, show_json
from pmgit.core.errors import CLEAN, FINDINGS, UsageError
from pmgit.core.finding import Fix, Step
from pmgit.core.shell import Shell, own_command
from pmgit.core.units import counted, show_size
from pmgit.model.folder import LOCK
from pmgit.models import verify
from pmgit.models.verify import RIGHT, STANDS_IN, wanted
from pmgit.report.text import visible

if TYPE_CHECKING:
    from typing import Any

    from pmgit.models.account import Account
    from pmgit.models.verify import Verdict

#: So many sources are asked at a time.
_SOURCES = 4


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
@format_option
def command(
    *, names: tuple[str, ...], jobs: int | None, shard: str, force: bool, remote: bool, form: str
) -> int:
    """Compare the files of each MODEL (all of them without one) with what was locked.

    The size first, then the sha256: by the model's pmgit.lock, and by the pointers that Git has.
    What was hashed before and has not been touched since is not read again. Nothing is changed,
    and nothing is asked of a network, except with --remote: then each lock is compared with what
    its source has at the locked commit, by the list of files that the source gives.

    Exit code 0: every file is right; 1: a file is changed, missing, a pointer, or weights that
    nothing lists, or a model has nothing to compare with, or its source has it no more; 2: wrong
    usage; 3: could not look, or a source did not answer.
    """
    part = _part(shard)
    if remote and (force or part != (1, 1)):
        raise UsageError("--remote hashes nothing here", "leave out --force and --shard")
    repository, accounts = chosen_models(names)
    models = accounts.models
    if remote:
        return _verify_remote.run(models, jobs or _SOURCES, form)
    begun = time.monotonic()
    total = sum(need.size for model in models for need in wanted(model).values())
    with bytes_bar("verifying", total // part[1]) as on_bytes:
        found = verify.verify(
            repository, models, jobs=jobs or 0, shard=part, force=force, on_bytes=on_bytes
        )
    if form == "json":
        show_json(_document(models, found))
    else:
        shell = Shell(repository.prefix, own_command())
        for model in models:
            _show(model, found[model.path], shell)
        hashed = sum(v.size for verdicts in found.values() for v in verdicts if v.sha256)
        took = time.monotonic() - begun
        bad = sum(not _is_right(model, found[model.path]) for model in models)
        count = counted(len(models), "model")
        what = f"{bad} of {count} differ" if bad else f"{count} right"
        say(f"{what}: {show_size(hashed)} compared in {took:.1f} s")
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
    if model.lock_trouble or (not model.lock and model.weights and not model.pointers):
        return False
    return all(verdict.state == RIGHT for verdict in verdicts)


def _show(model: Account, verdicts: list[Verdict], shell: Shell) -> None:
    name = visible(model.path)
    wrong = [verdict for verdict in verdicts if verdict.state != RIGHT]
    if model.lock_trouble:
        click.echo(visible(model.lock_trouble))
    elif not model.lock and model.weights and not model.pointers:
        click.echo(f"{name}: no {LOCK}, so there is nothing to compare with")
        _fix(Fix(Step("pmgit", "add", model.path)), shell)
    elif not wrong and not is_quiet():
        size = show_size(sum(verdict.size for verdict in verdicts))
        click.echo(f"{name}: {counted(len(verdicts), 'file')} right ({size})")
    for verdict in wrong:
        place = visible(f"{model.path}/{verdict.path}")
        click.echo(f"{place}: {verdict.state}: {visible(verdict.note)}")
    if any(verdict.state == STANDS_IN for verdict in wrong):
        _fix(Fix(Step("git", "lfs", "pull", f"--include={model.path}")), shell)


def _fix(fix: Fix, shell: Shell) -> None:
    click.echo(f"fix: {shell.line(fix)}")


def _document(models: list[Account], found: dict[str, list[Verdict]]) -> dict[str, Any]:
    return {
        "right": all(_is_right(model, found[model.path]) for model in models),
        "models": [
            {
                "model": model.path,
                "locked": model.lock is not None,
                "trouble": model.lock_trouble or None,
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
