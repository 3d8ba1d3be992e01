"""pmgit as a hook of pre-commit and of prek: the real tools, environments built from a clone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import forked
from tests.e2e.conftest import FAMILIES, blamed, commit, printed_fixes
from tests.kit import BIN, Repo, pointer

if TYPE_CHECKING:
    from tests.e2e.conftest import Tool
    from tests.weights import Weights

MODEL = "pretrained_model/silero-vad"
FILE = f"{MODEL}/silero_vad_16k.safetensors"
#: What is the same in both: the manifest, what a hook is given and what it says. prek starts in
#: 5 ms, pre-commit in 100.
by_prek = pytest.mark.parametrize("tool", ["prek"], indirect=True)


@pytest.fixture
def guarded(request: pytest.FixtureRequest, repo: Repo, tool: Tool) -> Repo:
    """A repository with the hooks installed by the tool; pre-commit is started in one test, and is
    a fork in the others, also in its hooks.
    """
    shutil.rmtree(repo.path)
    shutil.copytree(tool.template, repo.path)
    repo.env.update(tool.env)
    folder = forked.programs("pre-commit")
    started = test_raw_weights_are_stopped_and_the_printed_fixes_cure_it
    if tool.name == "pre-commit" and folder and request.function is not started:
        tool.programs = Path(folder)
        for name in ("pre-commit", "pre-merge-commit"):
            hook = repo.path / ".git/hooks" / name
            text = hook.read_text()
            assert sys.executable in text
            hook.write_text(text.replace(sys.executable, f"{folder}/python/python"))
    return repo


def test_raw_weights_are_stopped_and_the_printed_fixes_cure_it(
    guarded: Repo, tool: Tool, weights: Weights
) -> None:
    guarded.stage(FILE, weights.safetensors)
    before = guarded.git("rev-parse", "HEAD")

    stopped = commit(guarded)

    assert stopped.code == 1, stopped
    assert blamed(stopped) == {"tracked-weights", "missing-info"}
    assert guarded.git("rev-parse", "HEAD") == before
    fixes = printed_fixes(stopped)
    assert fixes
    # No pmgit on the PATH: the command names the one in the tool's private environment.
    home = tool.env["PRE_COMMIT_HOME" if tool.name == "pre-commit" else "PREK_HOME"]
    assert any(f"{home}/" in fix for fix in fixes), fixes
    for fix in fixes:
        guarded.paste(fix)
    done = commit(guarded)
    assert done.code == 0, done
    assert guarded.git("ls-tree", "-r", "--name-only", "HEAD").split() == [
        ".gitignore", ".pre-commit-config.yaml", f"{MODEL}/INFO.md"
    ]  # fmt: skip
    assert (guarded.path / FILE).read_bytes() == weights.safetensors
    assert guarded.git("status", "--porcelain") == ""


@by_prek
def test_with_pmgit_on_the_path_a_fix_names_it_bare(guarded: Repo, weights: Weights) -> None:
    guarded.stage(FILE, weights.safetensors)
    stopped = commit(guarded, env={"PATH": f"{BIN}:{guarded.env['PATH']}"})
    assert any(" && pmgit gitignore && " in fix for fix in printed_fixes(stopped)), stopped


@by_prek
def test_an_attribute_without_the_filter_is_seen_through(guarded: Repo, weights: Weights) -> None:
    guarded.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    guarded.stage(FILE, weights.safetensors)
    guarded.add_info(MODEL)
    stopped = commit(guarded)
    assert stopped.code == 1, stopped
    assert blamed(stopped) == {"missing-pointer"}
    for fix in printed_fixes(stopped):
        guarded.paste(fix)
    done = commit(guarded)
    assert done.code == 0, done
    assert guarded.blob(FILE, "HEAD") == pointer(weights.safetensors)


@by_prek
def test_a_commit_that_only_deletes_info_is_judged(guarded: Repo) -> None:
    guarded.stage(f"{MODEL}/config.json", "{}\n")
    guarded.add_info(MODEL)
    assert commit(guarded).code == 0
    guarded.git("rm", "-q", f"{MODEL}/INFO.md")
    stopped = commit(guarded)
    assert stopped.code == 1, stopped
    assert blamed(stopped) == {"missing-info"}
    for fix in printed_fixes(stopped):
        guarded.paste(fix)
    assert guarded.git("status", "--porcelain") == ""


def test_a_clean_merge_that_brings_weights_is_refused(guarded: Repo, weights: Weights) -> None:
    guarded.git("checkout", "-q", "-b", "weights")
    guarded.stage(FILE, weights.safetensors)
    guarded.commit("Add weights without hooks")
    guarded.git("checkout", "-q", "main")
    guarded.stage("a.txt", "a\n")
    assert commit(guarded).code == 0
    refused = guarded.run(["git", "merge", "-q", "--no-ff", "--no-edit", "weights"])
    assert refused.code != 0, refused
    assert blamed(refused) == {"tracked-weights", "missing-info"}
    assert guarded.git("log", "--format=%s", "-1").strip() == "work"


@by_prek
def test_a_fast_clean_merge_passes(guarded: Repo) -> None:
    guarded.git("checkout", "-q", "-b", "other")
    guarded.stage("b.txt", "b\n")
    guarded.commit()
    guarded.git("checkout", "-q", "main")
    guarded.stage("a.txt", "a\n")
    guarded.commit()
    merged = guarded.run(["git", "merge", "-q", "--no-ff", "--no-edit", "other"])
    assert merged.code == 0, merged


def test_all_files_judges_the_whole_tree(guarded: Repo, tool: Tool, weights: Weights) -> None:
    """What continuous integration runs: nothing is staged. And what is staged, without a commit."""
    clean = tool.run(guarded, "run", "--all-files")
    assert clean.code == 0, clean
    guarded.stage(FILE, weights.safetensors)
    staged = tool.run(guarded, "run")
    assert (staged.code, blamed(staged)) == (1, {"tracked-weights", "missing-info"}), staged
    guarded.commit("Add weights without hooks")
    found = tool.run(guarded, "run", "--all-files")
    assert found.code == 1, found
    assert blamed(found) == {"tracked-weights", "missing-info"}
    by_hand = tool.run(guarded, "run", "--all-files", "--hook-stage", "manual")
    assert blamed(by_hand) == blamed(found)


@by_prek
def test_a_new_message_is_not_stopped_by_old_sins(guarded: Repo, weights: Weights) -> None:
    guarded.stage(FILE, weights.safetensors)
    guarded.commit("Add weights without hooks")
    guarded.stage("a.txt", "a\n")
    assert commit(guarded).code == 0
    amended = guarded.run(["git", "commit", "-q", "--amend", "-m", "Better"])
    assert amended.code == 0, amended
    assert guarded.git("log", "--format=%s", "-1").strip() == "Better"


def test_commit_of_all_changes_is_judged(guarded: Repo, weights: Weights) -> None:
    """`commit -a` stages into an index of its own, and the file is modified, not added."""
    guarded.stage("best.pt", 300)
    assert commit(guarded).code == 0
    guarded.write("best.pt", weights["onet.pt"])
    stopped = commit(guarded, "-a")
    assert stopped.code == 1, stopped
    assert blamed(stopped) == {"oversized-blob"}


def test_commit_of_a_path_is_judged_alone(guarded: Repo, weights: Weights) -> None:
    guarded.stage("src/a.py", "a = 1\n")
    guarded.stage(FILE, weights.safetensors)
    only_source = commit(guarded, "src/a.py")
    assert only_source.code == 0, only_source
    assert FILE not in guarded.git("ls-tree", "-r", "--name-only", "HEAD")
    only_weights = commit(guarded, FILE)
    assert only_weights.code == 1, only_weights
    assert "tracked-weights" in blamed(only_weights)


def test_a_range_of_commits_sees_what_was_removed_again(
    guarded: Repo, tool: Tool, weights: Weights
) -> None:
    base = guarded.git("rev-parse", "HEAD").strip()
    guarded.stage(FILE, weights.safetensors)
    guarded.commit("Add weights without hooks")
    guarded.git("rm", "-q", FILE)
    tip = guarded.commit("Remove them")
    found = tool.run(guarded, "run", "--from-ref", base, "--to-ref", tip)
    assert found.code == 1, found
    assert blamed(found) == {"tracked-weights"}
    same = tool.run(guarded, "run", "--from-ref", tip, "--to-ref", tip)
    assert same.code == 0, same


@by_prek
def test_skip_skips(repo: Repo, tool: Tool, weights: Weights) -> None:
    # prek fails when nothing is left to run.
    tool.guard(repo, tool.config("pmgit", "pmgit-lfs"))
    repo.stage(FILE, weights.safetensors)
    assert commit(repo).code == 1
    assert commit(repo, env={"SKIP": "pmgit"}).code == 0


def test_unstaged_changes_are_out_of_the_way(guarded: Repo, weights: Weights) -> None:
    """The tool hides what is not staged, and brings it back."""
    guarded.stage(FILE, weights.safetensors)
    guarded.write(FILE, "truncated\n")
    guarded.stage("a.txt", "staged\n")
    guarded.write("a.txt", "not staged\n")
    stopped = commit(guarded)
    assert stopped.code == 1, stopped
    assert "tracked-weights" in blamed(stopped)
    assert (guarded.path / FILE).read_text() == "truncated\n"
    assert (guarded.path / "a.txt").read_text() == "not staged\n"


@by_prek
def test_each_family_has_an_id(repo: Repo, tool: Tool, weights: Weights) -> None:
    tool.guard(repo, tool.config(*(f"pmgit-{family}" for family in FAMILIES)))
    repo.stage("pretrained_model/Bert Base/model.safetensors", weights.safetensors)
    repo.stage("pointer.pt", pointer(b"weights"))
    stopped = commit(repo)
    assert stopped.code == 1, stopped
    wanted = {
        "size": "tracked-weights",
        "lfs": "uncovered-pointer",
        "naming": "bad-model-name",
        "info": "missing-info",
    }
    assert blamed(stopped) == set(wanted.values())
    for family, rule in wanted.items():
        others = ",".join(f"pmgit-{other}" for other in FAMILIES if other != family)
        alone = commit(repo, env={"SKIP": others})
        assert (alone.code, blamed(alone)) == (1, {rule})


@by_prek
def test_a_local_hook_runs_the_pmgit_of_the_system(
    repo: Repo, tool: Tool, weights: Weights
) -> None:
    """`repo: local` with `language: system`: what those use who install pmgit themselves."""
    hook = "{id: pmgit, name: pmgit, entry: pmgit-hook, language: system, always_run: true,"
    hook += " pass_filenames: false, stages: [pre-commit, pre-merge-commit]}"
    tool.guard(repo, f"repos:\n  - repo: local\n    hooks:\n      - {hook}\n")
    repo.env["PATH"] = f"{BIN}:{repo.env['PATH']}"
    repo.stage(FILE, weights.safetensors)
    stopped = commit(repo)
    assert stopped.code == 1, stopped
    assert blamed(stopped) == {"tracked-weights", "missing-info"}
    for fix in printed_fixes(stopped):
        repo.paste(fix)
    assert commit(repo).code == 0


def test_the_environment_is_not_this_one(tool: Tool) -> None:
    """Otherwise none of these tests would be about what others get."""
    assert str(BIN) not in tool.env["PATH"].split(":")
    assert not tool.shared.folder.is_relative_to(sys.prefix)
