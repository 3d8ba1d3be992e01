"""How many entries folders have, as a host would count them; what the file of the index shows."""

from __future__ import annotations

from bisect import bisect_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.repository import Repository


def index_entries(repository: Repository) -> int | None:
    """The number of entries of the index, from its first bytes; None where these may mislead.

    The index of a sparse checkout holds one entry for a folder, that of a split index only what
    differs: the names of these extensions in it, or in a path, make the answer uncertain.
    """
    try:
        with open(repository.index, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if data[:4] != b"DIRC" or b"sdir" in data or b"link" in data:
        return None
    return int.from_bytes(data[8:12], "big")


def may_have_intents(repository: Repository) -> bool:
    """Whether the index may have an entry of `git add -N`: version 2 of its format has no flag for
    them, and Git writes that version where no entry needs another.

    Of a split index the other half may have another version.
    """
    try:
        with open(repository.index, "rb") as file:
            data = file.read()
    except OSError:
        return True
    return data[:8] != b"DIRC\0\0\0\2" or b"link" in data


class FolderPaths:
    """The paths of a tree, in the order in which Git keeps them: a folder is one stretch of them.

    So nothing is done for each of 50,000 files, only for the folders that somebody asks about.
    """

    def __init__(self, paths: Iterable[bytes]) -> None:
        self._all = sorted(dict.fromkeys(paths))

    def __len__(self) -> int:
        return len(self._all)

    def crowded(self, added: Iterable[bytes], limit: int) -> dict[bytes, int]:
        """The folders (b'' is the top) with more than `limit` entries that have gained one.

        `added` are those of the paths that are new.
        """
        new = FolderPaths(added)
        asked: set[bytes] = set()
        for path in new._all:
            folder = path.rpartition(b"/")[0]
            while folder not in asked:
                asked.add(folder)
                # A folder that has old files was an entry of the one above it before.
                if not folder or self._size(folder) > new._size(folder):
                    break
                folder = folder.rpartition(b"/")[0]
        counts = {folder: self._entries(folder, limit) for folder in asked}
        return {folder: count for folder, count in counts.items() if count > limit}

    def _stretch(self, folder: bytes) -> tuple[int, int]:
        """Where the paths below a folder begin and end."""
        if not folder:
            return 0, len(self._all)
        # "0" comes after "/".
        return bisect_left(self._all, folder + b"/"), bisect_left(self._all, folder + b"0")

    def _size(self, folder: bytes) -> int:
        begin, end = self._stretch(folder)
        return end - begin

    def _entries(self, folder: bytes, limit: int) -> int:
        """How many entries a folder has; its files of all depths when these are few enough."""
        at, end = self._stretch(folder)
        if end - at <= limit:
            return end - at
        inside = len(folder) + 1 if folder else 0
        count = 0
        while at < end:
            count += 1
            slash = self._all[at].find(b"/", inside)
            at = at + 1 if slash < 0 else self._stretch(self._all[at][:slash])[1]
        return count


def staged_paths(repository: Repository) -> FolderPaths:
    """The paths of the index."""
    return FolderPaths(filter(None, repository.run("ls-files", "-z").split(b"\0")))
