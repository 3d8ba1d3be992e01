"""How a plan of `pmgit fix` is shown: what is made anew, who has it, and the git commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pmgit.commands._terminal import named
from pmgit.fixes import convert
from pmgit.git import checkout, commits, position
from pmgit.git.blob import REGULAR, decode
from pmgit.remake import ATTRIBUTES
from pmgit.report.shell import Shell, quote
from pmgit.report.text import visible
from pmgit.units import show_size

if TYPE_CHECKING:
    from pmgit.finding import Fix
    from pmgit.git.blob import Blob
    from pmgit.git.trees import Rewritten
    from pmgit.remake import Remake

#: So many commits are listed.
_SHOWN = 20
#: So many tags that have them, too.
_TAGS = 5


def show(fix: Fix, shell: Shell) -> None:
    """One fix: what it does to whom, and its commands."""
    if fix.about or fix.warning:
        click.echo(f"plan: {shell.called(visible(fix.about or fix.warning))}")
    for step in fix.steps:
        _echo(f"  {' '.join(map(quote, shell.argv(step)))}")


def tell(made: Remake, shell: Shell, *, as_commands: bool) -> None:
    """What will be made anew; with `as_commands`, the git commands that do the same."""
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
                here = made.is_here and checkout.exists(made.repository, path)
                kept = "" if here or path in restored else " (not on disk: the backup keeps it)"
                click.echo(f"  {visible(path)}{kept}")
    anew = made.anew()
    told = commits.describe(made.repository, anew[:_SHOWN])
    click.echo("commits made anew, with their authors, dates, messages and merges:")
    for oid in anew[:_SHOWN]:
        click.echo(f"  {oid[:12]} {visible(told.get(oid, ''))}")
    if len(anew) > _SHOWN:
        click.echo(f"  … and {len(anew) - _SHOWN} more")
    if made.before:
        click.echo("first:")
        for step in made.before:
            _echo(f"  {' '.join(map(quote, shell.argv(step)))}")
    if as_commands:
        click.echo("as git commands, to be pasted together:")
        for line in commands(made, anew):
            _echo(f"  {line}")
    if made.after:
        click.echo("then:")
        for step in made.after:
            _echo(f"  {' '.join(map(quote, shell.argv(step)))}")


def commands(made: Remake, anew: list[str]) -> list[str]:
    """The plain git commands: an index of their own, the trees and commits, the refs.

    One chain in a shell of its own: nothing behind a command that fails is run.
    """
    ref, tip = made.unpushed.ref, made.unpushed.tip
    lines = ['export GIT_INDEX_FILE="$(git rev-parse --absolute-git-dir)/pmgit-index"']
    if made.is_here:
        # As `Remake.refuse`: what goes to Git LFS may seem to be changed, for its content is raw.
        paths = dict.fromkeys(blob.path for blob in (*made.out, *made.stored))
        apart = [quote(f":(top,exclude,literal){path}") for path in paths]
        diff = "git diff --stat --exit-code --ignore-submodules=dirty -- :/"
        lines[:0] = [f"git diff --cached --stat --exit-code {tip}", " ".join([diff, *apart])]
    value = made.unpushed.value
    lines.append(f"git update-ref {quote(made.backup)} {value}")
    parents = dict(made.unpushed.commits())
    held = made.held(anew)
    texts: dict[bytes, str] = {}
    for oid in anew:
        has = {(blob.path, blob.oid) for blob in held[oid].values()}
        out = [blob for blob in made.out if (blob.path, blob.oid) in has]
        stored = [blob for blob in made.stored if (blob.path, blob.oid) in has]
        lines.append(f"git read-tree {oid}")
        gone = [blob for blob in out if not made.instead(blob)]
        if gone:
            names = " ".join(quote(blob.path) for blob in gone)
            lines.append(f"git update-index --force-remove -- {names}")
        replaced = [
            f'git update-index --cacheinfo "{blob.mode},{old},"{quote(blob.path)}'
            for blob in out
            if (old := made.instead(blob))
        ]
        replaced += [" ".join(map(quote, Shell().argv(convert(blob)))) for blob in stored]
        lines += replaced
        if replaced:
            lines += _attributes(made, held[oid].get(ATTRIBUTES), texts)
        # A signature of the old content would be a wrong one of the new.
        edits = ['-e "1,/^$/{/^gpgsig/d;/^mergetag/d;/^ /d;}"']
        edits += ['-e "1,/^$/s/^tree .*/tree $(git write-tree)/"']
        edits += [
            f'-e "1,/^$/s/^parent {parent}$/parent $c_{parent[:12]}/"'
            for parent in parents[oid]
            if parent in anew
        ]
        pipe = f"git cat-file commit {oid} | LC_ALL=C sed {' '.join(edits)}"
        lines.append(f"c_{oid[:12]}=$({pipe} | git hash-object -t commit -w --stdin)")
    name = "HEAD" if ref == position.DETACHED else quote(ref)
    lines.append('rm -f "$GIT_INDEX_FILE" && unset GIT_INDEX_FILE')
    new = f"c_{tip[:12]}"
    if value != tip:
        # An annotated tag, without its signature.
        edits = [f'-e "1,/^$/s/^object .*/object ${new}/"', '-e "/^-----BEGIN .*-----$/,\\$d"']
        pipe = f"git cat-file tag {value} | LC_ALL=C sed {' '.join(edits)}"
        lines.append(f"t=$({pipe} | git hash-object -t tag -w --stdin)")
        new = "t"
    lines.append(f'git update-ref --no-deref {name} "${new}" {value}')
    if made.is_here:
        lines.append("git reset -q --mixed")
        if texts:
            lines.append(f"git checkout -q -- {ATTRIBUTES}")
            if ATTRIBUTES not in held[tip]:
                lines.insert(0, f"test ! -e {ATTRIBUTES}")  # it would be written over
    if not made.repository.bare:
        lines.insert(0, 'cd "$(git rev-parse --show-toplevel)"')
    return ["(", *(f"{line} &&" for line in lines[:-1]), lines[-1], ")"]


def _attributes(made: Remake, old: Blob | None, texts: dict[bytes, str]) -> list[str]:
    """Give a commit its lines for Git LFS; `texts` are the variables of the texts made so far."""
    text = made.attributes(old.oid if old else "")
    if text is None:
        return []
    lines = []
    if text not in texts:
        texts[text] = f"a_{len(texts) + 1}"
        *ended, last = decode(text).split("\n")
        words = " ".join(map(quote, ended))
        shown = f"printf '%s\\n' {words}" if ended else ":"
        if last:  # the user has left out the last line end
            shown = f"{{ {shown}; printf %s {quote(last)}; }}"
        lines.append(f"{texts[text]}=$({shown} | git hash-object -w --stdin)")
    mode = old.mode if old else REGULAR[0]
    lines.append(f'git update-index --add --cacheinfo "{mode},${texts[text]},{ATTRIBUTES}"')
    return lines


def tell_done(made: Remake, done: Rewritten) -> None:
    """What was done, and what it costs."""
    count = len(done.ids)
    name = visible(position.short(made.unpushed.ref))
    click.echo(
        f"{name}: {count} commits made anew" if count != 1 else f"{name}: 1 commit made anew"
    )
    if done.signatures:
        signatures = "1 signature" if done.signatures == 1 else f"{done.signatures} signatures"
        click.echo(f"note: {signatures} of the old content left out: sign the new commits")
    ref = made.unpushed.ref
    which = f" --range {quote(ref)}" if ref.startswith(position.TAGS) else ""
    back = f"pmgit fix --undo{which}"
    click.echo(
        f"the old ones are kept as {visible(made.backup)}; to go back: {named(visible(back))}"
    )
    holders = position.holders(made.repository, done.ids)
    tags = [h.ref for h in holders if h.ref.startswith(position.TAGS) and h.ref != ref]
    for name in tags[:_TAGS]:
        words = f"pmgit fix --range {quote(name)}"
        click.echo(
            f"note: the tag {visible(position.short(name))} has old ones: {named(visible(words))}"
        )
    if len(tags) > _TAGS:
        click.echo(
            f"note: so have {len(tags) - _TAGS} more: git tag --contains {made.unpushed.tip}"
        )


def _echo(line: str) -> None:
    click.echo(line.encode("utf-8", "backslashreplace"))
