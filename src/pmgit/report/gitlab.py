"""The report as GitLab's Code Quality JSON, a subset of Code Climate's."""

from __future__ import annotations

import json

from pmgit.core.finding import ERROR
from pmgit.report.fingerprint import fingerprints
from pmgit.report.text import message_of, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.core.finding import Finding, Report


def render(report: Report) -> str:
    """The report as a JSON array, pure ASCII; a byte that is not UTF-8 is shown as `\\xff`."""
    marks = fingerprints(report.findings)
    issues = [_issue(*pair) for pair in zip(report.findings, marks, strict=True)]
    return json.dumps(issues, indent=1) + "\n"


def _issue(finding: Finding, mark: str) -> dict[str, Any]:
    # GitLab keeps these texts in a database that takes no half of a surrogate pair, and no NUL.
    path = "".join(visible(c) if "\ud800" <= c <= "\udfff" else c for c in finding.path)
    return {
        "description": f"{finding.rule}: {message_of(finding)}",
        "check_name": finding.rule,
        "fingerprint": mark,
        "severity": "major" if finding.severity == ERROR else "minor",
        # GitLab leaves out what has no line.
        "location": {"path": path or ".", "lines": {"begin": finding.line or 1}},
    }
