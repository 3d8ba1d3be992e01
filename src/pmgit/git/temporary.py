"""What Git is shown in place of a repository's own files: an index, or a repository, in a temporary
folder that vanishes with the object which stands for it.

`check-attr --cached` looks at no other files than an index has, so one of a few `.gitattributes`
files is written here, in version 2 of the format: another git process would take longer than
everything else about it. The checksum at the end is left out, as git 2.40 and newer do when
`index.skipHash` is set; older ones do not look at it either (only `git fsck` does).
"""

from __future__ import annotations

import os
import zlib

from pmgit.git.blob import REGULAR, Blob, encode
from pmgit.git.process import no_temporary_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.git.repository import Repository


def content(repository: Repository, files: Iterable[Blob]) -> bytes:
    """The bytes of an index that holds these files."""
    entries = []
    for path, blob in sorted((encode(file.path), file) for file in files):
        entry = b"".join(
            (
                bytes(24),  # times, device and inode of a file on disk, which there is not
                int(blob.mode, 8).to_bytes(4, "big"),
                bytes(12),
                bytes.fromhex(blob.oid),
                min(len(path), 0xFFF).to_bytes(2, "big"),
                path,
            )
        )
        entries.append(entry + bytes(8 - len(entry) % 8))
    head = b"DIRC" + (2).to_bytes(4, "big") + len(entries).to_bytes(4, "big")
    return b"".join((head, *entries, bytes(len(repository.empty_tree) // 2)))


def write(repository: Repository, files: Iterable[Blob]) -> str:
    """Write an index that holds these files; returns its path, for the caller to remove."""
    try:
        if os.environ.get("GIT_QUARANTINE_PATH"):
            # Git removes it with the rest of a refused push, should we be killed.
            place = repository.objects
        else:
            from tempfile import gettempdir

            place = gettempdir()
        path = f"{place}/pmgit-{os.urandom(8).hex()}.index"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content(repository, files))
    except OSError as error:
        raise no_temporary_files(error) from error
    return path


def _folder(owner: object, place: str | None = None) -> str:
    """A new folder, in `place` where one is named, which vanishes with `owner`."""
    # They cost 15 ms, which most judgements need not pay.
    import shutil
    import tempfile
    import weakref

    try:
        folder = tempfile.mkdtemp(prefix="pmgit-", dir=place)
    except OSError as error:
        raise no_temporary_files(error) from error
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)
    return folder


class CommitIndex:
    """A temporary index that holds the tree of a commit, so that Git answers as of that commit.

    `git check-attr --source` would do it without, but git 2.39 does not know it; and an index
    works in a bare repository too. The file vanishes with this object.
    """

    def __init__(self, repository: Repository, treeish: str) -> None:
        self.env = {"GIT_INDEX_FILE": f"{_folder(self)}/index"}
        repository.run("read-tree", treeish, env=self.env)


class EmptyRepository:
    """An empty repository, without all settings that only this clone has. Raises PmgitError.

    Git answers there without the `info/attributes` of the clone, and about attribute files that
    lie nowhere else.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        # Git removes the quarantine of a refused push, should we be killed.
        place = repository.objects if os.environ.get("GIT_QUARANTINE_PATH") else None
        config = "[core]\n\trepositoryformatversion = 0\n"
        if repository.object_format != "sha1":
            config = (
                "[core]\n\trepositoryformatversion = 1\n"
                f"[extensions]\n\tobjectFormat = {repository.object_format}\n"
            )
        self.folder = _folder(self, place)
        try:
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
            self._write("index", content(self._repository, blobs))
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
