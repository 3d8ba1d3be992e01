"""An empty repository in a temporary folder, without all settings that only this clone has.

Git answers there without the `info/attributes` of the clone, and about attribute files that lie
nowhere else. Made only when there is such a question.
"""

from __future__ import annotations

import os
import zlib

from pmgit.git import temporary_index
from pmgit.git.blob import REGULAR, Blob
from pmgit.git.scratch import no_temporary_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.git.repository import Repository


class EmptyRepository:
    """An empty repository, whose folder vanishes with this object. Raises PmgitError."""

    def __init__(self, repository: Repository) -> None:
        # They cost 15 ms, which most judgements need not pay.
        import shutil
        import tempfile
        import weakref

        self._repository = repository
        # Git removes the quarantine of a refused push, should we be killed.
        place = repository.objects if os.environ.get("GIT_QUARANTINE_PATH") else None
        config = "[core]\n\trepositoryformatversion = 0\n"
        if repository.object_format != "sha1":
            config = (
                "[core]\n\trepositoryformatversion = 1\n"
                f"[extensions]\n\tobjectFormat = {repository.object_format}\n"
            )
        try:
            self.folder = tempfile.mkdtemp(prefix="pmgit-", dir=place)
            weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
            for name in ("refs", "objects"):
                os.mkdir(f"{self.folder}/{name}")
            self._write("HEAD", b"ref: refs/heads/none\n")
            self._write("config", config.encode("ascii"))
        except OSError as error:
            raise no_temporary_files(error) from error

    def environment(self) -> dict[str, str]:
        """The environment in which Git takes from here all that clones share, but the objects.

        The index stays that of the repository, also a split or a sparse one. Tried with git 2.34,
        2.39 and 2.47.
        """
        return {
            "GIT_DIR": self._repository.git_dir,
            "GIT_WORK_TREE": self._repository.top,
            "GIT_COMMON_DIR": self.folder,
            "GIT_OBJECT_DIRECTORY": self._repository.objects,
        }

    def with_index(self, files: Mapping[str, bytes]) -> Repository:
        """This repository with an index that holds just these files (contents by path)."""
        try:
            blobs = [Blob(path, self._store(data), REGULAR[0]) for path, data in files.items()]
            self._write("index", temporary_index.content(self._repository, blobs))
        except OSError as error:
            raise no_temporary_files(error) from error
        alone = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": ""}
        return self._repository.elsewhere(self.folder, self.folder, alone)

    def _store(self, data: bytes) -> str:
        """Write a blob; returns its id."""
        oid = self._repository.id_of(data)
        os.makedirs(f"{self.folder}/objects/{oid[:2]}", exist_ok=True)
        data = b"blob %d\0%s" % (len(data), data)
        self._write(f"objects/{oid[:2]}/{oid[2:]}", zlib.compress(data, 1))
        return oid

    def _write(self, name: str, data: bytes) -> None:
        with open(f"{self.folder}/{name}", "wb") as file:
            file.write(data)
