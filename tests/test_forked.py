"""What the tests run for `pmgit` answers what the program answers."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import threading
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests import forked
from tests.fork_client import write_clients
from tests.hub_server import HubServer
from tests.kit import BIN, Repo, native_hooks, weights_for

if TYPE_CHECKING:
    from pathlib import Path

PUSH_HOOK = """\
repos:
  - repo: local
    hooks:
      - id: says
        name: says
        entry: sh -c 'echo $PRE_COMMIT_REMOTE_BRANCH >&2; exit $ANSWER'
        language: system
        always_run: true
        stages: [pre-push]
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("check",), 1),
        (("check", "--select", "no-such"), 2),
        (("--no-such",), 2),
        (("explain", "oversized-blob"), 0),
        (("check", "/nowhere"), 2),
        ((), 2),
    ],
)
def test_a_fork_answers_what_the_program_answers(
    repo: Repo, argv: tuple[str, ...], code: int
) -> None:
    repo.stage("a\udcff $(x)\n.pt", 1_500_000)
    fork = repo.pmgit(*argv)
    assert fork == repo.pmgit(*argv, start=True)
    assert fork.code == code


@pytest.mark.parametrize(
    ("argv", "code"), [(("pre-commit",), 1), ((), 1), (("--version",), 0), (("--no-such",), 2)]
)
def test_a_fork_of_the_hook_answers_what_the_hook_answers(
    repo: Repo, argv: tuple[str, ...], code: int
) -> None:
    repo.stage("a\udcff $(x)\n.pt", 1_500_000)
    fork = repo.hook(*argv)
    assert fork == repo.hook(*argv, start=True)
    assert fork.code == code


def test_git_runs_the_fork_of_the_hook_as_the_hook(repo: Repo) -> None:
    """Commits that are refused and made, `commit -a` with its own index, a merge, two pushes."""
    remote = repo.add_remote()
    repo.git("config", "core.hooksPath", str(native_hooks(repo.path.parent)))
    repo.stage("best.pt", 300)
    shutil.copytree(repo.path, repo.path.parent / "before")
    lines = (
        "git commit -m one", "git switch -q -c side", "git commit --allow-empty -m two",
        "git switch -q main", "git merge --no-ff --no-edit side", "git push origin main",
        "cp large best.pt; git commit -a -m three", "git add large; git commit -m four",
        "git commit -a --no-verify -m five", "git push origin main", "cd sub; git commit -m six",
        "echo x >sub/ü; git add sub; LC_ALL=C git commit -m seven", "cp large ü.pt; git add ü.pt",
        "LC_ALL=C git commit -m eight",
    )  # fmt: skip
    seen = []
    for env in (forked.quick_hooks(repo.env), repo.env):
        shutil.rmtree(repo.path)
        shutil.copytree(repo.path.parent / "before", repo.path)
        remote.git("update-ref", "-d", "refs/heads/main")
        (repo.path / "sub").mkdir()
        repo.write("large", weights_for("best.pt", 1_500_000))
        seen.append([repo.run(["sh", "-c", line], env=env) for line in lines])
    assert seen[0] == seen[1]
    assert {one.code for one in seen[0]} == {0, 1}


def test_a_step_of_a_fix_does_the_same_by_a_fork_and_by_the_program(repo: Repo) -> None:
    """`pmgit fix` starts Python for each step that calls pmgit."""
    repo.stage("pretrained_model/bert/model.safetensors", 3000)
    shutil.copytree(repo.path, repo.path.parent / "before")
    seen = []
    for start in (False, True):
        shutil.rmtree(repo.path)
        shutil.copytree(repo.path.parent / "before", repo.path)
        done = repo.pmgit("fix", "--yes", start=start)
        seen.append((done, repo.staged(), repo.git("ls-files", "-s")))
    assert seen[0] == seen[1]
    assert "$ pmgit gitignore\n" in seen[0][0].err
    assert ".gitignore" in seen[0][1]


