"""The report as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.core.finding import WARNING, Finding, Fix, Report, Step
from pmgit.core.shell import Shell
from pmgit.report import machine
from tests.core.test_shell import HOSTILE

if TYPE_CHECKING:
    from tests.kit import Repo


def document(report: Report) -> Any:
    return json.loads(machine.render(report, Shell()))


def test_the_whole() -> None:
    fix = Fix(Step("git", "rm", "--cached", items=("a b",)), Step("pmgit", "gitignore"))
    found = [
        Finding("a b", "3.0 MB", rule="oversized-blob", fix=fix, commit="1" * 40),
        Finding("x", "no license", rule="incomplete-info", severity=WARNING, line=3),
    ]
    assert document(Report(found, 7, 2, [Finding("y", "old")])) == {
        "findings": [
            {
                "rule": "oversized-blob",
                "severity": "error",
                "path": "a b",
                "message": "3.0 MB",
                "line": None,
                "commit": "1" * 40,
                "fix": {
                    "commands": [["git", "rm", "--cached", "--", "a b"], ["pmgit", "gitignore"]],
                    "shell": "git rm --cached -- 'a b' && pmgit gitignore",
                    "safe": True,
                    "plan": None,
                },
            },
            {
                "rule": "incomplete-info",
                "severity": "warning",
                "path": "x",
                "message": "no license",
                "line": 3,
                "commit": None,
                "fix": None,
            },
        ],
        "checked": 7,
        "not_judged": 2,
        "not_scanned": 0,
        "forgiven": 1,
    }


def test_no_findings() -> None:
    assert document(Report([], 3)) == {
        "findings": [], "checked": 3, "not_judged": 0, "not_scanned": 0, "forgiven": 0,
    }  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_names_come_through_whole(name: str) -> None:
    out = machine.render(Report([Finding(name, name, rule="r")], 1), Shell())

    assert out.isascii()
    assert json.loads(out)["findings"][0]["path"] == name


def test_the_commands_run_without_a_shell(repo: Repo) -> None:
    for number, name in enumerate(HOSTILE):
        repo.write(f"pretrained_model/bert/{name}", b"\0" + bytes([number]) * 100_000)
    repo.git("add", "-A")
    before = repo.contents()

    findings = repo.check("--select", "tracked-weights")
    assert {f["path"] for f in findings} == set(repo.staged())
    run: list[list[str]] = []
    for finding in findings:
        for argv in finding["fix"]["commands"]:
            if argv in run:  # `pmgit gitignore` is the same for each of them
                continue
            run.append(argv)
            result = repo.pmgit(*argv[1:]) if argv[0] == "pmgit" else repo.run(argv)
            assert result.code == 0, (argv, result)
        assert finding["path"] not in repo.staged()

    assert repo.check("--select", "tracked-weights") == []
    assert repo.staged() == [".gitignore"]
    assert not before - repo.contents()


def test_the_commands_are_those_of_the_text(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    repo.stage("pretrained_model/bert/a b.bin", 2000)

    (finding,) = repo.check("--select", "tracked-weights")

    text = repo.pmgit("check", "--select", "tracked-weights")
    assert text.fixes == [finding["fix"]["shell"]]
    assert finding["fix"]["safe"] is True
