"""`pmgit fix RULE`: the one line in place of a screen of plumbing, and that it finds the same."""

from __future__ import annotations

import pytest

from tests.commands.test_fix import BERT, BIG, WEIGHTS, biggest, everything, several
from tests.kit import Repo, pointer

CRLF = pointer(BIG).replace(b"\n", b"\r\n")


@pytest.fixture
def pushed(repo: Repo) -> Repo:
    """A clone of a bare repository that has its first commit, with a described model."""
    repo.push_first(BERT)
    return repo


def test_a_rule_in_place_of_plumbing(lfs_repo: Repo) -> None:
    """Of what is staged, and of everything that is tracked."""
    repo = lfs_repo
    repo.stage_blob(WEIGHTS, CRLF)
    repo.stage(f"{BERT}/config.bin", b"\0" * 40_000)  # another rule's: it stays as it is
    select = ("--select", "malformed-pointer")
    assert repo.pmgit("check", *select).fixes == ["pmgit fix malformed-pointer"]
    shown = repo.pmgit("fix", "malformed-pointer", "--dry-run")
    assert (shown.code, shown.out.count("git update-index --cacheinfo")) == (1, 1)
    assert repo.blob(WEIGHTS) == CRLF
    repo.commit()
    tip = everything(repo)
    (fix,) = repo.pmgit("check", "--all", *select).fixes
    assert fix == "pmgit fix --all malformed-pointer"
    assert repo.pmgit("fix", "--all", "malformed-pointer", "--dry-run").code == 1
    assert everything(repo) == tip
    done = repo.sh(fix)  # nobody can lose anything: it does not ask
    assert done.code == 0, done
    assert repo.blob(WEIGHTS) == pointer(BIG)
    assert repo.git("diff", "--cached", "--name-only") == f"{WEIGHTS}\n"
    again = repo.pmgit("fix", "--all", "malformed-pointer")
    assert (again.code, again.out) == (0, "nothing to fix\n")


def test_a_fix_of_several_parts_is_one_line(lfs_repo: Repo) -> None:
    """What makes a model too large becomes pointers, each by a script of the shell."""
    lfs_repo.stage_blob(WEIGHTS, b"\0" * 6_000_000)
    lfs_repo.stage_blob(f"{BERT}/more.safetensors", b"\1" * 6_000_000)
    done = lfs_repo.pmgit("check", "--select", "oversized-model")
    assert done.fixes == ["pmgit fix oversized-model"]


def test_only_what_it_finds_again_is_left_to_pmgit_fix(lfs_repo: Repo) -> None:
    """The index of `commit -a`, some paths, what the baseline or the configuration leaves out."""
    repo = lfs_repo
    repo.stage_blob(WEIGHTS, CRLF)
    repo.stage(".pmgit.toml", 'ignore = ["lfs"]\n')
    select = ("--select", "malformed-pointer", "--ignore", "naming")
    for which in ((), ("--all",), (BERT,)):
        (fix,) = repo.pmgit("check", *which, *select).fixes
        assert fix.startswith("sh -c "), which
    repo.git("rm", "-q", "--cached", ".pmgit.toml")
    (repo.path / ".pmgit.toml").unlink()
    (fix,) = repo.pmgit("check", BERT, *select).fixes
    assert fix.startswith("sh -c ")
    index = repo.path / ".git/next-index-1.lock"
    index.write_bytes((repo.path / ".git/index").read_bytes())
    partial = repo.hook("--select", "malformed-pointer", env={"GIT_INDEX_FILE": str(index)})
    assert partial.fixes[0].startswith("sh -c "), partial
    (fix,) = repo.pmgit("check", *select).fixes
    assert fix == "pmgit fix malformed-pointer"


def test_what_is_forgiven_is_mended_where_it_was_not(pushed: Repo) -> None:
    scope = ("--range", "origin/main..HEAD")
    several(pushed)
    assert pushed.pmgit("baseline").code == 0
    pushed.git("add", ".pmgit-baseline")
    pushed.commit()
    assert pushed.pmgit("check", *scope).code == 0
    (fix,) = pushed.pmgit("check", *scope, "--no-baseline", "--select", "size").fixes
    assert fix == "pmgit fix --no-baseline --range main tracked-weights"
    done = pushed.sh_at_terminal(fix)
    assert done.code == 0, done
    assert biggest(pushed, "origin/main..HEAD") < 10_000


@pytest.mark.parametrize("commits", [1, 2], ids=["the last commit", "an older commit"])
def test_what_was_typed_is_in_the_line(commits: int, pushed: Repo) -> None:
    """Or `pmgit fix` would find nothing by the options of the repository."""
    repo = pushed
    repo.stage("data.bin", BIG[:30_000])
    repo.commit("Add data")
    for _ in range(commits - 1):
        repo.stage("a.txt", "a\n")
        repo.commit("Go on")
    option = "oversized-blob.max-file-size=20 kB"
    (fix,) = repo.pmgit("check", "--range", "origin/main..", "-c", option).fixes
    assert fix == f"pmgit fix --range main -c '{option}' oversized-blob"
    refused = repo.sh(fix)  # without a terminal; the hint does the same, and no more
    assert refused.code == 2, refused
    (hint,) = (line for line in refused.err.splitlines() if line.startswith("hint: "))
    done = repo.sh(hint.partition("to do it: ")[2])
    assert done.code == 0, done
    assert biggest(repo, "origin/main..HEAD") < 10_000


def test_unknown_names(pushed: Repo) -> None:
    for which in ((), ("--all",), ("--range", "main")):
        wrong = pushed.pmgit("fix", *which, "tracked-weigts")
        assert wrong.code == 2, wrong
        assert "did you mean 'tracked-weights'?" in wrong.err
    for other in (("--range", "main"), ("--remote", "origin"), ("--undo",)):
        wrong = pushed.pmgit("fix", "--all", *other)
        assert wrong.code == 2, wrong
