"""`pmgit baseline`: forgive what an old repository has done, and nothing new."""

from __future__ import annotations

import os

import click

from pmgit.baseline import entries, source
from pmgit.baseline.update import FIRST_REASON, BaselineUpdate, Recorder
from pmgit.check import config_lookup, engine
from pmgit.commands import _next, _work_tree
from pmgit.commands._options import dry_run_option, format_option
from pmgit.commands._terminal import difference, named, say, show_json
from pmgit.core.config import BASELINE
from pmgit.core.errors import CLEAN, FAILED, FINDINGS, PmgitError, UsageError
from pmgit.core.shell import quote
from pmgit.core.units import counted
from pmgit.git import attributes
from pmgit.git.names import ATTRIBUTES
from pmgit.git.revisions import id_of
from pmgit.gitfiles.user_files import write_whole
from pmgit.report.text import SHOWN, line_of, not_judged
from pmgit.rules import RULES
from pmgit.snapshots import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.baseline.entries import Forgiven
    from pmgit.git.repository import Repository


@click.command("baseline")
@click.option(
    "--accept",
    "paths",
    multiple=True,
    metavar="PATH",
    type=click.Path(),
    help="Forgive what is new, or has grown, at or below PATH; may be repeated.",
)
@click.option("--reason", metavar="TEXT", help="Why; kept with each entry.")
@click.option("--prune", is_flag=True, help="Drop what has left the tree or is cured.")
@dry_run_option
@format_option
def command(
    *, paths: tuple[str, ...], reason: str | None, prune: bool, dry_run: bool, form: str
) -> int:
    """Forgive today's findings of an old repository, in .pmgit-baseline.

    The first run takes in everything that `pmgit check --all` finds, by path and blob id. From
    then on hooks, CI and `pmgit check` are silent about these blobs and speak about any other.

    A later run follows files that were moved or have shrunk. What is new or has grown is refused
    unless it is accepted with a reason.

    Exit code 0: the baseline is as it should be; 1: there are findings that it does not forgive
    (not with --accept or --prune); 2: wrong usage, or a damaged baseline; 3: a partial clone lacks
    objects that had to be judged.
    """
    repository, _ = _work_tree.load()
    data = source.untracked(repository)
    if data is None:
        _refuse_deleted(repository)
    file = entries.parse(data) if data is not None else entries.BaselineFile([])
    reason = _reason(reason, accepts=bool(paths), first=data is None)
    found = _Found(repository, file.entries)
    update = BaselineUpdate(file, found.judged)
    wanted = [_work_tree.from_top(repository, path) for path in paths]
    for path, typed in zip(wanted, paths, strict=True):
        # '' is what an unset variable of a script leaves: not "everything".
        if not typed or not any(each.is_at([path]) for each in found.judged):
            raise UsageError(f"nothing is found at {typed!r}", "see what is: pmgit check --all")
    update.run(wanted if paths or data is not None else None, reason)
    if prune:
        update.prune(found.tree, found.ran, RULES, whole=not found.not_judged)
    new = _rendered(update, data)
    if new != data and not dry_run:
        write_whole(os.path.join(repository.top, BASELINE), new or b"", new=data is None)
    if form == "json":
        _show_json(update, changed=new != data, missed=found.not_judged)
    else:
        if dry_run:
            click.echo(difference(data or b"", new or b"", BASELINE), nl=False)
        _print_result(repository, update, changed=new != data, dry_run=dry_run)
    if found.not_judged:
        say(not_judged(found.not_judged), err=True)
    if update.refused and not (paths or prune):
        return FINDINGS
    return FAILED if found.not_judged else CLEAN


class _Found(Recorder):
    """The findings of the whole tree now, with the files and the rules of the judgement."""

    def __init__(self, repository: Repository, entries: list[Forgiven]) -> None:
        super().__init__(entries)
        snapshot = tree.take(repository)
        config = config_lookup.read(snapshot)
        self.ran = engine.selected(config)
        report = engine.judge(snapshot, config, self.ran, lambda: self)
        self.tree = snapshot.listing()
        self.not_judged = report.not_judged


def _refuse_deleted(repository: Repository) -> None:
    """Raise PmgitError when Git has a baseline that the disk lacks: a new one would forgive all."""
    hint = ""
    if repository.run("ls-files", "-z", "--", BASELINE):
        hint = f"git restore -- :/{BASELINE}"
    elif id_of(repository, f"HEAD:{BASELINE}"):
        hint = f"git restore --source=HEAD --staged --worktree -- :/{BASELINE}"
    if hint:
        raise PmgitError(
            f"{BASELINE} is deleted here, and Git has it",
            f"bring it back: {hint}; to begin anew, commit the deletion first",
        )


