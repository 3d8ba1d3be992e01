"""`incomplete-info`: the fields that an INFO.md must fill."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import Repo, pointer, weights_bytes
from tests.model.test_info_file import ENGLISH, GUIDE

BERT = "pretrained_model/bert-base-uncased"
INFO = f"{BERT}/INFO.md"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "incomplete-info", *args)


def told(repo: Repo, *args: str) -> list[tuple[str, int | None, str]]:
    return [(f["severity"], f["line"], f["message"]) for f in findings(repo, *args)]


def fill(repo: Repo, finding: dict[str, Any], label: str, value: str) -> None:
    """Do what a finding asks for: write the line of a field, where the finding points to."""
    file = repo.path / finding["path"]
    lines = file.read_text(encoding="utf-8").split("\n")
    line = f"**{label}**{': ' if label.isascii() else '：'}{value}"
    old = next((at for at, text in enumerate(lines) if label in text), None)
    if old is None:
        lines.insert(finding["line"] or 0, "\n" + line)
    else:
        lines[old] = line
    repo.stage(finding["path"], "\n".join(lines))


def test_accepts_a_complete_file(repo: Repo) -> None:
    repo.stage(INFO, ENGLISH)
    assert findings(repo) == []
    assert findings(repo, "--all") == []


def test_the_template_of_the_guide_lacks_only_the_commit(repo: Repo) -> None:
    repo.stage(INFO, GUIDE)
    (finding,) = findings(repo)

    assert (finding["severity"], finding["line"], finding["path"]) == ("warning", 5, INFO)
    example = "abc123... is no full commit"
    assert finding["message"] == f"1 field with only an example: 版本/Commit ({example})"
    assert finding["fix"] is None
    fill(repo, finding, "版本/Commit", f"`main` (commit: {'1' * 40})")
    assert findings(repo) == []


@pytest.mark.parametrize(
    "begin", ["# BERT\n", "# 模型\n", "", "# BERT\n\nSource:\n", "# BERT\n\n来源：\n\n许可证:\n"]
)
def test_what_a_finding_names_cures_it(repo: Repo, begin: str) -> None:
    values = {"en": ("Source", "Downloaded", "Commit", "License")}
    values["zh"] = ("来源", "下载日期", "版本/Commit", "许可证")
    repo.stage(INFO, begin)
    labels = values["zh" if "来源" in begin or "模型" in begin else "en"]
    for at, value in enumerate(("https://a.example", "2026-01-13", "v1", "MIT")):
        (finding,) = findings(repo)
        assert finding["severity"] == "error"
        named = finding["message"].replace(";", ",").replace(":", ",").split(", ")
        assert [label for label in labels if label in named] == list(labels[at:])
        fill(repo, finding, labels[at], value)
    assert findings(repo) == []


def test_an_example_is_called_one(repo: Repo) -> None:
    text = "# M\n\nSource: https://huggingface.co/ORG/NAME\nDownloaded: TODO\nCommit: abc123…\n"
    repo.stage(INFO, f"{text}License: LICENSE-ID\n")
    (finding,) = findings(repo)
    assert finding["severity"] == "warning"
    assert finding["message"] == (
        "1 field still TODO: Downloaded; 3 fields with only an example: Source (ORG/NAME),"
        " Commit (abc123… is no full commit), License (LICENSE-ID)"
    )


def test_a_line_of_the_template_is_called_todo(repo: Repo) -> None:
    """It names the form of a date, too, which is one of the examples."""
    repo.stage("pretrained_model/bert-base-uncased/model.safetensors", 300)
    repo.pmgit("info", "new", "bert-base-uncased", "--source", "https://a.example")
    repo.git("add", "-f", INFO)
    (finding,) = findings(repo)
    assert finding["message"] == "3 fields still TODO: Downloaded, Commit, License"


def test_one_line_a_model_in_the_files_own_language(repo: Repo) -> None:
    repo.stage(INFO, "# 模型\n\n**来源**：https://a.example\n**许可证**：\n")
    other = "pretrained_model/other/INFO.md"
    repo.stage(other, "# M\n\nSource: TODO\nDownloaded: TODO\nCommit: TODO\nLicense: TODO\n")
    assert {(f["path"], f["severity"], f["line"], f["message"]) for f in findings(repo)} == {
        (INFO, "error", 3, "2 fields missing: 下载日期, 版本/Commit; 1 field empty: 许可证"),
        (other, "warning", 3, "4 fields still TODO: Source, Downloaded, Commit, License"),
    }
    repo.git("rm", "-q", "-f", other)
    repo.stage(INFO, "# Model\n\n**Source**: TODO\nCommit: v1\nDownloaded: x\n")
    message = "1 field missing: License; 1 field still TODO: Source"
    assert told(repo) == [("error", 3, message)]
    # An empty file has no language of its own.
    repo.stage_all({INFO: "", ".pmgit.toml": 'language = "zh"\n'})
    message = "4 fields missing: 来源, 下载日期, 版本/Commit, 许可证"
    assert told(repo) == [("error", None, message)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_placeholders_are_a_warning_or_an_error(repo: Repo, language: str) -> None:
    repo.write(f"{BERT}/config.json", "{}")
    repo.pmgit("info", "new", "bert-base-uncased", "--license", "MIT", "--language", language)
    repo.git("add", "pretrained_model")
    assert [(severity, line) for severity, line, _ in told(repo)] == [("warning", 3)]
    option = "incomplete-info.placeholders="
    assert [severity for severity, _, _ in told(repo, "-c", f"{option}error")] == ["error"]
    repo.stage(".pmgit.toml", '[rules.incomplete-info]\nplaceholders = "error"\n')
    assert [severity for severity, _, _ in told(repo)] == ["error"]
    assert [severity for severity, _, _ in told(repo, "-c", f"{option}warning")] == ["warning"]
    # What is only touched does not stop the work of today.
    repo.commit()
    repo.stage(f"{BERT}/config.json", "{ }")
    assert [severity for severity, _, _ in told(repo)] == ["warning"]
    wrong = repo.pmgit("check", "-c", f"{option}eror")
    assert (wrong.code, "did you mean 'error'?" in wrong.err) == (2, True), wrong


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x" * 1_000_001, "1,000,001 bytes"),
        (GUIDE.encode("utf-16"), "NUL"),
        (ENGLISH.encode() + b"\0", "NUL"),
        (pointer(ENGLISH.encode()), "Git LFS pointer"),
    ],
)
def test_what_cannot_be_read_is_one_error(repo: Repo, content: bytes, why: str) -> None:
    repo.stage(INFO, content)
    ((severity, _, message),) = told(repo)

    assert severity == "error"
    assert why in message


def test_a_link_is_no_info(repo: Repo) -> None:
    repo.stage(f"{BERT}/config.json", "{}")
    repo.stage_blob(INFO, b"../other/INFO.md", "120000")
    assert [(severity, "link" in message) for severity, _, message in told(repo)] == [
        ("error", True)
    ]


def test_another_encoding_is_named(repo: Repo) -> None:
    repo.stage(INFO, GUIDE.encode("gbk"))
    ((_, _, message),) = told(repo)
    assert message.startswith("not UTF-8, save it as UTF-8 first; 4 fields missing: ")


def test_only_required_fields(repo: Repo) -> None:
    repo.stage_all(
        {
            INFO: "# M\n\nSource: https://a.example\n",
            ".pmgit.toml": '[rules.incomplete-info]\nrequired = ["source"]\n',
        }
    )
    assert findings(repo) == []

    found = findings(repo, "-c", "incomplete-info.required=license,source")
    assert [finding["message"].partition(":")[0] for finding in found] == ["1 field missing"]
    assert findings(repo, "-c", "incomplete-info.required=") == []


def test_an_unknown_field_is_a_usage_error(repo: Repo) -> None:
    repo.stage_all(
        {INFO: ENGLISH, ".pmgit.toml": '[rules.incomplete-info]\nrequired = ["licence"]\n'}
    )
    result = repo.pmgit("check")

    assert result.code == 2
    assert "did you mean 'license'?" in result.err
    # Also before there is any INFO.md: what is wrong shows when it is written.
    repo.git("rm", "-q", "-f", INFO)
    assert repo.pmgit("check").code == 2


def test_old_sins_do_not_stop_todays_work(repo: Repo) -> None:
    repo.stage_all(
        {INFO: "# M\n", f"{BERT}/config.json": "{}", "pretrained_model/other/INFO.md": "# M\n"}
    )
    repo.commit()

    repo.stage("src/a.py", "")
    assert findings(repo) == []
    # Only touched: a warning, and only for this model.
    repo.stage(f"{BERT}/config.json", "{ }")
    assert {(f["severity"], f["path"]) for f in findings(repo)} == {("warning", INFO)}
    # Weights make it due.
    repo.stage(f"{BERT}/model.safetensors", weights_bytes(2000))
    assert {(f["severity"], f["path"]) for f in findings(repo)} == {("error", INFO)}


def test_weights_that_only_lie_in_the_work_tree_are_no_reason(repo: Repo) -> None:
    repo.stage(INFO, "# M\n")
    repo.commit()
    repo.write(f"{BERT}/model.safetensors", 2000)
    repo.stage("src/a.py", "")

    assert findings(repo) == []


def test_the_whole_tree_is_judged_as_if_new(repo: Repo) -> None:
    repo.stage_all({INFO: "# M\n", "pretrained_model/other/INFO.md": ENGLISH})
    repo.commit()

    assert {(f["severity"], f["path"]) for f in findings(repo, "--all")} == {("error", INFO)}


def test_judges_what_is_staged(repo: Repo) -> None:
    repo.stage(INFO, "# M\n")
    repo.write(INFO, ENGLISH)
    assert len(findings(repo)) == 1

    repo.stage(INFO, ENGLISH)
    repo.write(INFO, "# M\n")
    assert findings(repo) == []


def test_a_range(repo: Repo) -> None:
    repo.stage("a", "a")
    first = repo.commit()
    repo.stage(INFO, "# M\n")
    repo.commit()
    assert len(findings(repo, "--range", f"{first}..HEAD")) == 1

    repo.stage(INFO, ENGLISH)
    repo.commit()
    assert findings(repo, "--range", f"{first}..HEAD") == []


def test_terminal_escapes_stay_harmless(repo: Repo) -> None:
    repo.stage(INFO, "# \x1b]0;x\x07\nSource: TODO \x1b[2J\n::error::x\n")
    result = repo.pmgit("check", "--select", "incomplete-info")

    assert result.code == 1
    assert all(line.isprintable() for line in result.out.splitlines())


def test_many_models_cost_no_process_each(repo: Repo) -> None:
    repo.stage_blobs({f"pretrained_model/m{number}/INFO.md": b"# M\n" for number in range(30)})
    trace = repo.path.parent / "trace"
    found = repo.pmgit("check", "--select", "incomplete-info", env={"GIT_TRACE": str(trace)})

    assert found.code == 1
    assert trace.read_text().count("trace: built-in: git cat-file") <= 3
