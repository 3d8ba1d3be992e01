"""`pmgit convert`: checkpoints of torch become safetensors, and every tensor stays the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pmgit.commands import _load_options, _next
from pmgit.commands._model_names import chosen_models
from pmgit.commands._options import dry_run_option, yes_option
from pmgit.commands._tables import CARE, GOOD, show_table
from pmgit.commands._terminal import ask, is_quiet, named, paint, say, show_fix
from pmgit.commands._work_tree import alone
from pmgit.core.errors import CLEAN, FINDINGS
from pmgit.core.finding import Fix, Step
from pmgit.core.shell import Shell, own_command, quote
from pmgit.core.units import counted, show_size
from pmgit.formats.opinion import POINTER
from pmgit.git import attributes
from pmgit.model.folder import INFO, LOCK
from pmgit.model.lock_file import LOCAL
from pmgit.models.account import look_again
from pmgit.models.convert import Converter
from pmgit.report.text import visible

if TYPE_CHECKING:
    from pmgit.git.repository import Repository
    from pmgit.models.account import Account
    from pmgit.models.convert import Conversion
    from pmgit.models.convert_plan import OldFile

#: Seconds for each file, if nobody says otherwise.
_SECONDS = 600.0
_CONVERTS, _STAYS = "converts", "stays"
_STYLES = {_CONVERTS: GOOD, _STAYS: CARE}


@click.command("convert")
@click.argument("name", metavar="MODEL")
@_load_options.python_option("The Python that has torch and safetensors")
@_load_options.timeout_option("So long for each file (not given: 600).")
@_load_options.memory_option("At most so much (not given: 4 GB, and twice the largest file).")
@dry_run_option
@yes_option
def command(
    *,
    name: str,
    python: str | None,
    timeout: float | None,
    memory: str | None,
    dry_run: bool,
    yes: bool,
) -> int:
    """Convert the checkpoints of torch in MODEL (.bin, .pt, .pth, .ckpt) to safetensors.

    Only what is a plain dictionary of tensors is converted, alone or in shards; of all else is
    said what would be lost, and it stays. A process with limits reads it (weights_only), never
    what `pmgit scan` stops. The new file is read back, and every tensor compared by name, type,
    shape and bytes, before the old one moves into the git directory. pmgit.lock and INFO.md follow.

    Exit code 0: all is converted, or nothing had to be; 1: some files stay; 2: wrong usage; 3: it
    could not be done.
    """
    how = _load_options.how(python, timeout, memory, _SECONDS)
    repository, _, accounts = chosen_models([name])
    (model,) = accounts.models
    shown = visible(model.path)
    converter = Converter(repository, model, how)
    with alone(repository, model.path):
        converter.finish()
        made = converter.look()
        _show(model, made, Shell(repository.prefix, own_command()))
        code = FINDINGS if made.plan.refused else CLEAN
        if not made.plan.pieces:
            if not made.plan.refused:
                say(f"{shown}: nothing to convert")
            return code
        if dry_run:
            return code
        if not yes:
            ask("Convert them?" if len(made.plan.pieces) > 1 else "Convert it?", "add --yes")
        kept = converter.run(made)
        look_again(repository, model)
    done = f"{counted(len(made.plan.pieces), 'file')} converted with {visible(how.python)}"
    say(f"{shown}: {done}: every tensor is the same")
    _show_done(repository, model, made, kept)
    return code


def _show(model: Account, made: Conversion, shell: Shell) -> None:
    rows = [
        (f"{model.path}/{piece.source}", _CONVERTS, _in_words(made, piece))
        for piece in (made.plan.pieces if not is_quiet() else ())
    ]
    rows += [
        (f"{model.path}/{path}", _STAYS, why) for path, why in sorted(made.plan.refused.items())
    ]
    if rows:
        show_table((), rows, _STYLES)
    if any(why.startswith(POINTER) for why in made.plan.refused.values()):
        show_fix(shell.line(Fix(Step("pmgit", "pull", model.path))), paint())
    if made.plan.pieces and model.lock and model.lock.type != LOCAL:
        say(
            named(
                "note: no source has the new files: elsewhere, pmgit pull cannot bring them; keep"
                " them with Git LFS, or convert there, too"
            )
        )


def _in_words(made: Conversion, piece: OldFile) -> str:
    look = made.looks[piece.source]
    words = [f"to {piece.target}", counted(len(look.names), "tensor"), show_size(look.size)]
    if look.shared:
        words.append(f"{show_size(look.shared)} of it shared, written for each name")
    if look.wrapper:
        words.append(f"out of its {look.wrapper!r}")
    return ", ".join(words)


def _show_done(repository: Repository, model: Account, made: Conversion, kept: str) -> None:
    here = os.path.join(repository.top, repository.prefix)
    folder = os.path.relpath(os.path.join(repository.top, model.path), here)
    old = os.path.relpath(kept, here)
    say(f"kept: {visible(old)} (to have its room: rm -r {quote(old)})")
    news = " ".join(quote(os.path.join(folder, path)) for path in made.news)
    say(f"back: cp -Rp {quote(old)}/. {quote(folder)} && rm -- {news}")
    stage = _to_stage(repository, model, made)
    if stage:
        say(named(f"next: {stage}"))


def _to_stage(repository: Repository, model: Account, made: Conversion) -> str:
    """The command that stages the change; '' when Git has nothing of it."""
    names = [
        f"{model.path}/{name}"
        for name in (LOCK, INFO)
        if os.path.lexists(os.path.join(repository.top, model.path, name))
    ]
    tracked = [f"{model.path}/{path}" for path in made.olds if path in model.blobs]
    setup = ""
    if tracked:
        news = [f"{model.path}/{path}" for path in made.news]
        hidden = attributes.ignored(repository, news, untracked=True)
        names += tracked + [path for path in news if path not in hidden]
        if any(path in model.pointers for path in made.olds):
            weights = [path for path in news if path.endswith(".safetensors")]
            found = attributes.of_paths(repository, weights, "filter")
            if any(found.get(path, {}).get("filter") != "lfs" for path in weights):
                setup = "pmgit lfs-setup && "
    return f"{setup}{_next.add(repository, names)}" if names else ""
