"""`pmgit check`: judge what is staged, a tree, a range of commits, or some paths."""

from __future__ import annotations

import os

import click

from pmgit import checker
from pmgit.commands._completion import rule_names
from pmgit.commands._output import FORMATS, show
from pmgit.errors import CLEAN, FAILED, FINDINGS, UsageError
from pmgit.git import ranges, tree
from pmgit.git import staged as next_commit
from pmgit.git.repository import Repository, discover
from pmgit.git.snapshot import RANGE, TREE, Snapshot
from pmgit.report import text


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--staged", is_flag=True, help="Judge the next commit (the default).")
@click.option("--all", "everything", is_flag=True, help="Judge everything that is tracked.")
@click.option("--range", "commits", metavar="A..B", help="Judge what the commits of a range bring.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--output",
    "file",
    metavar="FILE",
    type=click.Path(),
    help="Write it to FILE, whole or not at all.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="NAME",
    help="Only this rule or family.",
    shell_complete=rule_names,
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="NAME",
    help="Not this rule or family; wins.",
    shell_complete=rule_names,
)
@click.option(
    "-c",
    "--config",
    "settings",
    multiple=True,
    metavar="RULE.OPTION=VALUE",
    help="Set an option of a rule.",
)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="With --all or --range: exit 0 although a partial clone lacks objects to judge.",
)
def command(
    *,
    paths: tuple[str, ...],
    staged: bool,
    everything: bool,
    commits: str | None,
    form: str,
    file: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    settings: tuple[str, ...],
    allow_missing: bool,
) -> int:
    """Judge what Git would record, and print what makes it right.

    Without options it judges the staged change, as the commit hook does. PATHs are judged as
    they are in the index, as if they were new. NAMEs may be separated by commas.

    Exit code 0: no errors; 1: errors; 2: wrong usage; 3: could not judge.
    """
    if sum((bool(paths), staged, everything, commits is not None)) > 1:
        raise UsageError(
            "--staged, --all, --range and PATH exclude each other", "see: pmgit check --help"
        )
    snapshot = _snapshot(paths, everything, commits)
    config = checker.configuration(snapshot)
    for setting in settings:
        config.override(setting)
    names = checker.selected(config, _names("--select", select), _names("--ignore", ignore))
    report = checker.judge(snapshot, config, names)
    show(report, snapshot.repository, form, file)
    if report.not_judged:
        click.echo(text.not_judged(report.not_judged), err=True)
        missed = snapshot.origin in (TREE, RANGE)  # what is staged is always here
        if missed and not report.errors and not allow_missing:
            click.echo("hint: fetch them, or accept it: --allow-missing", err=True)
            return FAILED
    return FINDINGS if report.errors else CLEAN


def _snapshot(paths: tuple[str, ...], everything: bool, commits: str | None) -> Snapshot:
    if commits is not None:
        return ranges.take_range(discover(), commits)
    if paths or everything:
        repository = discover()
        return tree.take(repository, [_from_top(repository, path) for path in paths])
    return next_commit.take()


def _from_top(repository: Repository, path: str) -> str:
    """A path as typed, relative to the top of the repository ('' is the top itself)."""
    # The last part is not resolved: a link is judged as a link.
    folder, name = os.path.split(os.path.abspath(path))
    whole = os.path.join(os.path.realpath(folder), name)
    found = os.path.relpath(whole, os.path.realpath(repository.top)).replace(os.sep, "/")
    if found == ".." or found.startswith("../"):
        raise UsageError(f"{path!r} is outside of the repository", f"it is {repository.top}")
    return "" if found == "." else found


def _names(option: str, values: tuple[str, ...]) -> list[str]:
    names = [name for value in values for name in value.split(",") if name]
    if values and not names:  # no names at all would mean all rules
        raise UsageError(f"{option} needs names of rules or families", "see: pmgit explain")
    return names
