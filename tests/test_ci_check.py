"""The script behind action.yml: run on real clones, as actions/checkout makes them."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import sys
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import forked
from tests.e2e.set_ups import standing_in
from tests.kit import BIN, Repo, Result, isolated_environment, weights_bytes
from tests.report.test_formats import runner_commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
ZEROS = "0" * 40
GONE = "1234567890" * 4
OLD = "pretrained_model/old/w.safetensors"
NEW = "pretrained_model/new/w.safetensors"
#: More than what is fetched at first, and then some.
LENGTH = 70


class Upstream:
    """A hosted repository: an old sin on main, a branch that sins and repents, one that does not.

    Both branches have left main long ago.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = isolated_environment(folder / "home")
        self.repo = Repo(folder / "work", self.env)
        self.url = (folder / "hosted.git").as_uri()
        stream = b""
        for number in range(LENGTH):
            stream += b"commit refs/heads/main\ncommitter T <t@example.invalid> %d +0000\n" % (
                1_760_000_000 + number
            )
            stream += b"data 1\nm\nM 644 inline count.txt\ndata 3\n%03d\n" % number
            if number == 6:
                weights = weights_bytes(3000, 4)
                stream += b"M 644 inline %b\ndata %d\n%b\n" % (OLD.encode(), len(weights), weights)
        self.repo.git("fast-import", "--quiet", stdin=stream)
        self.main = self.id("main")
        self.fork = self.id("main~65")
        self.repo.git("checkout", "-q", "-b", "sin", self.fork)
        self.repo.stage(NEW, 2000)
        self.sin = self.repo.commit("Sin")
        self.repo.git("rm", "-q", NEW)
        self.repo.commit("Repent")
        self.repo.stage("sin.txt", "x\n")
        self.repent = self.repo.commit("Go on")
        self.repo.git("checkout", "-q", "-b", "clean", "main~60")
        self.repo.stage("clean.txt", "x\n")
        self.clean = self.repo.commit("Clean")
        self.repo.git("tag", "-a", "-m", "v1", "v1", "sin")
        self.merges = {}
        for number, name in enumerate(("sin", "clean"), 1):
            self.repo.git("checkout", "-q", "--detach", "main")
            self.repo.git("merge", "-q", "--no-ff", "--no-verify", "-m", "merge", name)
            self.merges[name] = self.id("HEAD")
            self.repo.git("update-ref", f"refs/pull/{number}/merge", "HEAD")
        self.repo.git("clone", "-q", "--mirror", str(self.repo.path), str(folder / "hosted.git"))
        with open(folder / "hosted.git/config", "a", encoding="utf-8") as config:
            config.write("[uploadpack]\n\tallowFilter = true\n")

    def id(self, name: str) -> str:
        return self.repo.git("rev-parse", f"{name}^{{commit}}").strip()

    def checkout(self, folder: Path, *what: str) -> Clone:
        """What actions/checkout makes of one commit: fetched once, then copied."""
        made = self.folder / "-".join(what).replace("/", "-")
        if not made.exists():
            clone = Clone(made, self.env)
            with open(made / ".git/config", "a", encoding="utf-8") as config:
                config.write(f'[remote "origin"]\n\turl = {self.url}\n')
            ref, *options = what
            clone.git("fetch", "-q", "--no-tags", *(options or ("--depth=1",)), "origin",
                      f"+{ref}:refs/remotes/origin/ci")  # fmt: skip
            clone.git("checkout", "-q", "--detach", "refs/remotes/origin/ci")
        shutil.copytree(made, folder)
        return Clone(folder, self.env, init=None)


class Clone(Repo):
    def judge(self, name: str, event: Any, *, start: bool = False, **inputs: str) -> Result:
        """Run the script for an event: here, or the program itself if `start`."""
        path = self.path.parent / "event.json"
        path.write_text(json.dumps(event))
        given = {f"PMGIT_ACTION_{key.upper()}": value for key, value in inputs.items()}
        given |= {"GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path)}
        argv = [str(SCRIPTS / "ci_check.py"), f"{forked.programs() or BIN}/pmgit"]
        if start:
            return self.run([sys.executable, "-I", *argv], env=given)
        out, err = self.path.parent / "out", self.path.parent / "err"
        with standing_in(self) as patch, _outputs_in(out, err):
            for variable, value in given.items():
                patch.setenv(variable, value)
            patch.setattr(sys, "argv", argv)
            code: int = _script()["main"]()
        return Result(code, out.read_text(), err.read_text())


@cache
def _script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPTS / "ci_check.py"))


