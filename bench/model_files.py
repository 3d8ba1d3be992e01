"""Models of random bytes, commands timed in turns, and targets: for the benchmarks of models."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

from shared import BIN, Done, launch, ratio

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20


def write_random(place: Path, size: int) -> None:
    """Write sound safetensors of `size` random bytes that no other file has: one tensor."""
    place.parent.mkdir(parents=True, exist_ok=True)
    count = size - 104
    header = b'{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (count, count)
    block = bytearray(os.urandom(_CHUNK))
    with place.open("wb") as file:
        file.write((96).to_bytes(8, "little") + header.ljust(96))
        for at in range(0, count, _CHUNK):
            block[:8] = at.to_bytes(8, "big")
            file.write(block[: min(_CHUNK, count - at)])


def run(*argv: str | Path, at: Path, env: dict[str, str]) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(argv, cwd=at, env=env, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def pmgit(*words: str) -> list[str]:
    return [str(BIN / "pmgit"), *words]


class Race:
    """Commands that run in turns in the folder `at`; `results` are their runs by name."""

    def __init__(self, at: Path, env: dict[str, str], scratch: Path) -> None:
        self._at = at
        self._env = env
        self._scratch = scratch
        self.results: dict[str, list[Done]] = {}

    def run(self, name: str, argv: list[str], env: dict[str, str] | None = None) -> None:
        """Run a command once, and keep how long it took."""
        command = [[os.devnull, *argv]]
        done = launch(command, 1, self._at, {**self._env, **(env or {})}, self._scratch)
        self.results.setdefault(name, []).append(done)

    def forget(self) -> None:
        """Drop the runs until now: they have filled the page cache."""
        self.results.clear()

    def seconds(self, name: str) -> list[float]:
        return [done.seconds for done in self.results[name]]

    def processor(self, name: str) -> list[float]:
        """The seconds that a core was busy with each run: they move less on a busy machine."""
        return [done.processor for done in self.results[name]]

    def ratio(self, own: str, peer: str) -> float:
        """The median over the rounds of the time of `own`, divided by that of `peer`."""
        return ratio(self.seconds(own), self.seconds(peer))

    def memory(self, name: str) -> int:
        """The bytes of the largest process of all runs."""
        return max(done.memory for done in self.results[name])

    def table(self, first: str, title: str) -> list[str]:
        """The lines of a Markdown table, with ratios to the command `first`."""
        lines = [f"| {title} | time | processor | MB, largest process |", "|---|---:|---:|---:|"]
        for name in self.results:
            clock, busy = median(self.seconds(name)), median(self.processor(name))
            of_busy = ratio(self.processor(name), self.processor(first))
            lines.append(
                f"| {name} | {clock:.2f} s (x{self.ratio(name, first):.2f})"
                f" | {busy:.2f} s (x{of_busy:.2f}) | {self.memory(name) / 1e6:.0f} |"
            )
        return lines


def shuffled(jobs: dict[str, list[str]]) -> list[str]:
    """The names of jobs in a new order: a slow minute of the machine meets all of them."""
    return random.sample(list(jobs), len(jobs))


def judge(targets: list[tuple[str, float, str, float]]) -> None:
    """Print which targets are reached, and exit with 1 when one is missed.

    Each is a name, what was measured, `<=` or `>=`, and the target.
    """
    missed = False
    print()
    for name, found, relation, limit in targets:
        is_reached = found <= limit if relation == "<=" else found >= limit
        missed |= not is_reached
        word = "reached" if is_reached else "MISSED "
        print(f"{word}  {name}: {found:.2f}, {relation} {limit:g}")
    sys.exit(missed)
