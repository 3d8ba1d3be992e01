"""Sizes of staged files from the index, where they cannot mislead.

Opening 50,000 files takes longer than all the rest together, and the index holds the size that
the work-tree file had when it was added. That is not always the blob's:

* 0 stands for "unknown", and the field has 32 bits: of 4 GiB and 5 kB it holds 5 kB;
* line ends, `ident` and re-encoding change it, by a factor of 3 at the most where they enlarge it
  (of the character sets of glibc 2.36 only one does more, TSCII: 12);
* a clean filter changes it to anything.

Hence it only shows on which side of all limits a blob is, and only from the size of a pointer to a
third of the lowest limit: who adds sizes up, or shows one, measures the blob. No size is taken for
a blob that needs more room in the object store than it may, or that is no loose object: what is
over 512 MiB goes to a pack of its own. Of very many files only these packs are looked at, because
the rest would take longer than it saves.

The caller asks for the exact size of blobs on paths with a filter. When the attribute was there at
`git add` and is not in the index now (`git lfs track`, and .gitattributes forgotten), that does not
help. With Git LFS the blob is a pointer then, and no pointer takes as much room in the object
store as these must. That look is only needed where git-lfs has worked, which leaves its folder
behind, wherever lfs.storage points. Where other clean filters are configured, nothing is taken from
the index.
"""

from __future__ import annotations

import os
from struct import Struct
from struct import error as EntryError  # noqa: N812 - it is a class

from pmgit.git.blob import REGULAR, UNKNOWN, encode
from pmgit.git.loose import SMALL, SMALL_STORED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

#: How many times as large as the file in the work tree a blob mostly is at the most; see GROWTH.
_GROWTH = 3
_CLEAN = r"^filter\..*\.(clean|process)$"
_HEADER = 12
#: What an entry begins with: two times, device, inode, mode, owner and group.
_BEFORE_SIZE, _SIZE_BYTES = 36, 4
_LONG = 0xFFF
#: Each search that finds nothing goes through all of the index.
_MISSES = 16
#: So many loose objects are looked at each by itself; of more, at the packs that `git add` made.
_FEW = 4000
#: The index of a pack of at most 1,000 objects is smaller.
_IDX = 50_000


class Sizes:
    """The sizes of staged files in the index, looked up in the order of their paths."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._filters = repository.start("config", "--name-only", "--get-regexp", _CLEAN)
        self._entry = Struct(f">I{len(repository.empty_tree) // 2}xH")
        self._blobs: list[Blob] = []
        self._sizes: list[int] = []
        self._at, self._missed = _HEADER + _BEFORE_SIZE, 0
        self._data = b""
        try:
            with open(repository.index, "rb") as file:
                self._data = file.read()
        except OSError:
            pass

    def look(self, changes: Iterable[Blob]) -> None:
        """Look up these files too; they come after those of the calls before."""
        blobs = [blob for blob in changes if blob.oid and blob.mode in REGULAR]
        if not blobs or self._missed > _MISSES:
            return
        sizes: list[int] = []
        try:
            self._walk(blobs, sizes)
        except EntryError:
            self._missed = _MISSES + 1  # past the end of the index: there is nothing more
        self._blobs += blobs[: len(sizes)]
        self._sizes += sizes

    def _walk(self, blobs: list[Blob], sizes: list[int]) -> None:
        """Append the size of every blob, or 0 where its entry is not found."""
        paths = encode("\0".join([blob.path for blob in blobs])).split(b"\0")
        data, at = self._data, self._at
        read, begins, path_at = self._entry.unpack_from, data.startswith, self._entry.size
        add = sizes.append
        for path in paths:
            # Size, id, flags (the lower 12 bits are the length of the path), path, NUL.
            length = len(path)
            size, flags = read(data, at)
            # Both lists are sorted by path: mostly the next entry is the one.
            if flags != length or not begins(path, at + path_at):
                # The id belongs to it: a path alone may be a part of another.
                oid = bytes.fromhex(blobs[len(sizes)].oid)
                wanted = b"%b%b%b\0" % (oid, min(length, _LONG).to_bytes(2, "big"), path)
                here = data.find(wanted, at) - _SIZE_BYTES
                if here < 0:
                    self._missed += 1
                    if self._missed > _MISSES:
                        break  # index version 4, a split index: nothing is found in there
                    add(0)
                    continue
                at = here
                size = read(data, at)[0]
            add(size)
            # Filled up with 1 to 8 NULs to a multiple of 8 bytes.
            at += (_BEFORE_SIZE + path_at + length + 8) & ~7
        self._at = at

    def take(self, limit: int) -> list[Blob]:
        """Set sizes that are on the right side of every limit; the blobs that have one now.

        `limit` is the size in bytes from which on sizes must be exact.
        """
        configured = self._filters.finish(1).decode("utf-8", "replace").lower().split("\n")
        if any(name and not name.startswith("filter.lfs.") for name in configured):
            return []
        low, high = SMALL, limit // _GROWTH
        found: list[Blob] = []
        for blob, size in zip(self._blobs, self._sizes, strict=True):
            if low <= size < high:
                blob.size, blob.head = size, b""
                found.append(blob)
        elsewhere = self._elsewhere(found)
        for blob in elsewhere:
            blob.size = UNKNOWN
        return [blob for blob in found if blob.size != UNKNOWN] if elsewhere else found

    def _elsewhere(self, blobs: list[Blob]) -> list[Blob]:
        """Those of the blobs that are not loose, or take too much room to be so small."""
        folder = self._repository.objects
        has_lfs = os.path.isdir(f"{self._repository.common_dir}/lfs")
        if has_lfs or len(blobs) <= _FEW:
            least = SMALL_STORED if has_lfs else 0
            return [blob for blob in blobs if _stored(folder, blob) <= least]
        packed = _in_small_packs(folder, len(self._repository.empty_tree) // 2)
        return [blob for blob in blobs if blob.oid in packed] if packed else []


def _in_small_packs(objects: str, width: int) -> set[str]:
    """The ids in packs of a few objects, as `git add` writes them; ids have `width` bytes."""
    found: set[str] = set()
    try:
        with os.scandir(f"{objects}/pack") as entries:
            small = [e.path for e in entries if e.name.endswith(".idx") and e.stat().st_size < _IDX]
        for path in small:
            with open(path, "rb") as file:
                data = file.read()
            # Magic and version, 256 numbers of which the last is that of all objects, the ids.
            end = 1032 + width * int.from_bytes(data[1028:1032], "big")
            found.update([data[at : at + width].hex() for at in range(1032, end, width)])
    except OSError:
        pass  # nothing is packed
    return found


def _stored(objects: str, blob: Blob) -> int:
    """How much room a loose blob takes in the store; 0 when that is too much for its size."""
    try:
        stored = os.stat(f"{objects}/{blob.oid[:2]}/{blob.oid[2:]}").st_size
    except OSError:
        return 0  # it is not loose
    # What does not deflate takes 5 bytes more for every 16 kB, and some for its header.
    return stored if stored <= blob.size + blob.size // 1000 + 100 else 0
