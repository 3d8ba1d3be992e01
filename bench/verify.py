"""How long `pmgit verify` takes, side by side with what else hashes files: see README.md here.

python bench/verify.py [--size 4GiB] [--files 1,4,40] [--rounds 5] [--targets] [--markdown]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from model_files import Race, judge, pmgit, run, shuffled, write_random
from shared import cores, environment, machine, plain

from pmgit.core.units import read_size, show_binary_size

OWN, AGAIN = "pmgit verify --force", "pmgit verify, a second time"
DGST = "openssl dgst -sha256"
#: What `hf cache verify` does for each file of Git LFS, without asking the Hub.
HF = """
import sys
from huggingface_hub.utils.sha import sha_fileobj
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        print(sha_fileobj(file).hex())
"""
MODEL = "pretrained_model/model"
#: Seconds that `openssl speed` hashes for, and the bytes of a block: the largest that it takes by
#: itself. They stay in the processor's cache, while files have to be read.
SPEED = ["openssl", "speed", "-seconds", "1", "-bytes", "16384", "-evp", "sha256"]


def build(folder: Path, size: int, count: int, env: dict[str, str]) -> list[str]:
    """A repository with one model of `count` files, locked and in Git LFS; the files' paths."""
    folder.mkdir()
    run("git", "init", "-q", "-b", "main", at=folder, env=env)
    run("git", "lfs", "install", "--local", at=folder, env=env)
    names = [f"{MODEL}/model-{number:05}.safetensors" for number in range(count)]
    for name in names:
        write_random(folder / name, size // count)
    run(*pmgit("add", MODEL), at=folder, env=env)
    sums = run("sha256sum", *names, at=folder, env=env)
    for line in sums.splitlines():
        oid, name = line.split(maxsplit=1)
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize "
        blob = folder / "pointer"
        blob.write_text(f"{pointer}{(folder / name).stat().st_size}\n")
        found = run("git", "hash-object", "-w", "--no-filters", "pointer", at=folder, env=env)
        entry = f"100644,{found.strip()},{name}"
        run("git", "update-index", "--add", "--cacheinfo", entry, at=folder, env=env)
        there = folder / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
        there.parent.mkdir(parents=True, exist_ok=True)
        there.hardlink_to(folder / name)  # the same pages of memory: nobody reads from the disk
    (folder / "pointer").unlink()
    run("git", "commit", "-q", "-m", "A model", at=folder, env=env)
    return names


def speed(workers: int, env: dict[str, str], folder: Path) -> float:
    """The bytes that OpenSSL hashes in a second, in so many processes."""
    many = ["-multi", str(workers)] if workers > 1 else []
    shown = run(*SPEED[:2], *many, *SPEED[2:], at=folder, env=env)
    [line] = [line for line in shown.splitlines() if line.startswith("sha256 ")]
    return float(line.split()[-1].removesuffix("k")) * 1000


class Measured:
    """The runs of one number of files, and what `openssl speed` said in each round."""

    def __init__(self, count: int, size: int, rounds: int, scratch: Path) -> None:
        self.count, self.size = count, size
        env = environment(scratch)
        folder = scratch / "repository"
        names = build(folder, size, count, env)
        self.race = Race(folder, env, scratch)
        self.speeds: list[float] = []
        jobs = {
            OWN: pmgit("verify", "--force"),
            AGAIN: pmgit("verify"),
            "sha256sum": ["sha256sum", *names],
            DGST: ["openssl", "dgst", "-sha256", *names],
            "git lfs fsck": ["git", "lfs", "fsck", "--objects"],
            "hf cache verify, its hashing": [sys.executable, "-c", HF, *names],
        }
        if count > 1:
            parts = [names[at :: cores()] for at in range(cores())]
            side = " & ".join(f"openssl dgst -sha256 {' '.join(part)}" for part in parts if part)
            jobs[f"{DGST}, {cores()} side by side"] = ["sh", "-c", f"{side} & wait"]
        for turn in range(rounds + 1):
            for name in shuffled(jobs):
                self.race.run(name, jobs[name])
            self.speeds.append(speed(cores(), env, folder))
            if not turn:
                self.race.forget()
                self.speeds.clear()

    @property
    def share(self) -> float:
        """The share of the speed of `openssl speed -multi` that pmgit reaches, start included."""
        taken = self.race.seconds(OWN)
        return median(self.size / one / rate for one, rate in zip(taken, self.speeds, strict=True))

    def table(self) -> list[str]:
        lines = self.race.table(OWN, f"{show_binary_size(self.size)}, files: {self.count}")
        rate = median(self.speeds)
        floor = f"openssl speed -multi {cores()}, for so many bytes"
        return [*lines, f"| {floor} | {self.size / rate:.2f} s (x{self.share:.2f}) | | |"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--size", type=read_size, default=4 << 30, help="of all files together")
    parser.add_argument("--files", default="1,4,40", help="numbers of files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    parser.add_argument("--targets", action="store_true", help="exit 1 when a figure is missed")
    options = parser.parse_args()
    found = []
    for count in map(int, options.files.split(",")):
        with tempfile.TemporaryDirectory(prefix="pmgit-bench-") as name:
            one = Measured(count, options.size, options.rounds, Path(name).resolve())
        found.append(one)
        table = one.table()
        print("\n".join(table if options.markdown else plain(table)), "\n", flush=True)
    print(f"{machine()}; medians of {options.rounds} rounds; x = ratio to {OWN}")
    if options.targets:
        judge([target for one in found for target in targets(one)])


def targets(one: Measured) -> list[tuple[str, float, str, float]]:
    files = f"files: {one.count}"
    if one.count == 1:
        goal = (f"{files}, time of {DGST} / time of pmgit", one.race.ratio(DGST, OWN), ">=", 0.9)
    else:
        goal = (f"{files}, share of openssl speed -multi", one.share, ">=", 0.8)
    again = median(one.race.seconds(AGAIN))
    return [
        goal,
        (f"{files}, MB of the largest process", one.race.memory(OWN) / 1e6, "<=", 100),
        (f"{files}, seconds of the second verify", again, "<=", 0.3),
    ]


if __name__ == "__main__":
    main()
