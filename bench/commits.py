"""Repositories of many commits, made by `git fast-import`, and interleaved timing of commands."""

from __future__ import annotations

import os
import platform
import random
import subprocess
import sys
from pathlib import Path
from statistics import median

BIN = Path(sys.executable).parent
LAUNCH = Path(__file__).with_name("launch.py")

#: Files of the tree, in folders of 50; the first of them are pointers, one a model.
FILES = 5000
POINTERS = 100


class History:
    """A bare repository whose branch main has so many commits; each changes three files."""

    def __init__(self, folder: Path, commits: int) -> None:
        self.folder = folder
        home = folder.parent / "home"
        home.mkdir(exist_ok=True)
        self.env = {
            "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LANG": "C.UTF-8",
        }
        subprocess.run(["git", "init", "-q", "--bare", folder], env=self.env, check=True)
        self.git("symbolic-ref", "HEAD", "refs/heads/main")
        self.git("fast-import", "--quiet", stdin=_stream(commits))
        self.git("gc", "-q")

    def git(self, *args: str, stdin: bytes | None = None) -> str:
        done = subprocess.run(
            ["git", "--git-dir", str(self.folder), *args],
            env=self.env,
            input=stdin,
            stdout=subprocess.PIPE,
            check=True,
        )
        return done.stdout.decode().strip()


def _path(number: int) -> str:
    if number < POINTERS:
        return f"pretrained_model/model-{number:03}/model.safetensors"
    return f"src/package_{number % 100:02}/module_{number}.py"


def _stream(commits: int) -> bytes:
    """What `git fast-import` reads: a first commit with every file, then small ones."""
    rng = random.Random(20260101)
    out = [_commit(0), _file(".gitattributes", ATTRIBUTES)]
    out += [_file(_path(number), _content(rng, number)) for number in range(FILES)]
    out += [
        _file(f"pretrained_model/model-{number:03}/INFO.md", INFO % number)
        for number in range(POINTERS)
    ]
    for at in range(1, commits):
        out.append(_commit(at))
        third = rng.randrange(POINTERS if at % 5 == 0 else FILES)
        changed = [*rng.sample(range(POINTERS, FILES), 2), third]
        out += [_file(_path(number), _content(rng, number)) for number in changed]
    return b"".join(out)


ATTRIBUTES = "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
INFO = (
    "# Model\n\n**Source**: https://example.invalid/%d\n**Downloaded**: 2026-01-13\n"
    f"**Commit**: `main` (commit: {'1' * 40})\n**License**: Apache-2.0\n"
)


def _content(rng: random.Random, number: int) -> str:
    if number < POINTERS:
        oid = rng.randbytes(32).hex()
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 440473133\n"
    return f"# module {number}\nvalue = {rng.random()}\n" * rng.randint(5, 60)


def _commit(at: int) -> bytes:
    who = f"Bench <bench@example.invalid> {1_600_000_000 + at * 60} +0000"
    begin = f"commit refs/heads/main\ncommitter {who}\ndata 2\nx\n"
    return begin.encode()


def _file(path: str, text: str) -> bytes:
    data = text.encode()
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)


def clock(words: list[str], stdin: Path | str, env: dict[str, str], cwd: Path) -> tuple[float, int]:
    """Seconds and bytes of one run, which must succeed."""
    file = cwd / "bench-commands"
    file.write_bytes(b"\0".join(os.fsencode(word) for word in (str(stdin), *words)))
    answer = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCH), "1", str(file)],
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout.split()
    if answer[1] != "0":
        raise SystemExit(f"exit code {answer[1]} of: {' '.join(words)}")
    return float(answer[0]), int(answer[2])


Jobs = dict[str, tuple[list[str], Path | str, dict[str, str], Path]]


def interleaved(jobs: Jobs, rounds: int) -> list[str]:
    """Run every job once a round, in a new order; lines of a table with ratios to the first."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    memory = dict.fromkeys(jobs, 0)
    for job in jobs.values():
        clock(*job)  # compiles .pyc files, fills the page cache
    order = list(jobs)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            took, peak = clock(*jobs[name])
            seconds[name].append(took)
            memory[name] = max(memory[name], peak)
    first = seconds[next(iter(jobs))]
    lines = ["| | time | ratio | MB, largest process |", "|---|---:|---:|---:|"]
    for name, times in seconds.items():
        ratio = median(a / b for a, b in zip(times, first, strict=True))
        lines.append(
            f"| {name} | {1000 * median(times):.0f} ms | x{ratio:.2f} | {memory[name] / 1e6:.0f} |"
        )
    git = subprocess.run(["git", "--version"], stdout=subprocess.PIPE, check=True, text=True)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    versions = f"Python {platform.python_version()}, {git.stdout.strip()}"
    return [*lines, "", f"{machine}, {versions}; medians of {rounds} interleaved rounds"]
