"""`pmgit fix`: carry out the fixes, and go back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pmgit.baseline.forgive import Baseline
from pmgit.check import config_lookup
from pmgit.check import engine as checker
from pmgit.commands import _fix_undo, _steps, _terminal, _work_tree
from pmgit.commands._options import rule_names, settings_option, yes_option
from pmgit.core.errors import CLEAN, FINDINGS, UsageError
from pmgit.core.shell import Shell, merged, quote
from pmgit.core.units import counted, show_size
from pmgit.fix.for_staged import INSTALL
from pmgit.fix.spill import shell_for
from pmgit.git.commits import describe
from pmgit.git.names import TAGS
from pmgit.git.revisions import Head
from pmgit.report import text
from pmgit.report.text import visible
from pmgit.rewrite import commits as remake
from pmgit.rewrite import move_branch
from pmgit.snapshots import position, staged, tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pmgit.core.finding import Fix, Report, Step
    from pmgit.git.repository import Repository
    from pmgit.git.trees import Rewritten
    from pmgit.rewrite.commits import Remake
    from pmgit.snapshots.base import Snapshot
    from pmgit.snapshots.position import Unpushed

#: One fix may bring another to light: a rename, then what is wrong under the new name.
_ROUNDS = 6
#: So many commits are listed.
_SHOWN = 20
#: So many tags that have them, too.
_TAGS = 5


@dataclass
class FixRequest:
    """Which rules to look at, with which options, and whether to ask before something is done."""

    rules: Sequence[str]
    settings: Sequence[str]
    forgiving: type[Baseline] | None
    dry_run: bool
    yes: bool

    def judge(self, snapshot: Snapshot) -> Report:
        """The findings of the wanted rules."""
        config = config_lookup.read(snapshot)
        config.override(*self.settings)
        names = checker.selected(config, self.rules)
        return checker.judge(snapshot, config, names, self.forgiving)

    def plan(
        self, repository: Repository, asked: str, remote: str = "", head: Head | None = None
    ) -> tuple[Report, Remake]:
        """The findings of the unpushed commits `asked`, and the plan to make these commits anew."""
        return remake.plan(
            repository, asked, self.rules, remote,
            settings=self.settings, baseline=self.forgiving, head=head,
        )  # fmt: skip

    def ask(self) -> None:
        """Ask once; UsageError where nobody can answer."""
        if not self.yes:
            hint = f"what it would do is shown above; to do it: {_answered_line()}"
            _terminal.ask("Do it?", hint)


def _answered_line() -> str:
    """The command line as it was typed, with --yes."""
    typed = click.get_current_context().params
    words = ["--all"] if typed["everything"] else []
    words += ["--no-baseline"] if typed["no_baseline"] else []
    for option, name in (("--range", "commits"), ("--remote", "remote")):
        words += [option, typed[name]] if typed[name] is not None else []
    words += [word for setting in typed["settings"] for word in ("-c", setting)]
    return " ".join(map(quote, ["pmgit", "fix", "--yes", *words, *typed["rules"]]))


@click.command("fix")
@click.argument("rules", nargs=-1, metavar="[RULE]...", shell_complete=rule_names)
@click.option("--all", "everything", is_flag=True, help="Of everything that is tracked.")
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
@settings_option
@click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
@yes_option
@click.option("--undo", is_flag=True, help="Take the branch back, or the tag of --range.")
def command(
    *,
    rules: tuple[str, ...],
    everything: bool,
    commits: str | None,
    remote: str | None,
    no_baseline: bool,
    settings: tuple[str, ...],
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
    which = (commits or "", remote or "")
    if undo:
        is_tag = which[0].startswith(TAGS)
        if rules or settings or everything or remote or not (commits is None or is_tag):
            raise UsageError(
                "--undo takes no rules, and --range only for a tag (refs/tags/NAME)",
                "see: pmgit fix --help",
            )
        _fix_undo.undo(repository, commits or "", dry_run=dry_run)
        return CLEAN
    forgiving = Baseline if no_baseline else None
    wanted = FixRequest(rules, settings, forgiving, dry_run, yes)
    if everything:
        if commits is not None or remote is not None:
            raise UsageError("--all excludes --range and --remote", "see: pmgit fix --help")
        done = _here(repository, lambda: tree.take(repository), wanted)
        if done is None:
            _terminal.say("nothing to fix")
        return done or CLEAN
    if commits is None and remote is None:
        done = _here(repository, lambda: staged.take(here=repository), wanted, " in what is staged")
        if done is not None:
            return done
    return _committed(repository, which, wanted)


def _here(
    repository: Repository, take: Callable[[], Snapshot], wanted: FixRequest, where: str = ""
) -> int | None:
    """Fix the findings in the snapshot that `take` takes of the index; None when there are none.

    `where` names that part of the index in messages; '' is all of it, and then the commits are
    not judged.
    """
    shell = Shell("", shell_for(repository).pmgit)
    done: set[str] = set()
    report = wanted.judge(take())
    if not report.findings:
        return None
    notes = text.notes_of(report)
    has_filters = False
    for _ in range(_ROUNDS):
        fixes = [fix for fix in _fixes(report) if shell.line(fix) not in done]
        if not fixes:
            break
        if wanted.dry_run:
            for fix in fixes:
                _show(fix, shell)
            return FINDINGS
        asked = [fix for fix in fixes if not fix.safe]
        if asked:
            for fix in asked:
                _show(fix, shell)
            wanted.ask()
        for fix in fixes:
            done.add(shell.line(fix))
            # Each file that is not on disk has a fix of its own, with the filters before it.
            steps = [s for s in _answered(fix) if s.argv != INSTALL.argv or not has_filters]
            _steps.run(repository, steps, shell)
            has_filters = has_filters or any(step.argv == INSTALL.argv for step in steps)
        report = wanted.judge(take())
    for note in notes:
        _terminal.say(note)
    code = _left(repository, report, where)
    if not where:
        return code
    head = Head(repository) if code == CLEAN and position.has_remotes(repository) else None
    if head and head.oid:
        committed = wanted.plan(repository, "", head=head)[0]
        if committed.errors:
            click.echo("the commits that are not pushed have findings too; commit, then fix these:")
            return _left(repository, committed)
    return code


def _committed(repository: Repository, which: tuple[str, str], wanted: FixRequest) -> int:
    """Fix the unpushed commits of a branch; `which` are these, and the remote that lacks them."""
    commits, remote = which
    head = Head(repository)
    asked = position.with_branch(repository, commits, head)
    if not asked and not head.oid:
        _terminal.say("nothing to fix")
        return CLEAN
    shell = Shell("", shell_for(repository).pmgit)
    report, made = wanted.plan(repository, asked, remote, head)
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
        _show_remake(made, shell)
    others = [fix for fix in fixes if not _is_engine(fix)]
    for fix in others:
        _show(fix, shell)
    if wanted.dry_run:
        return FINDINGS
    if engine or not all(fix.safe for fix in others):
        wanted.ask()
    before, value = made.unpushed, made.unpushed.value
    if engine:
        _steps.run(repository, made.before, shell)
        done = made.run()
        _show_done(made, done)
    for fix in others:
        _steps.run(repository, fix.steps, shell)
    try:
        if engine:
            _steps.run(repository, made.after, shell)
    finally:  # also when a hook refuses the new commit: the branch has moved
        _fix_undo.remember(repository, before.ref, value)
    for note in notes:
        _terminal.say(note)
    report, _ = wanted.plan(repository, asked, remote)
    if others and _is_history(repository, report, wanted):
        _terminal.say("no findings are left but those that the history keeps: a remote has them")
        return CLEAN
    return _left(repository, report)


def _is_history(repository: Repository, report: Report, wanted: FixRequest) -> bool:
    """Whether all that is still found is in commits of a remote, and is not at the tip any more."""
    if not report.findings:
        return False
    head = Head(repository)
    ours = position.Unpushed(repository, head.ref, head.oid, ["--not", "--remotes"]).commits
    new = {"", *(oid for oid, _ in ours)}
    at_tip = {(f.rule, f.path) for f in wanted.judge(tree.take(repository)).findings}
    return not any(f.commit in new or (f.rule, f.path) in at_tip for f in report.findings)


def _demand_unpushed(unpushed: Unpushed, commits: str, asked: str) -> None:
    """Raise UsageError when a server names a commit that the branch's own remote has already."""
    if asked == commits or ".." in commits:
        return  # a branch was named, or where to begin
    if not any(oid.startswith(commits) for oid, _ in unpushed.commits):
        raise UsageError(
            f"{unpushed.remote or 'a remote'} has {commits} already",
            f"where another remote refuses it, name that: pmgit fix --remote NAME --range {asked}",
        )