def test_a_git_hook_finds_the_fork_and_a_user_pmgit(repo: Repo) -> None:
    there = forked.quick_hooks(repo.env)["PATH"].split(":")[0]
    hook = repo.write(".git/hooks/pre-commit", "#!/bin/sh\ncommand -v pmgit-hook\n")
    hook.chmod(0o755)
    repo.stage("a.txt", "a\n")
    shown = repo.run(["git", "commit", "-m", "x"], env=forked.quick_hooks(repo.env))
    assert shown.err == f"{there}/pmgit-hook\n"
    # The line to paste names pmgit as a user finds it.
    repo.stage("best.pt", 1_500_000)
    hook.write_bytes((native_hooks(repo.path.parent) / "pre-commit").read_bytes())
    refused = repo.run(["git", "commit", "-m", "x"], env=forked.quick_hooks(repo.env))
    assert forked.PREFIX not in refused.err
    assert refused.code == 1


def test_one_leaves_nothing_behind_for_the_next(repo: Repo, tmp_path: Path) -> None:
    assert repo.pmgit("check", env={"PMGIT_CHECK_FORMAT": "json"}).out.startswith("{")
    assert repo.pmgit("--verbose", "check").err
    elsewhere = repo.pmgit("check", cwd=tmp_path)
    assert (elsewhere.code, elsewhere.out) == (3, "")
    clean = repo.pmgit("check")
    assert (clean.code, clean.out, clean.err) == (0, "no findings in 0 files\n", "")


def test_one_fork_answers_call_after_call(repo: Repo, tmp_path: Path) -> None:
    """Another git, other settings, hooks, files that stay open; and all of it once more from a new
    fork, after more calls than one takes.
    """
    repo.stage("best.pt", 1_500_000)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    repo.env["TMPDIR"] = str(temporary)
    gone = {"PATH": str(tmp_path)}
    attributes = repo.write("../attributes", "*.pt filter=lfs diff=lfs merge=lfs -text\n")
    repo.write(".git/mine", f"[core]\n\tattributesFile = {attributes}\n")
    mine = {"GIT_CONFIG_GLOBAL": f"{repo.path}/.git/mine"}
    calls = [
        (repo.pmgit, ("check",), {}), (repo.pmgit, ("check",), gone),
        (repo.pmgit, ("check",), mine), (repo.hook, ("pre-commit",), {}),
        (repo.pmgit, ("init", "--dry-run"), {}), (repo.pmgit, ("scan", "best.pt"), {}),
        (repo.pmgit, ("lfs-setup", "--dry-run", "*.pt"), {}),
        (repo.pmgit, ("verify",), {}),
    ]  # fmt: skip
    expected = [call(*argv, env=env, start=True) for call, argv, env in calls]
    assert len({one.code for one in expected}) > 2
    for more in (0, forked.CALLS - 2 * len(calls) + 1, 0):
        assert [call(*argv, env=env) for call, argv, env in calls] == expected
        assert {repo.hook("--version").code for _ in range(more)} <= {0}
    assert list(temporary.iterdir()) == []


def test_a_fork_sees_what_this_call_says_of_the_hub(repo: Repo, tmp_path: Path) -> None:
    """The next call has another Hub, none at all, a token that lies in a file, a time-out."""
    token = repo.write("../mine/token", "hf_right\n")
    with HubServer() as one, HubServer() as other:
        for hub in (one, other):
            hub.add("org/net", {"config.json": hub.url.encode(), "model.bin": b""})
        other.models["org/net"].gated = "manual"
        other.tokens["hf_right"] = {"org/net"}
        envs = [one.environment(str(tmp_path / "hf")), other.environment(str(tmp_path / "hf"))]
        envs += [{**envs[0], "HF_HUB_OFFLINE": "1"}, {**envs[1], "HF_HOME": str(token.parent)}]
        ask = ("add", "org/net", "--dry-run")
        expected = [repo.pmgit(*ask, env=env, start=True) for env in envs]
        # Two of which the program says what it says of the first, and none: what stands there.
        envs += [{**envs[0], "HF_HUB_ETAG_TIMEOUT": "3"}, {**envs[0], "HF_HUB_OFFLINE": "no"}, {}]
        expected += [expected[0], expected[0], expected[2]]
        envs.append(envs[0])
        expected.append(expected[0])
        assert [repo.pmgit(*ask, env=env) for env in envs] == expected
    assert len({one.out + one.err for one in expected}) > 3


