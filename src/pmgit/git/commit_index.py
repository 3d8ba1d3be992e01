"""The tree of a commit as an index of its own."""

from __future__ import annotations

from pmgit.git.scratch import no_temporary_files

TYPE_CHECKING = False
if TYPE_CHECKING:
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
