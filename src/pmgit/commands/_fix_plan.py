"""Printing the plans and results of `pmgit fix`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.commands._terminal import named
from pmgit.core.shell import Shell, quote
from pmgit.core.units import counted, show_size
from pmgit.git import commits
from pmgit.git.names import TAGS
from pmgit.report.text import visible
from pmgit.rewrite import move_branch
from pmgit.snapshots import position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.core.finding import Fix, Step
    from pmgit.git.trees import Rewritten
    from pmgit.rewrite.commits import Remake

#: So many commits are listed.
_SHOWN = 20
#: So many tags that have them, too.
_TAGS = 5


def show(fix: Fix, shell: Shell) -> None:
    """Print one fix: what it changes for whom, and its commands."""
    if fix.about or fix.warning:
        click.echo(f"plan: {shell.called(visible(fix.about or fix.warning))}")
    _show_steps(fix.steps, shell)


def show_remake(made: Remake, shell: Shell) -> None:
    """Print which files leave Git or enter Git LFS, and which commits are made anew."""
    for finding in made.report.findings:
        if finding.pasted and finding.pasted.about:
            click.echo(f"plan: {shell.called(visible(finding.pasted.about))}")
    restored = {path for step in made.before for path in step.items}
    for what, blobs in (("out of Git", made.out), ("into Git LFS", made.stored)):
        paths = dict.fromkeys(blob.path for blob in blobs)
        if paths:
            size = show_size(sum({blob.oid: blob.size for blob in blobs}.values()))
            click.echo(f"{what} ({size}); what is on disk stays there:")
            for path in paths:
                here = move_branch.exists(made.repository, path)
                kept = "" if here or path in restored else " (not on disk: the backup keeps it)"
                click.echo(f"  {visible(path)}{kept}")
    anew = made.changed_commits()
    described = commits.describe(made.repository, anew[:_SHOWN])
    click.echo("commits made anew, with their authors, dates, messages and merges:")
    for oid in anew[:_SHOWN]:
        click.echo(f"  {oid[:12]} {visible(described.get(oid, ''))}")
    if len(anew) > _SHOWN:
        click.echo(f"  … and {len(anew) - _SHOWN} more")
    for when, steps in (("first", made.before), ("then", made.after)):
        if steps:
            click.echo(f"{when}:")
            _show_steps(steps, shell)


def show_done(made: Remake, done: Rewritten) -> None:
    """Print how many commits were made anew, where the old ones are, and which tags keep them."""
    name = visible(position.short(made.unpushed.ref))
    click.echo(f"{name}: {counted(len(done.ids), 'commit')} made anew")
    if done.signatures:
        signatures = counted(done.signatures, "signature")
        click.echo(f"note: {signatures} of the old content left out: sign the new commits")
    ref = made.unpushed.ref
    which = f" --range {quote(ref)}" if ref.startswith(TAGS) else ""
    back = f"pmgit fix --undo{which}"
    click.echo(
        f"the old ones are kept as {visible(made.backup)}; to go back: {named(visible(back))}"
    )
    holders = position.holders(made.repository, done.ids)
    tags = [h.ref for h in holders if h.ref.startswith(TAGS) and h.ref != ref]
    for name in tags[:_TAGS]:
        words = f"pmgit fix --range {quote(name)}"
        click.echo(
            f"note: the tag {visible(position.short(name))} has old ones: {named(visible(words))}"
        )
    if len(tags) > _TAGS:
        click.echo(
            f"note: so have {len(tags) - _TAGS} more: git tag --contains {made.unpushed.tip}"
        )


def _show_steps(steps: Iterable[Step], shell: Shell) -> None:
    for step in steps:
        line = f"  {' '.join(map(quote, shell.argv(step)))}"
        click.echo(line.encode("utf-8", "backslashreplace"))
