"""Where commits are: on which branches and tags, on which remotes, and what is under way here.

Asked on the failing path only, to say what is right there: a commit that nobody else has can be
made anew, one that is on a remote cannot without everybody who has a clone of it.
"""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError, UsageError
from pmgit.core.lazy import lazy
from pmgit.git import revisions
from pmgit.git.blob import decode
from pmgit.git.names import HEADS, REMOTES, TAGS
from pmgit.git.remotes import ANY, Remotes
from pmgit.git.revisions import DETACHED, Head
from pmgit.snapshots import commit_range
from pmgit.snapshots.base import Receiver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.repository import Repository
    from pmgit.snapshots.base import Snapshot

MERGING = "merge"

#: The operation that Git is in the middle of, by the name that lies in the git directory then.
_UNDER_WAY = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase or am",
    "MERGE_HEAD": MERGING,
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "BISECT_LOG": "bisect",
}


def under_way(repository: Repository) -> str:
    """The operation that is under way in this work tree, such as `rebase`; '' for none."""
    for name, what in _UNDER_WAY.items():
        if os.path.exists(os.path.join(repository.git_dir, name)):
            return what
    return ""


class Holder:
    """A ref that has a commit: `oid` is its tip, `folder` where it is checked out, if anywhere."""

    def __init__(self, ref: str, oid: str, folder: str) -> None:
        self.ref = ref
        self.oid = oid
        self.folder = folder


def holders(repository: Repository, commits: Iterable[str]) -> list[Holder]:
    """Every branch, tag and remote-tracking ref that has one of these commits."""
    asked = [f"--contains={oid}" for oid in list(commits)[:200]]
    if not asked:
        return []
    out = repository.run(
        "for-each-ref", "--format=%(refname)%00%(objectname)%00%(worktreepath)", *asked,
        HEADS, TAGS, REMOTES,
    )  # fmt: skip
    lines = (line.split("\0") for line in decode(out).split("\n") if line)
    # refs/remotes/origin/HEAD stands for another of these.
    return [
        Holder(*line)
        for line in lines
        if not (line[0].startswith(REMOTES) and line[0].endswith("/HEAD"))
    ]


def short(ref: str) -> str:
    """A ref as people name it."""
    for begin in (HEADS, TAGS, REMOTES):
        if ref.startswith(begin):
            return ref.removeprefix(begin)
    return "the detached HEAD" if ref == DETACHED else ref


def typed(ref: str) -> str:
    """A branch, tag or HEAD as it is typed after `--range`, where no other is meant by that."""
    name = short(ref)
    if not ref.startswith(HEADS) or name == DETACHED or name.startswith("refs/"):
        return ref
    return name


class Unpushed:
    """The commits of a branch or tag that the remote is not known to have.

    `ref` is the branch (or HEAD when it is detached) or the tag, `tip` its commit, `bounds` the
    revision arguments that leave out what the remote has, `remote` its name ('' when there is
    none, or when any remote counts). `value`
    is what the ref holds, `commits` are the commits with their parents, parents first, `remotes`
    those of the repository and `head` HEAD, where somebody knows them.
    """

    def __init__(
        self,
        repository: Repository,
        ref: str,
        tip: str,
        bounds: Sequence[str],
        remote: str = "",
        *,
        value: str = "",
        commits: Sequence[tuple[str, Sequence[str]]] | None = None,
        remotes: Remotes | None = None,
        head: Head | None = None,
    ) -> None:
        self.repository = repository
        self.ref = ref
        self.tip = tip
        self.bounds = list(bounds)
        self.remote = remote
        #: Whether the ref is the branch that is checked out.
        self.is_here = head is not None and head.ref == ref
        self._remotes, self._head = remotes, head
        self._value = value
        self._commits = commits

    @lazy
    def value(self) -> str:
        """The id that the ref held when it was first asked: of its commit, or of an annotated tag.

        Who moves the ref names it, and Git refuses when the ref holds another by then.
        """
        if self._value or not self.ref.startswith(TAGS):
            return self._value or self.tip
        return revisions.id_of(self.repository, self.ref)

    @lazy
    def commits(self) -> list[tuple[str, list[str]]]:
        """The commits with their parents, parents first."""
        if self._commits is not None:
            return [(oid, list(parents)) for oid, parents in self._commits]
        out = self.repository.run(
            "rev-list", "--reverse", "--topo-order", "--parents", self.tip, *self.bounds
        )
        words = [line.split() for line in out.decode("ascii").splitlines()]
        return [(line[0], line[1:]) for line in words]

    def having(self, commits: Sequence[tuple[str, Sequence[str]]] | None) -> Unpushed:
        """The same with its commits, where somebody knows them."""
        return Unpushed(
            self.repository, self.ref, self.tip, self.bounds, self.remote,
            value=self._value, commits=commits, remotes=self._remotes, head=self._head,
        )  # fmt: skip

    def snapshot(self, tip: str = "") -> Snapshot:
        """The snapshot of these commits; with `tip`, of those that end there instead."""
        receiver = Receiver(
            ref=self.ref, lacks_all=self.bounds[0] == "--not",
            remotes=self._remotes, head=self._head,
        )  # fmt: skip
        return commit_range.take(
            self.repository, tip or self.tip, self.bounds, behind=self.bounds, receiver=receiver
        )


