"""Machines on which something is not as usual: the same answers, or an error that says why."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from itertools import islice, product
from typing import TYPE_CHECKING

import pytest

from tests.e2e.push_server import Server, make_server
from tests.hub_server import HubServer
from tests.kit import BIN, Repo, pointer, weights_for
from tests.server.test_watch import Sleeper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEIGHTS = "pretrained_model/模é/model.safetensors"
#: What could change what git prints: of a user, of a server, of a system.
SETTINGS = {
    "i18n.logOutputEncoding": "UTF-16", "i18n.commitEncoding": "UTF-16", "core.quotePath": "false",
    "core.abbrev": "4", "core.precomposeUnicode": "true", "core.warnAmbiguousRefs": "false",
    "color.ui": "always", "column.ui": "always", "format.pretty": "raw", "format.notes": "true",
    "log.showSignature": "true", "log.decorate": "full", "log.abbrevCommit": "true",
    "log.diffMerges": "off", "log.showRoot": "false", "log.follow": "true", "log.date": "raw",
    "diff.noprefix": "true", "diff.renames": "copies", "diff.ignoreSubmodules": "all",
    "diff.relative": "true", "diff.submodule": "log", "diff.external": "false",
    "diff.wsErrorHighlight": "all", "diff.orderFile": "/nonexistent", "notes.displayRef": "refs/*",
    "status.short": "true", "branch.sort": "-committerdate", "index.version": "4",
    "trace2.normalTarget": "2",
}  # fmt: skip


@pytest.fixture
def server(tmp_path: Path, env: dict[str, str]) -> Server:
    """A server, and a clone whose next commit brings weights and whose history has a merge."""
    server = make_server(tmp_path, env, quick=False)
    clone = server.clone
    clone.git("remote", "add", "origin", str(server.path))
    clone.git("fetch", "-q", "origin")
    clone.stage_all({".gitattributes": "*.bin filter=lfs\n", "ü x.bin": b"\0raw"})
    clone.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "-n", "-m", "Grüße")
    clone.git("checkout", "-q", "-b", "side", "HEAD~1")
    clone.stage("s.txt", "s\n")
    clone.commit()
    clone.git("checkout", "-q", "main")
    clone.git("merge", "-q", "--no-edit", "side")
    clone.stage(WEIGHTS, 3000)
    return server


def answers(
    server: Server, env: dict[str, str] | None = None, *, start: bool = True
) -> Iterator[str]:
    """What pmgit says of a commit that it refuses, staged, in a range, in a tree and pushed.

    Each is a start of the program; without `start`, forks answer what is asked in the clone.
    """
    clone = server.clone
    for argv in (
        ["pmgit-hook", "pre-commit"], ["pmgit", "check", "--range", "origin/main..HEAD"],
        ["git", "push", "-q", str(server.path), "HEAD:main"], ["pmgit", "check", "--all"],
    ):  # fmt: skip
        if argv[0] == "git":
            done = clone.run(argv, env=env)
        else:
            done = clone.pmgit(*argv[1:], program=argv[0], env=env, start=start)
        assert done.code == 1, (argv, done)
        lines = done.out.splitlines() + done.err.splitlines()
        told = [line.removeprefix("remote: ").strip() for line in lines]
        yield "\n".join(line for line in told if ": error" not in line and ": missing-" in line)


def test_no_setting_changes_an_answer(server: Server, tmp_path: Path) -> None:
    """Nor a machine without a home, a place for temporary files, a locale."""
    plain = list(answers(server, start=False))
    assert all("missing-" in told for told in plain)
    assert "ü x.bin: missing-pointer" in plain[2]
    odd = tmp_path / "odd"
    odd.write_bytes((tmp_path / "home/.gitconfig").read_bytes())
    for key, value in SETTINGS.items():
        server.git("config", "--file", str(odd), key, value)
    del server.clone.env["HOME"]
    less = {"TMPDIR": "/nonexistent", "LC_ALL": "nonsense", "LANGUAGE": "de"}
    assert list(answers(server, {"GIT_CONFIG_GLOBAL": str(odd), **less})) == plain


def test_no_locale_hides_a_name(server: Server) -> None:
    """Such as zh_CN.GBK, which not every machine has that runs this test."""
    plain = list(islice(answers(server, start=False), 3))
    odd = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    encoding = server.run(
        [sys.executable, "-c", "import sys; print(sys.getfilesystemencoding())"], env=odd
    )
    assert encoding.out == "ascii\n"
    assert list(islice(answers(server, odd), 3)) == plain
    server.clone.stage_all({".pmgit.toml": 'models = ["模型"]\n', "模型/bert/model.bin": 3000})
    assert "模型/bert: missing-info" in next(answers(server, odd))


def test_a_parent_that_does_not_wait_for_anybody(server: Server) -> None:
    """Below `trap '' CHLD` the system forgets how a process has ended."""
    clone = server.clone
    for command, code in (
        ("pmgit-hook pre-commit", 1), ("pmgit check --range origin/main..HEAD", 1),
        ("pmgit fix --dry-run", 1), ("pmgit check --range x..HEAD", 3),
    ):  # fmt: skip
        done = clone.sh(f"trap '' CHLD; {BIN}/{command}")
        assert done.code == code, (command, done)
        assert "Traceback" not in done.err
    clone.commit()
    tip = clone.git("rev-parse", "HEAD").strip()
    clone.git("push", "-q", str(server.path), f"{tip}:refs/heads/main", code=1)
    clone.git("push", "-q", "--receive-pack=git -c core.hooksPath=/dev/null receive-pack",
              str(server.path), f"{tip}:refs/heads/x")  # fmt: skip
    server.git("update-ref", "-d", "refs/heads/x")
    line = f"{'0' * 40} {tip} refs/heads/x\n"
    done = server.run(
        ["sh", "-c", "trap '' CHLD; exec hooks/pre-receive"], stdin=line.encode(),
        env={"GIT_DIR": "."},
    )  # fmt: skip
    assert (done.code, "tracked-weights" in done.out) == (1, True), done


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a shell")
@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ([f"ulimit -n {number}" for number in (9, 11)], "Too many open files"),
        ([f"ulimit -v {number}000" for number in (16, 24)], "memory"),
        (["ulimit -f 0"], ""),
    ],
    ids=["files", "memory", "sizes"],
)
def test_too_little_of_something(limits: list[str], says: str, server: Server) -> None:
    failed = 0
    for limit, command in product(
        limits, ("pmgit-hook pre-commit", "pmgit check --range origin/main..HEAD")
    ):
        done = server.clone.sh(f"{limit}; exec {BIN}/{command}")
        told = done.out + done.err
        if not told.startswith(("pmgit: ", "pretrained_model/")) and "fault of" not in told:
            continue  # Python itself did not start
        assert done.code in (1, 3), (limit, done)
        if done.code == 3:
            failed += 1
            assert "Traceback" not in told, (limit, told)
            assert says in told, (limit, told)
            assert told.startswith("pmgit: ")
    assert failed


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    ("argv", "how"),
    [
        (["pmgit-hook", "pre-commit"], signal.SIGINT),
        (["pmgit-hook", "pre-commit"], signal.SIGTERM),
        (["pmgit", "check", "."], signal.SIGINT),
        (["pmgit", "check", "."], signal.SIGHUP),
    ],
)
def test_who_is_ended_leaves_nothing_behind(
    argv: list[str], how: signal.Signals, repo: Repo
) -> None:
    """Also when only pmgit is, and not all that the terminal runs."""
    sleeper = Sleeper(repo)
    sleeper.write("check-attr", "exec ")
    repo.stage_all({".gitattributes": "*.pt filter=lfs\n", "a.pt": b"raw"})
    env = {**repo.env, "PATH": f"{sleeper.folder}:{repo.env['PATH']}"}
    # Whoever runs the tests may ignore signals (`nohup`), which every process inherits.
    code = "import os, signal, sys\n"
    code += f"for number in ({signal.SIGINT:d}, {how:d}): signal.signal(number, signal.SIG_DFL)\n"
    code += "os.execvp(sys.argv[1], sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", code, *argv], cwd=repo.path, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert sleeper.wait(asleep=True)
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else 128 + how), err
    assert b"Traceback" not in err
    assert sleeper.wait(asleep=False)
    assert not os.path.exists(repo.path / ".git/index.lock")


@pytest.mark.parametrize("has_object", [True, False])
def test_without_git_lfs_the_source_has_the_same_files(
    lfs_repo: Repo, tmp_path: Path, has_object: bool
) -> None:
    repo, model, data = lfs_repo, "pretrained_model/vad", weights_for("model.safetensors", 300_000)
    for name in ("programs", "empty"):
        (tmp_path / name).mkdir()
    for name in ("git", "pmgit"):
        found = shutil.which(name, path=repo.env["PATH"])
        assert found
        (tmp_path / "programs" / name).symlink_to(found)
    bare = {"PATH": str(tmp_path / "programs"), "GIT_EXEC_PATH": str(tmp_path / "empty")}
    with HubServer() as hub:
        repo.env |= hub.environment(str(repo.path.parent / "hf"))
        hub.add("org/vad", {"model.safetensors": data, "config.json": b"{}\n"})
        repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
        assert repo.pmgit("add", "org/vad", "--yes").code == 0
        repo.git("add", "--", model)
        repo.commit("a model")
        weights = repo.path / model / "model.safetensors"
        weights.write_bytes(pointer(data))
        if not has_object:
            shutil.rmtree(repo.path / ".git/lfs")
        shown = repo.pmgit("pull", env=bare)
    assert (shown.code, weights.read_bytes()) == (0, data), shown
    assert "git-lfs is not installed; the source in pmgit.lock has the same files" in shown.err
    assert f"1 from {'this machine' if has_object else 'huggingface'}" in shown.out
