"""The snapshot of a whole tree: everything in the index (or in a commit) as if it were new."""

from __future__ import annotations

from pmgit.errors import PmgitError, UsageError
from pmgit.git.blob import Blob
from pmgit.git.entries import of_index
from pmgit.git.revisions import id_of
from pmgit.git.scratch import no_temporary_files
from pmgit.git.snapshot import TREE, Snapshot, list_attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.process import Process
    from pmgit.git.repository import Repository


class CommitIndex:
    """A temporary index that holds the tree of a commit, so that Git answers as of that commit.

    `git check-attr --source` would do it without, but git 2.39 does not know it; and an index
    works in a bare repository too. The file vanishes with this object.
    """

    def __init__(self, repository: Repository, treeish: str) -> None:
        import shutil
        import tempfile
        import weakref

        try:
            folder = tempfile.mkdtemp(prefix="pmgit-")
        except OSError as error:
            raise no_temporary_files(error) from error
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.env = {"GIT_INDEX_FILE": f"{folder}/index"}
        repository.run("read-tree", treeish, env=self.env)


class CommitSnapshot(Snapshot):
    """A snapshot that keeps its temporary index alive.

    Of a range of commits it knows the tip, and the revision arguments that bound it.
    """

    index: CommitIndex | None
    tip: str = ""
    excluded: tuple[str, ...] = ()
    is_part = False  # of a tree, because only some paths were asked for
    _listed_files: Process | None = None
    _demanded = False
    _files: Sequence[Blob] = ()

    def ask_filters(self, paths: Sequence[str]) -> None:
        """Start to ask Git for the filter attribute of `paths`; `filter_of` waits for it."""
        super().ask_filters(paths)
        if paths and self.index_env and not self._demanded and not self._listed_files:
            self._listed_files = list_attributes(self.repository, self.index_env)

    def _attribute_files(self, size: int) -> Sequence[Blob]:
        if not self.index_env:
            return super()._attribute_files(size)
        if not self._demanded:
            self._listed_files = self._listed_files or list_attributes(
                self.repository, self.index_env
            )
            self._demand()
        return self._files

    def _collect(self) -> None:
        super()._collect()
        if self._listed_files:
            self._demand()

    def _demand(self) -> None:
        """Read the sizes: Git takes a file that it cannot read for an empty one in silence."""
        if self._listed_files:
            process, self._listed_files = self._listed_files, None
            self._demanded = True
            self._files = of_index(process.finish())
            self.objects.survey(self._files, None)


def take(repository: Repository, paths: Iterable[str] = ()) -> Snapshot:
    """All that the index holds; only what lies under `paths` (from the top) when there are any.

    A bare repository has no index: its HEAD is judged.
    """
    folders = tuple(path.rstrip("/") for path in paths)
    if repository.bare and not id_of(repository, "HEAD"):
        raise PmgitError(
            "HEAD of this bare repository names no commit",
            "judge the commits of a branch: pmgit check --range A..B",
        )
    index = CommitIndex(repository, "HEAD") if repository.bare else None
    snapshot = CommitSnapshot(repository, TREE, [], [], index_env=index.env if index else None)
    snapshot.index = index
    everywhere = "" in folders or not folders
    snapshot.is_part = not everywhere
    entries = list((snapshot.listing() if everywhere else snapshot.listing(*folders)).values())
    for folder in folders:
        if folder and not any(_below(blob.path, folder) for blob in entries):
            raise UsageError(
                f"nothing in the index under {folder!r}",
                "only what is tracked or staged is judged; stage it first: git add",
            )
    snapshot.introduced = [Blob(blob.path, blob.oid, blob.mode) for blob in entries]
    snapshot.changes = snapshot.introduced
    return snapshot


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")
