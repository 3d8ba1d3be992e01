"""An old repository with 40 sins adopts pmgit: what they were stays free, what is new does not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kit import Repo, isolated_environment, native_hooks, random_bytes, weights_bytes

pytestmark = pytest.mark.usefixtures("quick_hooks")

if TYPE_CHECKING:
    from tests.e2e.conftest import Shared

BASELINE = ".pmgit-baseline"
SINS = 40
X = "pretrained_model/bert/x.bin"
CLEAN = f"; {SINS} forgiven by {BASELINE}\n"


@pytest.fixture(scope="session")
def made(shared: Shared) -> Path:
    """24 tables that are too large, 8 models with raw weights and without INFO.md; a baseline."""
    folder = shared.folder / "baseline"

    def make() -> None:
        repo = Repo(folder / "repo", isolated_environment(folder / "home"))
        repo.write(".pmgit.toml", '[rules.oversized-blob]\nmax-file-size = "10 kB"\n')
        for number in range(24):
            repo.write(f"data/table-{number:02}.csv", random_bytes(20_000 + number))
        for number in range(8):
            repo.write(f"pretrained_model/model-{number}/x.bin", weights_bytes(3000 + number))
        repo.git("add", "-A")
        repo.commit("Sins")
        assert len(repo.check("--all")) == SINS
        done = repo.pmgit("baseline")
        assert done.code == 0, done
        assert done.out.splitlines() == [
            f"added {SINS} entries",
            f"wrote {BASELINE}: it forgives {SINS} findings",
            f"next: git add -- {BASELINE}",
        ]
        repo.sh(done.out.splitlines()[-1].removeprefix("next: "))
        repo.commit("Forgive")

    shared.once("baseline", make)
    return folder / "repo"


@pytest.fixture
def old(made: Path, tmp_path: Path, env: dict[str, str]) -> Repo:
    """A copy of it, with the hooks at work and a remote that has it all."""
    repo = Repo(tmp_path / "repo", env, init=None)
    shutil.copytree(made, repo.path)
    repo.add_remote()
    repo.git("push", "-q", "origin", "main")
    repo.git("config", "core.hooksPath", str(native_hooks(tmp_path)))
    return repo


def commit(repo: Repo, *args: str) -> int:
    """Commit with the hooks; the exit code."""
    return repo.run(["git", "commit", "-q", "-m", "work", *args]).code


def push(repo: Repo) -> int:
    return repo.run(["git", "push", "-q", "origin", "HEAD:main"]).code


def test_old_sins_are_silent_everywhere(old: Repo) -> None:
    clean = old.pmgit("check", "--all")
    assert (clean.code, clean.out) == (0, f"no findings in 34 files{CLEAN}")
    assert old.pmgit("check", "--all", "--format=json").json["forgiven"] == SINS
    assert len(old.check("--all", "--no-baseline")) == SINS
    assert old.pmgit("check", "data").out.endswith(f"; 24 forgiven by {BASELINE}\n")
    # The hook says nothing at all when it is clean: also of the whole tree, as in CI.
    silent = old.hook()
    assert (silent.code, silent.out, silent.err) == (0, "", "")
    # Not a byte of it is new to the remote, which does not even have the history.
    old.git("push", "-q", "--no-verify", "origin", ":refs/heads/main", code=None)
    old.git("init", "-q", "--bare", str(old.path.parent / "empty.git"))
    old.git("remote", "set-url", "origin", str(old.path.parent / "empty.git"))
    old.git("update-ref", "-d", "refs/remotes/origin/main")
    assert push(old) == 0


def test_a_new_sin_is_refused_with_its_fix_only(old: Repo) -> None:
    old.stage("data/new.csv", 25_000)
    refused = old.hook("pre-commit")
    assert refused.code == 1
    assert "data/new.csv: oversized-blob" in refused.out
    assert "table" not in refused.out
    assert commit(old) == 1
    whole = old.pmgit("check", "--all")
    assert whole.out.count("oversized-blob: ") == 1
    assert f"1 error in 35 files{CLEAN.strip()}. Why: " in whole.out
    assert whole.fixes == ["git rm --cached -f -q -- data/new.csv"]
    assert commit(old, "--no-verify") == 0
    assert push(old) == 1
    assert old.pmgit("check", "--range", "origin/main..HEAD").code == 1


def test_a_rename_and_a_shrink_are_free(old: Repo) -> None:
    old.git("mv", "data/table-00.csv", "data/renamed.csv")
    old.git("mv", "pretrained_model/model-0", "pretrained_model/model-9")
    old.stage("data/table-01.csv", random_bytes(15_000))
    old.stage("pretrained_model/model-1/x.bin", weights_bytes(900))
    found = old.check()
    # Weights that change without an INFO.md are a sin of today.
    assert [(f["rule"], f["path"]) for f in found] == [("missing-info", "pretrained_model/model-1")]
    old.add_info("pretrained_model/model-1")
    assert old.check() == []
    assert commit(old) == 0
    assert push(old) == 0
    assert old.check("--all") == []
    # The baseline follows, and from there it only goes down.
    assert old.pmgit("baseline").code == 0
    old.git("add", BASELINE)
    assert b"table-00" not in old.blob(BASELINE)
    old.stage("data/table-01.csv", random_bytes(15_001))
    assert [f["path"] for f in old.check()] == ["data/table-01.csv"]


def test_growth_is_refused_until_it_is_accepted(old: Repo) -> None:
    old.stage("data/table-00.csv", random_bytes(20_001))
    old.stage("pretrained_model/model-0/y.bin", weights_bytes(10))
    assert old.rules() == ["missing-info", "oversized-blob", "tracked-weights"]
    assert commit(old) == 1
    before = (old.path / BASELINE).read_bytes()
    refused = old.pmgit("baseline")
    assert refused.code == 1
    first, *told = refused.out.splitlines()
    assert first == f"nothing to change in {BASELINE}: it forgives 38 findings"
    assert [line.split(": ")[1] for line in told] == [
        "oversized-blob", "missing-info", "tracked-weights",
    ]  # fmt: skip
    assert "--accept PATH --reason TEXT" in refused.err
    assert (old.path / BASELINE).read_bytes() == before
    done = old.pmgit("baseline", "--accept", "table-00.csv", "--reason", "the year's", cwd="data")
    assert done.code == 0, done
    assert "next: git -C .. add -- .pmgit-baseline" in done.out
    assert commit(old) == 1, "what is not staged does not count"
    assert old.sh(f"cd data && {done.out.rpartition('next: ')[2]}").code == 0
    assert old.rules() == ["missing-info", "tracked-weights"]
    folder = "pretrained_model/model-0/"
    assert old.pmgit("baseline", "--accept", folder, "--reason", '待定\n"x"').code == 0
    old.git("add", BASELINE)
    assert commit(old) == 0
    assert push(old) == 0
    assert '"the year\'s"\n' in old.blob(BASELINE).decode()
    assert old.blob(BASELINE).decode().count('"待定\\012\\"x\\""\n') == 2


def test_a_copy_is_new_and_one_move_is_one(old: Repo) -> None:
    table = (old.path / "data/table-00.csv").read_bytes()
    old.stage("data/copy.csv", table)
    assert [f["path"] for f in old.check()] == ["data/copy.csv"]
    assert [f["path"] for f in old.check("--all")] == ["data/copy.csv"]
    old.git("rm", "-q", "data/table-00.csv")
    assert commit(old) == 0
    assert old.check("--all") == []
    # It has gone to one place already.
    old.stage("data/again.csv", table)
    assert [f["path"] for f in old.check()] == ["data/again.csv"]
    assert len(old.check("--all")) == 1
    assert commit(old, "--no-verify") == 0
    assert push(old) == 1


def test_a_copy_that_a_later_commit_takes_away_costs_nothing(old: Repo) -> None:
    old.stage("data/copy.csv", (old.path / "data/table-00.csv").read_bytes())
    old.commit("Copy")
    assert push(old) == 1
    old.git("rm", "-q", "data/copy.csv")
    old.commit("Take it away")
    assert push(old) == 0


@pytest.mark.parametrize("near", [False, True])
def test_branches_that_prune_and_accept_merge(near: bool, old: Repo) -> None:
    """Near: both change the same place of the file, and the hint about merging is taken."""
    if near:
        hint = old.pmgit("baseline", "--prune", "--dry-run").err
        assert hint == ""
        old.stage("data/hinted.csv", 11_000)
        shown = old.pmgit("baseline", "--accept", "data", "--reason", "a hint").err
        assert old.sh(shown.partition(" after: ")[2]).code == 0
        old.git("add", BASELINE)
        assert commit(old) == 0
        again = old.pmgit("baseline", "--accept", "data", "--reason", "none").err
        assert "merge=union" not in again
    old.git("switch", "-q", "-c", "prune")
    old.git("rm", "-q", "data/table-10.csv")
    assert old.pmgit("baseline", "--prune").out.splitlines()[0] == "dropped 1 entry"
    assert commit(old, "-a") == 0
    old.git("switch", "-q", "main")
    name = "data/table-10a.csv" if near else "data/zzz.csv"
    old.stage(name, 19_990)
    assert old.pmgit("baseline", "--accept", name, "--reason", "asked for").code == 0
    assert commit(old, "-a") == 0
    merged = old.run(["git", "merge", "-q", "--no-ff", "-m", "Merge", "prune"])
    assert merged.code == 0, merged
    assert old.check("--all") == []
    assert push(old) == 0
    # Whatever a union brought back forgives nothing, and goes at the next time.
    assert old.pmgit("baseline", "--prune").code == 0
    text = (old.path / BASELINE).read_text()
    assert ('"data/table-10.csv"' in text, f'"{name}"' in text) == (False, True)


def test_a_conflict_is_an_error_that_says_where(old: Repo) -> None:
    old.git("switch", "-q", "-c", "topic")
    for branch, size in (("topic", 26_000), ("main", 27_000)):
        old.git("switch", "-q", branch)
        old.stage("data/table-05.csv", random_bytes(size))
        old.pmgit("baseline", "--accept", "data", "--reason", branch)
        old.git("add", BASELINE)
        assert commit(old) == 0
    old.git("merge", "-q", "topic", code=1)
    lines = (old.path / BASELINE).read_text().splitlines()
    where = next(at for at, line in enumerate(lines, 1) if line.startswith("<<<<<<<"))
    for command in (["baseline"], ["baseline", "--prune"]):
        failed = old.pmgit(*command)
        assert (failed.code, failed.out) == (2, "")
        assert failed.err.startswith(
            f"pmgit: {BASELINE}: line {where}: an unresolved merge conflict\nhint: "
        )
    # Staged as it is, it stops the commit, although nothing else is wrong with that.
    old.git("checkout", "-q", "--ours", "data/table-05.csv")
    old.git("add", "-A")
    stopped = old.hook("pre-commit")
    assert (stopped.code, "an unresolved merge conflict" in stopped.err) == (2, True)
    # As the hint says: without the markers it is a baseline, that allows both.
    kept = [line for line in lines if line[:7] not in ("<<<<<<<", "=======", ">>>>>>>")]
    old.stage(BASELINE, "\n".join(kept) + "\n")
    assert commit(old) == 0
    assert old.check("--all") == []


def test_the_page_is_what_happens(repo: Repo) -> None:
    """The transcript of docs/old-repositories.md; ids of blobs are not compared."""
    page = (Path(__file__).parents[2] / "docs/old-repositories.md").read_text("utf-8")
    block = page.partition("<!-- baseline: begin -->")[2].partition("<!-- baseline: end -->")[0]
    repo.stage("data/table.csv", 11_000_000)
    repo.stage(X, 3000)
    repo.stage(".gitignore", "new.csv\n")
    repo.commit()
    repo.write("new.csv", 12_000_000)
    steps = block.strip().removesuffix("```").split("\n$ ")[1:]
    assert len(steps) == 9
    for step in steps:
        command, _, printed = step.partition("\n")
        shown = re.sub(r"[0-9a-f]{40}", "0" * 40, repo.sh(f"{command} 2>&1").out)
        assert shown.rstrip("\n") == printed.rstrip("\n"), command


def test_what_lies_untracked_is_forgiven_by_its_path(repo: Repo) -> None:
    repo.stage(".gitignore", "*.pth\n")
    repo.stage(".pmgit.toml", '[rules.missing-info]\nlocal = "error"\n')
    repo.write("pretrained_model/resnet50.pth", 300)
    repo.git("init", "-q", "pretrained_model/clone")
    assert repo.pmgit("baseline").code == 0
    repo.git("add", ".pmgit-baseline")
    assert repo.check() == []
    # Staged, it is another thing.
    repo.git("add", "-f", "pretrained_model/resnet50.pth")
    assert repo.rules() == ["misplaced-weights"]
