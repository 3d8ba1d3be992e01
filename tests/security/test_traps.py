"""What a repository lays for pmgit: Git configuration that runs programs, and Python modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.set_ups import set_up
from tests.e2e.test_user_configuration import CASES, leaves
from tests.git.test_process import hostile
from tests.kit import BIN, pointer, random_bytes, weights_bytes

if TYPE_CHECKING:
    from tests.kit import Repo

MODEL = "pretrained_model/bert"
#: What pmgit imports, its dependencies, and what Python looks for by itself.
MODULES = (
    "pickle", "json", "re", "zlib", "hashlib", "typing", "dataclasses", "subprocess", "shutil",
    "click", "git/__init__", "yaml/__init__", "rich/__init__", "huggingface_hub/__init__",
    "torch/__init__", "numpy/__init__", "safetensors/__init__", "picklescan/__init__",
    "sitecustomize", "usercustomize", "pmgit/__init__", "pmgit/__main__",
)  # fmt: skip


def fill(repo: Repo) -> None:
    """A model in Git, one in Git LFS, one on disk alone, and a remote."""
    repo.git("init", "-q", "--bare", "../bare.git")
    repo.git("remote", "add", "origin", "../bare.git")
    repo.stage_all(
        {
            ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
            f"{MODEL}/model.safetensors": 3_000,
        }
    )
    repo.stage_blob("pretrained_model/lfs/model.bin", pointer(weights_bytes(300)))
    repo.write("pretrained_model/lfs/model.bin", pointer(weights_bytes(300)))
    repo.commit("weights")
    repo.stage(f"{MODEL}/other.safetensors", 3_000)
    repo.write("pretrained_model/gpt/x.bin", random_bytes(300))


def test_no_command_runs_what_the_configuration_of_a_repository_names(repo: Repo) -> None:
    """But for those that do what a person would type: `fix`, and Git LFS for `pull`."""
    fill(repo)
    hostile(repo)
    there = leaves()
    runs = [["check"], ["check", "--all"], ["check", "--range", "HEAD~0..HEAD"]]
    for words, cases in CASES.items():
        if words in there and words not in ("init", "fix", "server install"):
            runs.append([*words.split(), *cases[0]])
    runs += [["init", "--dry-run"], ["fix", "--dry-run"], ["server", "install", "../bare.git"]]
    runs += [["pull", "bert"], ["verify", "--remote"], ["add", "gpt"]]
    for argv in runs:
        shown = repo.pmgit(*argv)
        assert shown.code in (0, 1, 2, 3), (argv, shown)
        assert not (repo.path / "PWNED").exists(), (argv, shown)
    for stage in ("pre-commit", "pre-merge-commit", "pre-push"):
        assert repo.hook(stage, *(["origin", "../bare.git"] if stage == "pre-push" else []))
        assert not (repo.path / "PWNED").exists(), stage


def test_no_module_of_a_repository_is_imported(repo: Repo) -> None:
    """By the programs themselves, by what they start, and by the hooks that Git runs at the top."""
    fill(repo)
    set_up(repo, "--hooks", "native", "--storage", "lfs")
    for name in MODULES:
        repo.write(f"{name}.py", "open('PWNED', 'w').close()\nraise SystemExit('imported')\n")
    starts = (
        "check --all --format sarif", "scan .", "verify", "add pretrained_model/gpt",
    )  # fmt: skip
    for line in starts:
        shown = repo.pmgit(*line.split(), start=True)
        assert shown.code in (0, 1), (line, shown)
        assert "imported" not in shown.err, line
    repo.git("commit", "-q", "-m", "by the hook", code=None)
    shown = repo.run([str(BIN / "pmgit"), "fix", "--yes"])
    assert "imported" not in shown.out + shown.err, shown
    assert not list(repo.path.rglob("PWNED"))
