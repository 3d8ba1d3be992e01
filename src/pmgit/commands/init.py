"""`pmgit init`: set a repository up, and prove it."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

import click

from pmgit.commands import _init_proof, _init_undo, _next, _work_tree
from pmgit.commands._options import yes_option
from pmgit.commands._terminal import ask, is_interactive, is_quiet, named, say, show_diffs
from pmgit.core.config import HOOKS, IGNORE, LFS
from pmgit.core.errors import PmgitError
from pmgit.core.shell import Shell, own_command, quote
from pmgit.core.units import counted, show_size
from pmgit.git.blob import decode
from pmgit.hooks.config_entry import NotExtendableError
from pmgit.init import onboarding, undo
from pmgit.init.journal import Journal, carry_out
from pmgit.init.onboarding import SetupWish
from pmgit.report.text import visible

if TYPE_CHECKING:
    from pmgit.git.repository import Repository
    from pmgit.init.candidates import Folder
    from pmgit.init.detect import Look
    from pmgit.init.onboarding import SetupPlan

#: So many folders that could be models folders are listed and asked about.
_MOST_OFFERED = 10
_AGAIN = "run pmgit init again to finish, or take back what was written: pmgit init --undo"


@click.command("init")
@click.option(
    "--storage",
    type=click.Choice([IGNORE, LFS]),
    help="Where weights belong; not given: as the repository has it, else ignore.",
)
@click.option(
    "--hooks",
    type=click.Choice(HOOKS),
    help="What runs pmgit at a commit; not given: as in .pmgit.toml, or as it is here, else"
    " pre-commit (or prek). It is written into .pmgit.toml, for the next clone.",
)
@click.option(
    "--system/--no-system",
    default=None,
    help="The entry for pre-commit runs the pmgit that is installed, or one that pre-commit"
    " builds; not given: built where this pmgit is from a package index or a Git address.",
)
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    help="Of the README and the INFO.md templates; not given: en.",
)
@click.option(
    "--models",
    multiple=True,
    metavar="DIR",
    help="A models folder, from the current folder; may be repeated.",
)
@click.option(
    "--keep-text",
    is_flag=True,
    help="Weights are ignored, the text of models (configurations, tokenizers) is not.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@yes_option
@click.option("--undo", "take_back", is_flag=True, help="Take back what pmgit init has written.")
def command(
    *,
    storage: str | None,
    hooks: str | None,
    system: bool | None,
    language: str | None,
    models: tuple[str, ...],
    keep_text: bool,
    dry_run: bool,
    yes: bool,
    take_back: bool,
) -> None:
    """Set this repository up for pretrained models, and prove it.

    It looks first, shows what it would do, asks once, does it, and then proves that weights are
    kept out of Git, that INFO.md is not, and, by real commits in a repository of their own, that
    the hooks stop raw weights and nothing else. Your own lines, hooks and configuration stay. A
    second run changes nothing; with other options it changes what pmgit has written, or names the
    option that it does not apply. A run that was interrupted is finished by the next.
    """
    wanted = SetupWish(storage or "", hooks or "", language or "", models, system, keep_text, _say)
    try:
        if take_back:
            _init_undo.run(dry_run=dry_run, yes=yes)
        else:
            _set_up(wanted, dry_run=dry_run, yes=yes)
    except BrokenPipeError:
        raise  # the reader of our output has gone
    except OSError as error:  # a full disk, where even a temporary file has no place
        where = f"{error.filename}: " if error.filename else ""
        raise PmgitError(f"{where}{error.strerror}", _AGAIN) from error


def _set_up(wanted: SetupWish, *, dry_run: bool, yes: bool) -> None:
    repository, config = _work_tree.load()
    here = repository.prefix
    wanted.models = tuple(_from_here(repository, name) for name in wanted.models)
    try:
        made = onboarding.plan(repository, config, wanted)
    except NotExtendableError as error:
        click.echo(error.snippet, nl=False)
        raise
    if dry_run or (made.steps and not yes) or not is_quiet():
        _show(made, here)
    if not (dry_run or yes) and (more := _ask_for_more(made, wanted)):
        wanted.models = more
        made = onboarding.plan(repository, config, wanted)
        _show(made, here)
    if dry_run:
        show_diffs(diff for step in made.steps for diff in step.diffs)
        return
    journal = Journal(repository)
    journal.sweep()
    done = len(journal.records)
    if made.steps:
        if not yes:
            hint = "pmgit init --dry-run shows what would change; pmgit init --yes does it"
            ask("Do it?", hint, before="writes")
        _do(made, journal)
    try:
        for line in _init_proof.proofs(repository, made, _say):
            say(f"proved: {line}")
    except _init_proof.HookError as error:
        # Hooks that would stop every commit, or none: better nothing than these.
        if len(journal.records) > done:
            for _ in undo.run(repository, journal, done):
                pass
            error.message += "; what was written is taken back"
        raise
    _print_next(repository, made, yes=yes)


def _say(line: str) -> None:
    """Print a line about a step that takes a while."""
    say(visible(line))


def _from_here(repository: Repository, name: str) -> str:
    """A models folder as it is typed, from the current folder, as the configuration has it.

    One that is only at the top is meant from there: so the configuration and messages name it.
    """
    here = posixpath.normpath(posixpath.join(repository.prefix, name))
    is_here = os.path.isdir(os.path.join(repository.top, here))
    is_at_top = os.path.isdir(os.path.join(repository.top, name))
    return here if repository.prefix and (is_here or not is_at_top) else name


def _show(made: SetupPlan, here: str) -> None:
    """Print what was found here, what will be done, and the notes about it.

    `here` is the current folder, from the top.
    """
    click.echo("here:")
    for line in _seen(made.look, here):
        click.echo(f"  {named(line)}")
    if made.steps:
        click.echo("to do:")
        for step in made.steps:
            click.echo(f"  {visible(step.what)}")
    else:
        click.echo("nothing to do: this repository is set up")
    for note in made.notes:
        click.echo(f"note: {named(visible(note))}")


def _seen(look: Look, here: str) -> list[str]:
    lines = [f"models folder {_of(folder)}" for folder in look.taken]
    if look.is_invented and here:
        name = look.taken[0].path
        command = f"pmgit init --models {quote(name)}"
        lines.append(f"{visible(name)}/ is at the top of the repository; for one here: {command}")
    offered = look.offered[:_MOST_OFFERED]
    lines += [_offer(look, folder, here) for folder in offered]
    if len(offered) > 1 and not look.source:
        lines.append(f"with all of these: {_with(look, offered, here)}")
    for folder in look.left:
        why = "it is a repository of its own" if folder.is_clone else "it holds source code"
        lines.append(f"{_of(folder)} is not taken: {why}")
    if more := look.more + len(look.offered) - len(offered):
        lines.append(f"{more} more folders of such names, deeper than these")
    if look.raw:
        size = show_size(sum(blob.size for blob in look.raw))
        files = counted(len(look.raw), "file")
        lines.append(f"{files} of weights ({size}) raw in Git already; see: pmgit check --all")
    lfs = "Git LFS: " + ("installed" if look.lfs_installed else "not installed")
    lines.append(lfs + (", used here" if look.lfs_lines else ", not used here"))
    lines.append("hooks: " + (", ".join([*look.hooks, *look.managers]) or "none"))
    return lines + look.idle


def _offer(look: Look, folder: Folder, here: str) -> str:
    """The line about a folder that a person may want, with the way to take it."""
    if look.source:  # `--models` would contradict it
        how = f'to take it, add "{visible(folder.path)}" to models in {look.source}'
    else:
        how = f"with it: {_with(look, [folder], here)}"
    return f"{_of(folder)} is not taken; {how}"


def _with(look: Look, more: list[Folder], here: str) -> str:
    paths = [posixpath.relpath(folder.path, here or ".") for folder in (*look.taken, *more)]
    named = [word for path in paths for word in ("--models", path)]
    return " ".join(map(quote, ["pmgit", "init", *named]))


def _ask_for_more(made: SetupPlan, wanted: SetupWish) -> tuple[str, ...]:
    """Ask whether the offered folders are models folders, too; all models folders if so, else none.

    Asked at a terminal, as long as no configuration and no option names the models folders.
    """
    look = made.look
    asks = is_interactive() and not (look.source or wanted.models)
    offered = [folder.path for folder in look.offered[:_MOST_OFFERED]]
    if not (asks and offered):
        return ()
    names = ", ".join(f"{visible(path)}/" for path in offered)
    if not click.confirm(f"Take {names} as models folders, too?", default=False):
        return ()
    return (*(folder.path for folder in look.taken), *offered)


def _of(folder: Folder) -> str:
    """A folder, with the number and size of its weights, for people."""
    files = counted(folder.files, "file")
    held = f"{files} of weights, {show_size(folder.size)}" if folder.files else "no weights"
    return f"{visible(folder.path)}/ ({held})"


def _do(made: SetupPlan, journal: Journal) -> None:
    for step in made.steps:
        if step.ready:
            step.ready()
    try:
        carry_out(made.steps, journal)
    except PmgitError as error:
        error.hint = f"{error.hint}; then {_AGAIN}" if error.hint else _AGAIN
        raise


def _print_next(repository: Repository, made: SetupPlan, *, yes: bool) -> None:
    """Print the commands that a person runs next."""
    diffs = [diff for step in made.steps for diff in step.diffs]
    names = dict.fromkeys(name for name, before, after in diffs if after not in (None, before))
    # Not those in the git directory, nor hooks that lie in another place altogether.
    files = [name for name in names if not name.startswith((".git/", "../"))]
    files = [name for name in files if not os.path.isabs(name)]
    files = [name for name in files if os.path.exists(os.path.join(repository.top, name))]
    gone = [name for name, before, after in diffs if before is not None and after is None]
    if gone:
        tracked = decode(repository.run("ls-files", "-z", "--", *gone)).split("\0")
        files += [name for name in gone if name in tracked]
    there = {name for name, before, _ in diffs if before is not None}
    written = {name: name in there for name in files}
    for line in _next.after_init(repository, made, written, yes=yes):
        say(named(line))
    if made.storage == LFS:
        _print_pull(repository, made)


def _print_pull(repository: Repository, made: SetupPlan) -> None:
    """Print the command that replaces the pointers of a clone without the filter by weights."""
    from pmgit.doctor import weights
    from pmgit.doctor.context import Context

    for check in weights.checks(Context(repository, made.config)):
        if check.fix:
            say(f"next: {Shell(repository.prefix, own_command()).line(check.fix)}")
