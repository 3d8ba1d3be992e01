"""The snapshot of a range of commits: what every one of them introduces, and the tip.

Two processes however many commits there are: `rev-list | diff-tree --stdin`. A merge introduces
what differs from all of its parents (`-c`): content that no parent had, as only an "evil" merge
brings; everything else came in by a commit of its own.
"""

from __future__ import annotations

import os

from pmgit.errors import PmgitError, UsageError
from pmgit.git import pipe
from pmgit.git.blob import Blob, change_of, decode, introduced_by, parse_raw_diff
from pmgit.git.objects import Objects
from pmgit.git.pipe import RAW
from pmgit.git.process import GitError, start
from pmgit.git.remotes import Remotes
from pmgit.git.snapshot import RANGE
from pmgit.git.tree import CommitIndex, CommitSnapshot
from pmgit.git.tree_order import TreeOrder, difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pmgit.git.process import Process
    from pmgit.git.repository import Repository

_DIFFS = ("diff-tree", "--stdin", "-c", "-t", "--root", *RAW)
_SINGLY = ("diff-tree", "--stdin", "-m", *RAW)


def take_range(repository: Repository, text: str) -> CommitSnapshot:
    """The snapshot of `A..B`, the commits that B has and A has not. `A..` ends at HEAD."""
    old, dots, new = text.partition("..")
    if not dots or not old or new.startswith("."):
        raise UsageError(
            f"not a range of commits: {text!r}", "for example: --range origin/main..HEAD"
        )
    base = resolve(repository, old)
    tip = resolve(repository, new or "HEAD")
    return take(repository, tip, [f"^{base}"], base)


def resolve(repository: Repository, name: str) -> str:
    """The full id of the commit that `name` means."""
    process = repository.start(
        "rev-parse", "-q", "--verify", "--end-of-options", f"{name}^{{commit}}"
    )
    code, out, err = process.wait()
    if code or out.startswith(b"^"):
        from pmgit.git import trouble

        if refused := trouble.refused(f"no commit {name!r}", err, start):
            raise refused
        shallow = bool(repository.shallow_commits)
        raise PmgitError(
            f"no commit {name!r} in this repository",
            "the clone is shallow: git fetch --unshallow (in CI: fetch-depth: 0)"
            if shallow
            else "see what there is: git branch -a; in CI the base branch must be fetched first",
        )
    return out.decode("ascii").strip()


def take(
    repository: Repository, tip: str, excluded: Sequence[str], base: str = "", *others: str
) -> CommitSnapshot:
    """The snapshot of the commits that `tip` has and `excluded` (`^ID`, `--remotes=…`) have not.

    `base` is what the tip's tree is held against; without one, every file of the tip is new.
    `others` are more commits that are not new: what is as one of these has it, is not either.
    """
    # Git works on the commits while it is asked about the tip.
    log = _Log(repository, (tip, *excluded))
    index = CommitIndex(repository, tip)
    start = _merge_base(repository, base, tip) or repository.empty_tree
    changes = parse_raw_diff(repository.run("diff-tree", *RAW, start, tip))
    log.read(base)
    snapshot = CommitSnapshot(
        repository, RANGE, changes, log.blobs, index_env=index.env, removed=log.removed
    )
    snapshot.index = index
    snapshot.objects = ListedObjects(repository)
    snapshot.tip, snapshot.excluded, snapshot.cut = tip, tuple(excluded), log.cut
    snapshot.merged = [other for other in others if other != base]
    return snapshot