@contextmanager
def _outputs_in(*files: Path) -> Iterator[None]:
    """What this process and those that it starts print lies in these two files."""
    kept = [os.dup(number) for number in (1, 2)]
    with ExitStack() as stack:
        for number, file in enumerate(files, 1):
            opened = stack.enter_context(open(file, "w", encoding="utf-8"))
            os.dup2(opened.fileno(), number)
            redirect = redirect_stdout if number == 1 else redirect_stderr
            stack.enter_context(redirect(opened))
        try:
            yield
        finally:
            for number, old in enumerate(kept, 1):
                os.dup2(old, number)
                os.close(old)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Upstream:
    return Upstream(tmp_path_factory.mktemp("upstream"))


@pytest.fixture
def checkout(upstream: Upstream, tmp_path: Path) -> Callable[..., Clone]:
    return partial(upstream.checkout, tmp_path / "clone")


def pull(upstream: Upstream, name: str, base: str = "") -> dict[str, Any]:
    head = upstream.repent if name == "sin" else upstream.clean
    base = base or upstream.main
    return {"pull_request": {"head": {"sha": head}, "base": {"sha": base, "ref": "main"}}}


def push(before: str, after: str, ref: str = "refs/heads/sin", **more: Any) -> dict[str, Any]:
    repository = {"default_branch": "main"}
    return {"before": before, "after": after, "ref": ref, "repository": repository, **more}


def blamed(result: Result) -> set[str]:
    """The files of the annotations."""
    return {p["file"] for kind, p, _ in runner_commands(result.out) if kind == "error"}


def warned(result: Result) -> list[str]:
    return [text for kind, _, text in runner_commands(result.out) if kind == "warning"]


# --- pull requests


def test_a_pull_request_of_a_shallow_checkout(
    upstream: Upstream, checkout: Callable[..., Clone]
) -> None:
    """The sin is in none of the trees, and the fork lies further back than the first fetch."""
    clone = checkout("refs/pull/1/merge")
    found = clone.judge("pull_request", pull(upstream, "sin"))
    assert (found.code, blamed(found), warned(found)) == (1, {NEW}, [])
    assert f"in commit {upstream.sin[:12]}" in found.out
    assert "pmgit: 4 commits: " in found.out


