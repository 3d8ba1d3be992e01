"""The opinions on files as text, JSON and SARIF, whatever the files and their tensors are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

from pmgit.formats.opinion import VERDICTS, FileFinding, Opinion, opinion
from pmgit.report import opinions

EVIL = 'w\x1b]0;x\x07\x9b31m\u202e\n::error file=x::y\n##[group]z"><script>|`]]>\udcff.bin'
SCHEMA = Path(__file__).parents[1] / "data/sarif-schema-2.1.0.json"


def samples() -> list[tuple[str, Opinion]]:
    bad = FileFinding("unsafe", "loads a name", f"{EVIL}\ud800", 7, EVIL)
    return [
        (EVIL, opinion("pickle", [bad, FileFinding("warn", EVIL)])),
        ("good.bin", opinion("pickle", [])),
        ("::error::x", opinion("text", [FileFinding("broken", "cut", "x" * 10_000_000)])),
    ]


def test_text_holds_nothing_that_a_terminal_or_a_runner_acts_on() -> None:
    lines = [line for path, one in samples() for line in opinions.lines_of(path, one)]
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) < 1000 for line in lines)
    assert not any(line.startswith(("::", "##")) or "##[" in line for line in lines)
    assert ": unsafe: loads a name: w\\x1b" in lines[0]


def test_secrets_in_files_are_not_shown() -> None:
    secret = FileFinding("unsafe", "https://user:hunter2@host/x", "hf_abcdefghijklmnop")
    shown = "\n".join(opinions.lines_of("a", opinion("pickle", [secret])))
    assert "hunter2" not in shown
    assert "abcdefghijklmnop" not in shown
    assert "hunter2" not in opinions.render_sarif([("a", opinion("pickle", [secret]))], 0)


def test_the_ending_counts_and_helps() -> None:
    assert opinions.ending([one for _, one in samples()]) == [
        "hint: do not load it; ask its authors for safetensors",
        "3 files: 1 ok, 1 broken, 1 unsafe",
    ]
    pointer = opinion("Git LFS pointer", [FileFinding("pointer", "a pointer")])
    hint = "hint: git lfs install --local --skip-repo && git lfs pull"
    assert opinions.ending([pointer]) == [hint, "1 file: 1 pointer"]
    assert opinions.ending([opinion("text", [])]) == ["1 file: ok"]
    assert opinions.ending([]) == ["0 files: nothing to judge"]


def test_json_has_one_object_for_each_file() -> None:
    found = json.loads(json.dumps(opinions.document(samples())))
    assert [(one["path"], one["verdict"], one["kind"]) for one in found] == [
        (EVIL, "unsafe", "pickle"), ("good.bin", "ok", "pickle"), ("::error::x", "broken", "text"),
    ]  # fmt: skip
    assert found[0]["findings"][0] == {
        "verdict": "unsafe", "message": "loads a name", "evidence": f"{EVIL}\ud800", "offset": 7,
        "where": EVIL,
    }  # fmt: skip


def test_sarif() -> None:
    document = json.loads(opinions.render_sarif(samples(), 1))
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    (run,) = document["runs"]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("unsafe-file", "error"), ("broken-file", "error"), ("warn-file", "warning"),
    ]  # fmt: skip
    rules = run["tool"]["driver"]["rules"]
    for one in run["results"]:
        rule = rules[one["ruleIndex"]]
        assert (rule["id"], rule["defaultConfiguration"]["level"]) == (one["ruleId"], one["level"])
        assert rule["shortDescription"]["text"] in rule["help"]["text"]
    assert [rule["id"] for rule in rules] == [f"{verdict}-file" for verdict in VERDICTS[1:]]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "not judged: 1 file could not be read"
    assert all(one["message"]["text"].isprintable() for one in run["results"])
    found = json.loads(opinions.render_sarif([(f"./{EVIL}", samples()[0][1])], 0))["runs"][0]
    assert set(places_of(found)) == {places_of(run)[0]}  # as a repository names it


def places_of(run: dict[str, Any]) -> list[str]:
    places = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    return [place["artifactLocation"]["uri"] for place in places]
