"""`ignored-info`: ignore rules that hide a model's INFO.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kit import Repo

RULE = "ignored-info"
SELECT = ("--select", RULE)
BERT = "pretrained_model/bert"
INFO = f"{BERT}/INFO.md"
#: The lines that the guide recommends, and that most projects copy.
TRIO = "pretrained_model/*\n!pretrained_model/README.md\n!pretrained_model/.gitkeep\n"


def only(repo: Repo, *args: str) -> dict[str, Any]:
    (finding,) = repo.check(*SELECT, *args)
    return finding


@pytest.fixture
def trio(repo: Repo) -> Repo:
    """A repository with the guide's own lines, and weights that lie ignored."""
    repo.stage(".gitignore", TRIO)
    repo.commit()
    repo.write(f"{BERT}/model.safetensors", 2000)
    return repo


# -- reports --------------------------------------------------------------------------------------


def test_the_guides_own_lines(trio: Repo) -> None:
    finding = only(trio)
    assert finding["path"] == INFO
    assert finding["severity"] == "error"
    assert finding["message"] == ".gitignore:1 hides it with 'pretrained_model/*'"


def test_staged_weights(trio: Repo) -> None:
    trio.stage(f"{BERT}/model.safetensors", 2000)
    assert only(trio)["severity"] == "error"


def test_a_model_that_is_only_touched(repo: Repo) -> None:
    repo.stage(f"{BERT}/config.json", "{}\n")
    repo.commit()
    repo.write(".gitignore", TRIO)
    repo.stage(f"{BERT}/config.json", '{"a": 1}\n')
    assert only(repo)["severity"] == "warning"


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        (".gitignore", "# weights\n\n*.md\n", ".gitignore:3 hides it with '*.md'"),
        ("pretrained_model/.gitignore", "*\n!.gitignore\n", "pretrained_model/.gitignore:1 hides"),
        (f"{BERT}/.gitignore", "INFO.md\n", f"{BERT}/.gitignore:1 hides it with 'INFO.md'"),
        (".git/info/exclude", "/pretrained_model\n", ".git/info/exclude:1 hides it with"),
    ],
)
def test_the_file_and_line_that_do_it(repo: Repo, file: str, line: str, told: str) -> None:
    repo.stage(f"{BERT}/model.safetensors", 2000)
    repo.write(file, line)
    assert only(repo)["message"].startswith(told)


def test_an_info_that_lies_there_untracked(trio: Repo) -> None:
    trio.write(INFO, "# BERT\n")
    assert only(trio)["path"] == INFO


# -- accepts --------------------------------------------------------------------------------------


def test_a_tracked_info_is_not_hidden(trio: Repo) -> None:
    trio.add_info(BERT)
    assert trio.check(*SELECT) == []
    trio.commit()
    trio.stage(f"{BERT}/config.json", "{}\n")
    assert trio.check(*SELECT) == []


@pytest.mark.parametrize(
    "lines",
    [
        "*.safetensors\n",
        "/pretrained_model/**\n!/pretrained_model/**/\n!/pretrained_model/**/INFO.md\n",
        "INFO.md\n!INFO.md\n",
    ],
)
def test_lines_that_let_it_in(repo: Repo, lines: str) -> None:
    repo.stage(".gitignore", lines)
    repo.write(f"{BERT}/model.safetensors", 2000)
    repo.stage(f"{BERT}/config.json", "{}\n")
    assert repo.check(*SELECT) == []


def test_nothing_lies_there(repo: Repo) -> None:
    repo.stage(".gitignore", TRIO)
    assert repo.check(*SELECT) == []
    assert repo.check("--all", *SELECT) == []


def test_a_range_has_no_ignore_rules(trio: Repo) -> None:
    trio.stage(f"{BERT}/model.safetensors", 2000)
    trio.commit()
    assert trio.check("--range", "HEAD~1..HEAD", *SELECT) == []


# -- fixes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cwd", ["", "pretrained_model"])
def test_the_fix(trio: Repo, cwd: str) -> None:
    assert len(trio.paste_all(*SELECT, cwd=cwd)) == 1
    trio.write(INFO, "# BERT\n")
    trio.git("add", INFO)  # git refuses what is ignored
    assert trio.git("status", "--porcelain", "--ignored").splitlines() == [
        "M  .gitignore", f"A  {INFO}", f"!! {BERT}/model.safetensors",
    ]  # fmt: skip
    assert trio.blob(".gitignore").startswith(TRIO.encode())


def test_all_fixes_together_end_clean(trio: Repo) -> None:
    option = ("-c", "missing-info.local=error")
    trio.paste_all(*option)
    assert [f["rule"] for f in trio.check(*option) if f["severity"] == "error"] == []
    assert trio.staged() == [".gitignore", INFO]


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        (".gitignore", "*.md\n"),
        (".git/info/exclude", "/pretrained_model\n"),
        (".git/info/exclude", "INFO.md\n"),
        ("pretrained_model/.gitignore", "*\n!.gitignore\n"),
        (f"{BERT}/.gitignore", "INFO.md\n"),
        ("pretrained_model/.gitignore", "/bert/\n"),
    ],
)
def test_the_fix_of_other_files(repo: Repo, file: str, lines: str) -> None:
    repo.write(f"{BERT}/model.safetensors", 2000)
    repo.write(f"{BERT}/.gitkeep", "")
    repo.stage(f"{BERT}/config.json", "{}\n")
    repo.write(file, lines)
    finding = only(repo)
    if finding["fix"] is None:
        # A file below the top decides over the one at the top: a person has to change it.
        assert file.startswith("pretrained_model/")
        assert f"remove or change line 1 of {file}" in finding["message"]
        return
    repo.paste_all(*SELECT)
    repo.write(INFO, "# BERT\n")
    repo.git("add", INFO)


def test_all_fixes_together_end_where_a_folder_hides_it(repo: Repo) -> None:
    repo.stage(f"{BERT}/model.safetensors", 2000)
    repo.write("pretrained_model/.gitignore", "*\n")
    repo.paste_all("--select", "info")
    assert INFO in repo.staged()
    assert repo.check(*SELECT) == []