def test_a_clean_pull_request(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    """The old sin of main is not this branch's, though the branch has it, too."""
    clone = checkout("refs/pull/2/merge")
    # The payload knows an older main than the merge was made with.
    clean = clone.judge("pull_request", pull(upstream, "clean", upstream.id("main~3")))
    assert (clean.code, blamed(clean), warned(clean)) == (0, set(), []), clean
    assert "pmgit: 2 commits: " in clean.out


def test_the_head_instead_of_the_merge(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    clone = checkout("refs/heads/sin")
    assert blamed(clone.judge("pull_request", pull(upstream, "sin"))) == {NEW}


def test_pull_request_target_judges_the_head(
    upstream: Upstream, checkout: Callable[..., Clone]
) -> None:
    """There, main is what is checked out."""
    clone = checkout("refs/heads/main")
    assert blamed(clone.judge("pull_request_target", pull(upstream, "sin"))) == {NEW}


def test_a_whole_clone_stays_whole(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    clone = checkout("refs/heads/sin", "--no-prune")
    found = clone.judge("pull_request", pull(upstream, "sin"))
    assert (found.code, blamed(found)) == (1, {NEW})
    assert clone.git("rev-parse", "--is-shallow-repository") == "false\n"
    assert "--depth" not in found.out


def test_merge_group(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    clone = checkout("refs/pull/1/merge")
    group = {"head_sha": upstream.merges["sin"], "base_sha": upstream.main,
             "base_ref": "refs/heads/main"}  # fmt: skip
    assert blamed(clone.judge("merge_group", {"merge_group": group})) == {NEW}


# --- pushes


def test_a_push(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    clone = checkout("refs/heads/sin")
    found = clone.judge("push", push(upstream.fork, upstream.repent), start=True)
    assert (found.code, blamed(found)) == (1, {NEW})
    assert "pmgit: 3 commits: " in found.out
    after = clone.judge("push", push(upstream.sin, upstream.repent))
    assert (after.code, blamed(after), warned(after)) == (0, set(), [])


@pytest.mark.parametrize("before", [ZEROS, GONE])
def test_a_new_branch_and_one_whose_old_tip_is_gone(
    before: str, upstream: Upstream, checkout: Callable[..., Clone]
) -> None:
    clone = checkout("refs/heads/sin")
    found = clone.judge("push", push(before, upstream.repent))
    assert (found.code, blamed(found), warned(found)) == (1, {NEW}, [])


@pytest.mark.parametrize("before", [ZEROS, GONE])
def test_main_with_no_known_start_is_judged_as_a_tree(
    before: str, upstream: Upstream, checkout: Callable[..., Clone]
) -> None:
    clone = checkout("refs/heads/main")
    found = clone.judge("push", push(before, upstream.main, "refs/heads/main"))
    assert (found.code, blamed(found)) == (1, {OLD, "pretrained_model/old"})
    assert "the whole tree is judged, but not what earlier commits" in warned(found)[0]


def test_a_forced_push(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    """What is new is what the old tip had not: here, also what main had in between."""
    clone = checkout("refs/heads/clean")
    found = clone.judge("push", push(upstream.repent, upstream.clean, forced=True))
    assert (found.code, OLD in blamed(found), NEW in blamed(found)) == (1, True, False)


def test_a_tag(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    clone = checkout("refs/tags/v1")
    tag = upstream.repo.git("rev-parse", "v1").strip()
    assert tag != upstream.repent
    assert blamed(clone.judge("push", push(ZEROS, tag, "refs/tags/v1"))) == {NEW}


def test_a_deleted_branch(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    clone = checkout("refs/heads/main")
    gone = clone.judge("push", push(upstream.repent, ZEROS, deleted=True))
    assert (gone.code, gone.out) == (0, "pmgit: a deleted branch brings nothing\n")


# --- events without commits, and what was asked for


def test_by_hand_the_tree_is_judged(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    clone = checkout("refs/heads/main")
    for name in ("workflow_dispatch", "schedule"):
        found = clone.judge(name, {})
        assert (found.code, warned(found)) == (1, [])
        assert OLD in blamed(found)


def test_what_was_asked_for(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    clone = checkout("refs/heads/sin", "--depth=4")
    event = pull(upstream, "sin")
    assert clone.judge("pull_request", event, range="all").code == 0
    asked = clone.judge(
        "pull_request",
        event,
        range="HEAD~3..HEAD",
        args="--select size,lfs --ignore 'oversized-blob'",
        format="gitlab",
        sarif="out.sarif",
    )
    assert asked.code == 1
    (issue,) = json.loads(asked.out.partition("\n")[2])
    (result,) = json.loads((clone.path / "out.sarif").read_text())["runs"][0]["results"]
    assert issue["check_name"] == result["ruleId"] == "tracked-weights"
    assert clone.judge("pull_request", event, args="'").code == 3
    assert clone.judge("pull_request", event, args="--nonsense").code == 2


# --- never clean by mistake


def test_without_access_the_tree_is_judged(
    upstream: Upstream, checkout: Callable[..., Clone]
) -> None:
    """`persist-credentials: false` in a private repository: nothing more can be fetched."""
    clone = checkout("refs/pull/1/merge")
    clone.git("remote", "set-url", "origin", "file:///nowhere")
    found = clone.judge("pull_request", pull(upstream, "sin"))
    assert (found.code, blamed(found)) == (1, {OLD, "pretrained_model/old"})
    assert "the whole tree is judged" in warned(found)[0]


@pytest.mark.parametrize("name", ["pull_request_target", "push"])
def test_what_cannot_be_had_fails(
    name: str, upstream: Upstream, checkout: Callable[..., Clone]
) -> None:
    """The tree that is here is another one; judging it would say nothing."""
    clone = checkout("refs/heads/main")
    clone.git("remote", "set-url", "origin", "file:///nowhere")
    event = {**pull(upstream, "sin"), **push(upstream.fork, upstream.repent)}
    failed = clone.judge(name, event)
    assert (failed.code, len(list(runner_commands(failed.out)))) == (3, 1)


def test_another_tree_than_the_one_that_was_pushed_says_nothing(
    upstream: Upstream, checkout: Callable[..., Clone]
) -> None:
    """The pushed commits are here, where they start is not, and main is checked out."""
    clone = checkout("refs/heads/clean")
    clone.git("fetch", "-q", "--depth=1", "origin", "refs/heads/sin")
    clone.git("remote", "set-url", "origin", "file:///nowhere")
    failed = clone.judge("push", push(GONE, upstream.repent), start=True)
    assert (failed.code, len(list(runner_commands(failed.out)))) == (3, 1)


def test_an_event_that_says_nothing_fails(
    upstream: Upstream, checkout: Callable[..., Clone]
) -> None:
    clone = checkout("refs/heads/main")
    events: list[Any] = [
        {}, [], None, {"pull_request": None},
        {"pull_request": {"head": {"sha": "--upload-pack=x"}}}, "x",
        {"before": "", "after": "", "ref": 3, "repository": {"default_branch": "main"}},
    ]  # fmt: skip
    for event in events:
        for name in ("pull_request", "push"):
            failed = clone.judge(name, event)
            assert failed.code == 3, (name, event)
            assert "Traceback" not in failed.err, (name, event)


def test_an_author_may_be_called_parent(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    """Only lines of the header count, not words in them."""
    clone = checkout("refs/heads/main", "--depth=1000")
    named = {"GIT_AUTHOR_NAME": "parent", "GIT_COMMITTER_NAME": "parent parent"}
    clone.git("fetch", "-q", "origin", upstream.clean)
    clone.git("merge", "-q", "--no-ff", "-m", "Merge", upstream.clean, env=named)
    merge = clone.git("rev-parse", "HEAD").strip()
    done = clone.judge("pull_request", pull(upstream, "clean"))
    assert done.code == 0, done
    assert f"..{merge[:12]}" in done.out


def test_no_repository_fails(tmp_path: Path, env: dict[str, str]) -> None:
    clone = Clone(tmp_path / "empty", env, init=None)
    clone.path.mkdir()
    assert clone.judge("push", {}).code == 3


def test_in_the_end_all_of_the_history_is_fetched(
    upstream: Upstream, checkout: Callable[..., Clone], monkeypatch: pytest.MonkeyPatch
) -> None:
    deepen = _script()["deepen"]
    for name, number in (("DEPTH", 2), ("TRIES", 1)):
        monkeypatch.setitem(deepen.__globals__, name, number)
    clone = checkout("refs/pull/1/merge")
    with standing_in(clone):
        assert deepen(upstream.main, upstream.merges["sin"])
    assert clone.git("rev-parse", "--is-shallow-repository") == "false\n"


def test_a_checkout_without_blobs(upstream: Upstream, checkout: Callable[..., Clone]) -> None:
    """`filter: blob:none` of actions/checkout."""
    clone = checkout("refs/heads/sin", "--filter=blob:none")
    found = clone.judge("push", push(upstream.fork, upstream.repent))
    assert found.code == 3, found
    assert "1 object is not here (partial clone)" in found.err
    assert list(runner_commands(found.out))


# --- the shell script that action.yml runs


def action(clone: Clone, **inputs: str) -> Result:
    variables = {f"PMGIT_ACTION_{key.upper()}": value for key, value in inputs.items()}
    return clone.run(
        ["sh", str(SCRIPTS / "ci_action.sh")],
        env={"GITHUB_EVENT_NAME": "workflow_dispatch", **variables},
    )


def test_nothing_of_the_judged_repository_is_imported(repo: Repo) -> None:
    clone = Clone(repo.path, repo.env, init=None)
    trap = "open('PWNED', 'w').close()\nraise SystemExit(0)\n"
    for name in ("json", "venv", "ensurepip", "pip", "pmgit", "re", "subprocess", "sitecustomize"):
        clone.stage(f"{name}.py", trap)
    clone.stage(NEW, 2000)
    for folder, args in ((".", ""), (str(clone.path), "--select size")):
        found = action(clone, version="installed", directory=folder, args=args)
        assert (found.code, NEW in blamed(found)) == (1, True), found
    assert not (clone.path / "PWNED").exists()


def test_inputs_run_nothing(repo: Repo) -> None:
    clone = Clone(repo.path, repo.env, init=None)
    clone.stage("a.txt", "a\n")
    clone.env["PATH"] = f"{forked.programs()}{os.pathsep}{clone.env['PATH']}"
    for name in ("version", "args", "range", "format", "directory", "python"):
        failed = action(clone, **{"version": "installed", name: "$(touch A);`touch B`\ntouch C;"})
        assert failed.code in (2, 3), failed
        assert "Traceback" not in failed.err
    assert [path.name for path in clone.path.iterdir() if path.name != ".git"] == ["a.txt"]


def test_without_a_new_python_it_says_so(repo: Repo) -> None:
    clone = Clone(repo.path, repo.env, init=None)
    failed = action(clone, python="/nowhere/python")
    assert (failed.code, len(list(runner_commands(failed.out)))) == (3, 1)
    assert "pmgit needs Python 3.11 or newer" in failed.err