def test_a_fork_names_commits_by_the_git_of_this_call(repo: Repo, tmp_path: Path) -> None:
    """GitPython, which does that, starts git when it is imported."""
    repo.commit("none", "--allow-empty")
    repo.stage("best.pt", 1_500_000)
    repo.commit("one")
    elsewhere = repo.write("../bin/git", f'#!/bin/sh\nexec "{shutil.which("git")}" "$@"\n')
    elsewhere.chmod(0o755)
    envs: list[dict[str, str]] = [
        {}, {"PATH": f"{tmp_path}/bin:{repo.env['PATH']}"}, {"PATH": str(tmp_path / "none")},
        {"GIT_PYTHON_GIT_EXECUTABLE": "/nowhere", "GIT_PYTHON_REFRESH": "quiet"},
    ]  # fmt: skip
    ask = ("check", "--range", "HEAD~1..HEAD")
    expected = [repo.pmgit(*ask, env=env, start=True) for env in envs]
    assert "one (Test, 2026-01-01)" in expected[0].out
    # GitPython does not read these ids; what it raises is looked up in its parts.
    other = Repo(tmp_path / "sha256", repo.env, init=("--object-format=sha256",))
    other.commit("none", "--allow-empty")
    other.stage("best.pt", 1_500_000)
    other.commit("one")
    unnamed = other.pmgit(*ask, start=True)
    assert unnamed.code == 1, unnamed
    for _ in range(2):
        assert other.pmgit(*ask) == unnamed
        assert repo.pmgit(*ask) == expected[0]
    assert [repo.pmgit(*ask, env=env) for env in reversed(envs)] == expected[::-1]


def test_a_fork_that_is_killed_answers_so(repo: Repo) -> None:
    git = repo.write("../bin/git", "#!/bin/sh\nkill -9 $PPID\n")
    git.chmod(0o755)
    folder = str(git.parent)
    assert repo.pmgit("check", env={"PATH": f"{folder}:{repo.env['PATH']}"}).code == -9
    assert repo.pmgit("check").code == 0


@pytest.mark.parametrize("name", ["LC_ALL", "LANG", "PYTHONPATH", "PYTHONUTF8"])
def test_what_python_reads_at_its_start_needs_the_program(repo: Repo, name: str) -> None:
    argv = [str(BIN / "pmgit"), "--version"]
    assert forked.run(argv, repo.path, repo.env)
    assert forked.run(argv, repo.path, {**repo.env, name: "x"}) is None


@pytest.mark.parametrize(
    "command",
    [
        "cd sub && pmgit check --format json >../out 2>../err; echo $?; cat ../out ../err",
        "PMGIT_CHECK_FORMAT=json pmgit check 2>&1 | cat",
        "printf 'x\\n' | pmgit explain -; echo $?",
        "env -i HOME=$HOME GIT_CONFIG_GLOBAL=$GIT_CONFIG_GLOBAL PATH=$PATH pmgit check; echo $?",
        "pmgit --no-such || pmgit check $'a\\xff b'; echo $?; pmgit explain GH001 | grep -c GitHub",
        "(mkdir gone && cd gone && rmdir ../gone && pmgit check; echo $?)",
        "pmgit --version <&-; echo $?; ulimit -n 30; pmgit --version; umask 0; pmgit --version",
    ],
)
def test_a_fork_in_a_shell_answers_what_the_program_answers(repo: Repo, command: str) -> None:
    repo.stage("sub/a\udcff $(x)\n.pt", 1_500_000)
    assert repo.sh(command) == repo.sh(command, start=True)


