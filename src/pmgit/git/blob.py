"""The blob: a file of Git at a path, with the blob that was at that path before."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REGULAR = ("100644", "100755")
LINK, SUBMODULE, FOLDER = "120000", "160000", "040000"
#: Fewer are gone through sooner than a search in them is imported.
_MANY = 1000
#: The mode of an entry that does not exist.
NOTHING = "000000"

#: `Blob.size` before anybody has asked, and of a blob that a partial clone has not got.
UNKNOWN, NOT_HERE = -2, -1
#: How many times as large as its size in the index a blob may be (see `index_sizes`).
GROWTH = 12


class Blob:
    """The content of a file in Git: `size` in bytes, and `head`, all of it where it is small.

    `head` is None before somebody has looked, and empty where the content does not matter. Only
    `Contents` and what it asks sets these two.

    `before` is the id of the blob at this path before ('' when there was none), with the mode
    `before_mode`; `commit` the commit that introduced it when a range is judged. In a difference,
    `oid` is '' where a file is deleted. A submodule has mode 160000 and no content.

    One object is a change and a blob: with 50,000 staged files a second one for each costs 60 ms.
    """

    __slots__ = ("before", "before_mode", "commit", "head", "mode", "oid", "path", "size")

    def __init__(
        self,
        path: str,
        oid: str,
        mode: str = REGULAR[0],
        before: str = "",
        *,
        before_mode: str = NOTHING,
    ) -> None:
        self.path = path
        self.oid = oid
        self.mode = mode
        self.before = before
        self.commit = ""
        self.before_mode = before_mode
        self.size = UNKNOWN
        self.head: bytes | None = None

    @property
    def is_regular(self) -> bool:
        """A file: neither a link nor a submodule."""
        return self.mode in REGULAR

    @property
    def introduces(self) -> bool:
        """Whether this change introduces content: another blob, or one that was no file before.

        A link and a submodule name an id as well, which may be that of any blob.
        """
        if self.oid != self.before or self.before_mode == SUBMODULE:
            return bool(self.oid)
        return bool(self.oid) and self.mode in REGULAR and self.before_mode not in REGULAR

    @property
    def leaves(self) -> bool:
        """Whether the change takes away the file that was at the path before."""
        return self.before_mode in REGULAR and self.oid != self.before

    def at(self, path: str) -> Blob:
        """The same content at another path."""
        return Blob.known(path, self.oid, self.mode, self.size, self.head)

    @classmethod
    def known(cls, path: str, oid: str, mode: str, size: int, head: bytes | None = b"") -> Blob:
        """A blob of which size and first bytes are known, whether it is here or not."""
        blob = cls(path, oid, mode)
        blob.size, blob.head = size, head
        return blob

    @property
    def old(self) -> Blob:
        """The blob that was at the path before the change."""
        return Blob(self.path, self.before, self.before_mode)

    def __repr__(self) -> str:
        return f"Blob({self.path!r}, {self.oid[:9]}, {self.mode}, {self.size})"


def encode(path: str) -> bytes:
    """A path as Git stores it, also when it is not UTF-8."""
    return path.encode("utf-8", "surrogateescape")


def decode(path: bytes) -> str:
    """A path from Git; bytes that are not UTF-8 become lone surrogates."""
    return path.decode("utf-8", "surrogateescape")


def at_or_below(changes: list[Blob], places: Iterable[str]) -> list[Blob]:
    """The changes at these places or below, of a list sorted by path as Git prints it."""
    found: list[Blob] = []
    above = "/"
    for place in sorted(places, key=lambda place: f"{place}/"):
        begin = f"{place}/"
        if begin.startswith(above):
            continue  # it has been found already
        above = begin
        part = changes
        if len(changes) >= _MANY and place.isascii():
            # Git sorts bytes: of other characters the order may be another.
            from bisect import bisect_left

            first = bisect_left(changes, place, key=_path)
            part = changes[first : bisect_left(changes, f"{place}0", first, key=_path)]
        found += [blob for blob in part if blob.path.startswith(begin) or blob.path == place]
    return found


def changed(
    before: Iterable[Blob], changes: Iterable[Blob], unmerged: Iterable[str]
) -> dict[str, Blob]:
    """The entries of the index by path, made of the entries of HEAD (`before`) and the changes."""
    found = {blob.path: blob for blob in before}
    for change in changes:
        if change.oid:
            found[change.path] = change
        else:
            found.pop(change.path, None)
    for path in unmerged:
        found.pop(path, None)
    return found


def folders_above(path: str, root: str = "") -> Iterator[str]:
    """The folders that a path lies in, the nearest first, below `root` (the top: '')."""
    folder = path.rpartition("/")[0]
    while len(folder) > len(root):
        yield folder
        folder = folder.rpartition("/")[0]


def folders_of(paths: Iterable[str]) -> set[str]:
    """The folders that these paths lie in, and all above them; '' is the top."""
    found = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _path(blob: Blob) -> str:
    return blob.path


def introduced_by(changes: Iterable[Blob], commit: str = "") -> list[Blob]:
    """The blobs that a change introduces, each marked with `commit`.

    A file whose content stays the same (its mode changed) introduces nothing.
    """
    found = [change for change in changes if change.introduces]
    if commit:
        for blob in found:
            blob.commit = commit
    return found


def removed_by(changes: Iterable[Blob], commit: str = "") -> dict[tuple[str, str], list[str]]:
    """The paths that files leave in a change, by (commit, blob id).

    A file leaves its path when it is deleted, and also when another takes its place.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        if change.leaves:
            found.setdefault((commit, change.before), []).append(change.path)
    return found
