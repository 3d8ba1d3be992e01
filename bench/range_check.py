"""How long the check of a range of commits takes, beside the plumbing that lists its objects.

python bench/range_check.py [--sizes 1000,5000] [--rounds 7]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from commits import History, Jobs, interleaved
from shared import BIN

PLUMBING = "git rev-list --objects --no-object-names {range} | git cat-file --batch-check"
DIFFS = "git rev-list {range} | git diff-tree --stdin -r -c --root --raw -z --no-renames"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sizes", default="1000,5000", help="numbers of commits")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="pmgit-bench-") as name:
        folder = Path(name).resolve()
        history = History(folder / "repository.git", max(sizes) + 1)
        at, env = history.folder, history.env
        for size in sizes:
            between = f"main~{size}..main"
            hook = {**env, "PRE_COMMIT_FROM_REF": f"main~{size}", "PRE_COMMIT_TO_REF": "main"}
            words = {
                "git plumbing, objects": ["sh", "-c", PLUMBING.format(range=between)],
                "git plumbing, differences": ["sh", "-c", DIFFS.format(range=between)],
                "pmgit-hook": [str(BIN / "pmgit-hook")],
                "pmgit check --range": [str(BIN / "pmgit"), "check", "--range", between],
            }
            jobs: Jobs = {
                name: (argv, os.devnull, hook if name == "pmgit-hook" else env, at)
                for name, argv in words.items()
            }
            print(f"{size} commits\n")
            print("\n".join(interleaved(jobs, options.rounds)), "\n")


if __name__ == "__main__":
    main()
