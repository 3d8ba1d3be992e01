"""The snapshots of a push: for every ref that Git announces, what its tip brings to the remote.

Git tells a pre-push hook all refs on standard input, a line each:
`<local ref> <local id> <remote ref> <remote id>`, with zeros for what does not exist.
pre-commit hands on only the first of them (docs/design.md), so pmgit reads them itself.
"""

from __future__ import annotations

from pmgit.errors import UsageError
from pmgit.git import ranges
from pmgit.git.blob import Blob, introduced_by, parse_raw_diff
from pmgit.git.incoming import Update, is_id
from pmgit.git.objects import UnreadableObjectError
from pmgit.git.pipe import RAW
from pmgit.git.process import GitError
from pmgit.git.snapshot import RANGE
from pmgit.git.tree import CommitIndex, CommitSnapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pmgit.git.repository import Repository
    from pmgit.git.snapshot import Snapshot


def parse(stdin: bytes) -> list[Update]:
    """The refs that Git announces on standard input of a pre-push hook. Raises UsageError."""
    updates = []
    # Not splitlines: a ref may hold U+0085 or U+2028, which are no line ends to Git.
    for line in stdin.decode("utf-8", "surrogateescape").split("\n"):
        if not line:
            continue
        # A local "ref" may be an expression with blanks (`HEAD@{1 day ago}`): split from the right.
        words = line.rsplit(" ", 3)
        if len(words) != 4 or not (is_id(words[1]) and is_id(words[3])):
            raise UsageError(
                f"not a line of a pre-push hook: {line[:80]!r}",
                "git gives `<local ref> <local id> <remote ref> <remote id>` on standard input",
            )
        updates.append(Update(words[0], words[1], words[2], words[3]))
    return updates


def take(repository: Repository, remote: str, updates: Sequence[Update]) -> Iterator[Snapshot]:
    """A snapshot for every tip that brings what the remote is not known to have.

    `remote` is the remote's name, or its address when it has none. What the remote has is known
    from its remote-tracking refs and from the old ids that it announced, where they are here.
    Each snapshot's `receiver` says so. A tip that another tip of the push contains introduces
    nothing. One that is nothing new is not among them; nor is a ref that is deleted.
    """
    updates = [update for update in updates if update.new and update.new != update.old]
    if not updates:
        return
    named = repository.start("config", "--get-regexp", r"^remote\..*\.(url|pushurl)$")
    peeled = peel(repository, [oid for u in updates for oid in (u.new, u.old) if oid])
    olds = {u.old: peeled[u.old][0] for u in updates if peeled.get(u.old, ("", ""))[1] == "commit"}
    known = [_tracking(remote, named.finish(1)), *dict.fromkeys(olds.values())]
    excluded = [f"^{oid}" for oid in known[1:]]
    tips: dict[str, Update] = {}
    there: set[str] | None = None
    for update in updates:
        oid, kind = peeled[update.new]
        if kind == "commit":
            tips.setdefault(oid, update)
        elif kind in ("blob", "tree"):
            snapshot = _without_commit(repository, update, oid, kind)
            if there is None:
                there = _objects(repository, known)
            snapshot.introduced = [b for b in snapshot.introduced if b.oid not in there]
            if snapshot.introduced:
                snapshot.receiver, snapshot.address = known, remote
                yield snapshot
        else:
            raise UnreadableObjectError(update.new, f"missing, but {update.local} is pushed")
    fresh = _reachable(repository, tips, known[0], excluded)
    there_already = ["--not", known[0], "--not", *excluded]
    for oid, update in tips.items():
        if oid not in fresh:
            continue
        bounds = ["--not", known[0], "--not", *excluded]
        news, base = _news(repository, oid, bounds)
        if not news:
            base = _news(repository, oid, there_already)[1]
        snapshot = ranges.take(repository, oid, bounds, olds.get(update.old) or base)
        snapshot.receiver, snapshot.address = known, remote
        snapshot.ref = update.local
        snapshot.remote = remote if known[0] != "--remotes" else ""
        yield snapshot
        # What one tip brings is judged once, not again with every branch on top of it; the
        # tree of each is judged all the same.
        excluded.append(f"^{oid}")


