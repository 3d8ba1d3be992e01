"""The refs of a push, and Git's walk over the commits of one that arrives.

Git passes all refs to its hooks on standard input, a line each, with zeros for what does not exist.
When a push arrives, no ref is updated yet, so `--not --all` is what the repository has; the pushed
objects lie in a quarantine that the git processes find by their environment.

Apart from `server.pushed_commits`, because the walk is started before anything else is imported.
"""

from __future__ import annotations

from pmgit.core.errors import UsageError
from pmgit.git.blob import decode
from pmgit.git.raw_diff import WALK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository


class RefUpdate:
    """One ref of a push; `old` and `new` are '' where there is nothing."""

    __slots__ = ("local", "new", "old", "remote")

    def __init__(self, local: str, new: str, remote: str, old: str) -> None:
        self.local = local
        self.new = new if new.strip("0") else ""
        self.remote = remote
        self.old = old if old.strip("0") else ""


def is_id(word: str) -> bool:
    """Whether a word is the full id of an object, or zeros."""
    return len(word) in (40, 64) and not word.strip("0123456789abcdef")


def parse(stdin: bytes, *, pushing: bool = False) -> list[RefUpdate]:
    """The refs that Git announces on standard input of a pre-receive hook. Raises UsageError.

    `pushing`: of a pre-push hook, `<local ref> <local id> <remote ref> <remote id>`. pre-commit
    hands on only the first of them (docs/design.md), so pmgit reads them itself.
    """
    hook, form = "pre-receive", "<old id> <new id> <ref>"
    if pushing:
        hook, form = "pre-push", "<local ref> <local id> <remote ref> <remote id>"
    updates = []
    # Not splitlines: a ref may hold U+0085 or U+2028, which are no line ends to Git.
    for line in filter(None, decode(stdin).split("\n")):
        if pushing:
            # A local "ref" may be an expression with blanks (`HEAD@{1 day ago}`).
            words = line.rsplit(" ", 3)
        else:
            old, *rest = line.split(" ", 2)
            words = ["", *rest, old]
        if len(words) != 4 or not (is_id(words[1]) and is_id(words[3])):
            raise UsageError(
                f"not a line of a {hook} hook: {line[:80]!r}",
                f"git gives `{form}` on standard input",
            )
        updates.append(RefUpdate(*words))
    return updates


class Walk:
    """Git's walk over the new commits, under way."""

    def __init__(self, repository: Repository, updates: Sequence[RefUpdate]) -> None:
        self.repository = repository
        #: Without the deleted refs. The old id is claimed by the pusher, so it proves nothing.
        self.updates = [update for update in updates if update.new]
        self.news = list(dict.fromkeys(update.new for update in self.updates))
        ids = "".join(f"{oid}\n" for oid in self.news).encode("ascii")
        self._process = repository.start(*WALK, "--not", "--all", "--not", "--stdin", stdin=ids)

    def finish(self) -> bytes:
        """All that Git prints, from the oldest commit to the newest."""
        return self._process.finish()
