"""Every way round the commit hook ends at the push, and its printed plan makes it right.

Git runs no commit hook for cherry-pick, rebase, revert, am, fast-forward merges and --no-verify.
Each test pushes to a real bare repository: refused, the printed plan pasted, accepted.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e import set_ups
from tests.forked import quick_hooks
from tests.kit import Repo, Result, isolated_environment, weights_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Shared

HOOKS = Path(__file__).parent.parent.parent / "hooks"
MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"
BIG = weights_bytes(1_500_000, seed=7)
SERVERS = ["pre-push", "pre-receive"]
STORAGES = ["ignore", "lfs"]


class Ways:
    """A clone with pmgit set up, and the bare repository that it pushes to."""

    def __init__(self, folder: Path, storage: str) -> None:
        self.storage = storage
        env = quick_hooks(isolated_environment(folder / "home"))
        self.repo = Repo(folder / "clone", env, init=None)
        self.remote = Repo(folder / "remote.git", self.repo.env, init=None)

    def add_weights(self, message: str = "Add bert") -> None:
        """Commit raw weights, and something that must stay, round the hook."""
        self.repo.write("src.py", "import bert\n")
        self.repo.write(WEIGHTS, BIG)
        self.repo.git("add", "-f", "src.py", WEIGHTS)
        # Round every hook, also that of Git LFS behind the commit.
        author = "--author=Ada <ada@example.invalid>"
        self.repo.git("-c", "core.hooksPath=none", "commit", "-q", "-m", message, author)

    def text(self, name: str) -> None:
        self.repo.stage(name, f"{name}\n")
        self.repo.commit(f"Add {name}")

    def history(self, ref: str) -> list[str]:
        """Who wrote what and when, with the number of parents, oldest first."""
        form = "--format=%an <%ae> %at %ct %s%n%b|%P"
        log = self.repo.git("log", "--reverse", "--topo-order", form, ref)
        return re.sub(r"[0-9a-f]{40}", "p", log).splitlines()


@pytest.fixture(scope="session")
def made(shared: Shared) -> Callable[[str], Path]:
    """A clone that `pmgit init` has set up, for each storage, made once for all workers."""

    def make(storage: str) -> Path:
        folder = shared.folder / f"ways-{storage}"

        def set_up() -> None:
            env = isolated_environment(folder / "home")
            Repo(folder / "remote.git", env, init=("--bare",))
            repo = Repo(folder / "clone", env)
            repo.git("remote", "add", "origin", "../remote.git")
            repo.add_info(MODEL)
            repo.stage("README.md", "# Ways\n")
            repo.commit("Begin")
            set_ups.set_up(repo, "--hooks", "native", "--storage", storage)
            repo.git("add", "-A")
            repo.commit("Set up pmgit")
            pushed = repo.run(["git", "push", "-q", "-u", "origin", "main"])
            assert pushed.code == 0, pushed

        shared.once(folder.name, set_up)
        return folder

    return make


@pytest.fixture(params=STORAGES)
def ways(request: pytest.FixtureRequest, made: Callable[[str], Path], tmp_path: Path) -> Ways:
    folder = tmp_path / "ways"
    shutil.copytree(made(request.param), folder, symlinks=True)
    return Ways(folder, request.param)


def without_filter(ways: Ways) -> None:
    """As on a machine on which `git lfs install` never ran: attributes, and raw blobs."""
    if ways.storage == "lfs":
        ways.repo.git("config", "--local", "--remove-section", "filter.lfs")


def no_verify(ways: Ways) -> None:
    ways.add_weights()


def cherry_pick(ways: Ways) -> None:
    ways.repo.git("checkout", "-q", "-b", "other")
    ways.add_weights()
    ways.repo.git("checkout", "-q", "main")
    ways.text("a.txt")
    ways.repo.git("cherry-pick", "other")


def rebase(ways: Ways) -> None:
    ways.repo.git("checkout", "-q", "-b", "topic")
    ways.add_weights()
    ways.text("b.txt")
    ways.repo.git("checkout", "-q", "main")
    ways.text("a.txt")
    ways.repo.git("rebase", "-q", "main", "topic")
    ways.repo.git("branch", "-q", "-f", "main", "topic")
    ways.repo.git("checkout", "-q", "main")
    ways.repo.git("branch", "-q", "-D", "topic")


def revert(ways: Ways) -> None:
    ways.add_weights()
    ways.repo.git("rm", "-q", "--cached", WEIGHTS)
    ways.repo.commit("Take bert out again")
    (ways.repo.path / WEIGHTS).unlink()
    ways.repo.git("revert", "--no-edit", "HEAD")


def am(ways: Ways) -> None:
    ways.add_weights("Add bert by mail")
    patch = ways.repo.git("format-patch", "--stdout", "--binary", "HEAD~1")
    ways.repo.git("reset", "-q", "--hard", "HEAD~1")
    ways.repo.git("am", "-q", stdin=patch.encode())


def fast_forward(ways: Ways) -> None:
    ways.repo.git("checkout", "-q", "-b", "side")
    ways.add_weights()
    ways.text("b.txt")
    ways.repo.git("checkout", "-q", "main")
    ways.repo.git("merge", "-q", "--ff-only", "side")
    ways.repo.write(WEIGHTS, BIG)


def merge(ways: Ways) -> None:
    ways.repo.git("checkout", "-q", "-b", "side")
    ways.add_weights()
    ways.repo.git("checkout", "-q", "main")
    ways.text("a.txt")
    ways.repo.git("merge", "-q", "--no-ff", "--no-verify", "--no-edit", "side")


def added_and_removed(ways: Ways) -> None:
    ways.add_weights()
    ways.repo.git("rm", "-q", "--cached", WEIGHTS)
    ways.repo.commit("Take bert out again")


WAYS = (no_verify, cherry_pick, rebase, revert, am, fast_forward, merge, added_and_removed)


#: Git LFS is at work in the clone, and the server sees nothing of it.
PAIRS = pytest.mark.parametrize(
    ("server", "ways"), [("pre-push", "lfs"), ("pre-receive", "ignore")], indirect=["ways"]
)


def push(ways: Ways, server: str, *refs: str) -> Result:
    if server == "pre-receive":
        hook = ways.remote.path / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        shutil.copy(HOOKS / "pre-receive", hook)
        return ways.repo.run(["git", "push", "--no-verify", "origin", *(refs or ("main",))])
    return ways.repo.run(["git", "push", "origin", *(refs or ("main",))])


def plans(result: Result) -> list[str]:
    """The fixes that a push printed, those of the server too."""
    lines = [line.removeprefix("remote: ").rstrip() for line in
             (result.out + result.err).splitlines()]  # fmt: skip
    return [line.removeprefix("fix: ") for line in lines if line.startswith("fix: ")]


@pytest.mark.parametrize(
    ("way", "server", "ways"),
    [(way, SERVERS[at % 2], STORAGES[at // 2 % 2]) for at, way in enumerate(WAYS)],
    indirect=["ways"],
)
def test_a_way_round(way: Callable[[Ways], None], server: str, ways: Ways) -> None:
    repo = ways.repo
    without_filter(ways)
    way(ways)
    repo.write(WEIGHTS, BIG)
    repo.write("untracked.txt", "mine\n")
    repo.write(".git/info/exclude", "/*.ignored\n")
    repo.write("notes.ignored", "mine too\n")
    before, tip = ways.history("main"), repo.git("rev-parse", "main").strip()
    old = ways.remote.git("rev-parse", "main").strip()

    refused = push(ways, server)
    assert refused.code != 0, refused
    assert "tracked-weights" in refused.out + refused.err or "missing-pointer" in (
        refused.out + refused.err
    )
    assert ways.remote.git("rev-parse", "main").strip() == old
    fixes = plans(refused)
    assert len(fixes) == 1, refused
    files = repo.contents()
    done = repo.sh_at_terminal(fixes[0])
    assert done.code == 0, (fixes, done)
    assert not files - repo.contents()

    accepted = push(ways, server)
    assert accepted.code == 0, accepted
    # No big blob is on the remote, and the weights are here (and there, in Git LFS).
    names = ways.remote.git("rev-list", "--objects", "--no-object-names", "--all")
    sizes = ways.remote.git("cat-file", "--batch-check=%(objectsize)", stdin=names.encode()).split()
    assert max(map(int, sizes)) < 10_000
    assert (repo.path / WEIGHTS).read_bytes() == BIG
    assert (repo.path / "untracked.txt").read_text() == "mine\n"
    assert repo.git("status", "--porcelain", "-uno") == ""
    objects = [file for file in (ways.remote.path / "lfs").rglob("*") if file.is_file()]
    assert bool(objects) == (ways.storage == "lfs" and server == "pre-push"), objects
    # Messages, authors, dates and merges are as they were; a new commit may be on top.
    after = ways.history("main")
    assert after[: len(before)] == before
    # And there is a way back.
    backups = repo.git("for-each-ref", "--format=%(objectname)", "refs/pmgit/backup").split()
    assert backups == [tip]


@PAIRS
def test_what_must_pass_passes(server: str, ways: Ways) -> None:
    repo = ways.repo
    ways.text("a.txt")
    assert push(ways, server).code == 0
    repo.git("checkout", "-q", "-b", "side")
    ways.text("b.txt")
    repo.git("checkout", "-q", "main")
    ways.text("c.txt")
    repo.git("merge", "-q", "--no-edit", "side")
    repo.git("tag", "-a", "-m", "v1", "v1")
    done = push(ways, server, "main", "side", "v1")
    assert done.code == 0, done.err
    if ways.storage == "lfs":
        repo.write(WEIGHTS, BIG)
        repo.git("add", "-A")
        repo.commit("Add bert as it should be", verify=True)
        assert push(ways, server).code == 0
    assert push(ways, server, ":side").code == 0


@PAIRS
def test_a_stash_is_refused(server: str, ways: Ways) -> None:
    """No branch has it: the way out is said, and pushes without it pass."""
    repo = ways.repo
    without_filter(ways)
    repo.stage(WEIGHTS, BIG)
    repo.git("stash")
    refused = push(ways, server, "refs/stash:refs/heads/wip")
    assert refused.code != 0, refused
    if server == "pre-push":
        assert "no branch has it" in refused.out + refused.err
    assert push(ways, server).code == 0


def test_the_tests_have_the_hooks_they_need(ways: Ways) -> None:
    assert os.access(ways.repo.path / ".git/hooks/pre-push", os.X_OK)
