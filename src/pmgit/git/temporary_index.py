"""Indexes in temporary files: of the tree of a commit, and of a few `.gitattributes` files.

`check-attr --cached` looks at no other files, so an index of these is written here, in version 2 of
the format: another git process would take longer than everything else about it. The checksum at the
end is left out, as git 2.40 and newer do when `index.skipHash` is set; older ones do not look at it
either (only `git fsck` does).
"""

from __future__ import annotations

import os

from pmgit.git.blob import encode
from pmgit.git.scratch import no_temporary_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository


_count = 0


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
    data = content(repository, files)
    try:
        fd, path_of_index = _new_file(repository)
        with open(fd, "wb") as file:
            file.write(data)
    except OSError as error:
        raise no_temporary_files(error) from error
    return path_of_index


def _new_file(repository: Repository) -> tuple[int, str]:
    if os.environ.get("GIT_QUARANTINE_PATH"):
        # Git removes it with the rest of a refused push, should we be killed.
        global _count
        _count += 1  # refs that are pushed together have one each
        path_of_index = f"{repository.objects}/pmgit-{os.getpid()}-{_count}.index"
        return os.open(path_of_index, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), path_of_index
    import tempfile

    return tempfile.mkstemp(prefix="pmgit-")


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