def _is_engine(fix: Fix) -> bool:
    return any(step.argv[:2] == ("pmgit", "fix") for step in fix.steps)


def _answered(fix: Fix) -> list[Step]:
    """The steps of a fix, one of which may be `pmgit fix` itself: it need not ask again."""
    return [
        step.but(argv=(*step.argv, "--yes")) if step.argv[:2] == ("pmgit", "fix") else step
        for step in fix.steps
    ]


def _fixes(report: Report) -> list[Fix]:
    return merged(finding.pasted for finding in report.findings if finding.pasted)


def _left(repository: Repository, report: Report, where: str = "") -> int:
    """Print the findings that are left, or that none are (`where`). Returns the exit code."""
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


def _show(fix: Fix, shell: Shell) -> None:
    """Print one fix: what it changes for whom, and its commands."""
    if fix.about or fix.warning:
        click.echo(f"plan: {shell.called(visible(fix.about or fix.warning))}")
    _show_steps(fix.steps, shell)


def _show_remake(made: Remake, shell: Shell) -> None:
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
    described = describe(made.repository, anew[:_SHOWN])
    click.echo("commits made anew, with their authors, dates, messages and merges:")
    for oid in anew[:_SHOWN]:
        click.echo(f"  {oid[:12]} {visible(described.get(oid, ''))}")
    if len(anew) > _SHOWN:
        click.echo(f"  … and {len(anew) - _SHOWN} more")
    for when, steps in (("first", made.before), ("then", made.after)):
        if steps:
            click.echo(f"{when}:")
            _show_steps(steps, shell)


