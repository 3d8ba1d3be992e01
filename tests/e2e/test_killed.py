"""kill -9 at 20 moments of `add`, `update` and `pull`: in the end all is right, at no byte twice.

The moments do not depend on a clock. The Hub stops in the middle of an answer; when all that it has
sent lies on the disk, the process is killed. The next one is served a little more.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.file_server import Asked, Fault, Handler
from tests.hub_server import HubServer
from tests.kit import Repo, isolated_environment, weights_bytes

NAME = "bert"
ID = f"org/{NAME}"
MODEL = f"pretrained_model/{NAME}"
WEIGHTS = "model.safetensors"
DATA = weights_bytes(3_000_000)
OLD = {WEIGHTS: weights_bytes(1_100_000), "config.json": b"{}\n", "gone.txt": b"old\n"}
NEW = {WEIGHTS: DATA, "config.json": b'{"a": 1}\n'.ljust(81_000), "vocab.txt": b"a\nb\n"}
OID = hashlib.sha256(DATA).hexdigest()
#: So many bytes of the weights are sent in each of the runs that are killed in the middle of them.
STEP, STEPS = 150_000, 16

#: Forks a process that runs `pmgit` for a line, names it, and says when it is gone. The line has
#: the folder, the environment and the words.
#: A number in front of these has it kill itself at that change of a name, before it is made.
#: A start of Python that imports the client of the Hub takes half a second of CPU.
FORKS = """\
import atexit, encodings.idna, gc, importlib, json, os, pkgutil, signal, sys
import huggingface_hub.hf_api, pmgit.commands.add, pmgit.commands.pull, pmgit.commands.update
import pmgit.formats
from pmgit.cli import main
for module in pkgutil.iter_modules(pmgit.formats.__path__, "pmgit.formats."):
    importlib.import_module(module.name)
def kill_at(number):
    def count(event, args):
        nonlocal number
        if event in ("os.rename", "os.link"):
            number -= 1
            if number == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)

gc.freeze()
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        gc.disable()  # as the forks of tests/forked.py
        nothing = os.open(os.devnull, os.O_RDWR)
        for file in 0, 1, 2:
            os.dup2(nothing, file)
        top, environ, words = json.loads(line)
        os.chdir(top)
        os.environ.clear()
        os.environ.update(environ)
        sys.argv = ["pmgit", *words]
        if sys.argv[1].isdigit():
            kill_at(int(sys.argv.pop(1)))
        try:
            main()
        except SystemExit as end:
            atexit._run_exitfuncs()
            os._exit(end.code or 0)
    print(pid, flush=True)
    print("gone", os.waitpid(pid, 0)[1], flush=True)
"""


class Forked(NamedTuple):
    """A Hub, what the client is told of it, and the process that forks."""

    hub: HubServer
    env: dict[str, str]
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """Of all tests here: the client reads what it is told when it is imported."""
    top = tmp_path_factory.mktemp("forked")
    with HubServer() as hub:
        env = hub.environment(str(top / "hf"))
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", FORKS], cwd=top,
            env={**isolated_environment(top / "home"), **env},
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        yield Forked(hub, env, process)
        process.communicate()


@pytest.fixture
def hub(repo: Repo, forked: Forked) -> HubServer:
    """The Hub as it begins: nothing is there, and nobody has asked."""
    repo.env |= forked.env
    found = forked.hub
    for kept in (found.models, found.log, found.faults, found.cdn.log, found.cdn.faults):
        kept.clear()
    found.cdn.objects.clear()
    return found


class Killer:
    """Runs a command of pmgit again and again, and kills it at each moment that is named."""

    def __init__(self, repo: Repo, forked: Forked, argv: list[str], before: dict[str, bytes]):
        self.repo, self.argv, self.before = repo, argv, before
        self.hub, self.forks = forked.hub, forked.process
        self.folder = repo.path / MODEL
        self.kills = 0

    def start(self, *words: str) -> int:
        """Have a process forked; its id."""
        assert self.forks.stdin
        assert self.forks.stdout
        line = json.dumps([str(self.repo.path), self.repo.env, words])
        print(line, file=self.forks.stdin, flush=True)
        return int(self.forks.stdout.readline())

    def gone(self) -> str:
        """How it has ended."""
        assert self.forks.stdout
        return self.forks.stdout.readline()

    def kill(self, moment: str, is_reached: Callable[[], bool]) -> None:
        """Start the command, wait for a moment and kill it; then nothing wrong lies anywhere."""
        pid = self.start(*self.argv)
        until = time.monotonic() + 60
        while not is_reached():
            assert is_there(pid), f"it ended before this moment: {moment}"
            assert time.monotonic() < until, moment
            time.sleep(0.002)
        with suppress(ProcessLookupError):  # the last one may have done all by now
            os.kill(pid, signal.SIGKILL)
        assert self.gone().startswith("gone ")
        self.kills += 1
        self.demand_whole_files(moment)

    def kill_at(self, number: int) -> bool:
        """Have the command kill itself before so many changes of names; whether it came to that."""
        self.start(str(number), *self.argv)
        gone = self.gone()
        assert gone in ("gone 0\n", "gone 9\n"), gone
        self.demand_whole_files(f"before name {number}")
        return gone == "gone 9\n"

    def finish(self) -> None:
        """Run the command to its end."""
        assert not self.kill_at(10**6)

    def demand_whole_files(self, moment: str) -> None:
        for path in self.folder.glob("*") if self.folder.exists() else ():
            if path.name.startswith(("INFO.md", "pmgit.lock")):
                continue
            right = [files[path.name] for files in (self.before, NEW) if path.name in files]
            assert path.read_bytes() in right, (moment, path.name)

    def part(self) -> Path:
        return self.repo.path / ".git/pmgit/incoming" / f"{OID}.part"

    def has_arrived(self, size: int) -> bool:
        part = self.part()
        return part.exists() and part.stat().st_size == size

    def is_whole(self) -> bool:
        """Whether all of the weights are here, in their place or on the way to it."""
        there = self.folder / WEIGHTS
        return self.has_arrived(len(DATA)) or (there.exists() and there.read_bytes() == DATA)

    def sent(self) -> int:
        return sum(asked.sent[0] for asked in self.hub.cdn.log if asked.path.endswith(OID))


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def stop_description(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Have the Hub say nothing when it is asked about the model; the list of who has asked."""
    asked_for: list[Asked] = []

    def wait(handler: Handler, asked: Asked) -> None:
        asked_for.append(asked)
        hub.closed.wait(60)

    monkeypatch.setattr(hub, "answer", wait)
    return asked_for


