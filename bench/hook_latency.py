"""How long a commit waits for pmgit, side by side with its peers: see README.md in this folder.

python bench/hook_latency.py [--sizes 1,100] [--rounds 15] [--targets] [--markdown]
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from repository import CONFIGURED, PLAIN, Models, Repository, Sources
from shared import BIN, cores, environment, launch, machine, plain
from shared import ratio as ratio_of

HOOK, HOOK_CONFIGURED = "pmgit-hook", "pmgit-hook, .pmgit.toml"
PEER = "check-added-large-files"
IN_MODELS = ", 1,000 models"

#: Staged files -> the largest accepted ratio to PEER.
RATIOS = {1: 0.8, 100: 0.8, 1000: 0.8, 10_000: 0.6, 50_000: 0.3}
#: The same where the repository holds 1,000 models and new ones are staged.
MODELS_RATIOS = {1: 0.9, 100: 0.9, 1000: 1.2, 10_000: 1.4}
CONFIG_RATIO, CONFIG_SIZES = 0.15, 1000
MEMORY = 80_000_000


class Job:
    """One entry of the table: commands, how many run at a time, in which state."""

    def __init__(self, commands: list[list[str]], *, workers: int = 1, state: str = PLAIN) -> None:
        self.commands = commands
        self.workers = workers
        self.state = state
        self.seconds: list[float] = []
        self.memory = 0


def pre_commit_batches(
    command: list[str], names: list[str], env: dict[str, str]
) -> list[list[str]]:
    """The calls that pre-commit makes of `command`: shuffled, split by cores and by length."""
    names = list(names)
    random.Random(1542676187).shuffle(names)
    environment = sum(len(name) + len(value) + 2 for name, value in env.items())
    longest = min(os.sysconf("SC_ARG_MAX") - 2048 - environment, 2**17)
    most = max(4, math.ceil(len(names) / cores()))
    fixed = length = len(" ".join(command)) + 1
    batches: list[list[str]] = [[]]
    for name in names:
        if len(batches[-1]) == most or length + len(name) + 1 > longest:
            batches.append([])
            length = fixed
        batches[-1].append(name)
        length += len(name) + 1
    return [command + batch for batch in batches]


def jobs(repository: Repository, scratch: Path, hook: list[str]) -> dict[str, Job]:
    """Everything that is measured in `repository`. A command's first word is its input."""
    names, oids = scratch / "names", scratch / "oids"
    names.write_bytes(b"".join(os.fsencode(name) + b"\0" for name in repository.names))
    oids.write_text("".join(oid + "\n" for oid in repository.oids))
    nothing = os.devnull
    peer = [str(BIN / PEER)]
    batches = pre_commit_batches(peer, repository.names, repository.env)
    return {
        PEER: Job([[nothing, *batch] for batch in batches], workers=cores()),
        HOOK: Job([[nothing, *hook]]),
        HOOK_CONFIGURED: Job([[nothing, *hook]], state=CONFIGURED),
        "git plumbing (floor)": Job(
            [
                [nothing, "git", "diff-index", "--cached", "--raw", "-z", "--no-renames", "HEAD"],
                [str(names), "git", "check-attr", "--cached", "-z", "--stdin", "filter"],
                [str(oids), "git", "cat-file", "--batch-check"],
            ]
        ),
        "git lfs status": Job([[nothing, "git", "lfs", "status"]]),
        "prek run, builtin " + PEER: Job([[nothing, str(BIN / "prek"), "run"]]),
        "python -c pass": Job([[nothing, sys.executable, "-c", "pass"]]),
    }


def jobs_in_models(repository: Repository, hook: list[str]) -> dict[str, Job]:
    """What is measured in the repository that holds nothing but models."""
    batches = pre_commit_batches([str(BIN / PEER)], repository.names, repository.env)
    peer = Job([[os.devnull, *batch] for batch in batches], workers=cores())
    return {PEER + IN_MODELS: peer, HOOK + IN_MODELS: Job([[os.devnull, *hook]])}


def run(job: Job, repository: Repository, scratch: Path) -> tuple[float, int]:
    """Seconds and bytes of one run, which must succeed."""
    repository.use(job.state)
    done = launch(job.commands, job.workers, repository.folder, repository.env, scratch)
    return done.seconds, done.memory


def assert_judges(repository: Repository, hook: list[str]) -> None:
    """The hook accepts what is staged without a word, and does see raw weights."""
    for state in (PLAIN, CONFIGURED):
        repository.use(state)
        clean = _hook(repository, hook)
        # The pointers have no objects, of which the hook tells.
        if clean.returncode or clean.stdout.partition("not scanned: ")[0]:
            raise SystemExit(f"the hook objects to a clean repository:\n{clean.stdout}")
        oid = repository.git("hash-object", "-w", "--stdin", stdin=os.urandom(2_000_000))
        entry = f"100644,{oid.strip().decode()},pretrained_model/model-000/raw.safetensors"
        repository.git("update-index", "--add", "--cacheinfo", entry)
        if _hook(repository, hook).returncode != 1:
            raise SystemExit("the hook lets raw weights pass: it is no fair subject")


