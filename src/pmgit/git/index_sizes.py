"""Sizes of staged files from the index, where they cannot mislead.

Opening 50,000 files takes longer than all the rest together, and the index holds the size that
the work-tree file had when it was added. That is not always the blob's: 0 stands for "unknown";
text conversion and re-encoding change it by a factor of 3 at the most, and a plain pointer has
144 bytes at the most; and the field has 32 bits, but what is over 512 MiB goes to a pack. Hence
only a size from SMALL on and well below the smallest limit counts.

A clean filter can change it to anything: the caller asks for the exact size of blobs on such
paths. When the attribute was there at `git add` and is not in the index now (`git lfs track`, and
.gitattributes forgotten), that does not help. With Git LFS the blob is a pointer then, and no
pointer takes as much room in the object store as these must. That look costs 2 us for each, and
is only needed where git-lfs has worked, which leaves its folder behind, wherever lfs.storage
points. Where other clean filters are configured, nothing is taken from the index.
"""

from __future__ import annotations

import os

from pmgit.git.blob import encode
from pmgit.git.objects import SMALL, SMALL_STORED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

_CLEAN = r"^filter\..*\.(clean|process)$"
_HEADER = 12
#: Of an entry: two times, device, inode, mode, owner, group and, in the last 4 bytes, the size.
_BEFORE_ID = 40
_LONG, _LONG_FLAGS = 0xFFF, b"\x0f\xff"
#: Each search that finds nothing goes through all of the index.
_MISSES = 16


def take(repository: Repository, blobs: Sequence[Blob], limit: int) -> list[Blob]:
    """Set the sizes that the index tells for sure; the blobs that have one now.

    `limit` is the size in bytes from which on sizes must be exact.
    """
    try:
        with open(repository.index, "rb") as file:
            data = file.read()
    except OSError:
        return []
    if not blobs:
        return []
    filters = repository.start("config", "--name-only", "--get-regexp", _CLEAN)
    width = len(repository.empty_tree) // 2
    ids = bytes.fromhex("".join([blob.oid for blob in blobs]))
    paths = encode("\0".join([blob.path for blob in blobs])).split(b"\0")
    configured = filters.finish(1).decode("utf-8", "replace").lower().split("\n")
    if any(name and not name.startswith("filter.lfs.") for name in configured):
        return []
    found: list[Blob] = []
    at, missed = _HEADER, 0
    begins, read, add = data.startswith, int.from_bytes, found.append
    low, high = SMALL, limit // 3
    has_lfs = os.path.isdir(f"{repository.common_dir}/lfs")
    all_flags = [length.to_bytes(2, "big") for length in range(max(map(len, paths)) + 1)]
    all_flags[_LONG:] = [_LONG_FLAGS] * len(all_flags[_LONG:])
    id_at = 0
    for blob, path in zip(blobs, paths, strict=True):
        # What an entry has after the size: id, flags (the lower 12 bits are the length of the
        # path), path, NUL. The path belongs to it: another path with the same content may have
        # had another size.
        length = len(path)
        wanted = b"%b%b%b\0" % (ids[id_at : id_at + width], all_flags[length], path)
        id_at += width
        # Both lists are sorted by path: mostly the next entry is the one.
        if not begins(wanted, at + _BEFORE_ID):
            here = data.find(wanted, at)
            if here < 0:
                missed += 1
                if missed > _MISSES:
                    break  # index version 4, a split index: nothing is found in there
                continue
            at = here - _BEFORE_ID
        size = read(data[at + _BEFORE_ID - 4 : at + _BEFORE_ID], "big")
        # Filled up with 1 to 8 NULs to a multiple of 8 bytes.
        at += (_BEFORE_ID + width + 2 + length + 8) & ~7
        if low <= size < high and not (has_lfs and _may_be_pointer(repository.objects, blob.oid)):
            blob.size = size
            add(blob)
    return found


def _may_be_pointer(objects: str, oid: str) -> bool:
    """Whether so little is stored that this may be a pointer to what the index speaks of."""
    try:
        return os.stat(f"{objects}/{oid[:2]}/{oid[2:]}").st_size <= SMALL_STORED
    except OSError:
        return True  # it is not loose: git tells
