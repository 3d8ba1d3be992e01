"""What `pmgit init` prints at its end, pasted line by line in repositories with a history."""

from __future__ import annotations

import pytest

from tests.e2e.set_ups import init_unproved
from tests.kit import Repo, weights_bytes

pytestmark = pytest.mark.usefixtures("quick_hooks")

WEIGHTS = ["pretrained_model/bert/model.safetensors", "pretrained_model/gpt2/pytorch_model.bin"]


def old(repo: Repo, *, pushed: bool = False, table: bool = False) -> None:
    """Raw weights, perhaps a large table, models that nobody has described; on disk one more."""
    if pushed:
        repo.add_info("pretrained_model/known")
    repo.stage(".gitignore", "*.log\n")
    for number, path in enumerate(WEIGHTS):
        repo.stage(path, weights_bytes(1_200_000, seed=number))
        oid = repo.commit(f"Weights {number}")
    if table:
        repo.stage("data/table.csv", b"0," * 5_500_000)
        oid = repo.commit("A table")
    if pushed:
        repo.publish(oid)
    repo.write("pretrained_model/local/model.onnx", 300_000)


def following(printed: str) -> list[str]:
    return [line[6:] for line in printed.splitlines() if line.startswith("next: ")]


def paste(repo: Repo, lines: list[str]) -> str:
    printed = ""
    for line in lines:
        result = repo.sh(line)
        assert result.code == 0, (line, result)
        printed += result.out
    return printed


@pytest.mark.parametrize(("storage", "pushed"), [("ignore", True), ("lfs", False)])
def test_an_old_repository(repo: Repo, storage: str, pushed: bool) -> None:
    """The set-up commit passes; weights leave the commits that nobody else has."""
    old(repo, pushed=pushed, table=True)
    on_disk = repo.contents()
    words = ("--yes", "--hooks", "native", "--storage", storage)
    # With Git LFS the proofs pass in such a repository, too.
    done = repo.pmgit("init", *words).out if storage == "lfs" else init_unproved(repo, *words)
    lines = following(done)
    assert [line.split(" -")[0] for line in lines[1:]] == [
        "pmgit baseline && git add", "git commit", "pmgit history", "pmgit fix",
    ]  # fmt: skip
    printed = paste(repo, lines)
    assert "Set up pmgit" in repo.git("log", "--format=%s")
    assert repo.pmgit("check", "--all").code == 0
    assert "--no-verify" not in done
    assert ("4 commits made anew" in printed) is not pushed
    for path, commit in zip(WEIGHTS, ("HEAD~2", "HEAD~1"), strict=True):
        size = repo.git("cat-file", "-s", f"{commit}:{path}", code=None).strip()
        assert (int(size or 0) < 200) is not pushed, path
    assert not on_disk - repo.contents()
    assert repo.git("status", "--short").replace("?? pretrained_model/local/\n", "") == ""
    # Nothing is left for a second run to say.
    assert following(init_unproved(repo)) == []


def test_at_a_terminal_the_fix_will_ask(repo: Repo) -> None:
    old(repo)
    done = repo.sh_at_terminal("pmgit init --hooks none")
    lines = following(done.out)
    assert lines[-1] == "pmgit fix --no-baseline missing-pointer tracked-weights", done
    paste(repo, lines[:-1])
    asked = repo.sh_at_terminal(lines[-1])
    assert asked.code == 0
    assert "Do it? [Y/n]" in asked.out
    assert "no findings are left" in asked.out


def test_models_that_only_lie_here(repo: Repo) -> None:
    repo.stage("a.py", "x\n")
    repo.commit()
    repo.write("pretrained_model/local/model.onnx", 300_000)
    done = init_unproved(repo, "--yes", "--hooks", "native")
    assert "hint: models lie here that no INFO.md describes" in done
    lines = following(done)
    assert not any("history" in line or "fix" in line for line in lines)
    paste(repo, lines)
    assert repo.git("log", "-1", "--format=%s") == "Set up pmgit\n"


def test_in_a_shallow_clone(repo: Repo) -> None:
    old(repo, pushed=True)
    clone = Repo(repo.path.parent / "clone", repo.env, init=None)
    repo.git(
        "clone", "-q", "--depth=1", (repo.path.parent / "remote.git").as_uri(), str(clone.path)
    )
    lines = following(init_unproved(clone, "--yes", "--hooks", "native"))
    assert "pmgit history --allow-missing" in lines
    paste(clone, lines)


def test_what_is_clean_gets_no_such_lines(repo: Repo) -> None:
    repo.add_info("pretrained_model/bert")
    repo.commit()
    assert len(following(init_unproved(repo, "--yes", "--hooks", "none"))) == 1
