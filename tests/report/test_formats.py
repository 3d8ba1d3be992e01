"""Hostile names and texts through every format: parsed back with a parser of that format."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from pmgit.report.text import visible
from tests.core.test_shell import HOSTILE
from tests.kit import ACTING, Repo, Result, isolated_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit")
MODEL = "pretrained_model/bert"
NAMES = [
    *HOSTILE,
    "]]>.bin",
    "<!--&amp;<![CDATA[.bin",
    "::error::x.bin",
    "a,line=7::b%0A%2C.bin",
    "{0}{{x}}.bin",
    "[click](https:%2F%2Fexample.invalid)[x](1).bin",
    "\ufffe\uffff\ufdd0.bin",
    "##teamcity[x].bin",
    "long" * 62 + ".bin",
]
PATHS = {f"{MODEL}/{name}" for name in NAMES}
SCHEMA = json.loads(
    (Path(__file__).parent.parent / "data" / "sarif-schema-2.1.0.json").read_text("utf-8")
)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """One repository with all names, judged in every format."""
    folder = tmp_path_factory.mktemp("hostile")
    repo = Repo(folder / "repo", isolated_environment(folder / "home"))
    for number, name in enumerate(NAMES):
        repo.write(f"{MODEL}/{name}", b"\0" + number.to_bytes(2) * 60_000)
    repo.git("add", "-A")
    found = {}
    for form in FORMATS:
        found[form] = repo.pmgit(
            "check", "--select", "tracked-weights,missing-info", "--format", form
        )
        assert found[form].code == 1, found[form]
        assert found[form].err == ""
    assert {f["path"] for f in found["json"].json["findings"]} == PATHS | {MODEL}
    return found


def runner_commands(out: str) -> Iterable[tuple[str, dict[str, str], str]]:
    """The commands that the runner of GitHub Actions finds in a log: name, properties, text.

    By its rules: `::name a=1,b=2::text` at the begin of a line, or else `##[name a=1;b=2]text`
    anywhere in it. The old form must never appear: nothing of it can be escaped.
    """
    known = {"error", "warning", "notice", "debug", "group", "endgroup", "add-mask",
             "stop-commands", "set-output", "save-state", "set-env", "echo"}  # fmt: skip
    for line in re.split(r"\r\n|\r|\n", out):
        new = re.match(r"\s*::([^: ]*)(?: (.*?))?::(.*)$", line)
        if new and new[1].lower() in known:
            pairs = [part.split("=", 1) for part in (new[2] or "").split(",") if part]
            yield new[1], {key: decoded(value) for key, value in pairs}, decoded(new[3], data=True)
        elif old := re.search(r"##\[([^\] ]*)", line):
            assert old[1].lower() not in known, line


def decoded(text: str, *, data: bool = False) -> str:
    codes = {"%25": "%", "%0D": "\r", "%0A": "\n"}
    if not data:
        codes |= {"%3A": ":", "%2C": ","}
    return re.sub("|".join(codes), lambda match: codes[match.group()], text)


# --- every name, exactly where the format can hold it


def test_json_has_every_path(reports: dict[str, Result]) -> None:
    assert {f["path"] for f in reports["json"].json["findings"]} == PATHS | {MODEL}


def test_sarif_is_valid_and_has_every_path(reports: dict[str, Result]) -> None:
    text = reports["sarif"].out
    assert text.isascii()
    log = json.loads(text)
    json.dumps(log, ensure_ascii=False).encode("utf-8")  # no half of a surrogate pair in it
    jsonschema.validate(log, SCHEMA)
    (run,) = log["runs"]
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in run["results"]]
    assert {os.fsdecode(unquote_to_bytes(uri["uri"])) for uri in uris} == PATHS | {MODEL}
    for uri in uris:
        assert uri["uriBaseId"] in run["originalUriBaseIds"]
        # RFC 3986, a relative reference without scheme, query and fragment.
        assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri["uri"])
    marks = {r["partialFingerprints"]["pmgit/v1"] for r in run["results"]}
    assert len(marks) == len(run["results"]) == len(PATHS) + 1
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert not ACTING.search(result["message"]["text"])


def test_gitlab_reads_every_path(reports: dict[str, Result]) -> None:
    text = reports["gitlab"].out
    assert text.isascii()
    issues = json.loads(text)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == len(PATHS) + 1
    # A byte that is not UTF-8 is shown, because no database would take half a surrogate pair.
    held = {re.sub("[\udc80-\udcff]", lambda m: visible(m.group()), path) for path in PATHS}
    assert {issue["location"]["path"] for issue in issues} == held | {MODEL}
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["lines"]["begin"] == 1
        assert not ACTING.search(issue["description"])


def test_junit_has_every_path(reports: dict[str, Result]) -> None:
    root = ET.fromstring(reports["junit"].out)
    cases = root.findall("./testsuite/testcase")
    # Of what is below a space, XML 1.0 has tab, line feed and carriage return only.
    lost = re.compile("[^\t\n\r -\x7e\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
    held = {lost.sub(lambda m: visible(m.group()), path) for path in PATHS}
    assert {case.get("file") for case in cases} == held | {MODEL}
    assert len(held & PATHS) > 40
    assert root.get("failures") == root[0].get("failures") == str(len(PATHS) + 1)
    for case in cases:
        failure = case.find("failure")
        assert failure is not None
        assert failure.text
        assert case.get("name") == failure.get("type")
        assert not ACTING.search(failure.text)


def test_github_reads_every_path(reports: dict[str, Result]) -> None:
    out = reports["github"].out
    assert not ACTING.search(out)
    found = list(runner_commands(out))
    assert {kind for kind, _, _ in found} == {"error"}
    held = {"".join(c if c in "\r\n" else visible(c) for c in path) for path in PATHS}
    assert {properties["file"] for _, properties, _ in found} == held | {MODEL}
    assert len(held & PATHS) > 35
    for _, properties, message in found:
        assert set(properties) == {"file", "title"}
        assert properties["title"] in ("pmgit: tracked-weights", "pmgit: missing-info")
        # What a message has after its first line goes to the log as it is.
        for line in message.split("\n")[1:]:
            assert line.startswith(("fix: git rm ", "fix: pmgit "))
            assert not list(runner_commands(line))


@pytest.mark.parametrize("form", ["text", "github"])
def test_nothing_else_in_the_log_is_a_command(form: str, reports: dict[str, Result]) -> None:
    rest = [line for line in reports[form].out.split("\n") if not line.startswith("::error file=")]
    assert len(rest) > 2
    for line in rest:
        assert not list(runner_commands(line)), line
        assert not ACTING.search(line)
        assert not re.match(r"\s*(::|##)", line)


def test_the_fixes_of_the_annotations_are_those_of_the_text(reports: dict[str, Result]) -> None:
    # With this many names, both read them from the same file.
    assert reports["github"].fixes == reports["text"].fixes
    assert len(reports["text"].fixes) == 2


def test_in_the_text_a_printable_name_is_as_it_is(reports: dict[str, Result]) -> None:
    lines = reports["text"].out.split("\n\n")[0].split("\n")
    shown = [line.partition(": tracked-weights: ")[0] for line in lines if ": tracked-" in line]
    assert len(shown) == 25
    assert set(shown) <= {visible(path) for path in PATHS}
    assert len(set(shown) & PATHS) > 10


# --- the shape of a clean report


@pytest.mark.parametrize(
    ("form", "clean"),
    [
        ("json", lambda text: json.loads(text)["findings"] == []),
        ("sarif", lambda text: json.loads(text)["runs"][0]["results"] == []),
        ("gitlab", lambda text: json.loads(text) == []),
        ("github", lambda text: text == "no findings in 1 file\n"),
        ("junit", lambda text: ET.fromstring(text).find("./testsuite/testcase/failure") is None),
    ],
)
def test_a_clean_report_is_a_whole_document(
    form: str, clean: Callable[[str], Any], repo: Repo
) -> None:
    repo.stage("a.txt", "a\n")
    result = repo.pmgit("check", "--format", form)
    assert (result.code, result.err) == (0, "")
    assert clean(result.out)
    if form == "sarif":
        jsonschema.validate(result.json, SCHEMA)
