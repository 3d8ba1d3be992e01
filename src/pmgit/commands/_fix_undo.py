"""`pmgit fix --undo`: the branch and the index go back, the files on disk stay."""

from __future__ import annotations

import click

from pmgit.commands._terminal import say
from pmgit.core.errors import PmgitError
from pmgit.fix import commit_reach
from pmgit.git import cat_file, work_tree
from pmgit.git.blob import decode, encode
from pmgit.git.names import ATTRIBUTES
from pmgit.git.raw_diff import between
from pmgit.git.revisions import DETACHED, Head, id_of
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
    backup = commit_reach.backup_ref(ref, before)
    now, kept = (answer.oid for answer in cat_file.ask(repository, [ref, backup])[0])
    if now and now != before:
        refs = {} if kept else {backup: before}
        refs[_LEFT + backup.removeprefix(commit_reach.BACKUP)] = now
        text = "".join(f"update {name}\0{oid}\0\0" for name, oid in refs.items())
        repository.run("update-ref", "--stdin", "-z", stdin=encode(text))


def undo(repository: Repository, tag: str = "", *, dry_run: bool) -> None:
    """Take the branch that is checked out, or a tag, back to where it was before the last fix.

    Nothing else moves with a tag.
    """
    head = Head(repository)
    ref, now = (tag, id_of(repository, tag)) if tag else (head.ref, head.oid)
    name = ref if ref == DETACHED else position.short(ref)
    shown = f"the tag {visible(name)}" if tag else visible(name)
    backups, left = _refs(repository, name, commit_reach.BACKUP, _LEFT, is_tag=bool(tag))
    key = next((key for key, oid in left.items() if oid == now and key in backups), "")
    if not (key or tag):
        key = next((k for k, oid in backups.items() if _is_amended(repository, oid, now)), "")
    if not backups:
        say(f"nothing to undo: no backup of {shown}")
        return
    backup = f"{commit_reach.BACKUP}{key or next(iter(backups))}/{name}"
    if not key and tag:
        raise PmgitError(
            f"the tag {name} is no longer what the fix made of it",
            f"by hand: git update-ref {tag} {backup}",
        )
    if not key:
        raise PmgitError(
            f"{name} is no longer where the fix left it",
            f"by hand, without the commits made since: git reset --mixed {backup}",
        )
    old = backups[key]
    if not tag:
        _demand_free(repository, now, old)
    if dry_run:
        verb = "take" if tag else "move"
        click.echo(f"would {verb} {shown} from {now[:12]} back to {visible(backup)}")
        return
    move_branch.move(repository, ref, now, old)
    if not tag:
        move_branch.follow(repository, now, old, _OURS)
    for done in (backup, f"{_LEFT}{key}/{name}"):
        repository.run("update-ref", "-d", done)
    if tag:
        say(f"{shown} is {old[:12]} again")
        return
    say(f"{shown} is back at {old[:12]}; the files on disk are as they were")
    say(f"the fixed commits: {now}")


def _demand_free(repository: Repository, now: str, old: str) -> None:
    """Raise PmgitError while something is under way, or where an edit on disk would be lost."""
    busy = position.under_way(repository)
    if busy:
        raise PmgitError(f"a {busy} is under way", f"finish or abort the {busy} first")
    # Files on disk that are as the old commit has them do not change.
    changes = [change for change in between(repository, now, old) if change.oid]
    same = {c.path for c in changes if work_tree.compare(repository, c) == work_tree.SAME}
    move_branch.refuse_dirty(repository, same)


def _refs(repository: Repository, name: str, *begins: str, is_tag: bool) -> list[dict[str, str]]:
    """For each of `begins`, the refs `<begin><key>/<name>` of a branch, or a tag, by their keys.

    The latest commit comes first.
    """
    out = repository.run(
        "for-each-ref", "--sort=-committerdate", "--format=%(objectname) %(refname)", *begins
    )
    found: dict[str, dict[str, str]] = {begin: {} for begin in begins}
    for line in decode(out).split("\n"):
        oid, _, ref = line.partition(" ")
        begin = next((begin for begin in begins if ref.startswith(begin)), "")
        key, _, rest = ref.removeprefix(begin).partition("/")
        if begin and rest == name and key.endswith(commit_reach.TAG) == is_tag:
            found[begin][key] = oid
    return list(found.values())


def _is_amended(repository: Repository, old: str, new: str) -> bool:
    """Whether one commit is the other made anew: other content, same parents and message."""
    form = ("log", "-1", "--no-show-signature", "--format=%P%x00%an%x00%ae%x00%at%x00%B")
    one = repository.run(*form, old, "--")
    return old != new and one == repository.run(*form, new, "--")
