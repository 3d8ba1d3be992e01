"""action.yml, the workflow of this project, and every example of docs/ci.md."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from pmgit.commands._output import FORMATS
from pmgit.git.repository import OLDEST_GIT
from tests.kit import BIN, Repo

if TYPE_CHECKING:
    from tests.kit import Result

TOP = Path(__file__).resolve().parent.parent
DOC = (TOP / "docs/ci.md").read_text("utf-8")
WORKFLOW = ".github/workflows/ci.yml"
#: The examples of the page by the file that they are; each names it in its first line.
EXAMPLES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", DOC, re.DOTALL))


def load(text: str) -> Any:
    document = yaml.safe_load(text)
    if True in document:  # YAML 1.1 reads the key `on` as a truth
        document["on"] = document.pop(True)
    return document


def schema(name: str) -> Any:
    return json.loads((TOP / "tests/data" / name).read_text("utf-8"))


def valid(document: Any, name: str) -> None:
    found = schema(name)
    jsonschema.validators.validator_for(found)(found).validate(document)


ACTION = load((TOP / "action.yml").read_text("utf-8"))


def workflows() -> dict[str, Any]:
    texts = {name: text for name, text in EXAMPLES.items() if name.startswith(".github/")}
    texts[WORKFLOW] = (TOP / WORKFLOW).read_text("utf-8")
    return {name: load(text) for name, text in texts.items()}


def steps_of(workflow: Any) -> list[Any]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


# --- the action


def test_the_action_is_one() -> None:
    valid(ACTION, "github-action.json")
    assert ACTION["runs"]["using"] == "composite"


def test_no_input_gets_into_a_script() -> None:
    """`${{ }}` in a script is replaced before the shell reads it: an input could be a command."""
    for step in [*ACTION["runs"]["steps"], *(s for w in workflows().values() for s in steps_of(w))]:
        assert "${{" not in step.get("run", "")
        assert "${{" not in step.get("shell", "")


def test_every_input_is_used_and_described() -> None:
    text = json.dumps(ACTION["runs"])
    rows = re.findall(r"^\| `([a-z-]+)` \|", DOC.split("| input |")[1].split("\n\n")[0], re.M)
    assert rows == list(ACTION["inputs"])
    for name, values in ACTION["inputs"].items():
        assert f"inputs.{name} " in text, name
        assert values["description"]
    assert ACTION["inputs"]["format"]["default"] in FORMATS
    script = (TOP / "scripts/ci_action.sh").read_text() + (TOP / "scripts/ci_check.py").read_text()
    for variable in ACTION["runs"]["steps"][-1]["env"]:
        assert variable in script


@pytest.mark.parametrize("name", ["action.yml", *workflows()])
def test_actions_of_others_are_pinned_to_a_commit(name: str) -> None:
    text = EXAMPLES.get(name) or (TOP / name).read_text("utf-8")
    used = re.findall(r"uses: *(.*)$", text, re.MULTILINE)
    assert used
    for line in used:
        assert re.fullmatch(
            r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|OWNER/pmgit@COMMIT|\./", line
        ), line


# --- workflows


@pytest.mark.parametrize("name", list(workflows()))
def test_a_workflow_is_one(name: str) -> None:
    workflow = workflows()[name]
    valid(workflow, "github-workflow.json")
    # Whoever says nothing gives all that the repository gives.
    assert "permissions" in workflow
    for step in steps_of(workflow):
        if step.get("uses", "").startswith(("OWNER/pmgit@", "./")):
            assert set(step.get("with", {})) <= set(ACTION["inputs"])


def test_the_project_is_tested_where_it_promises_to_work() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    workflow = workflows()[WORKFLOW]
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    prefix = "Programming Language :: Python :: 3."
    minors = [name.removeprefix(prefix) for name in project["classifiers"] if prefix in name]
    assert matrix["python"] == [f"3.{minor}" for minor in minors]
    assert project["requires-python"] == f">={matrix['python'][0]}"
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    oldest = ".".join(map(str, OLDEST_GIT))
    job = workflow["jobs"]["oldest-git"]
    assert oldest in job["name"]
    assert any(f"grep -F 'git version {oldest}.'" in step.get("run", "") for step in job["steps"])


def test_the_workflow_asks_for_little() -> None:
    workflow = workflows()[WORKFLOW]
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 60


# --- the page


def test_the_page_names_every_format() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \|", DOC.split("| format |")[1].split("\n\n")[0], re.M)
    assert rows == list(FORMATS)


def test_every_example_is_held_against_its_schema() -> None:
    assert {name.rpartition("/")[0] or name for name in EXAMPLES} == {
        ".github/workflows", ".gitlab-ci.yml", ".pre-commit-config.yaml",
    }  # fmt: skip
    assert DOC.count("```yaml") == len(EXAMPLES)
    valid(load(EXAMPLES[".gitlab-ci.yml"]), "gitlab-ci.json")


@pytest.fixture
def branch(repo: Repo) -> Repo:
    """A clone of a main with an old sin; a branch that sins and repents."""
    repo.stage("pretrained_model/old/w.safetensors", 3000)
    repo.commit("Old sin")
    repo.git("clone", "-q", str(repo.path), "../clone")
    clone = Repo(repo.path.parent / "clone", repo.env, init=None)
    clone.git("checkout", "-q", "-b", "topic")
    clone.stage("pretrained_model/new/w.safetensors", 2000)
    clone.commit("Sin")
    clone.git("rm", "-q", "-r", "pretrained_model/new")
    clone.commit("Repent")
    return clone


def gitlab(clone: Repo, **variables: str) -> tuple[Result, set[str]]:
    """Run the script of the GitLab example; the files that its report blames."""
    install, script = load(EXAMPLES[".gitlab-ci.yml"])["pmgit"]["script"]
    assert install == 'pip install --quiet "git+<its address>"'
    report = clone.path / "gl-code-quality-report.json"
    report.unlink(missing_ok=True)
    head = clone.git("rev-parse", "HEAD").strip()
    done = clone.run(
        ["bash", "-eo", "pipefail", "-c", script],
        env={"CI_COMMIT_SHA": head, "CI_DEFAULT_BRANCH": "main",
             "CI_COMMIT_BEFORE_SHA": "0" * 40, **variables},
    )  # fmt: skip
    found = json.loads(report.read_text()) if report.exists() else []
    return done, {issue["location"]["path"] for issue in found}


def test_the_gitlab_example_runs(branch: Repo) -> None:
    new = {"pretrained_model/new/w.safetensors"}
    main = branch.git("rev-parse", "origin/main").strip()
    merge, blamed = gitlab(branch, CI_MERGE_REQUEST_DIFF_BASE_SHA=main)
    assert (merge.code, blamed) == (1, new)
    assert "pretrained_model/new/w.safetensors: tracked-weights: " in merge.out
    assert gitlab(branch, CI_COMMIT_BRANCH="topic")[1] == new
    tip = branch.git("rev-parse", "HEAD").strip()
    assert gitlab(branch, CI_MERGE_REQUEST_DIFF_BASE_SHA=tip)[0].code == 0
    # The first pipeline of main knows no start.
    assert "pretrained_model/old/w.safetensors" in gitlab(branch, CI_COMMIT_BRANCH="main")[1]


def test_the_shell_example_runs(branch: Repo) -> None:
    (script,) = re.findall(r"```sh\n(.*?)```", DOC, re.DOTALL)
    done = branch.run(["bash", "-e", "-c", script])
    assert done.code == 1, done
    assert 'failures="1"' in (branch.path / "pmgit.xml").read_text()


def test_the_workflow_without_the_action_runs(branch: Repo) -> None:
    (step,) = [s for s in steps_of(workflows()[".github/workflows/pmgit-plain.yml"]) if "run" in s]
    command = step["run"].splitlines()[-1].replace('"$RUNNER_TEMP/pmgit/bin/pmgit"', "pmgit")
    assert command.startswith("pmgit check --range ")
    branch.git("checkout", "-q", "--detach", "origin/main")
    branch.git("merge", "-q", "--no-ff", "--no-verify", "-m", "merge", "topic")
    done = branch.sh(command)
    assert (done.code, done.out.count("::error ")) == (1, 1), done


def test_the_hook_needs_neither_network_nor_git_lfs(lfs_repo: Repo, tmp_path: Path) -> None:
    """As on pre-commit.ci."""
    lfs_repo.stage_blob("pretrained_model/bert/model.safetensors", b"raw" * 1000)
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("git", "sh"):
        (bare / name).symlink_to(str(shutil.which(name)))
    nowhere = {"PATH": str(bare), "https_proxy": "http://127.0.0.1:9", "GIT_ALLOW_PROTOCOL": ""}
    found = lfs_repo.run([str(BIN / "pmgit-hook")], env=nowhere)
    assert (found.code, "missing-pointer" in found.out) == (1, True), found
    skipped = yaml.safe_load(EXAMPLES[".pre-commit-config.yaml"])
    assert skipped["ci"]["skip"] == [skipped["repos"][0]["hooks"][0]["id"]]
