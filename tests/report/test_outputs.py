"""GitHub annotations, GitLab Code Quality and JUnit: the whole text of each."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from pmgit.core.finding import WARNING, Finding, Fix, Report, Step
from pmgit.core.shell import Shell
from pmgit.report import github, gitlab, junit
from tests.kit import Repo, weights_for

FIX = Fix(Step("git", "rm", "--cached", items=("a, 50%.bin",)))
REPORT = Report(
    [
        Finding("m/INFO.md", "no license", rule="incomplete-info", severity=WARNING, line=3),
        Finding("a, 50%.bin", "3.0 MB", rule="oversized-blob", fix=FIX),
    ],
    7,
)


def test_github_errors_come_first() -> None:
    """GitHub shows ten errors and ten warnings of a step."""
    assert github.render(REPORT, Shell()) == (
        "::error file=a%2C 50%25.bin,title=pmgit%3A oversized-blob"
        "::a, 50%25.bin: oversized-blob: 3.0 MB%0Afix: git rm --cached -- 'a, 50%25.bin'\n"
        "::warning file=m/INFO.md,line=3,title=pmgit%3A incomplete-info"
        "::m/INFO.md:3: incomplete-info (warning): no license\n"
        "fix: git rm --cached -- 'a, 50%.bin'\n"
        "1 error and 1 warning in 7 files. Why: pmgit explain incomplete-info oversized-blob\n"
    )


def test_a_long_fix_is_not_cut() -> None:
    long = Fix(Step("git", "rm", items=tuple(f"{n:060}" for n in range(9))))
    out = github.render(Report([Finding("a", "3.0 MB", rule="r", fix=long)], 1), Shell())
    first, second = out.split("\n")[:2]
    assert "fix:" not in first
    assert second == f"fix: {Shell().line(long)}"


def test_the_report_for_gitlab() -> None:
    warning, error = json.loads(gitlab.render(REPORT))
    assert warning == {
        "description": "incomplete-info: no license",
        "check_name": "incomplete-info",
        "fingerprint": warning["fingerprint"],
        "severity": "minor",
        "location": {"path": "m/INFO.md", "lines": {"begin": 3}},
    }
    assert (error["severity"], error["location"]["lines"]["begin"]) == ("major", 1)
    assert error["fingerprint"] != warning["fingerprint"]


def test_the_report_as_junit() -> None:
    assert (
        junit.render(REPORT, Shell())
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="pmgit" tests="2" failures="1" errors="0" time="0">
 <testsuite name="pmgit" tests="2" failures="1" errors="0" time="0" skipped="0">
  <testcase classname="m/INFO.md" name="incomplete-info" file="m/INFO.md" time="0" line="3">
   <system-out>m/INFO.md:3: incomplete-info (warning): no license</system-out>
  </testcase>
  <testcase classname="a, 50%.bin" name="oversized-blob" file="a, 50%.bin" time="0">
   <failure message="3.0 MB" type="oversized-blob">a, 50%.bin: oversized-blob: 3.0 MB
fix: git rm --cached -- 'a, 50%.bin'</failure>
  </testcase>
 </testsuite>
</testsuites>
"""
    )


def test_junit_of_what_is_not_scanned() -> None:
    """Pointers whose objects are not here: no test that passes speaks for them alone."""
    suite = ET.fromstring(junit.render(Report([], 7, 2, not_scanned=3), Shell()))[0]
    notes = [case.attrib["message"] for case in suite.iter("skipped")]
    assert [note.partition(":")[0] for note in notes] == ["not judged", "not scanned"]
    assert (suite.get("skipped"), suite.get("tests")) == ("2", "3")


def test_junit_of_what_could_not_be_judged() -> None:
    out = junit.render(Report([], 7, 2), Shell())
    assert 'tests="2" failures="0"' in out
    assert '<skipped message="not judged: 2 objects are not here (partial clone)' in out


def test_the_repository_itself_has_a_place() -> None:
    report = Report([Finding("", "wrong", rule="r")], 1)
    assert "file=.," in github.render(report, Shell())
    assert json.loads(gitlab.render(report))[0]["location"]["path"] == "."
    assert 'file="."' in junit.render(report, Shell())


def test_other_weights_at_the_same_path_are_a_new_finding(repo: Repo) -> None:
    def marks() -> set[str]:
        found = repo.pmgit("check", "--select", "size,lfs", "--format", "gitlab").json
        assert len(found) == 3
        return {issue["fingerprint"] for issue in found}

    names = ("pretrained_model/bert/a.pt", "b.pt", "c.safetensors")
    repo.stage(".gitattributes", "*.safetensors filter=lfs\n")
    for name in names:
        repo.stage_blob(name, weights_for(name, 1_100_000))
    before = marks()
    assert marks() == before
    for name in names:
        repo.stage_blob(name, weights_for(name, 1_100_001))
    assert not marks() & before
