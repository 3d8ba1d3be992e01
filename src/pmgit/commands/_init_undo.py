"""`pmgit init --undo`: print what it would do, ask, undo, and print what is left to a person."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pmgit.commands import _next, _work_tree
from pmgit.commands._terminal import is_interactive, named, say
from pmgit.core.config import BASELINE
from pmgit.core.shell import quote
from pmgit.core.units import show_size
from pmgit.gitfiles import user_files as files
from pmgit.init import undo
from pmgit.init.journal import OWN, Journal
from pmgit.report.text import visible

if TYPE_CHECKING:
    from pmgit.git.repository import Repository

#: So many files are named.
_MOST = 10


def run(*, dry_run: bool, yes: bool) -> None:
    """Take back everything that the journal records; asks at a terminal, unless `yes`."""
    repository, config = _work_tree.load()
    journal = Journal(repository)
    if not journal.records:
        say(named("nothing to undo: pmgit init has written nothing here"))
        return
    asks = not yes and is_interactive()
    if dry_run or asks:
        for record in reversed(journal.records):
            what = "restore" if record.before is not None else "remove"
            click.echo(
                f"would {what} {visible(record.path)}" + (" if unchanged" * (record.kind == OWN))
            )
    _warn(
        undo.unhidden(repository, journal, config.models),
        "no longer hidden then: git add -A would take",
    )
    _warn(
        undo.raw_again(repository, journal),
        "in Git LFS, and Git knows nothing of that then: git add -A would take the content of",
    )
    if dry_run:
        return
    if asks:
        click.confirm("Undo it?", default=True, abort=True)
    names = [record.path for record in journal.records if record.index is not None]
    journal.sweep()
    for line in undo.run(repository, journal):
        say(visible(line))
    _forget_baseline(repository)
    say("undone")
    _print_committed(repository, list(dict.fromkeys(names)))


def _warn(sizes: dict[str, int], what: str) -> None:
    """Name the files that Git would take, the largest first."""
    if not sizes:
        return
    one = len(sizes) == 1
    files, them = ("1 file is", "it") if one else (f"{len(sizes)} files are", "them")
    click.echo(f"note: {files} {what} {them} ({show_size(sum(sizes.values()))}):")
    for path in list(sizes)[:_MOST]:
        click.echo(f"  {visible(path)} ({show_size(sizes[path])})")
    if len(sizes) > _MOST:
        click.echo(f"  … and {len(sizes) - _MOST} more")


def _forget_baseline(repository: Repository) -> None:
    """Take a baseline that is not committed out of the index: `next:` has had it staged."""
    is_staged = repository.run("ls-files", "-z", "--", BASELINE)
    if is_staged and not undo.committed(repository, [BASELINE]):
        repository.run("update-index", "--force-remove", "--", BASELINE)
        say(named(f"left {BASELINE}, no longer staged: pmgit baseline wrote it"))


def _differs(repository: Repository, name: str, oid: str) -> bool:
    """Whether the disk has other content than this blob; line ends may be Git's."""
    now = files.read(os.path.join(repository.top, *name.split("/")))
    return now is None or oid not in map(repository.id_of, (now, now.replace(b"\r\n", b"\n")))


def _print_committed(repository: Repository, names: list[str]) -> None:
    """Print the commit that undoes it in Git, where some of the files were committed."""
    found = undo.committed(repository, names)
    changed = [name for name in names if name in found and _differs(repository, name, found[name])]
    if changed:
        paths = " ".join(map(quote, changed))
        say(f"note: committed already: {visible(', '.join(changed))}")
        say(f'next: {_next.git(repository)} commit -q -m "Take pmgit out" -- {paths}')