def _show_done(made: Remake, done: Rewritten) -> None:
    """Print how many commits were made anew, where the old ones are, and which tags keep them."""
    name = visible(position.short(made.unpushed.ref))
    click.echo(f"{name}: {counted(len(done.ids), 'commit')} made anew")
    if done.signatures:
        signatures = counted(done.signatures, "signature")
        click.echo(f"note: {signatures} of the old content left out: sign the new commits")
    ref = made.unpushed.ref
    which = f" --range {quote(ref)}" if ref.startswith(TAGS) else ""
    back = _terminal.named(visible(f"pmgit fix --undo{which}"))
    click.echo(f"the old ones are kept as {visible(made.backup)}; to go back: {back}")
    holders = position.holders(made.repository, done.ids)
    tags = [h.ref for h in holders if h.ref.startswith(TAGS) and h.ref != ref]
    for name in tags[:_TAGS]:
        words = _terminal.named(visible(f"pmgit fix --range {quote(name)}"))
        click.echo(f"note: the tag {visible(position.short(name))} has old ones: {words}")
    if len(tags) > _TAGS:
        click.echo(
            f"note: so have {len(tags) - _TAGS} more: git tag --contains {made.unpushed.tip}"
        )


def _show_steps(steps: Iterable[Step], shell: Shell) -> None:
    for step in steps:
        line = f"  {' '.join(map(quote, shell.argv(step)))}"
        click.echo(line.encode("utf-8", "backslashreplace"))
