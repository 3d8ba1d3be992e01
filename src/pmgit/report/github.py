"""The report as workflow commands, which GitHub Actions shows as annotations."""

from __future__ import annotations

from pmgit.core.finding import ERROR
from pmgit.report.text import fixes_of, line_of, notes_of, short_fix_of, summary, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.finding import Finding, Report
    from pmgit.core.shell import Shell


def render(report: Report, shell: Shell) -> str:
    """The report as `::error` and `::warning` commands, then the fixes for all, as in text.

    GitHub shows the first ten errors and the first ten warnings of a step; the others are in the
    log. A name comes through exactly when it is printable, but for line breaks.
    """
    if not report.findings:
        return ""
    findings = sorted(report.findings, key=lambda finding: finding.severity != ERROR)
    lines = [_command(finding, shell) for finding in findings]
    fixes = fixes_of(report, shell)
    return "\n".join([*lines, *fixes, *notes_of(report), shell.called(summary(report)), ""])


def _command(finding: Finding, shell: Shell) -> str:
    properties = [f"file={_property(_name(finding.path) or '.')}"]
    if finding.line:
        properties.append(f"line={finding.line}")
    properties.append(f"title={_property(f'pmgit: {finding.rule}')}")
    # In the log, only the message is seen: it names the file again.
    message = shell.called(line_of(finding))
    if line := short_fix_of(finding.fix, shell):
        message += f"\n{line}"
    kind = "error" if finding.severity == ERROR else "warning"
    return f"::{kind} {','.join(properties)}::{_data(message)}"


def _name(path: str) -> str:
    """A path without what a terminal would act on; line breaks stay, because they are encoded."""
    return "".join(char if char in "\r\n" else visible(char) for char in path)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
