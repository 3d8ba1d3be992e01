"""Repositories of many commits, made by `git fast-import`, and interleaved timing of commands."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path
from statistics import median

from shared import BIN, Done, launch, machine
from shared import ratio as ratio_of

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


Jobs = dict[str, tuple[list[str], Path | str, dict[str, str], Path]]


def interleaved(jobs: Jobs, rounds: int) -> list[str]:
    """Run every job once a round, in a new order; lines of a table with ratios to the first."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    processor: dict[str, list[float]] = {name: [] for name in jobs}
    memory = dict.fromkeys(jobs, 0)
    for job in jobs.values():
        _run(*job)  # compiles .pyc files, fills the page cache
    order = list(jobs)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            done = _run(*jobs[name])
            seconds[name].append(done.seconds)
            processor[name].append(done.processor)
            memory[name] = max(memory[name], done.memory)
    first = next(iter(jobs))
    lines = ["| | time | processor | MB, largest process |", "|---|---:|---:|---:|"]
    for name in jobs:
        cells = [
            f"{1000 * median(own[name]):.0f} ms (x{ratio_of(own[name], own[first]):.2f})"
            for own in (seconds, processor)
        ]
        lines.append(f"| {name} | {' | '.join(cells)} | {memory[name] / 1e6:.0f} |")
    return [*lines, "", f"{machine()}; medians of {rounds} interleaved rounds"]


def _run(words: list[str], stdin: Path | str, env: dict[str, str], cwd: Path) -> Done:
    return launch([[str(stdin), *words]], 1, cwd, env, cwd)
