#!/usr/bin/env python3
"""Judge what an event of GitHub Actions brings: `ci_check.py PMGIT`, run by ci_action.sh.

Which commits an event brings is told by its payload. A shallow clone is deepened until all of
them are here. When the commit that they start from cannot be had, the whole tree is judged and
that is said; when what is to be judged cannot be had, it fails (exit code 3). An unseen commit is
never "clean".
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

FAILED = 3
#: The first depth to fetch; four times as much each time until it is enough, then everything.
DEPTH = 50
TRIES = 4
#: Nothing that a repository configures may run, and no fetch may begin other work.
GIT = (
    "git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false",
    "-c", "maintenance.auto=false", "-c", "gc.auto=0",
)  # fmt: skip


class CannotJudgeError(Exception):
    """What is to be judged cannot be had."""


def git(*argv: str) -> str | None:
    """The output of a git command, without the line break at its end; None when it fails."""
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run((*GIT, *argv), stdout=subprocess.PIPE, env=env, check=False)
    return done.stdout.decode("utf-8", "replace").rstrip("\n") if done.returncode == 0 else None


def fetch(*argv: str) -> bool:
    """Fetch from `origin` what the clone has not got; no ref of the clone changes."""
    print("pmgit: git fetch", *(word for word in argv if word.startswith("--")), flush=True)
    options = ("-q", "--no-tags", "--no-recurse-submodules")
    return git("fetch", *options, *argv) is not None


def commit_id(text: Any) -> str:
    """A full id as an event tells it; '' for none, and for the zeros that stand for none."""
    found = text if isinstance(text, str) and re.fullmatch(r"[0-9a-f]{40,64}", text) else ""
    return found if found.strip("0") else ""


def is_shallow() -> bool:
    return git("rev-parse", "--is-shallow-repository") == "true"


def bring(name: str) -> str:
    """The id of a commit (an id, or refs/heads/NAME of the remote) that is here then, or ''."""
    if commit_id(name) and git("cat-file", "-e", f"{name}^{{commit}}") is not None:
        return name
    if not commit_id(name) and not name.startswith("refs/heads/"):
        return ""
    # In a whole clone, a depth would make it shallow.
    depth = ("--depth=1",) if is_shallow() else ()
    if not fetch(*depth, "origin", name):
        return ""
    return git("rev-parse", "-q", "--verify", "FETCH_HEAD^{commit}") or ""


def is_whole(base: str, tip: str) -> bool:
    """Whether the history is here that tells which commits `tip` has and `base` has not.

    None of them may be cut off from its parents. And what lies behind the commits where the
    history of `base` is cut off must be older than all of them, or one of them might lie there.
    """
    where = git("rev-parse", "--git-path", "shallow")
    cut = set(Path(where).read_text("ascii").split()) if where and Path(where).exists() else set()
    if not cut:
        return True
    new, old = history(tip, f"^{base}"), history(base)
    if new is None or old is None or cut.intersection(new):
        return False
    edge = [time for commit, time in old.items() if commit in cut]
    return not new or not edge or max(edge) < min(new.values())


def history(*revisions: str) -> dict[str, int] | None:
    """The commits that `rev-list` tells, with their times."""
    listed = git("rev-list", "--timestamp", *revisions)
    if listed is None:
        return None
    pairs = (line.split() for line in listed.splitlines())
    return {commit: int(time) for time, commit in pairs}


def deepen(base: str, tip: str) -> bool:
    """Fetch history until the range is whole; False when it cannot be."""
    depth = DEPTH
    for _ in range(TRIES):
        if is_whole(base, tip):
            return True
        if not fetch(f"--depth={depth}", "origin", tip, base):
            return False
        depth *= 4
    return is_whole(base, tip) or (
        fetch("--unshallow", "origin", tip, base) and is_whole(base, tip)
    )


def tip_and_bases(name: str, event: dict[str, Any]) -> tuple[str, list[str]]:
    """The last commit that an event brings, and where what is new may start: the best one first.

    An event that brings no commits (by hand, by the clock, a release) has no such places.
    """
    head = git("rev-parse", "-q", "--verify", "HEAD") or ""
    if name.startswith("pull_request"):
        pull = event["pull_request"]
        tip, base = commit_id(pull["head"]["sha"]), pull["base"]
        start = commit_id(base["sha"])
        # refs/pull/N/merge: held against its own first parent, which may be newer than what the
        # event knows. Only with that does the range hold what the merge itself does.
        header = (git("cat-file", "commit", head) or "").split("\n\n")[0].split("\n")
        parents = [line[7:] for line in header if line.startswith("parent ")]
        if len(parents) == 2 and parents[1] == tip:
            tip, start = head, parents[0]
        return tip, [start, f"refs/heads/{base['ref']}"]
    if name == "merge_group":
        group = event["merge_group"]
        return commit_id(group["head_sha"]), [commit_id(group["base_sha"]), str(group["base_ref"])]
    if name == "push":
        main = f"refs/heads/{event['repository']['default_branch']}"
        bases = [commit_id(event["before"]), main if event["ref"] != main else ""]
        # A tag may be an object of its own; the commit is what was checked out for it.
        return (head if event["ref"].startswith("refs/tags/") else commit_id(event["after"])), bases
    return head, []


def decide(name: str, event: dict[str, Any]) -> tuple[list[str], str]:
    """The options for `pmgit check`, and what they mean; a text with `!` first is a warning."""
    if not isinstance(event, dict):
        raise CannotJudgeError(f"the event {name!a} is no object")
    if name == "push" and event.get("deleted"):
        return [], "a deleted branch brings nothing"
    try:
        tip, bases = tip_and_bases(name, event)
    except (KeyError, TypeError, AttributeError) as error:
        raise CannotJudgeError(
            f"the event {name!a} does not say which commits it brings"
        ) from error
    if not bases:
        return ["--all"], "this event brings no commits: the whole tree is judged"
    if not tip or not bring(tip):
        raise CannotJudgeError("the commits of this event cannot be fetched")
    for candidate in filter(None, bases):
        base = bring(candidate)
        if base and deepen(base, tip):
            count = git("rev-list", "--count", f"{base}..{tip}")
            return ["--range", f"{base}..{tip}"], f"{count} commits: {base[:12]}..{tip[:12]}"
    if git("rev-parse", "HEAD^{commit}") != tip:
        raise CannotJudgeError("where the commits of this event start cannot be fetched")
    return ["--all"], (
        "!where the commits of this event start is not known: the whole tree is judged, but not"
        " what earlier commits brought and later ones removed"
    )


def main() -> int:
    environ = os.environ
    if git("rev-parse", "--git-dir") is None:
        return fail("there is no repository here: actions/checkout comes first")
    asked = environ.get("PMGIT_ACTION_RANGE", "")
    try:
        if asked:
            options, said = (["--all"] if asked == "all" else ["--range", asked]), "as asked"
        else:
            path = environ.get("GITHUB_EVENT_PATH", "")
            event = json.loads(Path(path).read_text("utf-8")) if path else {}
            options, said = decide(environ.get("GITHUB_EVENT_NAME", ""), event)
        more = shlex.split(environ.get("PMGIT_ACTION_ARGS", ""))
    except (OSError, ValueError) as error:
        return fail(f"{type(error).__name__}: {error}")
    except CannotJudgeError as error:
        return fail(str(error))
    if said.startswith("!"):
        print(f"::warning title=pmgit::{said[1:]}", flush=True)
    else:
        print(f"pmgit: {said}", flush=True)
    if not options:
        return 0
    return judge(sys.argv[1], [*options, *more])


def judge(pmgit: str, options: list[str]) -> int:
    """Run pmgit: annotations for the log, and SARIF into a file when that is asked for."""
    form = os.environ.get("PMGIT_ACTION_FORMAT") or "github"
    code = subprocess.run([pmgit, "check", "--format", form, *options], check=False).returncode
    if code not in (0, 1):
        print("::error title=pmgit::pmgit could not judge; see the log of this step", flush=True)
    file = os.environ.get("PMGIT_ACTION_SARIF")
    if file and code in (0, 1):
        argv = [pmgit, "check", "--format", "sarif", "--output", file, *options]
        second = subprocess.run(argv, check=False).returncode
        return max(code, second)
    return code


def fail(why: str) -> int:
    why = why.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::error title=pmgit::{why}", flush=True)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
