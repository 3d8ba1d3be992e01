"""What the benchmarks share: how a command is timed, where it runs, and how tables are shown."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

BIN = Path(sys.executable).parent
LAUNCH = Path(__file__).with_name("launch.py")


class Done(NamedTuple):
    """One run: seconds on the clock, bytes of the largest process, seconds of processor time."""

    seconds: float
    memory: int
    processor: float


def launch(
    commands: list[list[str]], workers: int, folder: Path, env: dict[str, str], scratch: Path
) -> Done:
    """Run commands, `workers` at a time; all must succeed. A first word is the standard input."""
    file = scratch / "commands"
    file.write_bytes(b"\0\0".join(b"\0".join(map(os.fsencode, words)) for words in commands))
    answer = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCH), str(workers), str(file)],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout.split()
    if answer[1] != "0":
        raise SystemExit(f"exit code {answer[1]} of: {shlex.join(commands[0][1:6])}")
    return Done(float(answer[0]), int(answer[2]), float(answer[3]))


def cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def environment(scratch: Path) -> dict[str, str]:
    """An environment without anything of the user's, and without LFS filters."""
    home = scratch / "home"
    home.mkdir()
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Bench",
        "GIT_AUTHOR_EMAIL": "bench@example.invalid",
        "GIT_COMMITTER_NAME": "Bench",
        "GIT_COMMITTER_EMAIL": "bench@example.invalid",
        "LANG": "C.UTF-8",
    }


def ratio(own: list[float], peer: list[float]) -> float:
    """The median of the ratios of each round: slow minutes of the machine cancel out."""
    return median(a / b for a, b in zip(own, peer, strict=True))


def plain(lines: list[str]) -> list[str]:
    """The same tables for a terminal."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rows = [row for row in rows if not row[0].startswith("---")]
    columns = max(len(row) for row in rows)
    widths = [max(len(row[i]) for row in rows if len(row) > i) for i in range(columns)]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=False))
        ).rstrip()
        for row in rows
    ]


def machine() -> str:
    """Where the figures come from."""

    def first(*argv: str) -> str:
        done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.split("\n", 1)[0].split(" (")[0]

    return ", ".join(
        [
            f"{cores()} cores",
            f"{platform.system()} {platform.machine()}",
            f"Python {platform.python_version()}",
            first("git", "--version"),
            first("git", "lfs", "version"),
            first(str(BIN / "prek"), "--version"),
        ]
    )
