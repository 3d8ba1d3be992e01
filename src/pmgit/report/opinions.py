"""The opinions on files, as people and programs read them: text, JSON, SARIF."""

from __future__ import annotations

from collections import Counter

from pmgit.core.errors import cut
from pmgit.core.finding import ERROR, WARNING, Finding, Report
from pmgit.core.shell import Shell, quote
from pmgit.core.units import counted
from pmgit.formats.opinion import (
    BROKEN,
    OK,
    PASSES,
    POINTER,
    UNKNOWN,
    UNSAFE,
    VERDICTS,
    WARN,
)  # fmt: skip
from pmgit.report import sarif
from pmgit.report.colour import BOLD, GREEN, RED, YELLOW, Paint
from pmgit.report.redact import redact
from pmgit.report.text import LONGEST, PLAIN, place_of, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pmgit.formats.opinion import Opinion

#: What helps, by the verdict that needs it.
HINTS = {
    POINTER: "git lfs install --local --skip-repo && git lfs pull",
    UNSAFE: "do not load it; ask its authors for safetensors",
}
#: What the verdicts of findings mean, for viewers of SARIF.
_MEANINGS = {
    WARN: "Needs code that pmgit does not know, or is odd in a way that does no harm by itself.",
    POINTER: "A pointer of Git LFS: the content is not here.",
    UNKNOWN: "Could not be judged: unreadable, too big, too deep or too odd. It is not called ok.",
    BROKEN: "Cut, damaged, or something else than its name says.",
    UNSAFE: "Can run code when it is loaded, or write elsewhere when it is unpacked.",
}


def lines_of(path: str, opinion: Opinion, paint: Paint = PLAIN) -> list[str]:
    """A line for every finding on a file: `path: verdict: message`."""
    lines = []
    for finding in opinion.findings:
        colour = YELLOW if finding.verdict in PASSES else RED
        place, verdict = paint(place_of(path), BOLD), paint(finding.verdict, colour)
        lines.append(f"{place}: {verdict}: {excerpt(finding.sentence)}")
    return lines


def ending(opinions: Sequence[Opinion], paint: Paint = PLAIN, only: str = "") -> list[str]:
    """The last lines: what helps, and how many files got which verdict.

    `only` is the option that keeps Git LFS to the pointers among them, where there is one.
    """
    counts = Counter(opinion.verdict for opinion in opinions)
    lines = [hint_of(verdict, only) for verdict in HINTS if counts[verdict]]
    known = [verdict for verdict in VERDICTS if counts[verdict]]
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in known) or "nothing to judge"
    if set(known) == {OK}:
        said = paint(OK, GREEN)
    return [*lines, f"{counted(len(opinions), 'file')}: {said}"]


def hint_of(verdict: str, only: str = "") -> str:
    """The line with what helps against a verdict; `only` as in `ending`."""
    more = f" {quote(only)}" if only and verdict == POINTER else ""
    return f"hint: {HINTS[verdict]}{more}"


def document(files: Sequence[tuple[str, Opinion]]) -> list[dict[str, Any]]:
    """The opinions for programs: one object for each file."""
    return [
        {
            "path": path,
            "verdict": opinion.verdict,
            "kind": opinion.kind,
            "findings": [
                {
                    "verdict": one.verdict,
                    "message": one.message,
                    "evidence": one.evidence or None,
                    "offset": one.offset,
                    "where": one.where or None,
                }
                for one in opinion.findings
            ],
        }
        for path, opinion in files
    ]


def render_sarif(files: Sequence[tuple[str, Opinion]], not_judged: int) -> str:
    """The opinions as SARIF. A rule is the verdict of a finding: `unsafe-file`."""
    findings = [
        Finding(
            path.removeprefix("./"),  # viewers compare it with the names of a repository
            excerpt(one.sentence),
            severity=_level_of(one.verdict),
            rule=_rule_of(one.verdict),
        )
        for path, opinion in files
        for one in opinion.findings
    ]
    unread = f"not judged: {counted(not_judged, 'file')} could not be read"
    rules = [
        {
            "id": _rule_of(verdict),
            "shortDescription": {"text": meaning},
            "help": {"text": f"{meaning} {hint_of(verdict) if verdict in HINTS else ''}".strip()},
            "defaultConfiguration": {"level": _level_of(verdict)},
        }
        for verdict, meaning in _MEANINGS.items()
    ]
    return sarif.render(Report(findings, len(files), not_judged), Shell(), rules, unread)


def _rule_of(verdict: str) -> str:
    return f"{verdict}-file"


def _level_of(verdict: str) -> str:
    return WARNING if verdict in PASSES else ERROR


def excerpt(text: str, most: int = LONGEST) -> str:
    """Text out of a file, in one line: cut, escaped, without secrets."""
    # Cut before secrets are looked for, which takes long in a long text, and after.
    return cut(visible(redact(text[: 4 * most])), most)
