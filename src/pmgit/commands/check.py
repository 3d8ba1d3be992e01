"""`pmgit check`: judge what is staged, a tree, a range of commits, or some paths."""

from __future__ import annotations

import click

from pmgit.baseline.forgive import Baseline
from pmgit.check import config_lookup, engine
from pmgit.commands._options import host_names, rule_names, settings_option
from pmgit.commands._output import FORMATS, show
from pmgit.commands._terminal import say
from pmgit.commands._work_tree import from_top
from pmgit.core.config import FILE
from pmgit.core.errors import CLEAN, FAILED, FINDINGS, UsageError
from pmgit.git.repository import discover
from pmgit.hosts import choice, limits, usage
from pmgit.report import text
from pmgit.snapshots import commit_range, tree
from pmgit.snapshots import staged as next_commit
from pmgit.snapshots.base import RANGE, TREE, Snapshot


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--staged", is_flag=True, help="Judge the next commit (the default).")
@click.option("--all", "everything", is_flag=True, help="Judge everything that is tracked.")
@click.option("--range", "commits", metavar="A..B", help="Judge what the commits of a range add.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--output",
    "file",
    metavar="FILE",
    type=click.Path(),
    help="Write it to FILE, whole or not at all; - is standard output.",
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
@settings_option
@click.option("--no-baseline", is_flag=True, help="Report also what .pmgit-baseline forgives.")
@click.option(
    "--host",
    metavar="HOST",
    help="Would it accept this: github, gitlab, huggingface, or a FILE with limits.",
    shell_complete=host_names,
)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="With --all or --range: exit 0 although a partial or shallow clone lacks some of it.",
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
    no_baseline: bool,
    host: str | None,
    allow_missing: bool,
) -> int:
    """Judge what Git would record, and print what makes it right.

    Without options it judges the staged change, as the commit hook does. PATHs are judged as
    they are in the index, as if they were new. NAMEs may be separated by commas.

    With --host it also reports what that host refuses, and how much of the Git LFS storage that
    the host includes the new objects take.

    Exit code 0: no errors; 1: errors; 2: wrong usage; 3: could not judge.
    """
    if sum((bool(paths), staged, everything, commits is not None)) > 1:
        raise UsageError(
            "--staged, --all, --range and PATH exclude each other", "see: pmgit check --help"
        )
    if file == "":
        raise UsageError("--output needs the name of a file", "- is standard output")
    snapshot = _snapshot(paths, everything, commits)
    config = config_lookup.read(snapshot)
    config.override(*settings)
    if host is not None:
        if not host.strip():
            # An empty variable of a script would mean: no host, and so no limits.
            raise UsageError("--host names no host", f"known: {', '.join(limits.NAMES)}")
        config.override(f"{choice.RULE}.{choice.OPTION}={host}")
    names = engine.selected(config, _names("--select", select), _names("--ignore", ignore))
    if host is not None and choice.RULE not in names:
        raise UsageError(
            f"--host is judged by {choice.RULE}, which is not selected",
            f"select it too: --select {choice.RULE}",
        )
    report = engine.judge(snapshot, config, names, Baseline if no_baseline else None)
    chosen = choice.chosen(snapshot, config) if choice.RULE in names else None
    # The Git LFS storage that a push would take at the chosen host.
    used = usage.of_push(snapshot, chosen) if chosen else None
    show(report, snapshot.repository, form, file, used)
    if config_lookup.is_ahead(snapshot):
        say(f"note: {FILE} counts as it is staged, not as it is on disk: git add {FILE}", err=True)
    if report.not_scanned:
        click.echo(text.not_scanned(report.not_scanned), err=True)
    if report.not_judged:
        click.echo(text.not_judged(report.not_judged), err=True)
        missed = snapshot.origin in (TREE, RANGE)  # what is staged is always here
        if missed and not report.errors and not allow_missing:
            click.echo("hint: fetch them, or accept it: --allow-missing", err=True)
            return FAILED
    if snapshot.span.cut:
        click.echo(text.cut_off(snapshot.span.cut), err=True)
        if not report.errors and not allow_missing:
            return FAILED
    return FINDINGS if report.errors else CLEAN


def _snapshot(paths: tuple[str, ...], everything: bool, commits: str | None) -> Snapshot:
    if commits is not None:
        return commit_range.take_range(discover(), commits)
    if paths or everything:
        repository = discover()
        return tree.take(repository, [from_top(repository, path) for path in paths])
    return next_commit.take()


def _names(option: str, values: tuple[str, ...]) -> list[str]:
    names = [name for value in values for name in value.split(",") if name]
    if values and not names:  # no names at all would mean all rules
        raise UsageError(f"{option} needs names of rules or families", "see: pmgit explain")
    return names
