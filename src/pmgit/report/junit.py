"""The report as JUnit XML, which most CI systems show as tests."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pmgit.core.finding import ERROR
from pmgit.report.text import fix_of, line_of, message_of, not_judged, not_scanned, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.finding import Finding, Report
    from pmgit.core.shell import Shell


def render(report: Report, shell: Shell) -> str:
    """The report as XML 1.0: a test case for each finding, one that passes when there is none.

    An error is a failure; a warning passes, with its text as output; what could not be judged, or
    lies in Git LFS and is not here, is skipped. What XML cannot hold (most control characters,
    bytes that are not UTF-8) is shown as in text.
    """
    failures = len(report.errors)
    skipped = {
        "not judged": not_judged(report.not_judged),
        "not scanned": not_scanned(report.not_scanned),
    }
    skipped = {name: note for name, note in skipped.items() if note}
    numbers = {
        "name": "pmgit",
        "tests": str(max(len(report.findings), 1) + len(skipped)),
        "failures": str(failures),
        "errors": "0",
        "time": "0",
    }
    root = ET.Element("testsuites", numbers)
    suite = ET.SubElement(root, "testsuite", {**numbers, "skipped": str(len(skipped))})
    for finding in report.findings:
        _case(suite, finding, shell)
    if not report.findings:
        ET.SubElement(suite, "testcase", classname="pmgit", name="no findings", time="0")
    for name, note in skipped.items():
        case = ET.SubElement(suite, "testcase", classname="pmgit", name=name, time="0")
        ET.SubElement(case, "skipped", message=note)
    ET.indent(root, " ")
    # Programs read the same; the log of a runner has nothing that turns its text around.
    text = "".join(map(_plain, ET.tostring(root, encoding="unicode")))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _plain(char: str) -> str:
    return char if char.isprintable() or char == "\n" else f"&#{ord(char)};"


def _case(suite: ET.Element, finding: Finding, shell: Shell) -> None:
    path = "".join(char if _holds(char) else visible(char) for char in finding.path) or "."
    known = {"classname": path, "name": finding.rule, "file": path, "time": "0"}
    if finding.line:
        known["line"] = str(finding.line)
    case = ET.SubElement(suite, "testcase", known)
    text = shell.called(line_of(finding))
    if finding.fix is not None:
        text += f"\n{fix_of(finding.fix, shell)}"
    if finding.severity == ERROR:
        failure = ET.SubElement(case, "failure", message=message_of(finding), type=finding.rule)
        failure.text = text
    else:
        ET.SubElement(case, "system-out").text = text


def _holds(char: str) -> bool:
    """Whether XML 1.0 has this character, and allows it without a warning (2.2, Char)."""
    code = ord(char)
    if code < 0x20 or 0xD800 <= code <= 0xDFFF:
        return char in "\t\n\r"
    return not (0x7F <= code <= 0x9F or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF)
