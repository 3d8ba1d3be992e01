"""The refs of a repository, sorted by what a rewriting of its history does to them."""

from __future__ import annotations

from pmgit.git.blob import decode
from pmgit.git.names import HEADS, REMOTES, TAGS
from pmgit.git.remotes import ANY
from pmgit.git.revisions import listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository

_FORMAT = "--format=%(refname)%00%(objectname)%00%(*objectname)%00%(symref)"


class Refs:
    """Names of refs by what becomes of them.

    `heads` and `tags` are rewritten, `remotes` are what is known of remotes; `others` (stash,
    notes, …) may keep old commits. `remote` is the one to push to, '' when there is none.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._tips: dict[str, tuple[str, str]] = {}
        for line in decode(repository.run("for-each-ref", _FORMAT)).split("\n"):
            name, *facts = line.split("\0")
            if len(facts) == 3 and not facts[2]:
                self._tips[name] = (facts[0], facts[1])
        names = list(self._tips)
        self.heads = [name for name in names if name.startswith(HEADS)]
        self.tags = [name for name in names if name.startswith(TAGS)]
        self.remotes = [name for name in names if name.startswith(REMOTES)]
        self.others = [n for n in names if not n.startswith((HEADS, TAGS, REMOTES))]
        self.remote_names = decode(repository.run("remote")).split("\n")[:-1]
        self.remote = next(
            (name for name in ("origin", *self.remote_names) if name in self.remote_names), ""
        )
        code, _, _ = repository.start("symbolic-ref", "-q", "HEAD").wait()
        self.detached = code != 0

    @property
    def remote_only(self) -> list[tuple[str, str]]:
        """The branches that only the remote has: the name for a local one, and the ref."""
        prefix = f"{REMOTES}{self.remote}/"
        here = {name.removeprefix(HEADS) for name in self.heads}
        there = [name for name in self.remotes if name.startswith(prefix)]
        pairs = [(name.removeprefix(prefix), name) for name in there]
        return [pair for pair in pairs if pair[0] not in here]

    def commits(self) -> int:
        """How many commits branches and tags have, those of remotes too."""
        asked = ("rev-list", "--count", "--branches", "--tags", "--remotes")
        return int(self._repository.run(*asked))

    def unpushed(self) -> set[str]:
        """The commits that no remote is known to have; empty when no remote is known."""
        if not self.remotes:
            return set()
        return set(listed(self._repository, "--branches", "--tags", "--not", *ANY))

    def holding(self, commits: set[str]) -> list[str]:
        """The branches and tags whose tip is one of these commits."""
        return [name for name in (*self.heads, *self.tags) if commits & {*self._tips[name]}]
