"""A question to Git about files that are not written yet.

What `.gitattributes` and `.gitignore` would mean is asked of Git before they are changed: in a
temporary work tree that holds nothing but these files, with the repository's own configuration,
`info/attributes` and `info/exclude`, or without them.
"""

from __future__ import annotations

import copy
import os

from pmgit.git.empty_repository import EmptyRepository
from pmgit.git.scratch import no_temporary_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from pmgit.git.repository import Repository


class Shadow:
    """A context manager: `repository` asks in a work tree of just the given files.

    With `everywhere`, nothing that only this clone has is asked along.
    """

    def __init__(
        self, repository: Repository, files: Mapping[str, bytes], *, everywhere: bool = False
    ) -> None:
        from tempfile import TemporaryDirectory

        try:
            self._folder = TemporaryDirectory(prefix="pmgit-", ignore_cleanup_errors=True)
            top = os.path.join(os.path.realpath(self._folder.name), "tree")
            os.mkdir(top)
            for path, data in files.items():
                file = os.path.join(top, *path.split("/"))
                os.makedirs(os.path.dirname(file), exist_ok=True)
                with open(file, "wb") as out:
                    out.write(data)
        except OSError as error:
            raise no_temporary_files(error) from error
        self.repository = copy.copy(repository)
        self.repository.top = top
        self.repository.prefix = ""
        self.repository.env = {
            "GIT_DIR": repository.git_dir,
            "GIT_WORK_TREE": top,
            # An index that does not exist is empty; the real one would answer for missing files.
            "GIT_INDEX_FILE": os.path.join(os.path.dirname(top), "index"),
        }
        if everywhere:
            self._empty = EmptyRepository(repository)
            self.repository.env["GIT_DIR"] = self._empty.folder
            self.repository.env["GIT_COMMON_DIR"] = self._empty.folder

    def __enter__(self) -> Repository:
        return self.repository

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()
