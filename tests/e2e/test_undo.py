"""`pmgit init --undo`: it asks, says what Git sees again, and leaves nothing staged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.set_ups import set_up
from tests.kit import Repo, Result, pointer, weights_bytes

pytestmark = pytest.mark.usefixtures("quick_hooks")

BERT = "pretrained_model/bert/model.safetensors"
OURS = [".pmgit.toml", "pretrained_model/README.md", "pretrained_model/.gitkeep", ".gitignore"]


def init(repo: Repo, *args: str) -> list[str]:
    """Set up as users do it, by `pmgit init`; the lines that it prints to be pasted."""
    done = repo.pmgit("init", "--yes", *(args or ("--hooks", "native")))
    assert done.code == 0, done
    return [line[6:] for line in done.out.splitlines() if line.startswith("next: ")]


def undo(repo: Repo, *args: str) -> Result:
    done = repo.pmgit("init", "--undo", *args)
    assert done.code == 0, done
    return done


def status(repo: Repo) -> str:
    return repo.git("status", "--short", "--untracked-files=all")


def start(repo: Repo) -> str:
    repo.stage(".gitignore", "*.log\n")
    repo.stage("a.py", "x\n")
    repo.commit()
    repo.write(BERT, 440_000)
    repo.write("pretrained_model/gpt2/pytorch_model.bin", 2_000)
    repo.write("pretrained_model/gpt2/run.log", 10)
    return status(repo)


@pytest.mark.parametrize("answer", ["y", "n"])
def test_it_asks_and_names_what_git_sees_again(repo: Repo, answer: str) -> None:
    start(repo)
    set_up(repo, "--hooks", "native")
    done = repo.sh_at_terminal("pmgit init --undo", f"{answer}\n")
    assert "would remove .pmgit.toml if unchanged\n" in done.out
    said = done.out.split("would remove .pmgit.toml")[1].split("\n", 1)[1]
    assert said.startswith(
        "note: 2 files are no longer hidden then: git add -A would take them (442.0 kB):\n"
        f"  {BERT} (440.0 kB)\n  pretrained_model/gpt2/pytorch_model.bin (2.0 kB)\nUndo it? [Y/n]"
    )
    assert (done.code, (repo.path / ".pmgit.toml").exists()) == ((0, False), (130, True))[
        answer == "n"
    ]
    assert ("undone" in done.out) == (answer == "y")


def test_yes_and_a_dry_run_do_not_ask(repo: Repo) -> None:
    start(repo)
    set_up(repo, "--hooks", "native")
    for args in ("--dry-run", "--yes"):
        done = repo.sh_at_terminal(f"pmgit init --undo {args}", "")
        assert done.code == 0
        assert "Undo it?" not in done.out
        assert "note: 2 files are no longer hidden then" in done.out
    assert not (repo.path / ".pmgit.toml").exists()
    assert "nothing to undo" in repo.sh_at_terminal("pmgit init --undo", "").out


@pytest.mark.parametrize(
    ("setup", "crlf"),
    [
        (("--hooks", "native"), "false"),
        (("--hooks", "prek", "--system"), "true"),
        (("--hooks", "none", "--storage", "lfs"), "true"),
    ],
)
def test_nothing_stays_staged(repo: Repo, setup: tuple[str, ...], crlf: str) -> None:
    """Neither what init staged, nor what was staged by the line that it printed."""
    repo.git("config", "core.autocrlf", crlf)
    before = start(repo)
    repo.write(".pre-commit-config.yaml", "repos: []\n")
    before = status(repo)
    for line in init(repo, *setup):
        if "commit -q" not in line:
            assert repo.sh(line).code == 0, line
    assert repo.git("diff", "--cached", "--name-only") != ""
    done = undo(repo)
    left = status(repo).replace("?? .pmgit-baseline\n", "")
    assert left == before
    assert ("left .pmgit-baseline, no longer staged" in done.out) == (
        repo.path / ".pmgit-baseline"
    ).exists()
    assert "next:" not in done.out
    assert "nothing to undo" in undo(repo).out


def test_what_the_user_has_staged_before_and_since_stays(repo: Repo) -> None:
    repo.stage("a.py", "x\n")
    repo.commit()
    repo.stage(".gitignore", "mine\n")  # staged, not committed
    repo.write("pretrained_model/README.md", "ours\n")
    before = status(repo), repo.git("ls-files", "-s")
    for line in init(repo):
        assert repo.sh(line).code == 0
    repo.stage(".pmgit.toml", 'storage = "ignore"\n# mine\n')
    done = undo(repo)
    assert "left .pmgit.toml: it was changed since" in done.out
    assert repo.blob(".pmgit.toml").endswith(b"# mine\n")
    repo.git("rm", "-q", "-f", ".pmgit.toml")
    assert (status(repo), repo.git("ls-files", "-s")) == before


def test_two_runs_are_undone_as_one(repo: Repo) -> None:
    before = start(repo)
    set_up(repo, "--hooks", "native")
    set_up(repo, "--keep-text")
    repo.git("add", *OURS)
    undo(repo)
    assert status(repo) == before


@pytest.mark.parametrize("folder", ["", "src"])
def test_after_the_commit_it_names_the_commit_that_takes_it_back(repo: Repo, folder: str) -> None:
    before = start(repo)
    repo.stage("src/b.py", "x\n")
    repo.commit()
    set_up(repo, "--hooks", "native")
    repo.git("add", *OURS)
    commit = repo.commit("Set up pmgit")
    done = repo.pmgit("init", "--undo", cwd=folder)
    assert "note: committed already: " in done.out
    (line,) = [line[6:] for line in done.out.splitlines() if line.startswith("next: ")]
    assert repo.sh(line, cwd=folder).code == 0
    assert repo.git("diff", "--name-only", f"{commit}~1", "HEAD") == ""
    assert status(repo) == before


def test_pointers_that_are_committed(repo: Repo) -> None:
    """Without the attributes `git add -A` would take the content: that is said."""
    content = weights_bytes(3_000, seed=1)
    repo.stage(BERT, content)
    repo.commit()
    setup = ("--hooks", "none", "--storage", "lfs")
    set_up(repo, *setup)
    # Not committed yet: it becomes again what it was.
    assert "in Git LFS" not in undo(repo, "--dry-run").out
    repo.git("add", *OURS)
    repo.commit("Weights go to Git LFS")
    done = undo(repo)
    assert (
        "note: 1 file is in Git LFS, and Git knows nothing of that then: git add -A would take the"
        f" content of it (3.0 kB):\n  {BERT} (3.0 kB)\n"
    ) in done.out
    assert repo.blob(BERT) == pointer(content)
    assert repo.git("diff", "--cached", "--name-only") == ""


def test_hooks_come_back_and_a_nested_block_goes(repo: Repo) -> None:
    start(repo)
    hook = repo.write(".git/hooks/pre-commit", "#!/bin/sh\necho mine\n")
    hook.chmod(0o755)
    set_up(repo, "--hooks", "native")
    assert repo.pmgit("gitignore", "--nested").code == 0
    undo(repo)
    assert hook.read_text() == "#!/bin/sh\necho mine\n"
    assert sorted(Path(repo.path, ".git/hooks").iterdir()) == [hook]
