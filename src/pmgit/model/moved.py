"""New blobs that are only moved: old bytes under another name, which add nothing to the history.

A move is free when the blob was at its old place what it is at the new one. Text that becomes
weights by its new name is new weights, and so is what comes into a model folder from elsewhere.
Nor is a copy free: every path that a blob leaves makes one new path free.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pmgit.git.blob import Blob

    #: How far inside a path lies, and what a blob is there.
    Grade = tuple[int, int]

#: What a blob is at a path; weights with the name of a text are so by their content alone.
OTHER, DISGUISED, WEIGHTS = range(3)
#: Where a path lies: outside of models folders, loose in one of them, in a model's folder.
OUTSIDE, LOOSE, INSIDE = range(3)


class Moves:
    """The moves of a snapshot: (commit, blob id) of what leaves a path and comes to another.

    `introduced` are the blobs that come, `removed` the paths that blobs leave, by commit and id.
    `grade` says what a blob is at a path, `excludes` which paths the configuration leaves out.
    """

    def __init__(
        self,
        introduced: Iterable[Blob],
        removed: Mapping[tuple[str, str], Sequence[str]],
        grade: Callable[[str, Blob], Grade],
        excludes: Callable[[str], bool],
    ) -> None:
        self._removed = removed
        self._grade = grade
        self._excludes = excludes
        self._coming: dict[tuple[str, str], list[Blob]] = {}
        for blob in introduced:
            if (blob.commit, blob.oid) in removed:
                self._coming.setdefault((blob.commit, blob.oid), []).append(blob)
        self._free: dict[tuple[str, str], set[str]] = {}

    def is_free(self, blob: Blob) -> bool:
        """Whether this introduced blob is only moved to its path. Its size must be known."""
        key = (blob.commit, blob.oid)
        if key not in self._free:
            self._free[key] = set(self._settle(key))
        return blob.path in self._free[key]

    def may_come_from(self, path: str, blob: Blob) -> bool:
        """Whether a move of a blob from `path` to its own path would be free."""
        return _covers(self._grade(path, blob), self._grade(blob.path, blob))

    def _settle(self, key: tuple[str, str]) -> list[str]:
        """The new paths of one blob that are free."""
        coming = self._coming.get(key, [])
        gone = self._removed.get(key, ())
        room: dict[tuple[int, int], int] = {}
        for path in gone if coming else ():
            # What `exclude` names is excluded there, and nowhere else.
            if not self._excludes(path):
                grade = self._grade(path, coming[0])
                room[grade] = room.get(grade, 0) + 1
        names = {path.rpartition("/")[2] for path in gone}
        asked = [(self._grade(blob.path, blob), blob.path) for blob in coming]
        # The strictest first. Which one is the copy is unknown; most likely a file keeps its name.
        asked.sort(key=lambda one: (one[1].rpartition("/")[2] not in names, one))
        free = []
        for grade, path in sorted(asked, key=lambda one: one[0], reverse=True):
            fitting = [old for old, left in room.items() if left and _covers(old, grade)]
            if fitting:
                room[min(fitting)] -= 1
                free.append(path)
        return free


def _covers(old: tuple[int, int], new: tuple[int, int]) -> bool:
    """Whether what was `old` may become `new` without being more than it was."""
    return old[0] >= new[0] and old[1] >= new[1]
