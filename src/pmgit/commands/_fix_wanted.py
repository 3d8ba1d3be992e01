"""What `pmgit fix` was asked for: rules, their options, and whether it asks before it does it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pmgit import checker, remake, snapshot_config
from pmgit.errors import UsageError
from pmgit.report.shell import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.baseline.forgive import Baseline
    from pmgit.finding import Report
    from pmgit.git.repository import Repository
    from pmgit.git.snapshot import Snapshot
    from pmgit.remake import Remake


class FixRequest:
    """Which rules to look at, with which options, and how to go about it."""

    def __init__(
        self,
        rules: Sequence[str],
        settings: Sequence[str],
        forgiving: type[Baseline] | None,
        *,
        dry_run: bool,
        yes: bool,
    ) -> None:
        self.rules = rules
        self.settings = settings
        self.forgiving = forgiving
        self.dry_run = dry_run
        self._yes = yes

    def judge(self, snapshot: Snapshot) -> Report:
        """The findings of the wanted rules."""
        config = snapshot_config.read(snapshot)
        for setting in self.settings:
            config.override(setting)
        names = checker.selected(config, self.rules)
        return checker.judge(snapshot, config, names, self.forgiving)

    def plan(self, repository: Repository, asked: str, remote: str = "") -> tuple[Report, Remake]:
        """Judge the unpushed commits that are asked for, and say what of them is made anew."""
        return remake.plan(
            repository, asked, self.rules, remote, settings=self.settings, baseline=self.forgiving
        )[:2]

    def ask(self) -> None:
        """Ask once; UsageError where nobody can answer."""
        if self._yes:
            return
        if not sys.stdin.isatty():
            raise UsageError(
                "this would ask before it changes anything, and there is no terminal",
                f"what it would do is shown above; to do it: {_answered_line()}",
            )
        click.confirm("Do it?", default=True, abort=True)


def _answered_line() -> str:
    """What was typed, with --yes."""
    typed = click.get_current_context().params
    words = ["--all"] if typed["everything"] else []
    words += ["--no-baseline"] if typed["no_baseline"] else []
    for option, name in (("--range", "commits"), ("--remote", "remote")):
        words += [option, typed[name]] if typed[name] is not None else []
    words += [word for setting in typed["settings"] for word in ("-c", setting)]
    return " ".join(map(quote, ["pmgit", "fix", "--yes", *words, *typed["rules"]]))
