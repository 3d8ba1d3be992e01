"""SARIF: the whole document, its limits, and what does not change from run to run."""

from __future__ import annotations

import json
import random
import re
import zlib
from typing import Any

import jsonschema
import pytest

from pmgit import rules
from pmgit.core.finding import WARNING, Finding, Fix, Report, Step
from pmgit.core.shell import Shell
from pmgit.report import sarif
from pmgit.report.text import not_scanned
from tests.report.test_formats import SCHEMA

ALL = [rules.load(name) for name in rules.RULES]
DESCRIBED = [sarif.description_of(rule) for rule in ALL]


def run_of(report: Report) -> Any:
    log = json.loads(sarif.render(report, Shell(), DESCRIBED))
    jsonschema.validate(log, SCHEMA)
    return log["runs"][0]


def test_the_whole() -> None:
    fix = Fix(Step("git", "rm", "--cached", items=("a b",)))
    found = [
        Finding("x y/INFO.md", "no license", rule="incomplete-info", severity=WARNING, line=3),
        Finding("a b", "3.0 MB", rule="oversized-blob", fix=fix, commit="1" * 40),
    ]
    run = run_of(Report(found, 7))
    first, second = run["results"]
    assert first == {
        "ruleId": "oversized-blob",
        "ruleIndex": list(rules.RULES).index("oversized-blob"),
        "level": "error",
        "message": {"text": "3.0 MB\nfix: git rm --cached -- 'a b'"},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": "a%20b", "uriBaseId": "%SRCROOT%"}}}
        ],
        "partialFingerprints": first["partialFingerprints"],
        "properties": {
            "commit": "1" * 40,
            "fix": "git rm --cached -- 'a b'",
            "fix.safe": True,
        },
    }
    assert second["level"] == "warning"
    assert second["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    assert run["properties"] == {"checked": 7, "not_judged": 0, "not_scanned": 0}


def test_what_is_not_scanned_is_said() -> None:
    """A program that reads no more than the document must not take pointers for judged."""
    run = run_of(Report([], 7, not_scanned=2))
    (invocation,) = run["invocations"]
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == not_scanned(2)
    assert run["properties"] == {"checked": 7, "not_judged": 0, "not_scanned": 2}


def test_every_rule_is_described() -> None:
    described = run_of(Report([], 0))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == list(rules.RULES)
    for rule, source in zip(described, ALL, strict=True):
        assert "## What to do" in rule["help"]["markdown"]
        assert rule["shortDescription"]["text"] == str(source.__doc__).split("\n")[0]
        assert 20 < len(rule["fullDescription"]["text"]) <= 1000
        assert "##" not in rule["fullDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")


def test_what_could_not_be_judged_is_no_success() -> None:
    (invocation,) = run_of(Report([], 7, 2))["invocations"]
    assert invocation["executionSuccessful"] is False
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("not judged: 2 objects are not here")


def test_a_name_is_neither_link_nor_placeholder() -> None:
    name = r"[click](https://example.invalid) {0} a\b"
    fix = Fix(Step("git", "rm", items=("[a].bin",)))
    (result,) = run_of(Report([Finding("x", name, rule="r", fix=fix)], 1))["results"]
    text = result["message"]["text"]
    assert not re.search(r"(?<!\\)[\[\]]", text)
    assert not re.search(r"(?<!\{)\{(\{\{)*[0-9]", text)
    assert re.sub(r"\\(.)", r"\1", text).replace("{{", "{").replace("}}", "}") == name
    # A command is never shown with escapes that somebody would paste.
    assert result["properties"]["fix"] == "git rm -- ':(top,literal)[a].bin'"


def test_fingerprints_outlive_what_does_not_matter() -> None:
    def marks(*found: Finding) -> list[str]:
        results = run_of(Report(list(found), 1))["results"]
        return [result["partialFingerprints"]["pmgit/v1"] for result in results]

    before = marks(
        Finding("a", "3 MB", rule="r", line=1, commit="1" * 40), Finding("b", "", rule="r")
    )
    after = marks(
        Finding("a", "4 MB", rule="r", line=9, commit="2" * 40), Finding("b", "", rule="r")
    )
    assert before == after
    assert len(set(before)) == 2
    # Other bytes at the same path are another fault: no viewer may call it known, or dismissed.
    (one,), (same,), (other,) = (
        marks(Finding("a", text, rule="r", content=oid * 40))
        for text, oid in (("3 MB", "1"), ("in another commit", "1"), ("4 MB", "2"))
    )
    assert one == same != other
    twice = marks(*(Finding("a", str(line), rule="r", line=line) for line in (1, 2)))
    assert twice[0] == before[0]
    assert twice[1] not in before
    assert marks(Finding("a", "", rule="other")) != before[:1]


def test_github_takes_it_whatever_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors stay, warnings go first, and the file says how many are left out."""
    monkeypatch.setattr(sarif, "MOST_RESULTS", 250)
    found = [Finding(f"w{n}", "", rule="r", severity=WARNING) for n in range(200)]
    found += [Finding(f"e{n}", "", rule="r") for n in range(100)]
    run = run_of(Report(found, 300))
    levels = [result["level"] for result in run["results"]]
    assert (len(levels), levels.count("error")) == (250, 100)
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("50 more findings are left out")

    # Names that hardly compress.
    monkeypatch.setattr(sarif, "MOST_BYTES", 100_000)
    noise = random.Random(1)
    names = ["".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(300)) for _ in range(250)]
    text = sarif.render(
        Report([Finding(name, "", rule="r") for name in names], 1), Shell(), DESCRIBED
    )
    kept = json.loads(text)["runs"][0]["results"]
    assert 10 < len(kept) < 250
    assert len(zlib.compress(text.encode(), 6)) < 100_000
    assert f"{250 - len(kept)} more findings are left out" in text


def test_limits_are_those_of_github() -> None:
    assert (sarif.MOST_RESULTS, sarif.MOST_BYTES) == (25_000, 10_000_000)
