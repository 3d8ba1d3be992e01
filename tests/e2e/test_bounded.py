"""Pushes that Git could judge for ever: they are refused in time, and no process stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.push_server import Server, make_server
from tests.server.test_watch import Sleeper

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def server(tmp_path: Path, env: dict[str, str]) -> Server:
    """A server that has the first commit of its clone's main branch, and asks for attributes."""
    server = make_server(tmp_path, env, quick=False)
    server.clone.stage(".gitattributes", "*.pt filter=lfs\n")
    server.clone.commit()
    server.accepted("main")
    server.clone.stage("a.txt", "a\n")
    server.clone.commit()
    return server


@pytest.fixture
def sleeper(server: Server) -> Sleeper:
    """A git that sleeps in the server's hook when it is asked for attributes."""
    sleeper = Sleeper(server)
    sleeper.write("check-attr")
    hook = server.path / "hooks/pre-receive"
    # Git itself has put its own folder first.
    put = f'\nexport PATH="{sleeper.folder}:$PATH"\n'
    hook.write_text(hook.read_text().replace("\n", put, 1))
    return sleeper


def left_at(server: Server) -> list[str]:
    """What runs in the server's folder (Linux)."""
    found = []
    for pid in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(server.path):
                found.append(pid)
        except OSError:
            continue  # no process, or somebody else's
    return found


def test_the_time_of_a_push_is_up(server: Server, sleeper: Sleeper) -> None:
    server.git("config", "pmgit.timeout", "1")
    told = server.refused("main")
    assert "pmgit: this push could not be judged within 1 s" in told
    assert "hint: push fewer commits at once" in told
    assert "tell the server's administrator" not in told
    assert not sleeper.asleep()
    assert left_at(server) == []
    sleeper.write("nothing")
    server.accepted("main")


def test_a_limit_that_is_none(server: Server) -> None:
    server.guard(quick=True)
    for value in ("soon", "0", "-1", "1h", "", "9" * 5000):
        server.git("config", "pmgit.timeout", value)
        told = server.refused("main")
        assert "pmgit: git config pmgit.timeout is " in told
        assert "tell the server's administrator" in told


@pytest.mark.parametrize("victim", ["pmgit", "receive-pack"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
def test_nothing_outlives_who_is_killed(
    how: signal.Signals, victim: str, server: Server, sleeper: Sleeper
) -> None:
    """pmgit itself; or Git's own process, and with it all that a pusher could read."""
    clone = server.clone
    with subprocess.Popen(
        ["git", "push", "-q", str(server.path), "main"], cwd=clone.path, env=clone.env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as push:  # fmt: skip
        assert sleeper.wait(asleep=True)
        time.sleep(0.5)  # the first look has been taken
        parents = dict(
            line.split() for line in clone.run(["ps", "-A", "-o", "pid=,ppid="]).out.splitlines()
        )
        pmgit = parents[sleeper.asleep()[0][1]]
        os.kill(int(pmgit if victim == "pmgit" else parents[pmgit]), how)
        _, err = push.communicate(timeout=60)
    assert push.returncode, err
    assert sleeper.wait(asleep=False)
    end = time.monotonic() + 30
    while left_at(server) and time.monotonic() < end:
        time.sleep(0.05)
    assert left_at(server) == []


def test_a_pattern_that_git_never_ends_with(server: Server) -> None:
    """Newer ones (2.41) do, and judge as ever."""
    server.git("config", "pmgit.timeout", "1")
    clone = server.clone
    clone.stage_blob("a/" * 40 + "c", b"x")
    clone.stage_blob("w.pt", b"raw")
    clone.stage_blob(
        ".gitattributes", ("**/a/" * 12 + "**/b filter=lfs\n*.pt filter=lfs\n").encode()
    )
    tree = clone.git("write-tree").strip()
    commit = clone.git("commit-tree", "-p", "HEAD", "-m", "x", tree).strip()
    told = server.refused(f"{commit}:refs/heads/main")
    assert "could not be judged within 1 s" in told or "w.pt: missing-pointer" in told
    assert left_at(server) == []


def test_a_tree_of_ten_thousand_million_files(server: Server) -> None:
    """Ten folders in one another, each with ten names for the same; a few hundred bytes."""
    server.git("config", "pmgit.timeout", "1")
    clone = server.clone
    oid, entry = clone.git("hash-object", "-w", "--stdin", stdin=b"x").strip(), "100644 blob"
    for _ in range(10):
        lines = "".join(f"{entry} {oid}\tf{number}\n" for number in range(10))
        oid, entry = clone.git("mktree", stdin=lines.encode()).strip(), "040000 tree"
    commit = clone.git("commit-tree", "-m", "x", oid).strip()
    assert "could not be judged within 1 s" in server.refused(f"{commit}:refs/heads/x")
    assert left_at(server) == []
