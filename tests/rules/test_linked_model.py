"""`linked-model`: links and submodules that lead out of the repository."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.kit import Repo

RULE = "linked-model"
ROOT = "pretrained_model"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", RULE, *args)


def link(repo: Repo, path: str, target: str) -> None:
    file = repo.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.symlink_to(target)
    repo.git("--literal-pathspecs", "add", "--", path)


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("/mnt/share/models/bert", "a link to the absolute path '/mnt/share/models/bert'"),
        ("C:\\models\\bert", "a link to the absolute path 'C:\\\\models\\\\bert'"),
        ("D:/models/bert", "a link to the absolute path 'D:/models/bert'"),
        ("\\\\server\\share", "a link to the absolute path '\\\\\\\\server\\\\share'"),
        ("../../elsewhere/bert", "a link out of the repository, to '../../elsewhere/bert'"),
        ("../..", "a link out of the repository, to '../..'"),
        (
            "../untracked/bert",
            "a link out of the models folder, to '../untracked/bert', which is not tracked",
        ),
    ],
)
def test_reports(repo: Repo, target: str, fault: str) -> None:
    link(repo, f"{ROOT}/bert", target)
    (finding,) = findings(repo)

    assert (finding["path"], finding["severity"]) == (f"{ROOT}/bert", "error")
    assert finding["message"] == fault


def test_reports_links_inside_of_a_model(repo: Repo) -> None:
    link(repo, f"{ROOT}/bert/model.bin", "/data/model.bin")
    link(repo, f"{ROOT}/bert/sub/deep/model.bin", "../../../../../model.bin")

    assert len(findings(repo)) == 2


@pytest.mark.parametrize(
    "target",
    [
        "other",
        "../pretrained_model/other/model.bin",
        "../src/model",
        "../src",
        "..",
        "./other",
        "a:b",
    ],
)
def test_accepts_what_stays_inside(repo: Repo, target: str) -> None:
    repo.stage(f"{ROOT}/other/config.json", "{}")
    repo.stage("src/model/code.py", "")
    link(repo, f"{ROOT}/bert", target)

    assert findings(repo) == []


def test_accepts_links_elsewhere_and_a_linked_models_folder(repo: Repo) -> None:
    link(repo, "data", "/mnt/data")
    link(repo, ROOT, "/mnt/share/models")

    assert findings(repo) == []


def test_a_submodule(repo: Repo) -> None:
    head = repo.commit("first", "--allow-empty")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},{ROOT}/bert")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},third_party/x")
    (finding,) = findings(repo)

    assert finding["message"] == "a submodule in a models folder"
    assert finding["path"] == f"{ROOT}/bert"


def test_old_links_are_left_alone(repo: Repo) -> None:
    link(repo, f"{ROOT}/bert", "/mnt/a")
    repo.commit()
    repo.stage("notes.txt", "work")
    assert findings(repo) == []
    assert len(findings(repo, "--all")) == 1

    link(repo, f"{ROOT}/bert", "/mnt/b")
    assert len(findings(repo)) == 1


def test_in_a_range_with_packed_objects(repo: Repo) -> None:
    repo.commit("first", "--allow-empty")
    link(repo, f"{ROOT}/bert", "/mnt/a")
    commit = repo.commit()
    repo.git("gc", "-q")
    (finding,) = findings(repo, "--range", "HEAD~1..HEAD")

    assert finding["commit"] == commit
    repo.paste(finding["fix"]["shell"])
    assert findings(repo, "--range", "HEAD~2..HEAD") == []


def test_configured_folders_and_excluded_paths(repo: Repo) -> None:
    link(repo, "zoo/a", "/mnt/a")
    link(repo, "zoo/b", "/mnt/b")
    link(repo, f"{ROOT}/c", "/mnt/c")
    repo.write(".pmgit.toml", 'models = ["zoo"]\nexclude = ["zoo/b"]\n')

    assert [f["path"] for f in findings(repo)] == ["zoo/a"]


def test_a_target_that_is_not_text(repo: Repo) -> None:
    link(repo, f"{ROOT}/bert", os.fsdecode(b"/mnt/\xff\x1b[31m\n$(touch PWNED)"))
    result = repo.pmgit("check", "--select", RULE)

    assert result.code == 1
    assert "\\udcff\\x1b[31m\\n$(touch PWNED)" in result.out


def test_many_links_cost_no_more_git_processes(repo: Repo) -> None:
    counts = []
    for number in range(8):
        link(repo, f"{ROOT}/bert{number}", f"../untracked/{number}")
        if number in (0, 7):
            trace = repo.path.parent / f"trace-{number}"
            repo.hook("pre-commit", "--select", RULE, env={"GIT_TRACE": str(trace)})
            counts.append(trace.read_text().count(" built-in: git "))
    assert counts[0] == counts[1]


# -- fixes (links in every other situation: tests/test_fixes.py) ----------------------------------


def test_the_link_leaves_the_index_for_good_and_stays_on_disk(repo: Repo) -> None:
    link(repo, f"{ROOT}/bert", "/mnt/share/bert")
    (fix,) = repo.pmgit("check", "--select", RULE).fixes
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.staged() == [".gitignore"]
    assert os.readlink(repo.path / ROOT / "bert") == "/mnt/share/bert"
    repo.git("add", ".")
    assert repo.staged() == [".gitignore"]


def test_a_submodule_stays_on_disk(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = Repo(tmp_path_factory.mktemp("other"), repo.env)
    other.stage("model.bin", 100)
    other.commit()
    repo.commit("first", "--allow-empty")
    repo.git("submodule", "--quiet", "add", str(other.path), f"{ROOT}/bert")
    (fix,) = repo.pmgit("check", "--select", RULE).fixes
    repo.paste(fix)

    assert findings(repo) == []
    assert (repo.path / ROOT / "bert/model.bin").exists()
    assert f"{ROOT}/bert" not in repo.staged()
