"""How long a push waits on the server, beside the git plumbing that only lists its objects.

python bench/pre_receive.py [--commits 20000] [--pushed 10] [--rounds 15]

The pushed objects lie loose in a quarantine, as `git receive-pack` has them. The hook is timed as
`pmgit server install` writes it, shell and all, and by itself. The second table is what a pusher
waits for: whole pushes, each judged and then refused by a last line, so that the next is the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from commits import History, Jobs, interleaved
from shared import BIN

ZERO = "0" * 40
#: Both at once, so that neither waits for what the other has not said yet.
ACCEPTED = "judged, and nothing found"
PLUMBING = "git rev-list --objects --no-object-names {new} --not --all | git cat-file --batch-check"


def quarantine(history: History, folder: Path, pushed: int) -> tuple[dict[str, str], str, str]:
    """Take the last commits out of the branch, into a quarantine; the environment, old, new."""
    new = history.git("rev-parse", "main")
    old = history.git("rev-parse", f"main~{pushed}")
    pack = history.git("rev-list", "--objects", "--no-object-names", f"{old}..{new}")
    objects = folder / "quarantine"
    objects.mkdir()
    whole = subprocess.run(
        ["git", "--git-dir", history.folder, "pack-objects", "-q", "--stdout"],
        input=pack.encode() + b"\n", env=history.env, stdout=subprocess.PIPE, check=True,
    ).stdout  # fmt: skip
    history.git("update-ref", "refs/heads/main", old)
    history.git("reflog", "expire", "--expire=now", "--all")
    history.git("repack", "-adq")
    history.git("prune", "--expire=now")
    env = {
        **history.env,
        "GIT_DIR": ".",
        "GIT_QUARANTINE_PATH": str(objects),
        "GIT_OBJECT_DIRECTORY": str(objects),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(history.folder / "objects"),
    }
    subprocess.run(
        ["git", "unpack-objects", "-q"], input=whole, cwd=history.folder, env=env, check=True
    )
    return env, old, new


def pushes(history: History, client: Path, hooks: dict[str, str]) -> Jobs:
    """Pushes of the client's branch to a server with each of these hooks; all are refused."""
    jobs: Jobs = {}
    for name, judge in hooks.items():
        folder = client.parent / f"hooks-{len(jobs)}"
        folder.mkdir()
        hook = folder / "pre-receive"
        hook.write_text(f"#!/bin/sh\n{judge} || exit 3\necho {ACCEPTED} >&2\nexit 1\n")
        hook.chmod(0o755)
        push = [
            "git", "--git-dir", str(client), "push", "-q",
            f"--receive-pack=git -c core.hooksPath={folder} receive-pack",
            str(history.folder), "main",
        ]  # fmt: skip
        tried = subprocess.run(push, env=history.env, stderr=subprocess.PIPE, check=False)
        if ACCEPTED.encode() not in tried.stderr:
            raise SystemExit(f"{name}: {tried.stderr.decode()}")
        jobs[name] = (["sh", "-c", '"$@" 2>&-; :', "sh", *push], os.devnull, history.env, client)
    return jobs


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--commits", type=int, default=20_000)
    parser.add_argument("--pushed", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pmgit-bench-") as name:
        folder = Path(name).resolve()
        history = History(folder / "server.git", options.commits)
        client = folder / "client.git"
        history.git("clone", "-q", "--bare", str(history.folder), str(client))
        env, old, new = quarantine(history, folder, options.pushed)
        told = folder / "stdin"
        told.write_text(f"{old} {new} refs/heads/main\n")
        hook = [str(BIN / "pmgit-hook"), "pre-receive"]
        at = history.folder
        subprocess.run(
            [str(BIN / "pmgit"), "server", "install", str(at)],
            env=history.env, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        jobs: Jobs = {
            "git plumbing": (["sh", "-c", PLUMBING.format(new=new)], told, env, at),
            "hooks/pre-receive, as installed": ([str(at / "hooks/pre-receive")], told, env, at),
            "pmgit-hook pre-receive": (hook, told, env, at),
            "python -c pass": ([sys.executable, "-c", "pass"], told, env, at),
            "python -I -S -c pass": ([sys.executable, "-I", "-S", "-c", "pass"], told, env, at),
        }
        print(f"{options.pushed} commits pushed to {options.commits}\n")
        print("\n".join(interleaved(jobs, options.rounds)))
        hooks = {
            "git push, the hook is the plumbing": f"{PLUMBING.format(new=new)} >{os.devnull}",
            "git push, judged by pmgit": str(at / "hooks/pre-receive"),
            "git push, no hook": "true",
        }
        print("\n" + "\n".join(interleaved(pushes(history, client, hooks), options.rounds)))


if __name__ == "__main__":
    main()
