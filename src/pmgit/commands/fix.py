"""`pmgit fix`: carry out the fixes, and go back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pmgit import checker, remake, snapshot_config
from pmgit.baseline.forgive import Baseline
from pmgit.commands import _fix_plan, _fix_undo, _steps, _terminal, _work_tree
from pmgit.commands._completion import rule_names
from pmgit.errors import CLEAN, FINDINGS, UsageError
from pmgit.finding import Step
from pmgit.git import position, staged
from pmgit.git.spill import shell_for
from pmgit.report import text
from pmgit.report.shell import Shell, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.finding import Fix, Report
    from pmgit.git.position import Unpushed
    from pmgit.git.repository import Repository

#: One fix may bring another to light: a rename, then what is wrong under the new name.
_ROUNDS = 6


@click.command("fix")
@click.argument("rules", nargs=-1, metavar="[RULE]...", shell_complete=rule_names)
@click.option(
    "--range",
    "commits",
    metavar="[A..]BRANCH",
    help="These commits, not the unpushed; a tag is named as refs/tags/NAME.",
)
@click.option(
    "--remote", metavar="NAME", help="What this remote has not got, not that of the branch."
)
@click.option("--no-baseline", is_flag=True, help="Fix also what .pmgit-baseline forgives.")
@click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", is_flag=True, help="Take the branch back, or the tag of --range.")
def command(
    *,
    rules: tuple[str, ...],
    commits: str | None,
    remote: str | None,
    no_baseline: bool,
    dry_run: bool,
    yes: bool,
    undo: bool,
) -> int:
    """Carry out the fixes of what is staged, else of the commits that are not pushed.

    Fixes that nobody can lose anything by are done at once; what makes commits anew is shown
    first, and asked once. The old commits are kept under refs/pmgit/backup/, the files on disk
    stay as they are. Only RULEs are looked at when there are any (or families). After what is
    staged the unpushed commits are judged too, and what is wrong with them is printed.

    Exit code 0: nothing is left; 1: findings are left; 2: it would ask, and there is no terminal.
    """
    repository, _ = _work_tree.load()
    if undo:
        if rules or remote or not (commits is None or commits.startswith(position.TAGS)):
            raise UsageError(
                "--undo takes no rules, and --range only for a tag (refs/tags/NAME)",
                "see: pmgit fix --help",
            )
        if commits:
            _fix_undo.undo_tag(repository, commits, dry_run=dry_run)
        else:
            _fix_undo.undo(repository, dry_run=dry_run)
        return CLEAN
    forgiving = Baseline if no_baseline else None
    if commits is None and remote is None:
        done = _staged(repository, rules, forgiving, dry_run=dry_run, yes=yes)
        if done is not None:
            return done
    which = (commits or "", remote or "")
    return _committed(repository, which, rules, forgiving, dry_run=dry_run, yes=yes)


def _staged(
    repository: Repository,
    rules: Sequence[str],
    forgiving: type[Baseline] | None,
    *,
    dry_run: bool,
    yes: bool,
) -> int | None:
    """Fix what is staged; None when there is nothing wrong with it."""
    shell = Shell("", shell_for(repository).pmgit)
    done: set[str] = set()
    report = _judge_staged(rules, forgiving)
    if not report.findings:
        return None
    notes = text.notes_of(report)
    for _ in range(_ROUNDS):
        fixes = [fix for fix in _fixes(report) if shell.line(fix) not in done]
        if not fixes:
            break
        if dry_run:
            for fix in fixes:
                _fix_plan.show(fix, shell)
            return FINDINGS
        asked = [fix for fix in fixes if not fix.safe]
        if asked:
            for fix in asked:
                _fix_plan.show(fix, shell)
            _ask(yes=yes)
        for fix in fixes:
            done.add(shell.line(fix))
            _steps.run(repository, _answered(fix) if yes else fix.steps, shell)
        report = _judge_staged(rules, forgiving)
    for note in notes:
        _terminal.say(note)
    code = _left(repository, report, " in what is staged")
    if code == CLEAN and position.has_remotes(repository) and position.Head(repository).oid:
        committed = remake.plan(repository, "", rules, baseline=forgiving)[0]
        if committed.errors:
            click.echo("the commits that are not pushed have findings too; commit, then fix these:")
            return _left(repository, committed)
    return code


def _committed(
    repository: Repository,
    which: tuple[str, str],
    rules: Sequence[str],
    forgiving: type[Baseline] | None,
    *,
    dry_run: bool,
    yes: bool,
) -> int:
    """Fix the unpushed commits of a branch; `which` are these, and the remote that lacks them."""
    commits, remote = which
    asked = position.with_branch(repository, commits)
    if not asked and not position.Head(repository).oid:
        _terminal.say("nothing to fix")
        return CLEAN
    shell = Shell("", shell_for(repository).pmgit)
    report, made, _ = remake.plan(repository, asked, rules, remote, forgiving)
    fixes, notes = _fixes(report), text.notes_of(report)
    if not fixes:
        if report.findings:
            return _left(repository, report)
        _demand_unpushed(made.unpushed, commits, asked)
        _terminal.say("nothing to fix")
        return CLEAN
    engine = any(_is_engine(fix) for fix in fixes)
    if engine:
        made.refuse()
        if made.is_here:
            made.plan_after()
        _fix_plan.tell(made, shell, as_commands=dry_run)
    others = [fix for fix in fixes if not _is_engine(fix)]
    for fix in others:
        _fix_plan.show(fix, shell)
    if dry_run:
        return FINDINGS
    _ask(yes=yes)
    before, value = made.unpushed, made.unpushed.value
    if engine:
        _steps.run(repository, made.before, shell)
        done = made.run()
        _fix_plan.tell_done(made, done)
    for fix in others:
        _steps.run(repository, fix.steps, shell)
    try:
        if engine:
            _steps.run(repository, made.after, shell)
    finally:  # also when a hook refuses the new commit: the branch has moved
        _fix_undo.remember(repository, before.ref, value)
    for note in notes:
        _terminal.say(note)
    report, _, _ = remake.plan(repository, asked, rules, remote, forgiving)
    return _left(repository, report)


def _demand_unpushed(unpushed: Unpushed, commits: str, asked: str) -> None:
    """Raise UsageError when a server names a commit that the branch's own remote has already."""
    if asked == commits or ".." in commits:
        return  # a branch was named, or where to begin
    if not any(oid.startswith(commits) for oid, _ in unpushed.commits()):
        raise UsageError(
            f"{unpushed.remote or 'a remote'} has {commits} already",
            f"where another remote refuses it, name that: pmgit fix --remote NAME --range {asked}",
        )


