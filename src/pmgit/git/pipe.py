"""Two git commands, the second of which reads what the first prints."""

from __future__ import annotations

import os

from pmgit.git import process
from pmgit.git.process import GitError

#: What `diff-tree` is asked for: the form that `blob.parse_raw_diff` and `ranges.entries` read.
RAW = (
    "--raw", "-r", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--ignore-submodules=none",
)  # fmt: skip
#: What commits change, a merge against all of its parents (`-c`). One process: `rev-list` with
#: `diff-tree --stdin` reads every commit twice, a fifth more in all. What a configuration could
#: change about `git log` is set.
LOG = (
    "log", "-c", "--root", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv",
    "--no-relative", "--no-color", "--no-show-signature", "--no-decorate", "--no-notes",
    "--no-mailmap", "--ignore-submodules=none", "-O/dev/null",
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.process import Process


def start(
    first: tuple[str, ...],
    second: tuple[str, ...],
    *,
    top: str,
    env: dict[str, str],
    stdin: bytes = b"",
) -> tuple[Process, Process]:
    """Start `git <first> | git <second>`; both are to be waited for, the sender first."""
    reader, writer = os.pipe()
    try:
        receiver = process.start(*second, top=top, env=env, source=reader)
        sender = process.start(*first, stdin=stdin, top=top, env=env, into=writer)
    finally:
        os.close(reader)
        os.close(writer)
    return sender, receiver


def finish(sender: Process, receiver: Process) -> bytes:
    """The output of `start`, however much that is; GitError when either fails."""
    sent, out = sender.wait(), receiver.finish()
    if sent[0]:
        raise GitError(sender.argv, sent[0], sent[2])
    return out


def run(first: tuple[str, ...], second: tuple[str, ...], *, top: str, env: dict[str, str]) -> bytes:
    """The output of `git <second>` reading what `git <first>` prints, however much that is."""
    return finish(*start(first, second, top=top, env=env))
