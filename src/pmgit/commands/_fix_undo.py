"""`pmgit fix --undo`: the branch and the index go back, the files on disk stay."""

from __future__ import annotations

import click

from pmgit.commands._terminal import say
from pmgit.core.errors import PmgitError
from pmgit.fix import commit_reach
from pmgit.git import work_tree
from pmgit.git.blob import decode
from pmgit.git.names import ATTRIBUTES
from pmgit.git.raw_diff import between
from pmgit.git.revisions import id_of
from pmgit.report.text import visible
from pmgit.rewrite import move_branch
from pmgit.snapshots import position

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository

#: Where `pmgit fix` left a branch, beside the backup of where it was.
_LEFT = "refs/pmgit/fixed/"
#: What pmgit itself writes goes back on disk too, where nobody has changed it since.
_OURS = (ATTRIBUTES, ".gitignore")


def remember(repository: Repository, ref: str, before: str) -> None:
    """Record where a ref that was at `before` is now; `undo` compares it with the ref later."""
    now = id_of(repository, ref)
    if now and now != before:
        backup = commit_reach.backup_ref(ref, before)
        if not id_of(repository, backup):
            repository.run("update-ref", backup, before)
        repository.run("update-ref", _LEFT + backup.removeprefix(commit_reach.BACKUP), now)


def undo(repository: Repository, *, dry_run: bool) -> None:
    """Take the branch that is checked out back to where it was before the last fix."""
    head = position.Head(repository)
    name = head.ref if head.ref == position.DETACHED else position.short(head.ref)
    backups = _refs(repository, commit_reach.BACKUP, name)
    left = _refs(repository, _LEFT, name)
    key = next((key for key, oid in left.items() if oid == head.oid and key in backups), "")
    key = key or next(
        (k for k, oid in backups.items() if _is_amended(repository, oid, head.oid)), ""
    )
    if not key:
        if not backups:
            say(f"nothing to undo: no backup of {visible(name)}")
            return
        ref = f"{commit_reach.BACKUP}{next(iter(backups))}/{name}"
        raise PmgitError(
            f"{name} is no longer where the fix left it",
            f"by hand, without the commits made since: git reset --mixed {ref}",
        )
    backup, old = f"{commit_reach.BACKUP}{key}/{name}", backups[key]
    busy = position.under_way(repository)
    if busy:
        raise PmgitError(f"a {busy} is under way", f"finish or abort the {busy} first")
    # Files on disk that are as the old commit has them do not change.
    changes = [change for change in between(repository, head.oid, old) if change.oid]
    same = {c.path for c in changes if work_tree.compare(repository, c) == work_tree.SAME}
    move_branch.refuse_dirty(repository, same)
    if dry_run:
        click.echo(f"would move {visible(name)} from {head.oid[:12]} back to {visible(backup)}")
        return
    move_branch.move(repository, head.ref, head.oid, old)
    move_branch.follow(repository, head.oid, old, _OURS)
    for ref in (backup, f"{_LEFT}{key}/{name}"):
        repository.run("update-ref", "-d", ref)
    say(f"{visible(name)} is back at {old[:12]}; the files on disk are as they were")
    say(f"the fixed commits: {head.oid}")


def undo_tag(repository: Repository, ref: str, *, dry_run: bool) -> None:
    """Take a tag back to what it was before the last fix; nothing else has moved with it."""
    name = position.short(ref)
    backups = _refs(repository, commit_reach.BACKUP, name, commit_reach.TAG)
    now, left = id_of(repository, ref), _refs(repository, _LEFT, name, commit_reach.TAG)
    key = next((key for key, oid in left.items() if oid == now and key in backups), "")
    shown = visible(position.short(ref))
    if not key:
        if backups:
            backup = f"{commit_reach.BACKUP}{next(iter(backups))}/{name}"
            raise PmgitError(
                f"the tag {position.short(ref)} is no longer what the fix made of it",
                f"by hand: git update-ref {ref} {backup}",
            )
        say(f"nothing to undo: no backup of the tag {shown}")
        return
    backup, old = f"{commit_reach.BACKUP}{key}/{name}", backups[key]
    if dry_run:
        click.echo(f"would take the tag {shown} from {now[:12]} back to {visible(backup)}")
        return
    move_branch.move(repository, ref, now, old)
    for done in (backup, f"{_LEFT}{key}/{name}"):
        repository.run("update-ref", "-d", done)
    say(f"the tag {shown} is {old[:12]} again")


def _refs(repository: Repository, begin: str, name: str, kind: str = "") -> dict[str, str]:
    """The refs `<begin><key>/<name>` by their keys, the latest commit first; `kind` ends a key."""
    out = repository.run(
        "for-each-ref", "--sort=-committerdate", "--format=%(objectname) %(refname)", begin
    )
    found = {}
    for line in decode(out).split("\n"):
        oid, _, ref = line.partition(" ")
        key, _, rest = ref.removeprefix(begin).partition("/")
        if line and rest == name and key.endswith(commit_reach.TAG) == bool(kind):
            found[key] = oid
    return found


def _is_amended(repository: Repository, old: str, new: str) -> bool:
    """Whether one commit is the other made anew: other content, same parents and message."""
    form = ("log", "-1", "--no-show-signature", "--format=%P%x00%an%x00%ae%x00%at%x00%B")
    one = repository.run(*form, old, "--")
    return old != new and one == repository.run(*form, new, "--")
