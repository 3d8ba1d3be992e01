"""The report as JSON."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.core.finding import Finding, Report
    from pmgit.core.shell import Shell


def render(report: Report, shell: Shell, host: dict[str, Any] | None = None) -> str:
    """The report as one JSON document, pure ASCII; `host` is what the chosen host has to say.

    A path that is not UTF-8 holds lone surrogates (`\\udcff` for the byte 0xff), as Python's
    `surrogateescape` writes and reads them.
    """
    document = {
        "findings": [_finding(finding, shell) for finding in report.findings],
        "checked": report.checked,
        "not_judged": report.not_judged,
        "not_scanned": report.not_scanned,
        "forgiven": len(report.forgiven),
        **({"host": host} if host else {}),
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding, shell: Shell) -> dict[str, Any]:
    fix = finding.fix
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "path": finding.path,
        "message": finding.message,
        "line": finding.line or None,
        "commit": finding.commit or None,
        "fix": {**shell.document(fix), "plan": fix.about or None} if fix else None,
    }
