"""`pmgit check`: judge what is staged, a tree, a range of commits, or some paths."""

from __future__ import annotations

import click

from pmgit import checker
from pmgit.baseline.forgive import Baseline
from pmgit.commands._completion import host_names, rule_names
from pmgit.commands._work_tree import from_top
from pmgit.errors import CLEAN, FAILED, FINDINGS, UsageError
from pmgit.git import commits as commits_to_show
from pmgit.git import ranges, tree
from pmgit.git import staged as next_commit
from pmgit.git.repository import discover
from pmgit.git.snapshot import TREE, Snapshot
from pmgit.git.spill import shell_for
from pmgit.hosts import choice, usage
from pmgit.report import machine, text
from pmgit.report.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.config import Config
    from pmgit.finding import Report


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--staged", is_flag=True, help="Judge the next commit (the default).")
@click.option("--all", "everything", is_flag=True, help="Judge everything that is tracked.")
@click.option("--range", "commits", metavar="A..B", help="Judge what the commits of a range bring.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
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
@click.option("--no-baseline", is_flag=True, help="Tell also what .pmgit-baseline forgives.")
@click.option(
    "--host",
    metavar="HOST",
    help="Would it accept this: github, gitlab, huggingface, or a FILE with limits.",
    shell_complete=host_names,
)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="With --all: exit 0 although a partial clone lacks objects to judge.",
)
def command(
    *,
    paths: tuple[str, ...],
    staged: bool,
    everything: bool,
    commits: str | None,
    form: str,
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

    With --host it also says what that host refuses, and how much of the Git LFS storage that it
    includes the new objects take.

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
    if host is not None:
        config.override(f"{choice.RULE}.{choice.OPTION}={host}")
    names = checker.selected(config, _names("--select", select), _names("--ignore", ignore))
    if host is not None and choice.RULE not in names:
        raise UsageError(
            f"--host is judged by {choice.RULE}, which is not selected",
            f"select it too: --select {choice.RULE}",
        )
    report = checker.judge(snapshot, config, names, Baseline if no_baseline else None)
    used = _usage(snapshot, config, names)
    shell = shell_for(snapshot.repository)
    if form == "json":
        _echo(machine.render(report, shell, host=used.document() if used else None))
    elif report.findings:
        _echo(text.render(report, shell, _commits(snapshot, report)))
    else:
        files = f"{report.checked} file{'' if report.checked == 1 else 's'}"
        click.echo(f"no findings in {files}{text.forgiven(report)}")
    if used and form == "text" and used.line():
        _echo(visible(used.line()) + "\n")
    if report.not_judged:
        click.echo(text.not_judged(report.not_judged), err=True)
        if snapshot.origin == TREE and not report.errors and not allow_missing:
            click.echo("hint: fetch them, or accept it: --allow-missing", err=True)
            return FAILED
    return FINDINGS if report.errors else CLEAN


def _usage(snapshot: Snapshot, config: Config, names: list[str]) -> usage.Usage | None:
    """What a push would take of the chosen host's Git LFS storage."""
    host = choice.chosen(snapshot, config) if choice.RULE in names else None
    return usage.of(snapshot, host) if host else None


def _commits(snapshot: Snapshot, report: Report) -> dict[str, str]:
    """What the commits are that brought findings in."""
    oids = [finding.commit for finding in report.findings if finding.commit]
    return commits_to_show.describe(snapshot.repository, oids) if oids else {}


def _snapshot(paths: tuple[str, ...], everything: bool, commits: str | None) -> Snapshot:
    if commits is not None:
        return ranges.take_range(discover(), commits)
    if paths or everything:
        repository = discover()
        return tree.take(repository, [from_top(repository, path) for path in paths])
    return next_commit.take()


def _names(option: str, values: tuple[str, ...]) -> list[str]:
    names = [name for value in values for name in value.split(",") if name]
    if values and not names:  # no names at all would mean all rules
        raise UsageError(f"{option} needs names of rules or families", "see: pmgit explain")
    return names


def _echo(output: str) -> None:
    click.echo(output.encode("utf-8", "backslashreplace"), nl=False)
