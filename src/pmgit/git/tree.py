"""The snapshot of a whole tree: everything in the index (or in a commit) as if it were new."""

from __future__ import annotations

from pmgit.errors import PmgitError, UsageError
from pmgit.git.entries import of_index
from pmgit.git.receiver import NOBODY, Receiver
from pmgit.git.revisions import id_of
from pmgit.git.scratch import no_temporary_files
from pmgit.git.snapshot import NO_SPAN, TREE, Snapshot, Span, list_attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.objects import Objects
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
    """A snapshot of what a temporary index holds, if any, and which it keeps alive."""

    def __init__(
        self,
        repository: Repository,
        origin: str,
        changes: list[Blob],
        introduced: list[Blob],
        *,
        index: CommitIndex | None,
        removed: dict[tuple[str, str], list[str]] | None = None,
        receiver: Receiver = NOBODY,
        span: Span = NO_SPAN,
        is_part: bool = False,
        objects: Objects | None = None,
    ) -> None:
        super().__init__(
            repository, origin, changes, introduced, index_env=index.env if index else None,
            removed=removed, receiver=receiver, span=span, is_part=is_part, objects=objects,
        )  # fmt: skip
        self._index = index
        self._listed_files: Process | None = None
        self._files: list[Blob] | None = None  # its `.gitattributes` files, their sizes known

    def ask_filters(self, paths: Sequence[str]) -> None:
        """Start to ask Git for the filter attribute of `paths`; `filter_of` waits for it."""
        super().ask_filters(paths)
        if paths and self._index and self._files is None and not self._listed_files:
            self._listed_files = list_attributes(self.repository, self.index_env)

    def _attribute_files(self, size: int) -> Sequence[Blob]:
        if not self._index:
            return super()._attribute_files(size)
        return self._demand()

    def _collect(self) -> None:
        super()._collect()
        if self._listed_files:
            self._demand()

    def _demand(self) -> list[Blob]:
        """Read the sizes: Git takes a file that it cannot read for an empty one in silence."""
        if self._files is None:
            asked = self._listed_files or list_attributes(self.repository, self.index_env)
            self._listed_files = None
            self._files = of_index(asked.finish())
            self.objects.survey(self._files, None)
        return self._files


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
    everywhere = "" in folders or not folders
    places = () if everywhere else folders
    listing = CommitSnapshot(repository, TREE, [], [], index=index).listing(*places)
    entries = list(listing.values())
    for folder in folders:
        if folder and not any(_below(blob.path, folder) for blob in entries):
            raise UsageError(
                f"nothing in the index under {folder!r}",
                "only what is tracked or staged is judged; stage it first: git add",
            )
    snapshot = CommitSnapshot(
        repository, TREE, entries, entries, index=index, is_part=not everywhere
    )
    snapshot.know(places, listing)
    return snapshot


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")
