"""Trees that Git itself would never write are refused: paths do not describe what they hold.

Git reads them all the same, and `receive.fsckObjects` is off by default. A name with a slash is
checked out as a path, and hides the changes of the folder that it begins with. Of entries that
are out of order or occur twice, Git's own searches find one or none. Where trees
differ, Git lists every folder before what is in it, and everything in order; so it is enough to
see whether that holds.
"""

from __future__ import annotations

from pmgit.core.errors import PmgitError
from pmgit.git.blob import FOLDER, NOTHING, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

#: No checkout makes files of these names; `.git` in any case.
_NAMES = frozenset((b"", b".", b"..", b".git"))


class MalformedTreeError(PmgitError):
    """A tree that Git would not write."""

    def __init__(self, tree: str, path: bytes, why: str) -> None:
        super().__init__(
            f"{tree[:12]} has a tree that Git itself would not write: {decode(path)!r} {why}",
            "git fsck names it; made anew by git add and git commit, it is as it should be",
        )


class TreeOrder:
    """The check of a tree, by its differences as `diff-tree -t` lists them.

    `tree` names it in errors: a commit, or a tree by itself.

    Only what the tree has is checked: what is taken away may mend an older one.
    """

    __slots__ = ("_files", "_folders", "_gone", "_last", "_tree")

    def __init__(self, tree: str) -> None:
        self._tree = tree
        self._folders = {b""}
        self._files: set[bytes] = set()
        self._gone: set[bytes] = set()
        self._last = b""

    def is_folder(self, modes: Sequence[str], path: bytes) -> bool:
        """Whether a difference is that of a folder; `modes` are the old ones, and the new last.

        Raises MalformedTreeError.
        """
        folder = FOLDER in modes
        if folder and any(mode not in (FOLDER, NOTHING) for mode in modes):
            raise MalformedTreeError(self._tree, path, "has a slash in a name")
        if modes[-1] == NOTHING:
            if not folder:
                self._gone.add(path)
            return folder
        above, _, name = path.rpartition(b"/")
        if above not in self._folders:
            raise MalformedTreeError(self._tree, path, "has a slash in a name")
        if name.lower() in _NAMES:
            raise MalformedTreeError(self._tree, path, "is no name of a file")
        if path in self._files or (folder and path in self._folders):
            raise MalformedTreeError(self._tree, path, "is there twice")
        if not folder and (path in self._gone or path <= self._last):
            raise MalformedTreeError(self._tree, path, "is there twice, or out of order")
        if folder:
            self._folders.add(path)
        else:
            self._files.add(path)
            self._last = path
        return folder
