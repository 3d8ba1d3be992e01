"""Raw weights in the history, which a set-up leaves there, and the next step for people.

The commits made so far keep what they hold; new pointers only stop it from growing. Whether
history is rewritten is for people to decide, so here are only a look and a plan, no rewriting.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from pmgit.core.units import show_size
from pmgit.git import log
from pmgit.git.attribute_text import unquoted
from pmgit.git.process import GitError
from pmgit.git.revisions import commit_of, listed
from pmgit.git.streams import Running
from pmgit.lfs import migrate, patterns, pointer
from pmgit.snapshots.base import TREE, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository


@dataclass
class RawHistory:
    """The raw blobs that commits introduced at paths which belong into Git LFS now.

    `pushed`: whether a remote is known to have one of them. `last_only`: whether the last commit
    of this branch introduced all of them. `include` are patterns for `git lfs migrate`.
    """

    raw: list[Blob] = field(default_factory=list)
    pushed: bool = False
    last_only: bool = False
    include: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """The raw weights of the history in a sentence; '' when there are none."""
        paths = {blob.path for blob in self.raw}
        if not paths:
            return ""
        size = show_size(sum({blob.oid: blob.size for blob in self.raw}.values()))
        versions = "1 version" if len(self.raw) == 1 else f"{len(self.raw)} versions"
        files = "1 file" if len(paths) == 1 else f"{len(paths)} files"
        return (
            f"the commits made so far hold {versions} ({size}) of {files} raw,"
            f" the first is {self.raw[0].path}"
        )

    @property
    def hints(self) -> list[str]:
        """The command that shows them, and the next step."""
        if not self.raw:
            return []
        include = f"--include={shlex.quote(','.join(self.include))}"
        if self.last_only and not self.pushed:
            step = "only the last commit holds them, and it is not pushed: git commit --amend"
        elif not self.pushed:
            step = (
                "they are not pushed: commit what is staged, and when git status shows nothing,"
                f" rewrite these commits: git lfs migrate import {include} && git lfs checkout"
            )
        else:
            step = (
                "a remote has them: commit what is staged, and only pointers come in from then on;"
                " to take them out of the history, everybody who has a clone must agree"
            )
        # `git lfs migrate info --everything` takes minutes where this takes a second.
        least = min(blob.size for blob in self.raw)
        return [f"look at them: pmgit history --min-size {least}", step]


def look(
    repository: Repository,
    matched: Callable[[Sequence[str]], Mapping[str, Sequence[str]]],
) -> RawHistory:
    """Find the raw blobs in all commits; `matched` finds the lfs patterns of paths that have some.

    Empty where the history is not here to look at (a clone without trees).
    """
    try:
        blobs = _introduced(repository)
        pushed = set(listed(repository, "--remotes"))
    except GitError:
        return RawHistory()  # no commit yet, or a clone without trees
    lfs = matched(list(dict.fromkeys(blob.path for blob in blobs if blob.is_regular)))
    blobs = [b for b in blobs if b.path in lfs and not patterns.must_be_text(b.path)]
    Snapshot(repository, TREE, [], []).objects.survey(blobs, pointer.may_be)
    raw = [b for b in blobs if b.size > 0 and not pointer.read(b.head or b"", expected=True)]
    if not raw:
        return RawHistory()
    head = commit_of(repository, "HEAD")
    return RawHistory(
        raw,
        any(blob.commit in pushed for blob in raw),
        all(blob.commit == head for blob in raw),
        sorted({_include(blob.path, lfs[blob.path]) for blob in raw}),
    )


def _introduced(repository: Repository) -> list[Blob]:
    """Every blob that commits introduce at a path, with the oldest commit; oldest first."""
    found: dict[tuple[str, str], Blob] = {}
    with Running(repository) as running:
        stream = log.begin(running, "--all")
        for blob in log.read(stream):
            key = (blob.path, blob.oid)
            found.pop(key, None)
            blob.commit = blob.commit.partition(" ")[0]
            found[key] = blob
        error = stream.finish()
    if error is not None:
        raise error
    return list(reversed(found.values()))


def _include(path: str, matching: Sequence[str]) -> str:
    """A pattern for `git lfs migrate` that holds no text: that of a format, or the very path."""
    for pattern in matching:
        glob = unquoted(pattern)
        _, dot, suffix = glob.rpartition("*.")
        if dot and suffix.isalnum() and suffix.lower() not in ("json", "md", "txt"):
            return glob.replace(",", "?")
    return migrate.exact(path)