def _hook(repository: Repository, hook: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        hook,
        cwd=repository.folder,
        env=repository.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def measure(size: int, rounds: int, hook: list[str], scratch: Path) -> dict[str, Job]:
    """Both repositories with so many staged files, one after the other."""
    env = environment(scratch)
    repository = Repository(scratch / "sources", size, env, Sources())
    assert_judges(repository, hook)
    table = jobs(repository, scratch, hook)
    interleave(table, repository, rounds, scratch, f"N = {size}")
    if size in MODELS_RATIOS:
        repository = Repository(scratch / "models", size, env, Models())
        assert_judges(repository, hook)
        more = jobs_in_models(repository, hook)
        interleave(more, repository, rounds, scratch, f"N = {size}{IN_MODELS}")
        table |= more
    return table


def interleave(
    table: dict[str, Job], repository: Repository, rounds: int, scratch: Path, what: str
) -> None:
    """Run all jobs of a repository in so many rounds, each in another order."""
    begin = time.monotonic()
    for job in table.values():
        run(job, repository, scratch)  # compiles .pyc files, fills the page cache
    order = list(table.values())
    for _ in range(rounds):
        random.shuffle(order)
        for job in order:
            seconds, memory = run(job, repository, scratch)
            job.seconds.append(seconds)
            job.memory = max(job.memory, memory)
    print(f"{what}: {rounds} rounds, {time.monotonic() - begin:.0f} s", file=sys.stderr)


def ratio(table: dict[str, Job], name: str) -> float:
    """How long an entry takes, as a share of what the peer takes in the same repository."""
    peer = PEER + IN_MODELS if name.endswith(IN_MODELS) else PEER
    return ratio_of(table[name].seconds, table[peer].seconds)


def extra(table: dict[str, Job]) -> float:
    """What the configuration file adds to the ratio."""
    triples = zip(
        table[HOOK_CONFIGURED].seconds, table[HOOK].seconds, table[PEER].seconds, strict=True
    )
    return median((configured - plain) / peer for configured, plain, peer in triples)


def markdown(tables: dict[int, dict[str, Job]]) -> list[str]:
    """The two tables: time with ratio, and memory."""
    head = " | ".join(f"N={size}" for size in tables)
    rule = "|---|" + "---:|" * len(tables)
    names = list(next(iter(tables.values())))
    lines = [f"| time | {head} |", rule]
    for name in names:
        cells = [
            f"{1000 * median(table[name].seconds):.0f} ms (x{ratio(table, name):.2f})"
            if name in table
            else ""
            for table in tables.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", f"| MB, largest process | {head} |", rule]
    for name in names:
        cells = [
            f"{table[name].memory / 1e6:.1f}" if name in table else "" for table in tables.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def targets(tables: dict[int, dict[str, Job]]) -> tuple[list[str], bool]:
    """What was to be reached, what was, and whether all of it was."""
    rows = []
    for size, table in tables.items():
        if size in RATIOS:
            rows.append((f"N={size} ratio", ratio(table, HOOK), RATIOS[size]))
        if size in MODELS_RATIOS:
            name = HOOK + IN_MODELS
            rows.append((f"N={size}{IN_MODELS}", ratio(table, name), MODELS_RATIOS[size]))
        if size <= CONFIG_SIZES:
            rows.append((f"N={size} added by .pmgit.toml", extra(table), CONFIG_RATIO))
        memory = max(job.memory for name, job in table.items() if name.startswith(HOOK))
        rows.append((f"N={size} MB", memory / 1e6, MEMORY / 1e6))
    lines = [
        f"{'reached' if is_ <= limit else 'MISSED '}  {name}: {is_:.2f}, at most {limit:g}"
        for name, is_, limit in rows
    ]
    return lines, all(is_ <= limit for _, is_, limit in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument(
        "--sizes", default=",".join(map(str, RATIOS)), help="numbers of staged files"
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    parser.add_argument("--targets", action="store_true", help="exit 1 when a figure is missed")
    parser.add_argument(
        "--hook", default="", help="what to measure instead of pmgit-hook pre-commit"
    )
    options = parser.parse_args()
    hook = shlex.split(options.hook) or [str(BIN / "pmgit-hook"), "pre-commit"]
    tables = {}
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="pmgit-bench-") as folder:
            tables[size] = measure(size, options.rounds, hook, Path(folder).resolve())
    lines = markdown(tables)
    print("\n".join(lines if options.markdown else plain(lines)))
    print(f"\n{machine()}; medians of {options.rounds} interleaved rounds; x = ratio to {PEER}")
    if options.targets:
        lines, reached = targets(tables)
        print("", *lines, sep="\n")
        sys.exit(not reached)


if __name__ == "__main__":
    main()
