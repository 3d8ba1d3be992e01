"""The snapshots of a push: for every ref that Git announces, what its tip brings to the remote.

Git tells a pre-push hook all refs on standard input, a line each:
`<local ref> <local id> <remote ref> <remote id>`, with zeros for what does not exist.
pre-commit hands on only the first of them (docs/design.md), so pmgit reads them itself.
"""

from __future__ import annotations

from pmgit.errors import UsageError
from pmgit.git import ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.git.repository import Repository
    from pmgit.git.snapshot import Snapshot


class Update:
    """One ref of a push; `old` and `new` are '' where there is nothing."""

    __slots__ = ("local", "new", "old", "remote")

    def __init__(self, local: str, new: str, remote: str, old: str) -> None:
        self.local = local
        self.new = new if new.strip("0") else ""
        self.remote = remote
        self.old = old if old.strip("0") else ""


def parse(stdin: bytes) -> list[Update]:
    """The refs that Git announces on standard input of a pre-push hook."""
    updates = []
    for line in stdin.decode("utf-8", "surrogateescape").splitlines():
        # A local "ref" may be an expression with blanks (`HEAD@{1 day ago}`): split from the right.
        words = line.rsplit(" ", 3)
        if len(words) != 4:
            raise UsageError(
                f"not a line of a pre-push hook: {line[:80]!r}",
                "git gives `<local ref> <local id> <remote ref> <remote id>` on standard input",
            )
        updates.append(Update(words[0], words[1], words[2], words[3]))
    return updates


def take(repository: Repository, remote: str, updates: Sequence[Update]) -> Iterator[Snapshot]:
    """A snapshot for every tip that brings a commit which the remote is not known to have.

    `remote` is the remote's name, or its address when it has none. What the remote has is known
    from its remote-tracking refs and from the old ids that it announced.
    """
    tips = list(dict.fromkeys(update.new for update in updates if update.new))
    if not tips:
        return
    known = [f"^{old}" for old in _present(repository, [u.old for u in updates if u.old])]
    named = repository.start("config", "--get", f"remote.{remote}.url").wait()[0] == 0
    # With a bare address there are no tracking refs of its own: what any remote has is no news.
    known.append(f"--remotes={_glob(remote)}" if named else "--remotes")
    excluded = ["--not", known[-1], "--not", *known[:-1]]
    out = repository.run("rev-list", "--no-walk=unsorted", *_peeled(repository, tips))
    commits = dict(zip(tips, out.decode("ascii").split(), strict=False))
    fresh = set(repository.run("rev-list", *commits.values(), *excluded).decode().split())
    done: list[str] = []
    for commit in dict.fromkeys(commits.values()):
        if commit in fresh:
            base = known[0][1:] if len(known) > 1 else ""
            yield ranges.take(repository, commit, [*excluded, *done], base)
            done.append(f"^{commit}")


def _glob(remote: str) -> str:
    """A remote's name as the pattern that `--remotes` takes: nothing in it is a wildcard."""
    return "".join(f"\\{char}" if char in "*?[\\" else char for char in remote)


def _present(repository: Repository, oids: Sequence[str]) -> list[str]:
    """The ids that are commits here: a forced push replaces what we may never have fetched."""
    return [oid for oid, kind in _kinds(repository, oids).items() if kind == "commit"]


def _peeled(repository: Repository, tips: Sequence[str]) -> list[str]:
    return [f"{tip}^{{commit}}" for tip in tips]


def _kinds(repository: Repository, oids: Sequence[str]) -> dict[str, str]:
    """What each id is: `commit`, `tag`, `tree`, `blob` or `missing`."""
    if not oids:
        return {}
    out = repository.run(
        "cat-file", "--batch-check=%(objecttype)", stdin="\n".join(oids).encode() + b"\n"
    )  # fmt: skip
    lines = out.decode("ascii", "replace").splitlines()
    return {oid: line.rpartition(" ")[2] for oid, line in zip(oids, lines, strict=True)}
