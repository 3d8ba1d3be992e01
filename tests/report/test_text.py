"""The report as text."""

from __future__ import annotations

import subprocess

import pytest

from pmgit.core.finding import WARNING, Finding, Fix, Report, Step
from pmgit.core.shell import Shell, quote
from pmgit.report.text import LONGEST, SHOWN, line_of, not_judged, render, summary, visible
from tests.core.test_shell import HOSTILE


def finding(path: str = "a.bin", message: str = "3.0 MB", **more: object) -> Finding:
    return Finding(path, message, rule="oversized-blob", **more)  # type: ignore[arg-type]


def rm(*paths: str) -> Fix:
    return Fix(Step("git", "rm", "--cached", items=paths))


def test_the_whole() -> None:
    report = Report(
        [
            finding(fix=rm("a.bin")),
            finding("b.bin", fix=rm("b.bin")),
            Finding("m/INFO.md", "no license", line=3, severity=WARNING, rule="incomplete-info"),
        ],
        14,
    )
    assert render(report, Shell()) == (
        "a.bin: oversized-blob: 3.0 MB\n"
        "b.bin: oversized-blob: 3.0 MB\n"
        "m/INFO.md:3: incomplete-info (warning): no license\n"
        "\n"
        "fix: git rm --cached -- a.bin b.bin\n"
        "\n"
        "2 errors and 1 warning in 14 files. Why: pmgit explain incomplete-info oversized-blob\n"
    )


def test_nothing_to_say() -> None:
    assert render(Report([], 14), Shell()) == ""


def test_an_unsafe_fix_says_what_it_does() -> None:
    fix = Fix(Step("git", "rm", items=("a",)), safe=False, warning="their copy is deleted")
    out = render(Report([finding(fix=fix)], 1), Shell())
    assert "\nunsafe fix (their copy is deleted): git rm -- a\n" in out
    assert "\nfix: " not in out


def test_no_fix_no_empty_paragraph() -> None:
    assert render(Report([finding()], 1), Shell()) == (
        "a.bin: oversized-blob: 3.0 MB\n\n1 error in 1 file. Why: pmgit explain oversized-blob\n"
    )


@pytest.mark.parametrize(
    ("errors", "warnings", "files", "text"),
    [
        (1, 0, 1, "1 error in 1 file."),
        (2, 0, 2, "2 errors in 2 files."),
        (0, 1, 0, "1 warning."),  # of what lies ignored on disk
        (1, 2, 3, "1 error and 2 warnings in 3 files."),
    ],
)
def test_the_summary_counts(errors: int, warnings: int, files: int, text: str) -> None:
    found = [finding() for _ in range(errors)]
    found += [finding(severity=WARNING) for _ in range(warnings)]
    assert summary(Report(found, files)).startswith(text + " Why: pmgit explain oversized-blob")


def test_what_is_forgiven_is_counted_and_not_told() -> None:
    report = Report([finding()], 3, forgiven=[Finding("old", "a sin", rule="r")] * 2)
    assert summary(report).startswith("1 error in 3 files; 2 forgiven by .pmgit-baseline. Why: ")
    assert "a sin" not in render(report, Shell())
    report.findings.clear()
    assert render(report, Shell()) == ""


def test_many_findings_are_counted_and_all_are_fixed() -> None:
    found = [finding(f"{n}.bin", fix=rm(f"{n}.bin")) for n in range(SHOWN + 3)]
    found.append(Finding("z", "other", rule="bad-model-name"))
    out = render(Report(found, 99), Shell())

    assert out.count("oversized-blob: 3.0 MB") == SHOWN
    assert "… and 3 more of oversized-blob\n" in out
    assert "z: bad-model-name: other\n" in out
    assert f"{SHOWN + 2}.bin" in out.split("fix: ")[1]


def test_warnings_never_hide_an_error_of_the_same_rule() -> None:
    found = [finding(f"{n:02}.bin", severity=WARNING) for n in range(SHOWN + 2)]
    out = render(Report([*found, finding("z.bin")], 1), Shell())
    assert "\nz.bin: oversized-blob: 3.0 MB\n" in out
    assert "… and 2 more of oversized-blob (warning)\n" in out


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_nothing_of_a_name_reaches_the_terminal_raw(name: str) -> None:
    out = render(Report([finding(name, f"a link to {name}", fix=rm(name))], 1), Shell())

    assert all(line.isprintable() for line in out.split("\n"))
    assert len(out.splitlines()) == 5, "a name made a line of its own"
    out.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("é 模型 🤗", "é 模型 🤗"),
        ("a\nb\t", "a\\x0ab\\x09"),
        ("\x1b[31m\x9b", "\\x1b[31m\\x9b"),
        ("a\u202eb\u2028\u200b", "a\\u202eb\\u2028\\u200b"),
        ("\udcff", "\\xff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_a_terminal_would_act_on_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_the_old_form_of_a_command_is_one_to_github_wherever_it_stands() -> None:
    line = line_of(finding("a/##[stop-commands]x", "see ###[group]"))
    assert line == r"a/#\x23[stop-commands]x: oversized-blob: see ##\x23[group]"


@pytest.mark.parametrize("command", ["##vso[task.setvariable variable=PATH]x", "##teamcity[x]"])
def test_commands_of_other_runners(command: str) -> None:
    for text in (f"a/{command}", f"#{command}", f"## # ##x {command}"):
        shown = visible(text)
        assert command not in shown
        assert shown.replace(r"\x23", "#") == text
        quoted = quote(text)
        assert command not in quoted
        script = f"printf %s {quoted}"
        assert subprocess.check_output(["bash", "-c", script]).decode() == text
    assert visible("## [x] ##1[ ##a b[") == "## [x] ##1[ ##a b["


@pytest.mark.parametrize("path", ["::error::x", "#teamcity[x]", "-x", " x", ":(exclude)x"])
def test_a_line_is_no_command_to_a_ci_system(path: str) -> None:
    assert line_of(finding(path)).startswith(f"./{path}: ")


def test_the_repository_itself() -> None:
    assert line_of(finding("", "m")) == ".: oversized-blob: m"


def test_a_long_message_is_cut() -> None:
    line = line_of(finding("a", "x" * 10_000))
    assert line == "a: oversized-blob: " + "x" * LONGEST + "…"


def test_not_judged() -> None:
    assert not_judged(0) == ""
    assert not_judged(1).startswith("not judged: 1 object is not here")
    assert not_judged(2).startswith("not judged: 2 objects are not here")
