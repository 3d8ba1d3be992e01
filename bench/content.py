#!/usr/bin/env python3
"""What the rules about the content of weights add to the commit hook: see README.md here.

python bench/content.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

from scan import safetensors_file, torch_zip
from shared import BIN, environment

MODEL = "pretrained_model/bert"
INFO = """# bert

**Source**: https://huggingface.co/org/bert
**Downloaded**: 2026-01-13
**Commit**: `main` (commit: 1111111111111111111111111111111111111111)
**License**: Apache-2.0
"""
MB = 1_000_000


def processor_ms(repository: Path, env: dict[str, str], *options: str) -> float:
    """Milliseconds of processor time of one run of the hook, which must accept what is staged."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    hook = [str(BIN / "pmgit-hook"), *options]
    subprocess.run(hook, cwd=repository, env=env, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return used * 1000


def repository(folder: Path, env: dict[str, str]) -> Path:
    """A repository with a described model that keeps its weights in Git LFS."""
    folder.mkdir()
    (folder / MODEL).mkdir(parents=True)
    (folder / MODEL / "INFO.md").write_text(INFO)
    lines = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    (folder / ".gitattributes").write_text(lines + lines.replace("bin", "safetensors"))
    for words in (
        ("init", "-q", "-b", "main"), ("lfs", "install", "--local"), ("add", "-A"),
        ("commit", "-q", "-n", "-m", "Begin"),
    ):  # fmt: skip
        subprocess.run(["git", *words], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        env = environment(scratch)
        print(f"{'staged':42}{'without':>10}{'with':>10}{'added':>10}")
        for number, what in enumerate(STAGED):
            top = repository(scratch / str(number), env)
            STAGED[what](top)
            subprocess.run(["git", "add", "-A"], cwd=top, env=env, check=True)
            processor_ms(top, env)  # lets Python compile its modules
            pairs = [
                (processor_ms(top, env, "--ignore", "content"), processor_ms(top, env))
                for _ in range(rounds)
            ]
            added = median(full - part for part, full in pairs)
            part, full = (median(column) for column in zip(*pairs, strict=True))
            print(f"{what:42}{part:7.1f} ms{full:7.1f} ms{added:7.2f} ms", flush=True)
    print(f"\nprocessor time of the hook, medians of {rounds} pairs, {os.cpu_count()} cores")


def texts(top: Path, count: int) -> None:
    (top / "src").mkdir()
    for number in range(count):
        (top / f"src/module_{number}.py").write_text(f"NUMBER = {number}\n")


STAGED = {
    "1 text": lambda top: texts(top, 1),
    "1,000 texts": lambda top: texts(top, 1000),
    "a torch zip of 5 MB": lambda top: torch_zip(top / MODEL / "pytorch_model.bin", 5 * MB),
    "a torch zip of 500 MB": lambda top: torch_zip(top / MODEL / "pytorch_model.bin", 500 * MB),
    "a safetensors file of 500 MB": lambda top: safetensors_file(
        top / MODEL / "model.safetensors", 500 * MB
    ),
}

if __name__ == "__main__":
    main()