def _reason(reason: str | None, *, accepts: bool, first: bool) -> str:
    """The reason to keep. Raises UsageError when it is missing, or is for nothing."""
    if reason is None:
        if accepts:
            raise UsageError(
                "--accept needs a reason",
                "for example: --reason 'moves to Git LFS with the next release'",
            )
        return FIRST_REASON
    if not (accepts or first):
        raise UsageError("--reason is for what is accepted", "name it: --accept PATH")
    if not reason.strip() or len(reason) > entries.MAX_REASON:
        raise UsageError(
            "the reason is empty"
            if not reason.strip()
            else f"a reason of {len(reason)} characters",
            f"a sentence of up to {entries.MAX_REASON} characters",
        )
    return reason.strip()


def _rendered(update: BaselineUpdate, data: bytes | None) -> bytes | None:
    """The baseline as it will be; None when there is none and none is needed."""
    if data is None and not update.file.entries:
        return None
    new = entries.render(update.file)
    if len(new) > entries.MAX_BYTES:
        raise UsageError(
            f"{len(update.file.entries)} findings are too many for a baseline",
            "leave out whole folders instead: 'exclude' in .pmgit.toml",
        )
    return new


def _print_result(
    repository: Repository, update: BaselineUpdate, *, changed: bool, dry_run: bool
) -> None:
    """Print what was changed, and the findings that are not forgiven."""
    kept = len(update.file.entries)
    for what, count in (
        ("added", len(update.added)),
        ("followed", len(update.followed)),
        ("dropped", len(update.dropped)),
    ):
        if count and not dry_run:
            say(f"{what} {count} {'entry' if count == 1 else 'entries'}")
    if not kept and not changed and not update.refused:
        say("nothing to do: no findings")
    elif not changed:
        say(f"nothing to change in {BASELINE}: it forgives {counted(update.forgiven, 'finding')}")
    elif not dry_run:
        say(f"wrote {BASELINE}: it forgives {counted(update.forgiven, 'finding')}")
    for finding in update.refused[:SHOWN]:
        click.echo(line_of(finding))
    if len(update.refused) > SHOWN:
        click.echo(f"… and {len(update.refused) - SHOWN} more")
    if update.refused:
        click.echo(f"not forgiven: {counted(len(update.refused), 'finding')}", err=True)
        click.echo(
            named(
                "hint: cure it (pmgit check --all shows how), or take it in:"
                " pmgit baseline --accept PATH --reason TEXT"
                if not update.never
                else "hint: cure it (pmgit check --all shows how): a receiver would refuse it"
            ),
            err=True,
        )
    if changed and not dry_run:
        _print_next(repository, kept)


def _print_next(repository: Repository, kept: int) -> None:
    """Print the commands that a person runs next: stage the baseline, and let Git merge it."""
    top = os.path.relpath(repository.top, os.path.join(repository.top, repository.prefix))
    if not kept:
        say(f"next: {_next.git(repository)} rm -f -- {BASELINE}")
        return
    say(f"next: {_next.add(repository, [BASELINE])}")
    merge = attributes.of_paths(repository, [BASELINE], "merge")
    if merge[BASELINE].get("merge") != "union":
        name = ATTRIBUTES if top == "." else f"{top}/{ATTRIBUTES}".replace(os.sep, "/")
        say(
            "hint: two branches that both change it merge without a conflict after:"
            f" printf '\\n/{BASELINE} merge=union\\n' >> {quote(name)}"
            f" && {_next.add(repository, [ATTRIBUTES])}",
            err=True,
        )


def _show_json(update: BaselineUpdate, *, changed: bool, missed: int) -> None:
    document = {
        "file": BASELINE,
        "changed": changed,
        "forgiven": update.forgiven,
        "entries": len(update.file.entries),
        "added": [_entry(entry) for entry in update.added],
        "followed": [{"from": _entry(old), "to": _entry(new)} for old, new in update.followed],
        "dropped": [_entry(entry) for entry in update.dropped],
        "refused": [
            {"rule": f.rule, "severity": f.severity, "path": f.path, "message": f.message}
            for f in update.refused
        ],
        "not_judged": missed,
    }
    show_json(document)


def _entry(entry: Forgiven) -> dict[str, Any]:
    return {
        "path": entry.path,
        "rule": entry.rule,
        "blob": entry.oid,
        "size": entry.size,
        "reason": entry.reason,
    }
