"""The report as SARIF 2.1.0, for GitHub code scanning and other viewers."""

from __future__ import annotations

import inspect
import json
import zlib
from urllib.parse import quote

from pmgit import __version__
from pmgit.core.finding import ERROR
from pmgit.report.fingerprint import fingerprints
from pmgit.report.text import message_of, not_judged, not_scanned, short_fix_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pmgit.core.finding import Finding, Report
    from pmgit.core.rule import Rule
    from pmgit.core.shell import Shell

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
#: What GitHub refuses is more (docs.github.com, "SARIF support for code scanning", 2026-01).
MOST_RESULTS = 25_000
MOST_BYTES = 10_000_000  # compressed
_LONGEST_TEXT = 1000


def render(
    report: Report, shell: Shell, rules: Sequence[dict[str, Any]], unjudged: str | None = None
) -> str:
    """The report as one SARIF document, pure ASCII; `rules` are those that `description_of` gives.

    `unjudged` are the words about what is not judged; None: objects that a partial clone lacks.

    When there is more than GitHub takes, errors are kept before warnings, and a notification
    says how many findings are left out.
    """
    pairs = list(zip(report.findings, fingerprints(report.findings), strict=True))
    pairs.sort(key=lambda pair: pair[0].severity != ERROR)
    at = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_result(finding, mark, shell, at) for finding, mark in pairs[:MOST_RESULTS]]
    while True:
        document = _document(results, len(pairs) - len(results), report, rules, unjudged)
        text = json.dumps(document, indent=1) + "\n"
        if len(text) < MOST_BYTES or len(zlib.compress(text.encode(), 1)) < MOST_BYTES:
            return text
        del results[len(results) // 2 :]


def _document(
    results: list[dict[str, Any]],
    left_out: int,
    report: Report,
    rules: Sequence[dict[str, Any]],
    unjudged: str | None,
) -> dict[str, Any]:
    notes = []
    if left_out:
        notes.append(f"{left_out} more findings are left out: more than GitHub takes")
    if report.not_judged:
        notes.append(unjudged or not_judged(report.not_judged))
    if report.not_scanned:
        notes.append(not_scanned(report.not_scanned))
    run = {
        "tool": {
            "driver": {
                "name": "pmgit",
                "semanticVersion": __version__,
                "rules": list(rules),
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.not_judged,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": note}} for note in notes
                ],
            }
        ],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top folder."}}},
        "results": results,
        "properties": {
            "checked": report.checked,
            "not_judged": report.not_judged,
            "not_scanned": report.not_scanned,
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def description_of(rule: type[Rule]) -> dict[str, Any]:
    """What a document says about a rule, which viewers show beside its findings."""
    page = inspect.cleandoc(rule.__doc__ or "")
    title, *parts = page.split("\n## ")
    reports = parts[0].partition("\n")[2] if parts else title
    level = "warning" if rule.severity == "warning" else "error"
    return {
        "id": rule.name,
        "shortDescription": {"text": title.strip()},
        "fullDescription": {"text": " ".join(reports.split())[:_LONGEST_TEXT]},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": level},
        "properties": {"tags": [rule.family], "problem.severity": level},
    }


def _result(finding: Finding, mark: str, shell: Shell, at: dict[str, int]) -> dict[str, Any]:
    place: dict[str, Any] = {
        "artifactLocation": {"uri": uri(finding.path), "uriBaseId": "%SRCROOT%"}
    }
    if finding.line:
        place["region"] = {"startLine": finding.line}
    message = _message(message_of(finding))
    properties: dict[str, Any] = {}
    if finding.commit:
        properties["commit"] = finding.commit
    if finding.fix is not None:
        properties["fix"] = shell.line(finding.fix)
        properties["fix.safe"] = finding.fix.safe
        line = short_fix_of(finding.fix, shell)
        # Never a command that somebody would paste with escapes in it.
        if line and line == _message(line):
            message += f"\n{line}"
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": finding.severity,
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"pmgit/v1": mark},
        "properties": properties,
    }
    if finding.rule in at:
        result["ruleIndex"] = at[finding.rule]
    return result


def uri(path: str) -> str:
    """A path as a relative reference (RFC 3986); every byte of it can be had back."""
    return quote(path.encode("utf-8", "surrogateescape"), safe="/") or "."


def _message(text: str) -> str:
    """Text as a SARIF message string: no links (`[a](b)`) and no placeholders (`{0}`) are meant."""
    for char in "\\[]":
        text = text.replace(char, f"\\{char}")
    return text.replace("{", "{{").replace("}", "}}")