def test_a_compiled_client_asks_for_what_the_script_asks_for(repo: Repo, tmp_path: Path) -> None:
    """And leaves to the program what the script leaves to it."""
    lines = (
        "pmgit a '' $'\\xff\\n b' <in >out", "LC_ALL=C pmgit-hook pre-push",
        "python -P -m pmgit fix", "cd .git && ODD=$'\\xff' pmgit", "LC_ALL=C pmgit --version",
        "umask 0; pmgit-hook --version", "ulimit -n 64; pmgit-hook --version",
        "PYTHONX=1 pmgit-hook --version", "unset LANG; pmgit-hook --version",
    )  # fmt: skip
    repo.write("in", "given")
    told = []
    asked: dict[str | None, list[tuple[list[bytes], bytes]]] = {}
    # The address of a socket must be short.
    with TemporaryDirectory(dir="/tmp") as short:
        for compiler in dict.fromkeys((None, shutil.which("cc"))):
            address, folder = f"{short}/{bool(compiler)}", tmp_path / f"{bool(compiler)}"
            clients = {name: folder / name for name in ("pmgit", "pmgit-hook", "python")}
            write_clients(clients, address, "pmgit", compiler)
            assert (clients["pmgit"].read_bytes()[:2] == b"#!") == (not compiler)
            env = {"PATH": f"{folder}:{repo.env['PATH']}"}
            with socket.socket(socket.AF_UNIX) as listening:
                listening.bind(address)
                listening.listen()
                asked[compiler] = []
                thread = threading.Thread(target=_answer, args=(listening, asked[compiler]))
                thread.start()
                told.append([repo.run(["bash", "-c", line], env=env) for line in lines])
                listening.shutdown(socket.SHUT_RDWR)
                thread.join()
    assert told[0] == told[-1]
    first, *others = asked.values()
    assert others in ([], [first])
    assert [one.code for one in told[0]] == [7] * 4 + [0] * 5
    assert [given for _, given in first] == [b"given", b"", b"", b""]


def _answer(listening: socket.socket, asked: list[tuple[list[bytes], bytes]]) -> None:
    """Answer 7 to whoever asks; keep the words that were sent, and what the input holds."""
    while True:
        try:
            one, _ = listening.accept()
        except OSError:
            return
        with one, one.makefile("rb") as request:
            _, files, _, _ = socket.recv_fds(one, 1, 3)
            given = os.read(files[0], 99)
            words = request.read().split(b"\0")
            # The folder of the client.
            words = [word for word in words if not word.startswith((b"PATH=", b"_="))]
            asked.append((sorted(words), given))
            one.send(b"7")
            for file in files:
                os.close(file)


def test_a_shell_finds_the_fork_and_the_fork_the_program(repo: Repo) -> None:
    assert repo.sh("command -v pmgit").out == f"{forked.programs()}/pmgit\n"
    assert forked.programs() not in repo.sh("pmgit --verbose doctor 2>&1").out
    # One that the test has put before it is not replaced.
    repo.env["PATH"] = f"/elsewhere:{repo.env['PATH']}"
    assert repo.sh("command -v pmgit").out == f"{BIN}/pmgit\n"


def test_a_fork_of_pre_commit_answers_and_writes_what_pre_commit_does(repo: Repo) -> None:
    """Also in its hook: what it gives to its hooks, and what they answer."""
    path = repo.env["PATH"]
    repo.add_remote()
    hook = repo.path / ".git/hooks/pre-push"
    repo.stage(".pre-commit-config.yaml", PUSH_HOOK)
    repo.commit()
    folder = forked.programs("pre-commit")
    seen = []
    for quick in (f"{folder}:", ""):
        repo.env["PATH"] = quick + path
        found = [repo.run(["pre-commit", *line.split()]) for line in (
            "install -t pre-push -f", "validate-config no-such", "no-such",
        )]  # fmt: skip
        assert [one.code for one in found] == [0, 1, 2]
        legacy = repo.write(".git/hooks/pre-push.legacy", "#!/bin/sh\necho $@; cat\n")
        legacy.chmod(0o755)
        pushed = [
            repo.run(["git", "push", "origin", f"main:{name}"], env={"ANSWER": answer})
            for name, answer in (("one", "7"), ("two", "0"))
        ]
        assert [one.code for one in pushed] == [1, 0]
        repo.git("push", "-q", "--no-verify", "origin", ":two")
        written = hook.read_text()
        assert (folder in written) == bool(quick)
        written = written.replace(f"{folder}/python/python", sys.executable)
        seen.append((found, pushed, written, hook.stat().st_mode))
        hook.unlink()
        legacy.unlink()
    assert seen[0] == seen[1]