def unpushed(
    repository: Repository,
    text: str = "",
    remote: str = "",
    head: Head | None = None,
    remotes: Remotes | None = None,
) -> Unpushed:
    """The unpushed commits for `A..BRANCH`, for `BRANCH`, or for '': the branch checked out.

    A tag is named as `refs/tags/NAME`. Without A it is all that `remote` has not got, which is the
    one to which the branch is pushed where none is named. `head` is HEAD, and `remotes` are those
    of the repository, where somebody knows them. Raises UsageError when there is no such branch or
    remote, PmgitError when there is no commit yet.
    """
    if remote:
        remotes = remotes or Remotes(repository)
    if remotes and remote and remote not in remotes.names:
        raise UsageError(f"no remote {remote!r}", "see: git remote")
    old, dots, name = text.partition("..")
    if not dots:
        old, name = "", text
    head = head or Head(repository)
    ref = head.ref
    if name.startswith(TAGS):
        ref = name
    elif name and name != DETACHED:
        ref = name if name.startswith(HEADS) else HEADS + name
    value = ""
    if ref == head.ref:
        tip = head.oid
        if not tip:
            raise PmgitError("there is no commit yet", "stage something, then: pmgit check")
    else:
        value, tip = revisions.value_and_commit(repository, ref)
        if not tip:
            if ref.startswith(TAGS):
                raise UsageError(
                    f"no tag {short(ref)!r}",
                    "where something else was pushed under this name, name that: see git tag,"
                    " git branch",
                )
            raise UsageError(f"no branch {short(ref)!r}", "see: git branch")
    if old:
        bounds = [f"^{revisions.demand_commit(repository, old)}"]
        return Unpushed(repository, ref, tip, bounds, value=value, remotes=remotes, head=head)
    remotes = remotes or Remotes(repository)
    remote = remote or remotes.of_branch("" if ref.startswith(TAGS) else short(ref))
    known = remotes.known(remote) if remote else ANY
    return Unpushed(
        repository, ref, tip, ["--not", *known], remote, value=value, remotes=remotes, head=head
    )


def with_branch(repository: Repository, text: str, head: Head | None = None) -> str:
    """`A..BRANCH` for `A..ID`, and `BRANCH` for `ID`: a server knows only the commit of a push.

    Best the branch that is checked out, or one that ends there. `head` is HEAD, where somebody
    knows it. Raises UsageError when no branch has the commit.
    """
    bound, dots, name = text.rpartition("..")
    if not 7 <= len(name) <= 64 or name.strip("0123456789abcdef"):
        return text
    if revisions.id_of(repository, HEADS + name):
        return text
    oid = revisions.commit_of(repository, name)
    having = holders(repository, [oid]) if oid else []
    found = [holder for holder in having if holder.ref.startswith(HEADS)]
    head = head or Head(repository)
    if head.oid == oid and head.ref == DETACHED:
        return bound + dots + DETACHED
    if found:
        best = max(found, key=lambda holder: (holder.oid == oid, holder.ref == head.ref))
        return bound + dots + typed(best.ref)
    for ref in [holder.ref for holder in having if holder.ref.startswith(TAGS)]:
        if revisions.commit_of(repository, ref) == oid:
            return bound + dots + ref
    hint = f"make one that has: git branch NAME {name}, then: pmgit fix --range NAME"
    raise UsageError(f"no branch has {name}", hint if oid else "see: git branch")


def has_remotes(repository: Repository) -> bool:
    """Whether anything is known of what a remote has."""
    return bool(repository.run("for-each-ref", "--count=1", "--format=x", REMOTES))
