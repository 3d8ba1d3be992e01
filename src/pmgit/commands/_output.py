"""What `pmgit check` found, in the format that was asked for, where it was asked for."""

from __future__ import annotations

import click

from pmgit import rules
from pmgit.git import commits
from pmgit.git.spill import shell_for
from pmgit.report import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.finding import Report
    from pmgit.git.repository import Repository
    from pmgit.hosts.usage import Usage

#: The formats under the names that ruff and others have for them.
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit")


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
    output = render(report, repository, form, used)
    if file is None:
        click.echo(output.encode("utf-8", "backslashreplace"), nl=False)
        return
    from pmgit.setup.files import write_whole

    write_whole(file, output.encode("utf-8", "backslashreplace"))
    said = text.summary(report) if report.findings else nothing_found(report)
    click.echo(f"{said}\nwrote {text.visible(file)}", err=True)


def render(report: Report, repository: Repository, form: str, used: Usage | None = None) -> str:
    """The report in one of FORMATS."""
    shell = shell_for(repository)
    if form == "text":
        oids = [finding.commit for finding in report.findings if finding.commit]
        what = commits.describe(repository, oids) if oids else {}
        said = text.render(report, shell, what) or nothing_found(report) + "\n"
        line = text.visible(used.line()) if used else ""
        return f"{said}{line}\n" if line else said
    if form == "github":
        from pmgit.report import github

        return github.render(report, shell) or nothing_found(report) + "\n"
    if form == "sarif":
        from pmgit.report import sarif

        return sarif.render(report, shell, [rules.load(name) for name in rules.RULES])
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
    files = f"{report.checked} file{'' if report.checked == 1 else 's'}"
    return f"no findings in {files}{text.forgiven(report)}"
