"""Renames as fixes, to names that are free."""

from __future__ import annotations

import os

from pmgit.finding import Fix, Step
from pmgit.model.naming import fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.model.subject import Subject


def move(subject: Subject, old: str, new: str) -> Fix:
    """Rename a file or folder, tracked or not; `new` must be free (`Names`)."""
    tracked = [path for path in subject.listing if path == old or path.startswith(f"{old}/")]
    steps = []
    top = subject.repository.top
    absent = tuple(path for path in tracked if not os.path.lexists(os.path.join(top, path)))
    if absent:
        # git moves what is on disk.
        steps.append(Step("git", "restore", "--ignore-skip-worktree-bits", items=absent))
    parent = new.rpartition("/")[0]
    if parent != old.rpartition("/")[0]:
        steps.append(Step("mkdir", "-p", items=(parent,), names="path"))
    mover = ("git", "mv") if tracked else ("mv", "-n")
    steps.append(Step(*mover, items=(old, new), names="path"))
    return Fix(*steps, order=Fix.MOVE)


class Names:
    """Which paths are free to move something to: in the index, on disk, and whatever the case."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._files = {fold(path) for path in subject.listing}
        self._folders: set[str] = set()
        for path in self._files:
            folder = path.rpartition("/")[0]
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
        self._on_disk: dict[str, set[str]] = {}

    def take(self, path: str) -> None:
        """From now on `path` is not free."""
        self._files.add(fold(path))

    def is_free(self, path: str, moving: str = "") -> bool:
        """Whether nothing has this path, so that `moving` can be renamed to it."""
        folded = fold(path)
        if moving and folded == fold(moving):
            return self._is_respelling(path)
        if folded in self._files or folded in self._folders:
            return False
        folder, _, name = path.rpartition("/")
        if fold(name) in self._listing(folder):
            return False
        while folder:
            # A folder cannot be made where a file is.
            if fold(folder) in self._files or os.path.isfile(self._at(folder)):
                return False
            folder = folder.rpartition("/")[0]
        return True

    def _is_respelling(self, path: str) -> bool:
        """Whether only the spelling changes, and nothing else is spelt like this."""
        folder, _, name = path.rpartition("/")
        try:
            if name in os.listdir(self._at(folder)):
                return False
        except OSError:
            pass
        return not any(p == path or p.startswith(f"{path}/") for p in self._subject.listing)

    def _listing(self, folder: str) -> set[str]:
        if folder not in self._on_disk:
            try:
                found = os.listdir(self._at(folder))
            except OSError:
                found = []
            self._on_disk[folder] = set(map(fold, found))
        return self._on_disk[folder]

    def _at(self, path: str) -> str:
        return os.path.join(self._subject.repository.top, path)