def prepared(repo: Repo, forked: Forked, command: str, *argv: str) -> Killer:
    """Kills a command, in a repository in which it has something to do."""
    hub = forked.hub
    hub.add(ID, OLD if command == "update" else NEW)
    before = OLD if command == "update" else {}
    killer = Killer(repo, forked, ["add", ID, "--yes"], before)
    if command != "add":
        killer.finish()
    if command == "pull":
        for name in NEW:
            (repo.path / MODEL / name).unlink()
    if command == "update":
        hub.add(ID, NEW)
    killer.argv = [command, *argv]
    return killer


@pytest.mark.parametrize("command", ["add", "update", "pull"])
def test_20_kills_cost_no_byte_twice(
    repo: Repo, hub: HubServer, forked: Forked, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    lock = repo.path / MODEL / "pmgit.lock"
    argv = {"add": [ID, "--yes"], "update": [NAME, "--yes"], "pull": ["--jobs", "1"]}
    killer = prepared(repo, forked, command, *argv[command])
    locked = lock.read_bytes() if lock.exists() else b""
    hub.cdn.log.clear()
    # 1: while the Hub is asked about the model, or about the first file
    with monkeypatch.context() as patch:
        asked = stop_description(hub, patch)
        killer.kill("it has asked", lambda: bool(asked))
    # 2 and 3: in a small file, and at its end
    commit = hub.models[ID].branches["main"]
    place = f"/{ID}/resolve/{commit}/config.json"
    for number in (30_000, 10**9):
        hub.log.clear()
        hub.faults[place] = [Fault("stall", number)]
        killer.kill("in a small file", lambda: any(one.path == place for one in hub.log))
    # so often in the weights
    for step in range(STEPS):
        hub.faults.clear()
        hub.cdn.faults[OID] = [Fault("stall", STEP)]
        size = STEP * (step + 1)
        killer.kill(f"at byte {size}", partial(killer.has_arrived, size))
    # at the end: the last byte has arrived; the file has its name, or not yet
    hub.cdn.faults.clear()
    killer.kill("at the end", killer.is_whole)
    assert killer.kills == 4 + STEPS
    is_done = command == "add" and lock.exists()  # the last one was killed when all was done
    if not is_done:
        killer.finish()
    if command == "pull":
        assert lock.read_bytes() == locked

    assert killer.sent() == len(DATA)
    assert [one.start for one in hub.cdn.log if one.path.endswith(OID)] == [
        STEP * step for step in range(STEPS + 1)
    ]
    for name, data in NEW.items():
        assert (repo.path / MODEL / name).read_bytes() == data
    assert not list((repo.path / ".git/pmgit/incoming").iterdir())
    assert repo.pmgit("verify").code == 0


@pytest.mark.parametrize("command", ["add", "update", "pull"])
def test_killed_before_each_name_that_it_gives(
    repo: Repo, hub: HubServer, forked: Forked, command: str
) -> None:
    """Between any two files, also between INFO.md and the lock: the same command mends it."""
    argv = {"add": [ID, "--yes"], "update": [NAME, "--yes"], "pull": []}
    start = repo.path.parent / "start"

    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (repo.path / MODEL).iterdir()}

    killed: list[set[str]] = []
    killer = prepared(repo, forked, command, *argv[command])
    repo.path.rename(start)
    shutil.copytree(start, repo.path)
    killer.finish()
    right = files()
    while True:
        shutil.rmtree(repo.path)
        shutil.copytree(start, repo.path)
        if not killer.kill_at(len(killed) + 1):
            break
        killed.append({path.name for path in killer.folder.glob("*")})
        killer.finish()
        assert files() == right, killed
        assert not list((repo.path / ".git/pmgit/incoming").iterdir()), killed
    least = {"add": 5, "update": 5, "pull": 3}[command]
    assert len(killed) >= least, killed
