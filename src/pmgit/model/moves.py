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
    mover = ("git", "mv", *sparse(subject)) if tracked else ("mv", "-n")
    steps.append(Step(*mover, items=(old, new), names="path"))
    return Fix(*steps, order=Fix.MOVE)


def sparse(subject: Subject) -> tuple[str, ...]:
    """The option without which git touches no path outside of a sparse checkout."""
    # Written by `git sparse-checkout`; one per work tree.
    file = os.path.join(subject.repository.git_dir, "info", "sparse-checkout")
    return ("--sparse",) if os.path.exists(file) else ()


class Names:
    """Which paths are free to move something to: in the index, on disk, and whatever the case."""

    def __init__(self, subject: Subject) -> None:
        self._top = subject.repository.top
        #: Folded path to the paths that are spelt so, of files and of folders.
        self._files: dict[str, set[str]] = {}
        self._folders: dict[str, set[str]] = {}
        self._on_disk: dict[str, list[tuple[str, str]]] = {}
        folders = set()
        for path in subject.listing:
            self.take(path)
            folder = path.rpartition("/")[0]
            while folder and folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        for folder in folders:
            self._folders.setdefault(fold(folder), set()).add(folder)

    def take(self, path: str) -> None:
        """From now on `path` is not free."""
        self._files.setdefault(fold(path), set()).add(path)

    def is_free(self, path: str, moving: str = "") -> bool:
        """Whether nothing but `moving` has this path, so that it can be renamed to it."""
        folded = fold(path)
        if (self._files.get(folded, set()) | self._folders.get(folded, set())) - {moving}:
            return False
        folder, _, name = path.rpartition("/")
        name = fold(name)
        for found, exact in self._listing(folder):
            if found == name and exact != moving:
                return False
        while folder:
            # A folder cannot be made where a file is.
            if fold(folder) in self._files or os.path.isfile(os.path.join(self._top, folder)):
                return False
            folder = folder.rpartition("/")[0]
        return True

    def _listing(self, folder: str) -> list[tuple[str, str]]:
        """What is in a folder of the work tree: folded names, and paths."""
        if folder not in self._on_disk:
            try:
                names = os.listdir(os.path.join(self._top, folder))
            except OSError:
                names = []
            self._on_disk[folder] = [(fold(name), f"{folder}/{name}") for name in names]
        return self._on_disk[folder]
