"""The snapshot of the next commit: the index against HEAD."""

from __future__ import annotations

from pmgit.core.errors import PmgitError, UsageError
from pmgit.git import process, streams
from pmgit.git.blob import at_or_below, changed, introduced_by
from pmgit.git.entries import FILES, of_tree
from pmgit.git.raw_diff import DIFF_INDEX, changes_in_pieces
from pmgit.git.repository import Discovery
from pmgit.snapshots.base import STAGED, Snapshot
from pmgit.snapshots.outline import Question, is_worth_it

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.index_sizes import Sizes
    from pmgit.git.repository import Repository
    from pmgit.snapshots.outline import Outline

#: Git's words where HEAD stands for nothing (2.39); of a damaged commit they are others. Where they
#: are not found, Git is asked.
_NO_HEAD = "bad revision 'HEAD'"
#: From so many staged files on, sizes are taken from the index; opening fewer takes 6 ms.
MANY = 1000


class StagedDiff:
    """The difference between index and HEAD; git is started before the repository is known."""

    def __init__(self, top: str = "", env: dict[str, str] | None = None) -> None:
        self._stream = streams.single(*DIFF_INDEX, "HEAD", "--", top=top, env=env)
        self.unborn = False
        self.unmerged: list[str] = []

    def finish(self, repository: Repository) -> tuple[list[Blob], Sizes | None]:
        """The changes, and of many the sizes; everything in the index on an unborn branch."""
        answer = self._read(repository)
        error = self._stream.finish()
        if error:
            if _NO_HEAD not in error.stderr:
                # Without ^{commit}: a HEAD whose commit is damaged is no unborn branch.
                from pmgit.git.revisions import id_of

                if id_of(repository, "HEAD"):
                    raise error
            self.unborn = True
            empty = (*DIFF_INDEX, repository.empty_tree, "--")
            self._stream = streams.single(*empty, top=repository.top, env=repository.env)
            answer = self._read(repository)
            error = self._stream.finish()
            if error:
                raise error
        return answer

    def _read(self, repository: Repository) -> tuple[list[Blob], Sizes | None]:
        """Read while git still compares: of 50,000 files that saves 100 ms."""
        found: list[Blob] = []
        sizes = None
        seen = 0
        for changes in changes_in_pieces(self._stream.chunks(), self.unmerged):
            found += changes
            if len(found) >= MANY:
                if not sizes:
                    from pmgit.git import index_sizes

                    sizes = index_sizes.Sizes(repository)
                sizes.look(found[seen:])
                seen = len(found)
        return found, sizes

    def stop(self) -> None:
        """End the comparison: nobody needs it."""
        self._stream.stop()


def changes(repository: Repository) -> list[Blob]:
    """The changes of the index against HEAD."""
    return StagedDiff(repository.top, repository.env).finish(repository)[0]


class StagedSnapshot(Snapshot):
    """The snapshot of the next commit: its entries are those of HEAD, and the difference."""

    def __init__(
        self,
        repository: Repository,
        found: list[Blob],
        diff: StagedDiff,
        sizes: Sizes | None = None,
    ) -> None:
        super().__init__(repository, STAGED, found, introduced_by(found), sizes=sizes)
        self._found, self._diff = found, diff
        self._outlines: dict[tuple[tuple[str, ...], str], Outline | None] = {}

    def finish(self, question: Question) -> Outline | None:
        """Wait for an outline, and keep it."""
        outline = question.finish(
            self.repository, self._found, self._diff.unmerged, unborn=self._diff.unborn
        )
        self._outlines[question.roots, question.note] = outline
        return outline

    def outline(self, roots: Sequence[str], note: str) -> Outline | None:
        """The outline of the folders `roots`; see `Snapshot.outline`."""
        for (known, name), outline in self._outlines.items():
            if name == note and set(roots) <= set(known):
                return outline
        repository = self.repository
        listed = any(set(roots) <= set(known) for known in self._listings)
        if listed or not is_worth_it(roots, repository.top):
            return None
        question = Question(roots, note, top=repository.top, env=repository.env)
        return self.finish(question)


class Start:
    """The snapshot of what is staged, with every question asked that needs no answer first.

    `wanted` are files (without `roots` folders as well; none means all) whose entries are sure to
    be asked for: the configuration. So are those of the folders `roots`, as seen from here; where
    these are large, an outline of them is asked for, with the files that are called `note`. The
    caller has time to import what it needs while git works. `here` is the repository, where the
    caller knows it.
    """

    def __init__(
        self,
        *wanted: str,
        roots: Sequence[str] = (),
        note: str = "",
        here: Repository | None = None,
    ) -> None:
        self._where: Discovery | Repository = here or Discovery()
        top, env = (here.top, here.env) if here else ("", None)
        self._diff = StagedDiff(top, env)
        self._outline = self._tree = None
        if roots and is_worth_it(roots):
            self._outline = Question(roots, note, wanted)
        else:
            wanted = (*wanted, *roots)
            # The index has what HEAD has, changed by the difference. Listing the index takes as
            # long as comparing it: of 60,000 entries 20 ms, where HEAD's tree takes 3.
            self._tree = process.start(*FILES, "HEAD", "--", *wanted, top=top, env=env)
        self._wanted = wanted

    @property
    def repository(self) -> Repository:
        """The repository; where it is, git knows at once."""
        if isinstance(self._where, Discovery):
            try:
                self._where = self._where.finish()
            except PmgitError:
                self._diff.stop()
                raise
        return self._where

    def finish(self) -> Snapshot:
        """The snapshot; honours GIT_INDEX_FILE. Empty in a bare repository: it has no index."""
        repository = self.repository
        if repository.bare:
            self._diff.stop()
            return Snapshot(repository, STAGED, [], [])
        found, sizes = self._diff.finish(repository)
        snapshot = StagedSnapshot(repository, found, self._diff, sizes)
        if self._outline:
            outline = snapshot.finish(self._outline)
            if outline:
                snapshot.know(self._wanted, outline.at(self._wanted))
        elif self._tree:
            failed, tree, _ = self._tree.wait()
            if not failed or self._diff.unborn:  # else the index is listed when somebody asks
                before = of_tree(tree)
                changes = at_or_below(found, self._wanted) if self._wanted else found
                now = changed(before, changes, self._diff.unmerged)
                in_order = dict(sorted(now.items())) if len(now) > len(before) else now
                snapshot.know(self._wanted, in_order)
        return snapshot


def take(*wanted: str, here: Repository | None = None) -> Snapshot:
    """The snapshot of what is staged, in the repository `here` or where we stand; see `Start`."""
    snapshot = Start(*wanted, here=here).finish()
    if snapshot.repository.bare:
        raise UsageError(
            "nothing can be staged in a bare repository",
            "judge its HEAD or some commits: pmgit check --all, pmgit check --range A..B",
        )
    return snapshot
