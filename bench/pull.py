"""How long `pmgit pull` takes, side by side with `hf download` from the same Hub: see README.md.

python bench/pull.py [--size 1GiB] [--files 1,4] [--rounds 5] [--targets] [--markdown]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from model_files import Race, judge, pmgit, run, shuffled
from shared import BIN, environment, machine, plain
from tests.hub_server import HubServer
from tests.kit import weights_bytes

from pmgit.core.units import read_size, show_binary_size

OWN, PEER = "pmgit pull", "hf download"
ID = "org/model"
MODEL = "pretrained_model/model"


class Measured:
    """The runs for one number of files; this process is the Hub."""

    def __init__(self, count: int, size: int, rounds: int, scratch: Path) -> None:
        self.count, self.size = count, size
        names = [f"model-{number:05}.safetensors" for number in range(count)]
        files = {name: weights_bytes(size // count, seed) for seed, name in enumerate(names)}
        folder, target = scratch / "repository", scratch / "hf-download"
        with HubServer() as hub:
            hub.add(ID, {"config.json": b"{}\n", **files})
            home = scratch / "hf"
            env = environment(scratch) | hub.environment(str(home))
            folder.mkdir()
            run("git", "init", "-q", "-b", "main", at=folder, env=env)
            run(*pmgit("add", ID, "--yes"), at=folder, env=env)
            self.race = Race(scratch / "repository", env, scratch)
            jobs = {
                OWN: pmgit("pull"),
                PEER: [str(BIN / "hf"), "download", ID, "--local-dir", str(target), "--quiet"],
            }
            for turn in range(rounds + 1):
                for job in shuffled(jobs):
                    for path in (home, target):
                        shutil.rmtree(path, ignore_errors=True)
                    for path in (folder / MODEL).iterdir():
                        if path.suffix == ".safetensors":
                            path.unlink()
                    self.race.run(job, jobs[job])
                    got = folder / MODEL if job == OWN else target
                    for name, data in files.items():
                        if (got / name).read_bytes() != data:
                            raise SystemExit(f"{job} has not fetched what the Hub has of {name}")
                if not turn:
                    self.race.forget()

    def table(self) -> list[str]:
        return self.race.table(OWN, f"{show_binary_size(self.size)}, files: {self.count}")

    def target(self) -> tuple[str, float, str, float]:
        return (f"files: {self.count}, time / time of {PEER}", self.race.ratio(OWN, PEER), "<=", 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--size", type=read_size, default=1 << 30, help="of all files together")
    parser.add_argument("--files", default="1,4", help="numbers of files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    parser.add_argument("--targets", action="store_true", help="exit 1 when a figure is missed")
    options = parser.parse_args()
    found = []
    for count in map(int, options.files.split(",")):
        with tempfile.TemporaryDirectory(prefix="pmgit-bench-") as name:
            found.append(Measured(count, options.size, options.rounds, Path(name).resolve()))
        table = found[-1].table()
        print("\n".join(table if options.markdown else plain(table)), "\n", flush=True)
    print(f"{machine()}; medians of {options.rounds} rounds; x = ratio to {OWN}")
    if options.targets:
        judge([one.target() for one in found])


if __name__ == "__main__":
    main()
