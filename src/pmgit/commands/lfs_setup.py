"""`pmgit lfs-setup`: send weights to Git LFS, and prove that they go there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pmgit.commands import _next, _work_tree
from pmgit.commands._options import dry_run_option, yes_option
from pmgit.commands._terminal import ask, difference, is_quiet, named, note, say, show_diffs
from pmgit.core.config import IGNORE, LFS
from pmgit.core.errors import UsageError
from pmgit.core.shell import quote
from pmgit.core.units import counted, listed, show_size
from pmgit.git import attributes
from pmgit.git.names import ATTRIBUTES
from pmgit.git.settings import GitSettings
from pmgit.gitfiles import models_folders
from pmgit.history import old_weights
from pmgit.init import lfs_leave, lfs_setup, onboarding, storage_switch, textconv
from pmgit.init import lfs_proof as pushed
from pmgit.init.journal import Journal, carry_out
from pmgit.lfs.patterns import PLAIN_DIFF, TENSOR_DIFF
from pmgit.report.text import visible
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.init.journal import SetupStep
    from pmgit.init.lfs_leave import LfsLeaving
    from pmgit.init.storage_switch import Switch


#: So many patterns of which there is no file are named.
_NAMED = 5
#: Git takes ignored files for worthless.
_COLLEAGUES = "everybody else's weights at these places are written over at their next pull"


@click.command("lfs-setup")
@click.option(
    "--pattern",
    "patterns",
    multiple=True,
    metavar="P",
    help="An attribute pattern such as '*.gguf', or the path of a file; may be repeated.",
)
@click.option(
    "--leave",
    is_flag=True,
    help="Leave Git LFS: weights are ignored by Git from now on. Asks, unless --yes is given.",
)
@yes_option
@click.option(
    "--textconv/--no-textconv",
    "compares",
    default=None,
    help="Let git diff, git show and git log -p show the tensors of weights (pmgit inspect).",
)
@dry_run_option
@click.option(
    "--proof/--no-proof",
    default=True,
    help="Push a sample of each pattern to a temporary remote and look for its object there.",
)
def command(
    *,
    patterns: tuple[str, ...],
    leave: bool,
    yes: bool,
    compares: bool | None,
    dry_run: bool,
    proof: bool,
) -> None:
    """Send weights to Git LFS: write the attributes, prove them, stage pointers.

    Without --pattern: the formats of the weights below the models folders, or all known formats
    when there are none yet; and where weights are ignored by the configuration, all of it is
    switched to Git LFS: the configuration, the ignore rules, the README of the models folder.
    With --leave the other way: weights leave Git and Git LFS, stay on disk, and are ignored.

    The patterns go into a marked block of .gitattributes, from the top
    of the repository; those that are in it stay. INFO.md, README, LICENSE and the configuration
    of models are kept out of Git LFS.

    What is tracked already is staged anew as pointers, from what is staged: no file of the work
    tree changes. The filter is configured for this repository only.

    With --textconv the lines of weights get diff=pmgit in place of diff=lfs, and this clone the
    setting diff.pmgit.textconv. Other clones compare as before until they run it too.

    At the end a sample of each pattern is committed and pushed from a temporary repository to a
    temporary remote; when its object is not found there, the exit code is 3.
    """
    repository, config = _work_tree.load()
    if leave:
        if patterns:
            raise UsageError("--leave takes no --pattern: all weights leave Git LFS")
        if compares:
            raise UsageError("--leave takes no --textconv: Git has no weights to compare then")
        _leave(repository, config, dry_run=dry_run, yes=yes)
        return
    if config.storage == IGNORE and not patterns and compares is not None:
        _compare_ignored(repository, compares=compares)
        return
    switch = None
    snapshot, settings = Snapshot(repository, TREE, [], []), GitSettings(repository)
    if config.storage == IGNORE and not patterns:
        switch = storage_switch.switch(snapshot, config, LFS)
    # It is pmgit's own block that hides weights, and not the user's lines alone.
    opened = bool(switch and models_folders.ignore_blocks(repository, switch.roots))
    wanted = switch.config if switch and opened else config
    diff = {True: TENSOR_DIFF, False: PLAIN_DIFF, None: ""}[compares]
    plan = lfs_setup.plan(
        repository, wanted, patterns, opened=opened, diff=diff, snapshot=snapshot,
        settings=settings,
    )  # fmt: skip
    if plan.hidden:
        switch = None  # only texts are put right
    if dry_run:
        _show(plan, switch)
        if compares and not textconv.configured(repository):
            click.echo(f"would set {textconv.KEY} for this clone")
        return
    if switch:
        done = _switch(repository, plan, switch, settings)
    else:
        done = lfs_setup.apply(repository, plan, settings=settings)
    _print_done(plan, done)
    if compares is not None:
        _compare(repository, plan, compares=compares)
    if switch:
        _print_switch(repository, switch)
    if proof and (arrived := pushed.push_samples(repository, plan)):
        what = visible(arrived[0]) if len(arrived) == 1 else f"each of {len(arrived)} patterns"
        say(f"proved: a sample of {what} was pushed, and its object arrived at the remote")
    done.refuse_lost(" && pmgit lfs-setup")


def _compare_ignored(repository: Repository, *, compares: bool) -> None:
    """Where Git has no weights there is nothing to compare; only the setting can go."""
    if compares:
        raise UsageError(
            "weights are ignored by Git here, so it has none to compare",
            "to send them to Git LFS: pmgit lfs-setup, then pmgit lfs-setup --textconv; to compare"
            " two files: pmgit inspect --diff A B",
        )
    gone = textconv.forget(repository)
    say(f"removed {textconv.KEY}" if gone else f"nothing to do: {textconv.KEY} is not set")


def _compare(repository: Repository, plan: lfs_setup.LfsPlan, *, compares: bool) -> None:
    """Write or remove the setting, and ask Git for which weights it counts."""
    if not compares:
        if textconv.forget(repository):
            say(f"removed {textconv.KEY}")
        return
    done = textconv.configure(repository)
    say(f"set {textconv.KEY} for this clone" if done else f"{textconv.KEY} is set")
    paths = [path for path in plan.probes if path in plan.tracked]
    found = attributes.of_paths(repository, paths, "diff")
    others = [path for path, given in found.items() if given["diff"] != TENSOR_DIFF]
    say(f"proved: git diff shows the tensors of {counted(len(found) - len(others), 'file')} now")
    say(
        "note: for older versions Git has Git LFS download what is not here; this does without:"
        " GIT_LFS_SKIP_SMUDGE=1 git log -p"
    )
    if others:
        say(
            f"note: {counted(len(others), 'file')} have another diff attribute, by a line of yours:"
            f" {visible(others[0])}",
            err=True,
        )
        say(f"hint: see: git check-attr diff -- {quote(visible(others[0]))}", err=True)


def _leave(repository: Repository, config: Config, *, dry_run: bool, yes: bool) -> None:
    """Leave Git LFS, or print what that would do; asks before."""
    made = lfs_leave.plan(repository, config)
    if made is None:
        say("nothing to do: weights are not in Git LFS here")
        return
    if dry_run:
        show_diffs(diff for step in made.switch.steps for diff in step.diffs)
        show_diffs(made.diffs)
    if dry_run or not (yes and is_quiet()):
        _print_leaving(made, "would leave Git" if dry_run else "leaves Git")
    if dry_run:
        return
    if not yes:
        hint = (
            "what it would do: pmgit lfs-setup --leave --dry-run; to do it: pmgit lfs-setup"
            " --leave --yes"
        )
        ask("Leave Git LFS?", hint, default=False)
    lfs_leave.apply(repository, made)
    names = _print_written(made.switch.steps)
    if made.diffs:
        say("wrote and staged .gitattributes")
    for one in made.notes:
        say(f"note: {visible(one)}")
    say("proved: Git has none of these files any more, and ignores them")
    if names:
        say(f"next: {_next.add(repository, names)}")


def _print_leaving(made: LfsLeaving, what: str) -> None:
    for blob in made.blobs:
        click.echo(f"{what}, stays on disk: {visible(blob.path)}")
    if made.blobs:
        click.echo(
            "note: everybody else's copies of these files are deleted at their next pull:"
            " they copy the folder first, or download the models again"
        )


def _print_written(steps: Iterable[SetupStep]) -> list[str]:
    """Print which files these steps have written; returns their names."""
    names = []
    for step in steps:
        say(f"wrote{visible(step.what.removeprefix('write'))}")
        names += [name for name, _, after in step.diffs if after is not None]
    return list(dict.fromkeys(names))


def _switch(
    repository: Repository, plan: lfs_setup.LfsPlan, switch: Switch, settings: GitSettings
) -> lfs_setup.LfsDone:
    """Set Git LFS up and switch to it, recorded for `pmgit init --undo`; returns what was done."""
    journal = Journal(repository)
    journal.sweep()
    done = onboarding.set_up_lfs(repository, plan, journal, settings)
    carry_out(switch.steps, journal)
    return done


def _print_switch(repository: Repository, switch: Switch) -> None:
    """Print which files were written beside the attributes, and the commands that stage them."""
    names = _print_written(switch.steps)
    for one in (*switch.notes, _COLLEAGUES):
        say(f"note: {visible(one)}")
    if names:
        say(f"next: {_next.add(repository, names)}")
    there = [root for root in switch.roots if os.path.isdir(os.path.join(repository.top, root))]
    if there:
        say(f"next: {_next.add(repository, there)}")


def _show(plan: lfs_setup.LfsPlan, switch: Switch | None) -> None:
    """Print what would be done."""
    if switch:
        show_diffs(diff for step in switch.steps for diff in step.diffs)
    diff = difference(plan.attributes.work_tree, plan.new_work_tree, ATTRIBUTES)
    click.echo(diff or ".gitattributes: nothing to change", nl=not diff)
    for blob in plan.raw:
        click.echo(f"would stage the pointer to: {visible(blob.path)} ({show_size(blob.size)})")
    for blob, _ in plan.texts:
        click.echo(f"would stage the text of: {visible(blob.path)}")
    if plan.hidden:
        note(f"no patterns are added: {visible(plan.hidden)}")


def _print_done(plan: lfs_setup.LfsPlan, done: lfs_setup.LfsDone) -> None:
    """Print what was done and proved."""
    if not plan.writes and not plan.raw and not plan.texts:
        say("nothing to do: .gitattributes and the index are as they should be")
    if plan.writes:
        say("wrote and staged .gitattributes")
    of_no_file = []
    for pattern, found in plan.covered.items():
        if found.real:
            files = counted(len(found.real), "file")
            say(f"proved: {visible(pattern)} goes to Git LFS ({files} now)")
        else:
            of_no_file.append(visible(pattern))
    if of_no_file:
        patterns = "1 pattern goes" if len(of_no_file) == 1 else f"{len(of_no_file)} patterns go"
        named_ones = listed(of_no_file, _NAMED)
        say(f"proved: {patterns} to Git LFS, without a file now: {named_ones}")
    for blob in plan.raw:
        say(f"staged the pointer to: {visible(blob.path)} ({show_size(blob.size)})")
    for blob, _ in plan.texts:
        if blob.path not in done.lost:
            say(f"staged the text of: {visible(blob.path)}")
    if plan.hidden:
        say(f"note: no patterns are added: {visible(plan.hidden)}", err=True)
    if plan.history:
        held, hint = old_weights.described(plan.history)
        say(f"note: {visible(held)}", err=True)
        say(f"hint: {named(visible(hint))}", err=True)
    if plan.not_here:
        say(
            f"note: {plan.not_here} files were not looked at: a partial clone lacks them",
            err=True,
        )
    if not done.hook.uploads:
        place = visible(done.hook.hook)
        note(f"a push would not upload the content: {place} does not run git lfs pre-push")
        click.echo(f"hint: {named(visible(done.hook.hint))}", err=True)
