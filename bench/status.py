"""How long `pmgit status` takes with many models, beside what Git says: see README.md here.

python bench/status.py [--models 200] [--rounds 9] [--targets] [--markdown]
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from model_files import Race, judge, pmgit, run, shuffled
from shared import environment, machine, plain

from pmgit.model import lock_file
from pmgit.model.lock_file import HUB, Lock, LockedFile

OWN = "pmgit status"
#: Bytes of the weights of a model; no block of them is written, and none is read.
WEIGHTS = 400_000_000
TEXTS = ("README.md", "config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
INFO = """# model-{0}

**Source**: https://huggingface.co/org/model-{0}
**Downloaded**: 2026-01-13
**Commit**: `main` (commit: {1})
**License**: Apache-2.0
"""


def build(folder: Path, models: int, env: dict[str, str]) -> None:
    """A repository of so many models; the weights of every second one are pointers of Git LFS."""
    folder.mkdir()
    run("git", "init", "-q", "-b", "main", at=folder, env=env)
    (folder / ".gitignore").write_text("*.pt\n")
    for number in range(models):
        _model(folder / f"pretrained_model/model-{number}", number)
    run("git", "add", "-A", at=folder, env=env)
    run("git", "commit", "-q", "-m", "Models", at=folder, env=env)


def _model(place: Path, number: int) -> None:
    place.mkdir(parents=True)
    files = []
    for name in TEXTS:
        data = f"{name} of {number}\n".encode() * 100
        (place / name).write_bytes(data)
        files.append(LockedFile(name, len(data), hashlib.sha256(data).hexdigest()))
    oid = hashlib.sha256(b"%d" % number).hexdigest()
    if number % 2:
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {WEIGHTS}\n"
        (place / "model.safetensors").write_text(pointer)
        files.append(LockedFile("model.safetensors", WEIGHTS, oid))
    else:
        with (place / "model.pt").open("wb") as weights:
            weights.truncate(WEIGHTS)
        files.append(LockedFile("model.pt", WEIGHTS, oid))
    commit = f"{number:040x}"
    source = {"type": HUB, "repo_id": f"org/model-{number}", "revision": commit}
    lock = Lock(source, files, created="2026-01-13", license="apache-2.0", parameters={"F32": 10})
    (place / "pmgit.lock").write_bytes(lock_file.render(lock))
    (place / "INFO.md").write_text(INFO.format(number, commit))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    parser.add_argument("--targets", action="store_true", help="exit 1 when a figure is missed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pmgit-bench-") as name:
        scratch = Path(name).resolve()
        env = environment(scratch)
        folder = scratch / "repository"
        build(folder, options.models, env)
        shown = run(*pmgit("status"), at=folder, env=env)
        here, stands_in = (options.models + 1) // 2, options.models // 2
        if (shown.count("  here  "), shown.count("  pointer  ")) != (here, stands_in):
            raise SystemExit(f"pmgit status shows other models than there are:\n{shown}")
        jobs = {
            OWN: pmgit("status"),
            "git status": ["git", "status", "--short"],
            "git lfs ls-files --size": ["git", "lfs", "ls-files", "--size"],
            "pmgit status --help (its start)": pmgit("status", "--help"),
        }
        race = Race(folder, env, scratch)
        for turn in range(options.rounds + 1):
            for job in shuffled(jobs):
                race.run(job, jobs[job])
            if not turn:
                race.forget()
    table = race.table(OWN, f"{options.models} models")
    print("\n".join(table if options.markdown else plain(table)))
    print(f"\n{machine()}; medians of {options.rounds} rounds; x = ratio to {OWN}")
    if options.targets:
        judge([(f"{options.models} models, seconds", median(race.seconds(OWN)), "<=", 1.0)])


if __name__ == "__main__":
    main()
