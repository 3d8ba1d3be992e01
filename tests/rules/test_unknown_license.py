"""`unknown-license`: a license in INFO.md that leads to no text, or to several."""

from __future__ import annotations

from typing import Any

from tests.kit import Repo

MODEL = "pretrained_model/bert-base-uncased"
INFO = f"{MODEL}/INFO.md"
LICENSE_LINE = 6


def stage(repo: Repo, license: str, label: str = "**License**: ") -> None:
    repo.stage(
        INFO,
        "# BERT\n\n**Source**: https://example.invalid/bert\n**Downloaded**: 2026-01-13\n"
        f"**Commit**: v1\n{label}{license}\n",
    )


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "unknown-license", *args)


def test_reports_what_leads_to_no_text(repo: Repo) -> None:
    for license, said in {
        "tongyi-qianwen": "'tongyi-qianwen' is no license that pmgit knows: ",
        "Apach-2.0": "did you mean 'apache-2.0'?",
        "MIT, but not for sale": "is no license that pmgit knows: ",
        "MIT AND SomethingElse": "is no license that pmgit knows: ",
        "other": "'other' names no license: ",
        "unknown": "no license is stated, so all rights are reserved: ",
        "未知": "no license is stated, so all rights are reserved: ",
        "GPL": "'GPL' stands for several licenses: ",
        "CC BY-NC": "'CC BY-NC' stands for several licenses: ",
        "openrail": "'openrail' stands for several licenses: ",
        "llama": "'llama' stands for several licenses: ",
        "x" * 5000: "is no license that pmgit knows: ",
        "\x1b[31mred": "is no license that pmgit knows: ",
        "``": "names no license",
    }.items():
        stage(repo, license)
        (finding,) = findings(repo)
        assert said in finding["message"], (license, finding)
        assert (finding["path"], finding["severity"]) == (INFO, "warning"), license
        assert finding["line"] == LICENSE_LINE
        assert len(finding["message"]) < 400, license


def test_what_is_another_license_is_not_called_mistyped(repo: Repo) -> None:
    """BUSL is for business sources; bsl-1.0 is Boost's, and allows everything."""
    for license in (
        "BUSL-1.1", "BUSL-1.0", "CPL-1.0", "IPL-1.0", "NPL-1.1", "MPL-1.0", "Artistic-1.0",
        "qwen-research", "[mit, apache-2.0]", "deepseek", "ECL-1.0", "Apache-3.0", "CC-BY-NC-9.0",
    ):  # fmt: skip
        stage(repo, license)
        assert [f for f in findings(repo) if "did you mean" in f["message"]] == [], license


def test_accepts_every_way_to_name_a_license_and_a_text_that_is_linked(repo: Repo) -> None:
    for license in (
        "apache-2.0", "Apache 2.0", "Apache License, Version 2.0", "The MIT License (MIT)",
        "[Apache-2.0](https://www.apache.org/licenses/LICENSE-2.0)", "MIT OR Apache-2.0",
        "https://creativecommons.org/licenses/by-nc/4.0/", "mit, apache-2.0",
        "tongyi-qianwen (https://example.invalid/LICENSE)", "other (https://example.invalid/text)",
        "gpl (https://example.invalid/COPYING)", "lfm1.0 LICENSE", "LicenseRef-Agreement-12",
        "https://example.invalid/LICENSE",
        # incomplete-info speaks of these
        "", "TODO", "LICENSE-ID",
    ):  # fmt: skip
        stage(repo, license)
        assert findings(repo) == [], license
    stage(repo, "MIT 许可证", label="**许可证**：")
    assert findings(repo) == []


def test_the_line_to_write_comes_from_the_other_files_of_the_model(repo: Repo) -> None:
    repo.stage_all(
        {
            INFO: "# BERT\n\n**来源**：https://example.invalid/bert\n**许可证**：Gemma-ish\n",
            f"{MODEL}/README.md": "---\nlicense: gemma\n---\n",
        }
    )
    (finding,) = findings(repo)
    begin, _, line = finding["message"].partition("write ")
    assert begin.endswith("README.md has gemma; if that is right, ")
    assert line == "**许可证**：gemma"
    lines = (repo.path / INFO).read_text().split("\n")
    lines[finding["line"] - 1] = line
    repo.stage(INFO, "\n".join(lines))
    assert findings(repo) == []


def test_strict_makes_it_an_error_when_info_changes(repo: Repo) -> None:
    strict = ("-c", "unknown-license.strict=true")
    stage(repo, "nobody-knows")
    assert [f["severity"] for f in findings(repo, *strict)] == ["error"]
    repo.commit("in spite of it")
    repo.stage(f"{MODEL}/config.json", "{}\n")
    assert findings(repo, *strict) == []  # no file changes that states a license
    assert [f["severity"] for f in findings(repo, *strict, "--all")] == ["error"]
    repo.commit("more")
    repo.stage("src/main.py", "pass\n")
    assert findings(repo) == []