def _is_engine(fix: Fix) -> bool:
    return any(step.argv[:2] == ("pmgit", "fix") for step in fix.steps)


def _answered(fix: Fix) -> list[Step]:
    """The steps of a fix, one of which may be `pmgit fix` itself, so that it does not ask."""
    return [
        Step(*step.argv, "--yes", items=step.items, option=step.option, names=step.names)
        if step.argv[:2] == ("pmgit", "fix")
        else step
        for step in fix.steps
    ]


def _fixes(report: Report) -> list[Fix]:
    return merged(finding.pasted for finding in report.findings if finding.pasted)


def _judge_staged(rules: Sequence[str], forgiving: type[Baseline] | None) -> Report:
    snapshot = staged.take()
    config = snapshot_config.read(snapshot)
    return checker.judge(snapshot, config, checker.selected(config, rules), forgiving)


def _ask(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "this would ask before it changes anything, and there is no terminal",
            "what it would do is shown above; to do it: pmgit fix --yes",
        )
    click.confirm("Do it?", default=True, abort=True)


def _left(repository: Repository, report: Report, where: str = "") -> int:
    """Print what is left, if anything; `where` that is nothing. Returns the exit code."""
    if report.findings:
        click.echo(
            text.render(report, shell_for(repository), paint=_terminal.paint()).encode(
                "utf-8", "backslashreplace"
            ),
            nl=False,
        )
    else:
        _terminal.say(f"no findings are left{where}")
    return FINDINGS if report.errors else CLEAN
