"""Printing the report of `pmgit check`, or writing it to a file, in the chosen format."""

from __future__ import annotations

import os
import stat

import click

from pmgit import rules
from pmgit.commands import _terminal
from pmgit.core.errors import PmgitError
from pmgit.core.finding import Report
from pmgit.core.units import counted
from pmgit.fix.spill import shell_for
from pmgit.git import commits
from pmgit.gitfiles.user_files import write_whole
from pmgit.report import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository
    from pmgit.hosts.usage import Usage
    from pmgit.report.colour import Paint

#: The formats under the names that ruff and others have for them.
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit")
#: Files that mean standard output; the second is a link, and write_whole refuses those.
_STDOUT = ("-", "/dev/stdout")


def show(
    report: Report,
    repository: Repository,
    form: str,
    file: str | None,
    used: Usage | None = None,
) -> None:
    """Print the report, or write it to `file` and say so on stderr.

    `used` is what a push would take of the Git LFS storage of a chosen host.
    """
    file = None if file in _STDOUT else file
    colours = text.PLAIN if file else _terminal.paint()
    if form == "text" and _terminal.is_quiet():
        report = Report(
            report.errors, report.checked, report.not_judged, report.forgiven, report.not_scanned
        )
    output = render(report, repository, form, used, colours).encode("utf-8", "backslashreplace")
    if file is None:
        click.echo(output, nl=False)
        return
    _write(file, output)
    shown = text.summary(report) if report.findings else nothing_found(report)
    shown = shell_for(repository).called(shown)
    if not _terminal.is_quiet():
        click.echo(f"{shown}\nwrote {text.visible(file)}", err=True)


def _write(file: str, output: bytes) -> None:
    """Write a file whole or not at all; a pipe or a device as it comes."""
    try:
        mode = os.stat(file).st_mode
    except OSError:
        mode = 0
    if not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
        write_whole(file, output)
        return
    try:
        with open(file, "wb") as stream:
            stream.write(output)
    except OSError as error:
        raise PmgitError(f"{file} could not be written: {error.strerror}") from error


def render(
    report: Report,
    repository: Repository,
    form: str,
    used: Usage | None = None,
    colours: Paint = text.PLAIN,
) -> str:
    """The report in one of FORMATS; only text has colours."""
    shell = shell_for(repository)
    if form == "text":
        oids = [finding.commit for finding in report.findings if finding.commit]
        what = commits.describe(repository, oids) if oids else {}
        shown = text.render(report, shell, what, colours)
        if _terminal.is_quiet():
            return shown
        shown = shown or f"{nothing_found(report)}\n"
        line = text.visible(used.line()) if used else ""
        return f"{shown}{line}\n" if line else shown
    if form == "github":
        from pmgit.report import github

        return github.render(report, shell) or nothing_found(report) + "\n"
    if form == "sarif":
        from pmgit.report import sarif

        described = [sarif.description_of(rules.load(name)) for name in rules.RULES]
        return sarif.render(report, shell, described)
    if form == "gitlab":
        from pmgit.report import gitlab

        return gitlab.render(report)
    if form == "junit":
        from pmgit.report import junit

        return junit.render(report, shell)
    from pmgit.report import machine

    return machine.render(report, shell, host=used.document() if used else None)


def nothing_found(report: Report) -> str:
    """The one line of a clean judgement."""
    return f"no findings in {counted(report.checked, 'file')}{text.forgiven(report)}"
