"""The limits of a judgement: what ends it, and that no process outlives it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from pmgit.git import attributes, process, program
from pmgit.git.process import GitError
from pmgit.git.repository import discover
from pmgit.server import watch
from pmgit.server.watch import OverdueError, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit import Repo

#: `git` as a program that does something before it sleeps.
SLEEPER = '#!/bin/sh\ncase "$*" in *{word}*) {first}sleep {marker};; esac\nexec {git} "$@"\n'


class Sleeper:
    """A git that sleeps, in a process of its own, when a word is among its arguments."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._git = repo.sh("command -v git").out.strip()
        self.folder = repo.path.parent / "sleeper"
        self._marker = f"{3600 + os.getpid()}.{len(str(repo.path))}"

    def write(self, word: str, first: str = "") -> None:
        """Put it into its folder; `first` is what it does before it sleeps."""
        self.folder.mkdir(exist_ok=True)
        text = SLEEPER.format(word=word, first=first, marker=self._marker, git=self._git)
        (self.folder / "git").write_text(text)
        (self.folder / "git").chmod(0o755)

    def asleep(self) -> list[list[str]]:
        """Process id and parent of everything that sleeps."""
        lines = self._repo.run(["ps", "-A", "-o", "pid=,ppid=,args="]).out.splitlines()
        words = [line.split(None, 2) for line in lines]
        return [found[:2] for found in words if found[2:] == [f"sleep {self._marker}"]]

    def wait(self, *, asleep: bool) -> bool:
        """Wait until something sleeps, or nothing does any more; whether that came about."""
        end = time.monotonic() + 60
        while bool(self.asleep()) != asleep and time.monotonic() < end:
            time.sleep(0.05)
        return bool(self.asleep()) == asleep


@pytest.fixture
def sleeper(here: Repo, monkeypatch: pytest.MonkeyPatch) -> Sleeper:
    """A git that is found first by this process; its word is `cat-file`."""
    sleeper = Sleeper(here)
    sleeper.write("cat-file")
    monkeypatch.setattr(program, "_git", str(sleeper.folder / "git"))
    monkeypatch.setattr(watch, "_FIRST_LOOK", 0.05)
    monkeypatch.setattr(watch, "_PAUSE", 0.05)
    return sleeper


def without_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: no alarms, no posix_spawn."""
    monkeypatch.delattr("_signal.setitimer")
    monkeypatch.delattr(os, "posix_spawn")
    # What the tests start themselves may use it, from Python 3.13 on.
    monkeypatch.setattr("subprocess._USE_POSIX_SPAWN", False)


def ends(work: Callable[[], object], watched: Watch | None = None) -> OverdueError:
    """How a judgement ends that does this work."""
    with pytest.raises(OverdueError) as caught, watched or Watch():
        work()
    assert not process.running
    assert process.group == -1
    return caught.value


def test_the_time_of_all_is_up(sleeper: Sleeper) -> None:
    watched = Watch()
    watched.limit(0)
    error = ends(lambda: process.run("cat-file", "-t", "HEAD"), watched)
    assert error.message == "this push could not be judged within 0 s"
    assert "git config pmgit.timeout" in error.hint
    assert sleeper.wait(asleep=False)


def test_the_time_of_one_is_up(sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper.write("check-attr")
    monkeypatch.setattr(attributes, "_SECONDS", 0)
    repository = discover()

    def ask() -> None:
        attributes.answers(attributes.ask(repository, ["a"], {}), ["a"])

    error = ends(ask)
    assert error.message == "git did not find the attributes of the pushed files within 0 s"
    assert sleeper.wait(asleep=False)
    # Where nobody watches, git may take as long as it needs; and who has answered, has.
    sleeper.write("none")
    assert attributes.answers(attributes.ask(repository, ["a"], {}), ["a"]) == {}
    with Watch():
        asked = attributes.ask(repository, ["a"], {})
        while not asked.has_ended():
            pass
        time.sleep(0.2)
        assert attributes.answers(asked, ["a"]) == {}


def test_what_pmgit_itself_does_is_ended_too(sleeper: Sleeper) -> None:
    watched = Watch()
    watched.limit(0)

    def work() -> None:
        while True:
            pass

    assert "within 0 s" in ends(work, watched).message


@pytest.mark.parametrize("mode", ["bytes", "memory"])
def test_git_takes_no_end_of_room(
    mode: str, sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper.write("cat-file", "echo far too much; ")
    if mode == "bytes":
        monkeypatch.setattr(watch, "MOST_BYTES", 3)
    else:
        monkeypatch.setattr(watch, "_memory", lambda _: watch.MOST_MEMORY + 1)
    error = ends(lambda: process.run("cat-file", "-t", "HEAD"))
    assert ("too much memory" if mode == "memory" else "too much to say") in error.message
    assert error.hint == "push fewer commits at once"
    assert sleeper.wait(asleep=False)


def test_a_look_of_this_process_knows_its_memory() -> None:
    held = bytearray(os.urandom(1)) * 50_000_000
    assert watch._memory(os.getpid()) > len(held) or not os.path.exists("/proc/self/statm")
    assert watch._memory(2**30) == 0


def test_nobody_reads_the_answer(sleeper: Sleeper) -> None:
    reader, writer = os.pipe()
    kept = os.dup(1)
    os.dup2(writer, 1)
    os.close(writer)
    try:
        assert not watch._nobody_reads()
        os.close(reader)
        error = ends(lambda: process.run("cat-file", "-t", "HEAD"))
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert error.message == "nobody waits for the answer any more"
    assert sleeper.wait(asleep=False)


@pytest.mark.parametrize("windows", [False, True])
def test_any_other_end_leaves_nothing_either(
    windows: bool, sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper.write("cat-file", "exec " if windows else "")  # there git.exe ends what it has started
    if windows:
        without_alarms(monkeypatch)

    def interrupted() -> None:
        with Watch():
            process.start("cat-file", "-t", "HEAD")
            assert sleeper.wait(asleep=True)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not process.running
    assert sleeper.wait(asleep=False)


def test_without_alarms_a_thread_looks(sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper.write("cat-file", "exec ")
    without_alarms(monkeypatch)
    watched = Watch()
    watched.limit(0)
    error = ends(lambda: process.run("cat-file", "-t", "HEAD"), watched)
    assert "within 0 s" in error.message
    assert sleeper.wait(asleep=False)


def test_nothing_is_left_of_a_judgement_that_ends_well(here: Repo) -> None:
    here.stage("a", "a")
    here.commit()
    with Watch() as watched:
        watched._look()
        assert process.run("cat-file", "-t", "HEAD") == b"commit\n"
        guard = watched._guard
    assert guard
    with pytest.raises(ProcessLookupError):
        os.killpg(guard, 0)
    with pytest.raises(GitError), Watch():
        process.run("cat-file", "-t", "0" * 40)


def test_who_does_not_listen_is_killed(sleeper: Sleeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PATIENCE", 0.2)
    sleeper.write("cat-file", "trap '' TERM; ")
    with Watch():
        one = process.start("cat-file", "-t", "HEAD")
        assert sleeper.wait(asleep=True)
        one.stop()
    assert sleeper.wait(asleep=False)