def _tracking(remote: str, configured: bytes) -> str:
    """The option that stands for what is known of the remote by its tracking refs.

    With a bare address there are none of its own: what any remote has is no news then.
    """
    names = {
        line.split(" ")[0].removeprefix("remote.").rpartition(".")[0]
        for line in configured.decode("utf-8", "surrogateescape").split("\n")
    }
    if remote not in names:
        return "--remotes"
    # Without `/*` Git would add it, but not to a name in which something had to be escaped.
    return "--remotes=" + "".join(f"\\{c}" if c in "*?[\\" else c for c in remote) + "/*"


def peel(repository: Repository, oids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each id is once its tags are followed: id and `commit`, `tree`, `blob` or `missing`."""
    unique = list(dict.fromkeys(oids))
    asked = ("cat-file", "--batch-check=%(objectname) %(objecttype)")
    process = repository.start(*asked, stdin="".join(f"{oid}^{{}}\n" for oid in unique).encode())
    code, out, err = process.wait()
    lines = out.decode("ascii", "replace").splitlines()
    if code and repository.is_partial:
        # Git gives up at the first id that a partial clone has not got: ask for each alone.
        lines = [_peel_one(repository, asked, oid) for oid in unique]
    elif code:
        raise GitError(asked, code, err)
    found = {}
    for oid, line in zip(unique, lines, strict=True):
        name, _, kind = line.rpartition(" ")
        found[oid] = (name, kind)
    return found


def _peel_one(repository: Repository, asked: tuple[str, ...], oid: str) -> str:
    code, out, _ = repository.start(*asked, stdin=f"{oid}^{{}}\n".encode()).wait()
    return f"{oid} missing" if code else out.decode("ascii", "replace").strip()


def _objects(repository: Repository, known: Sequence[str]) -> set[str]:
    """Every object that the remote is known to have; asked only for tags on blobs and trees."""
    out = repository.run(
        "rev-list", "--objects", "--no-object-names", "--missing=allow-any", *known
    )
    return set(out.decode("ascii").split())


def _reachable(
    repository: Repository, tips: Iterable[str], tracking: str, excluded: Sequence[str]
) -> set[str]:
    """Every commit that the tips bring, by one process however many tips there are."""
    words = "".join(f"{word}\n" for word in (*tips, *excluded))
    if not words:
        return set()
    out = repository.run("rev-list", "--not", tracking, "--not", "--stdin", stdin=words.encode())
    return set(out.decode("ascii").split())


def _news(repository: Repository, tip: str, bounds: Sequence[str]) -> tuple[bool, str]:
    """Whether a tip brings commits, and where it leaves what the remote has.

    A new ref's tree is held against that commit's ('' when the histories have nothing in common).
    """
    found = repository.run("rev-list", "--boundary", tip, *bounds).decode("ascii").split()
    edges = [line[1:] for line in found if line.startswith("-")]
    news = len(found) > len(edges)
    if len(edges) > 1:
        # Old forks and later merges: the last of them has the others.
        out = repository.run("merge-base", "--independent", *edges[:1000])
        edges = out.decode("ascii").split() or edges
    return news, edges[0] if edges else ""


def _without_commit(repository: Repository, update: Update, oid: str, kind: str) -> CommitSnapshot:
    """The snapshot of a tag on a blob or a tree: no range of commits has it.

    A blob has no path of its own; it is judged under the name of the ref.
    """
    tree = oid if kind == "tree" else repository.empty_tree
    index = CommitIndex(repository, tree)
    raw = repository.run("diff-tree", *RAW, repository.empty_tree, tree)
    changes = parse_raw_diff(raw)
    blobs = introduced_by(changes) if kind == "tree" else [Blob(update.remote, oid, "100644")]
    snapshot = CommitSnapshot(repository, RANGE, changes, blobs, index_env=index.env)
    snapshot.index = index
    snapshot.tagged = {update.local: update.new}
    return snapshot