def edges_of(repository: Repository, tip: str, bounds: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether a tip has commits that `bounds` leave, and where it leaves what they do not.

    None of these edges is part of another; there is none where the histories share nothing.
    """
    found = repository.run("rev-list", "--boundary", tip, *bounds).decode("ascii").split()
    edges = [line[1:] for line in found if line.startswith("-")]
    return len(found) > len(edges), independent(repository, edges)


def independent(repository: Repository, commits: Sequence[str]) -> list[str]:
    """Of these commits those that none of the others has: old forks and later merges are behind."""
    if len(commits) < 2:
        return list(commits)
    out = repository.run("merge-base", "--independent", *commits[:1000])
    return out.decode("ascii").split() or list(commits)


def _merge_base(repository: Repository, base: str, tip: str) -> str:
    if not base:
        return ""
    code, out, err = repository.start("merge-base", base, tip).wait()
    if code > 1:
        raise GitError(("merge-base", base, tip), code, err)
    return out.decode("ascii").strip()


def from_environment(repository: Repository) -> CommitSnapshot:
    """The range that pre-commit names in the environment."""
    old, new = os.environ.get("PRE_COMMIT_FROM_REF"), os.environ.get("PRE_COMMIT_TO_REF")
    remote = os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    if not remote and old and new:
        return take_range(repository, f"{old}..{new}")
    # The push of a root commit has no FROM_REF: everything that the remote has not got.
    tip = resolve(repository, new or os.environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD")
    known, base = [], ""
    if remote:
        remotes = Remotes(repository)
        known = remotes.known(remote)
        # Of a new branch it is what pre-commit found by `--remotes=NAME`.
        if old and not remotes.has_others_below(remote):
            base = resolve(repository, old)
            known.append(base)
    bounds = ["--not", *known]
    news, edges = edges_of(repository, tip, bounds)
    starts = [base, *edges] if base else edges if news else [tip]
    snapshot = take(repository, tip, bounds, *starts)
    if remote:
        snapshot.receiver, snapshot.address = known, remote
    return snapshot


class ListedObjects(Objects):
    """The object store, where most is packed: its folders are listed before a file is opened.

    To open 15,000 files that are not there takes a tenth of a second.
    """

    def __init__(self, repository: Repository) -> None:
        super().__init__(repository)
        self._names: dict[str, frozenset[str]] = {}

    def _stored(self, folder: str, blobs: Sequence[Blob], count: int) -> list[bytes | None]:
        loose = [blob for blob in blobs if blob.oid[2:] in self._listed(folder, blob.oid[:2])]
        found = dict(zip(loose, super()._stored(folder, loose, count), strict=True))
        return [found.get(blob) for blob in blobs]

    def _listed(self, folder: str, begin: str) -> frozenset[str]:
        if begin not in self._names:
            try:
                self._names[begin] = frozenset(os.listdir(f"{folder}/{begin}"))
            except OSError:
                self._names[begin] = frozenset()
        return self._names[begin]


class _Log:
    """What commits bring in and take away: each blob with the first commit that has it."""

    def __init__(self, repository: Repository, revisions: Sequence[str]) -> None:
        self.blobs: list[Blob] = []
        self.removed: dict[tuple[str, str], list[str]] = {}
        self._seen: set[tuple[str, str, bool]] = set()
        self._repository = repository
        self._shallow = repository.shallow_commits
        walk = ("rev-list", "--reverse", "--topo-order", *revisions)
        self._commits: list[str] = []
        #: How many commits of the range are at the edge of a shallow clone.
        self.cut = 0
        self._asked: tuple[Process, Process] | None = None
        if self._shallow:
            # Those at the edge are asked for in another way.
            self._commits = repository.run(*walk).decode("ascii").split()
        else:
            self._asked = pipe.start(walk, _DIFFS, top=repository.top, env=repository.env)

    def read(self, base: str) -> None:
        """Read all commits, oldest first; `base` stands in for parents that are cut off."""
        repository = self._repository
        if self._asked:
            self._parse(pipe.finish(*self._asked))
        cut = self._shallow.intersection(self._commits)
        self.cut = len(cut)
        whole = [commit for commit in self._commits if commit not in cut]
        if whole:
            stdin = "\n".join(whole).encode("ascii") + b"\n"
            self._parse(repository.run(*_DIFFS, stdin=stdin))
        # What lies behind the edge of a shallow clone cannot be seen: such a commit is held
        # against the base of the range, so that it does not seem to introduce the whole tree.
        for commit in sorted(cut):
            changes = difference(repository, base or repository.empty_tree, commit)
            for blob in introduced_by(changes, commit):
                self._add(blob)

    def _add(self, blob: Blob) -> None:
        key = (blob.path, blob.oid, blob.is_regular)
        if key not in self._seen:
            self._seen.add(key)
            self.blobs.append(blob)

    def _parse(self, out: bytes) -> None:
        merges = {}
        for commit, change, parents in entries(out, checked=True):
            if change.brings:
                change.commit = commit
                self._add(change)
                if parents > 1:
                    merges[commit] = True
            if change.leaves:
                self.removed.setdefault((commit, change.before), []).append(change.path)
        self.removed.update(removed_by_merges(self._repository, merges))


def removed_by_merges(
    repository: Repository, merges: Iterable[str]
) -> dict[tuple[str, str], list[str]]:
    """The paths of files that merges take away from one of their parents: (commit, id) to paths.

    A name that is new to all parents may be that of a file which one of them had elsewhere: Git
    itself moves what a side adds to a folder that the other side has renamed.
    """
    stdin = "".join(f"{commit}\n" for commit in merges).encode("ascii")
    found: dict[tuple[str, str], list[str]] = {}
    for commit, change, _ in entries(repository.run(*_SINGLY, stdin=stdin) if stdin else b""):
        if change.leaves:
            paths = found.setdefault((commit, change.before), [])
            if change.path not in paths:
                paths.append(change.path)
    return found


def entries(out: bytes, *, checked: bool = False) -> Iterator[tuple[str, Blob, int]]:
    """The changes in the output of `diff-tree --stdin --raw -z`: commit, change, its parents.

    `checked`: folders are listed too (`-t`), and MalformedTreeError is raised for what Git itself
    would not write.
    """
    commit, order = "", None
    fields = iter(out.split(b"\0"))
    for field in fields:
        if not field.startswith(b":"):
            commit = field.decode("ascii").strip() or commit
            order = TreeOrder(commit) if checked else None
            continue
        # One colon for each parent: ::<mode> <mode> <new mode> <id> <id> <new id> MM
        parents = len(field) - len(field.lstrip(b":"))
        words = field[parents:].decode("ascii").split(" ")
        name = next(fields)
        modes = words[: parents + 1]
        if not (order and order.is_folder(modes, name)):
            yield commit, change_of(decode(name), modes, words[parents + 1 : -1]), parents
