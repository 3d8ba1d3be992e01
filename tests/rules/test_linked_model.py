"""`linked-model`: links and submodules that lead out of the repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import Repo

if TYPE_CHECKING:
    from pathlib import Path

RULE = "linked-model"
ROOT = "pretrained_model"


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", RULE, *args)


@pytest.fixture
def other(tmp_path: Path, env: dict[str, str]) -> Repo:
    """Another repository, with weights."""
    repo = Repo(tmp_path / "other", env)
    repo.stage("model.bin", 3000)
    repo.commit()
    return repo


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
def test_it_reports_links_that_lead_out(repo: Repo, target: str, fault: str) -> None:
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
    repo.stage_all({f"{ROOT}/other/config.json": "{}", "src/model/code.py": ""})
    link(repo, f"{ROOT}/bert", target)

    assert findings(repo) == []


def test_accepts_links_elsewhere_and_a_linked_models_folder(repo: Repo) -> None:
    link(repo, "data", "/mnt/data")
    link(repo, ROOT, "/mnt/share/models")

    assert findings(repo) == []


def test_a_submodule_that_no_clone_can_have(repo: Repo) -> None:
    head = repo.commit("first", "--allow-empty")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},{ROOT}/bert")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},third_party/x")
    (finding,) = findings(repo)

    message = "a submodule that .gitmodules does not name, so no clone can have it"
    assert (finding["message"], finding["severity"]) == (message, "error")
    assert finding["path"] == f"{ROOT}/bert"


@pytest.mark.parametrize("text", ["", "[submodule", '[submodule "x"]\npath = other\nurl = /x\n'])
def test_a_submodule_whose_settings_say_nothing_of_it(repo: Repo, text: str) -> None:
    head = repo.commit("first", "--allow-empty")
    repo.stage(".gitmodules", text)
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},{ROOT}/bert")

    assert [f["severity"] for f in findings(repo)] == ["error"]


@pytest.mark.parametrize(("place", "storage"), [(f"{ROOT}/bert", "ignore"), (ROOT, "lfs")])
def test_a_submodule_that_a_team_wants(repo: Repo, other: Repo, place: str, storage: str) -> None:
    repo.stage(".pmgit.toml", f'storage = "{storage}"\n')
    if place != ROOT:
        repo.pmgit("gitignore")
        repo.git("add", ".gitignore")
    repo.commit()
    repo.git("submodule", "--quiet", "add", "--force", str(other.path), place)
    (finding,) = repo.check()

    assert (finding["path"], finding["severity"]) == (place, "warning")
    assert finding["message"].startswith(f"a submodule of {other.path}")
    assert repo.hook("pre-commit").code == 0
    base = repo.git("rev-parse", "HEAD").strip()
    repo.commit("Add the submodule")
    assert repo.check() == []
    for args in (("--all",), ("--range", f"{base}..HEAD")):
        assert [(f["path"], f["severity"]) for f in repo.check(*args)] == [(place, "warning")]


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


# -- fixes (links in every other situation: tests/fix/test_for_staged.py) --


def test_the_link_leaves_the_index_for_good_and_stays_on_disk(repo: Repo) -> None:
    link(repo, f"{ROOT}/bert", "/mnt/share/bert")
    (fix,) = repo.pmgit("check", "--select", RULE).fixes
    repo.paste(fix)

    assert findings(repo) == []
    assert repo.staged() == [".gitignore"]
    assert os.readlink(repo.path / ROOT / "bert") == "/mnt/share/bert"
    repo.git("add", ".")
    assert repo.staged() == [".gitignore"]


@pytest.mark.parametrize(
    ("storage", "nested"), [("ignore", "--nested"), ("ignore", "--no-nested"), ("lfs", "--nested")]
)
def test_clones_that_were_staged_leave_the_index_for_good(
    repo: Repo, other: Repo, storage: str, nested: str
) -> None:
    repo.stage(".pmgit.toml", f'storage = "{storage}"\n')
    repo.add_info(f"{ROOT}/m")
    repo.pmgit("gitignore", nested)
    repo.git("add", "-A")
    repo.commit()
    places = {f"{ROOT}/{place}" for place in ("bert", "org/bert", "m/third party/x")}
    for place in places:
        repo.git("clone", "-q", str(other.path), place)
    repo.git("add", "-A")
    assert places <= set(repo.staged())
    # What is left are the warnings of the clones themselves.
    repo.paste_all()
    repo.git("add", "-A")

    assert [f["severity"] for f in repo.check()] == ["warning"] * 3
    assert places.isdisjoint(repo.staged())
    for place in places:
        assert (repo.path / place / "model.bin").exists()
        assert repo.git("status", "--porcelain", cwd=place) == ""


# -- what lies in the work tree -------------------------------------------------------------------


@pytest.mark.parametrize("storage", ["ignore", "lfs"])
def test_repositories_of_their_own_are_named_and_stop_no_commit(
    repo: Repo, other: Repo, storage: str
) -> None:
    repo.write(".pmgit.toml", f'storage = "{storage}"\n[rules.missing-info]\nlocal = "error"\n')
    repo.add_info(f"{ROOT}/m")
    repo.pmgit("gitignore")
    repo.git("add", "-A")
    repo.commit()
    repo.git("clone", "-q", str(other.path), f"{ROOT}/clone")
    repo.git("worktree", "add", "-q", f"{ROOT}/m/sub/tree", "-b", "other")
    repo.git("clone", "-q", "--bare", str(other.path), f"{ROOT}/org/bare.git")
    repo.git("init", "-q", "--separate-git-dir", f"{repo.path}.git", f"{ROOT}/unborn")
    repo.write(f"{ROOT}/unborn/model.safetensors", 3000)
    places = [f"{ROOT}/{name}" for name in ("clone", "m/sub/tree", "org/bare.git", "unborn")]
    before = repo.contents()
    repo.stage("code.py", "x = 1\n")
    for args in ((), ("--all",)):
        found = repo.check(*args)
        assert [(f["path"], f["severity"]) for f in found] == [(p, "warning") for p in places]
    # Git would take them for submodules with the next `add -A`, or (unborn) refuse all of that.
    assert repo.sh("git add -A").code != 0
    repo.paste_all()
    repo.git("add", "-A")

    assert not [path for path in repo.staged() if path.startswith(tuple(places))]
    assert repo.hook("pre-commit").code == 0
    assert repo.pmgit("fix", "--yes").code == 0
    assert "nothing to do" in repo.pmgit("gitignore").out
    assert not before - repo.contents()
    for place in places:
        refused = repo.pmgit("info", "new", place)
        assert refused.code == 2
        assert "a repository of its own" in refused.err


def test_a_folder_that_has_tracked_files_is_none_of_these(repo: Repo) -> None:
    repo.stage(f"{ROOT}/m/model.bin", 2000)
    repo.git("init", "-q", f"{ROOT}/m")

    assert findings(repo) == []
    assert "missing-info" in repo.rules()


def test_a_git_folder_that_is_no_repository(repo: Repo) -> None:
    (repo.path / ROOT / "m/.git").mkdir(parents=True)
    repo.write(f"{ROOT}/n/.git", "gitdir: /nowhere\n")

    assert findings(repo) == []


def test_links_of_the_work_tree_are_named_where_all_is_judged(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "cache/x").mkdir(parents=True)
    (tmp_path / "cache/x/model.bin").write_bytes(b"x")
    repo.stage(f"{ROOT}/m/INFO.md", "text")
    repo.pmgit("gitignore")
    (repo.path / ROOT / "gpt").mkdir()
    for name, target in (("bert", "cache/x"), ("m/model.bin", "cache/x/model.bin"), ("no", "no"),
                         ("gpt/model.bin", "cache/x/model.bin")):  # fmt: skip
        (repo.path / ROOT / name).symlink_to(tmp_path / target)
    (repo.path / ROOT / "inside").symlink_to("m")

    assert findings(repo) == []
    assert [(f["path"], f["severity"]) for f in findings(repo, "--all")] == [
        (f"{ROOT}/bert", "warning")
    ]
    # A link that is named as weights, in a folder, is a model's: it can be described there.
    assert [f["path"] for f in repo.check("--select", "missing-info")] == [f"{ROOT}/gpt"]
    repo.paste_all("--select", "missing-info")
    assert f"{ROOT}/gpt/INFO.md" in repo.staged()
