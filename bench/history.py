"""How long a look at all of history takes, side by side with its peers: see README.md here.

python bench/history.py [--commits 20000] [--rounds 9] [--targets] [--markdown]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from repository import Texts
from shared import BIN, Done, environment, launch, machine, plain, ratio

RECIPE = "rev-list, cat-file, sort"
OWN = "pmgit history"
#: Repository -> the largest accepted ratio to RECIPE.
CLEAN, LARGE = "nothing large", "24 weights"
RATIOS = {CLEAN: 0.6, LARGE: 1.0}
WEIGHTS = 24
FILES = 3000
#: `git lfs migrate info --everything` runs once, and is stopped after so many seconds.
LIMIT = 15


def build(folder: Path, commits: int, weights: int, env: dict[str, str]) -> set[str]:
    """Make a repository of one pack; the ids of its large blobs, one of them unreachable."""
    chance = random.Random(20260101)
    texts = Texts()
    contents: dict[str, list[bytes]] = {}
    folder.mkdir()

    def git(*args: str, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *args], cwd=folder, env=env, input=stdin, stdout=subprocess.PIPE, check=True
        )
        return done.stdout.decode()

    git("init", "-q", "-b", "main")
    process = subprocess.Popen(
        ["git", "fast-import", "--quiet"], cwd=folder, env=env, stdin=subprocess.PIPE
    )
    assert process.stdin is not None
    write = process.stdin.write
    step = max(1, commits // max(weights, 1))
    for number in range(commits):
        head = f"commit refs/heads/main\nmark :{number + 1}\ncommitter Bench{number % 9}"
        head += f" <bench{number % 9}@example.invalid> {1_600_000_000 + number * 60} +0000\n"
        write(f"{head}data 4\nwork\n".encode())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(FILES)
            name = f"src/part_{at % 10}/module_{at // 10 % 30:02d}/file_{at:04d}.py"
            if name not in contents:
                contents[name] = texts.next(name)[:2000].splitlines(keepends=True)
            lines = contents[name]
            lines[chance.randrange(len(lines))] = b"changed = %d\n" % number
            _file(write, name, b"".join(lines))
        if weights and number % step == step // 2:
            # Each fourth takes the place of another, as weights do that are trained again.
            name = f"pretrained_model/model-{number // step % 6}/model.safetensors"
            _file(write, name, chance.randbytes(1_100_000 + number))
        if number % 1000 == 999:
            write(f"reset refs/tags/v{number // 1000}\nfrom :{number + 1}\n\n".encode())
    process.stdin.close()
    if process.wait():
        raise SystemExit("git fast-import failed")
    git("repack", "-adq")
    if weights:
        git("hash-object", "-w", "--stdin", stdin=chance.randbytes(1_500_000))
    listed = git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objectsize)")
    pairs = [line.split() for line in listed.splitlines()]
    return {oid for oid, size in pairs if int(size) >= 1_000_000}


def _file(write: object, name: str, data: bytes) -> None:
    assert callable(write)
    write(f"M 100644 inline {name}\ndata {len(data)}\n".encode() + data + b"\n")


def jobs() -> dict[str, list[str]]:
    check = "--batch-check='%(objectname) %(objecttype) %(objectsize) %(rest)'"
    table = {
        RECIPE: ["sh", "-c", f"git rev-list --objects --all | git cat-file {check} | sort"],
        OWN: [str(BIN / "pmgit"), "history"],
        "cat-file --batch-all-objects (floor)": [
            "git", "cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch-check",
        ],
        "pmgit history --help (its start)": [str(BIN / "pmgit"), "history", "--help"],
    }  # fmt: skip
    if shutil.which("git-filter-repo", path=os.pathsep.join([str(BIN), os.environ["PATH"]])):
        table["git filter-repo --analyze"] = ["git", "filter-repo", "--analyze", "--force"]
    return table


def assert_finds(folder: Path, env: dict[str, str], large: set[str]) -> None:
    """It finds what there is, or it is no fair subject."""
    done = subprocess.run(
        [str(BIN / "pmgit"), "history", "--top", "1000", "--format", "json"],
        cwd=folder, env=env, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    import json

    found = {blob["oid"] for blob in json.loads(done.stdout)["blobs"]}
    if found != large:
        raise SystemExit(f"pmgit history finds {len(found)} of {len(large)} large blobs")


def measure(
    name: str, commits: int, rounds: int, scratch: Path
) -> tuple[dict[str, list[Done]], str]:
    begin = time.monotonic()
    print(f"{name}: building", end="", file=sys.stderr, flush=True)
    env = environment(scratch)
    folder = scratch / "repository"
    large = build(folder, commits, WEIGHTS if name == LARGE else 0, env)
    assert len(large) == (WEIGHTS + 1 if name == LARGE else 0), len(large)
    assert_finds(folder, env, large)
    table = jobs()
    results: dict[str, list[Done]] = {job: [] for job in table}
    print(f" {time.monotonic() - begin:.0f} s", end="", file=sys.stderr, flush=True)
    for turn in range(rounds + 1):
        for job in random.sample(list(table), len(table)):
            done = launch([[os.devnull, *table[job]]], 1, folder, env, scratch)
            if turn:  # the first one fills the page cache
                results[job].append(done)
    slow = migrate_info(folder, env)
    print(f", {time.monotonic() - begin:.0f} s", file=sys.stderr)
    return results, slow


def migrate_info(folder: Path, env: dict[str, str]) -> str:
    """The seconds of one `git lfs migrate info --everything`."""
    begin = time.monotonic()
    process = subprocess.Popen(
        ["git", "lfs", "migrate", "info", "--everything"],
        cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return f"stopped after {LIMIT} s"
    return f"{time.monotonic() - begin:.1f} s"


def ratios(results: dict[str, list[Done]], job: str, what: str = "seconds") -> float:
    own, peer = ([getattr(done, what) for done in results[name]] for name in (job, RECIPE))
    return ratio(own, peer)


def markdown(tables: dict[str, tuple[dict[str, list[Done]], str]]) -> list[str]:
    lines = []
    for name, (results, slow) in tables.items():
        lines += [f"| {name} | time | processor | MB, largest process |", "|---|---:|---:|---:|"]
        for job, done in results.items():
            clock = 1000 * median(one.seconds for one in done)
            busy = 1000 * median(one.processor for one in done)
            lines.append(
                f"| {job} | {clock:.0f} ms (x{ratios(results, job):.2f})"
                f" | {busy:.0f} ms (x{ratios(results, job, 'processor'):.2f})"
                f" | {max(one.memory for one in done) / 1e6:.0f} |"
            )
        lines += [f"| git lfs migrate info --everything, once | {slow} | | |", ""]
    return lines[:-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--commits", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    parser.add_argument("--targets", action="store_true", help="exit 1 when a figure is missed")
    options = parser.parse_args()
    tables = {}
    for name in RATIOS:
        with tempfile.TemporaryDirectory(prefix="pmgit-bench-") as folder:
            tables[name] = measure(name, options.commits, options.rounds, Path(folder).resolve())
    lines = markdown(tables)
    print("\n".join(lines if options.markdown else plain([line for line in lines if line])))
    print(
        f"\n{options.commits} commits; {machine()}; medians of {options.rounds} interleaved"
        f" rounds; x = ratio to {RECIPE}"
    )
    if options.targets:
        missed = False
        print()
        for name, limit in RATIOS.items():
            found = ratios(tables[name][0], OWN)
            missed |= found > limit
            word = "MISSED " if found > limit else "reached"
            print(f"{word}  {name}: {found:.2f}, at most {limit:g}")
        sys.exit(missed)


if __name__ == "__main__":
    main()
