"""Sizes and first bytes of blobs, without a process per blob.

What `git add` has just written lies as a loose object, a file that is opened and inflated here:
one read tells the size and the first bytes, 8 us against 38 us for asking `git cat-file`
(docs/performance.md). What lies elsewhere (packs, alternates) is asked for in one batch.
"""

from __future__ import annotations

import os
import zlib

from pmgit.errors import PmgitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pmgit.git.repository import Repository
    from pmgit.git.snapshot import Blob

#: How much of a blob is read to see what it is. A pointer is under 1024 bytes; the names of the
#: first members of a torch archive and every magic number lie well within.
HEAD_BYTES = 4000
#: Blobs up to this size are shown to `keep`, which says whether their content matters.
SMALL = 1024
#: From this many blobs on, the index tells the sizes of those that are neither small nor large.
MANY = 2000
#: One cat-file call reads whole blobs of at most so many bytes together.
BATCH_BYTES = 64_000_000

#: `Blob.size` before anybody has asked, and of a blob that a partial clone has not got.
UNKNOWN, NOT_HERE = -2, -1

_READ_BYTES = 4096
#: `blob <size>` and a NUL, with room to spare.
_HEADER_BYTES = 64
#: No blob of under 1024 bytes is a loose object of more than this: deflate adds some 20 bytes.
_SMALL_STORED = 1100


def encode(path: str) -> bytes:
    """A path as Git stores it, also when it is not UTF-8."""
    return path.encode("utf-8", "surrogateescape")


def decode(path: bytes) -> str:
    """A path from Git; bytes that are not UTF-8 become lone surrogates."""
    return path.decode("utf-8", "surrogateescape")


class UnreadableObjectError(PmgitError):
    """An object is damaged or missing."""

    def __init__(self, oid: str, why: str) -> None:
        super().__init__(f"object {oid} is unreadable: {why}", "see what else is: git fsck")


class Objects:
    """The object store of a repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._present: set[str] | None = None

    def survey(self, blobs: Iterable[Blob], keep: Callable[[bytes], bool] | None) -> int:
        """Set `size` of every blob, and `head` of the small ones that `keep` (if any) wants.

        The number of blobs that are not here (partial clone) is returned; their size is NOT_HERE.
        """
        elsewhere = []
        for blob in blobs:
            found = self._loose(blob.oid)
            if found is None:
                elsewhere.append(blob)
            else:
                blob.size, head = found
                if keep and blob.size < SMALL and keep(head):
                    blob.head = head
        return self._survey_packed(elsewhere, keep) if elsewhere else 0

    def _loose(self, oid: str, count: int = 0) -> tuple[int, bytes] | None:
        """Size of a loose object, and of its content all when it is small, else `count` bytes.

        None when the object is not loose. Only what is asked for is inflated.
        """
        try:
            fd = os.open(f"{self._repository.objects}/{oid[:2]}/{oid[2:]}", os.O_RDONLY | _BINARY)
        except OSError:
            return None
        try:
            data = os.read(fd, _READ_BYTES if count else _SMALL_STORED)
        except OSError as error:
            raise UnreadableObjectError(oid, error.strerror or "read error") from error
        finally:
            os.close(fd)
        try:
            stream = zlib.decompressobj()
            header, end, head = stream.decompress(data, _HEADER_BYTES).partition(b"\0")
            kind, _, digits = header.partition(b" ")
            if not end:
                raise ValueError("it ends too early")
            if kind != b"blob":
                raise ValueError(f"it is a {kind.decode('ascii', 'replace')}, not a blob")
            size = int(digits)
            wanted = size if size < SMALL else min(count, size)
            if len(head) < wanted:
                head += stream.decompress(stream.unconsumed_tail, wanted - len(head))
                if len(head) < wanted:
                    raise ValueError("it ends too early")
        except (zlib.error, ValueError) as error:
            raise UnreadableObjectError(oid, str(error)) from error
        return size, head[:wanted]

    def sizes_from_index(self, blobs: Sequence[Blob], limit: int) -> None:
        """Take sizes from the index where they cannot mislead; the others stay UNKNOWN.

        Opening 50,000 files takes longer than all the rest together, and the index holds the
        size that the work-tree file had when it was added. That is not always the blob's: 0
        stands for "unknown"; text conversion and re-encoding change it by a factor of 3 at the
        most, and a plain pointer has 144 bytes at the most; and the field has 32 bits, but what
        is over 512 MiB goes to a pack. Hence only a size from SMALL on and well below `limit`
        counts. A clean filter can change it to anything:
        the caller asks for the exact size of blobs on such paths. When the attribute was there
        at `git add` and is not in the index now (`git lfs track`, and .gitattributes forgotten),
        that does not help: then the blob is a pointer, and no pointer takes as much room in the
        object store as these must. That look costs 2 us for each, and is only needed where
        git-lfs has worked, which leaves its folder behind, wherever lfs.storage points.
        """
        try:
            with open(self._repository.index, "rb") as file:
                data = file.read()
        except OSError:
            return
        at, folder = 12, self._repository.objects
        width = len(self._repository.empty_tree) // 2
        find, low, high = data.find, SMALL, limit // 3
        has_lfs = os.path.isdir(f"{self._repository.common_dir}/lfs")
        for blob in blobs:
            # Both lists are sorted by path, so one pass over the index finds them all.
            here = find(bytes.fromhex(blob.oid), at)
            if here < 0:
                continue
            at = here + width
            size = int.from_bytes(data[here - 4 : here], "big")
            # Two bytes of flags, then the path: another path with the same content may have had
            # another size. Index version 4 cuts paths short and simply does not match.
            named = data.startswith(encode(blob.path) + b"\0", at + 2)
            if not (named and low <= size < high):
                continue
            if not has_lfs or _stored(folder, blob.oid) > _SMALL_STORED:
                blob.size = size

    def _survey_packed(self, blobs: list[Blob], keep: Callable[[bytes], bool] | None) -> int:
        """Sizes of blobs that are not loose, by one batch, and the content of the small ones."""
        here, missing = self.split_present(blobs)
        for blob in missing:
            blob.size = NOT_HERE
        sizes = self.sizes([blob.oid for blob in here])
        for blob in here:
            blob.size = sizes[blob.oid]
        small = [blob for blob in here if keep and 0 < blob.size < SMALL]
        contents = self._batch([blob.oid for blob in small])
        for blob in small:
            if keep and keep(contents[blob.oid]):
                blob.head = contents[blob.oid]
        return len(missing)

    def split_present(self, blobs: Sequence[Blob]) -> tuple[list[Blob], list[Blob]]:
        """The blobs that are here and those that a partial clone has left on the remote."""
        if not self._repository.is_partial:
            return list(blobs), []
        if self._present is None:
            # The one listing that never makes a partial clone fetch.
            out = self._repository.run(
                "cat-file", "--batch-all-objects", "--unordered", "--buffer",
                "--batch-check=%(objectname)",
            )  # fmt: skip
            self._present = set(out.decode("ascii").split())
        here = [blob for blob in blobs if blob.oid in self._present]
        return here, [blob for blob in blobs if blob.oid not in self._present]

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """Size of every blob, by one `git cat-file`."""
        unique = list(dict.fromkeys(oids))
        if not unique:
            return {}
        out = self._repository.run(
            "cat-file", "--buffer", "--batch-check=%(objecttype) %(objectsize)",
            stdin="\n".join(unique).encode("ascii") + b"\n",
        )  # fmt: skip
        found = {}
        for oid, line in zip(unique, out.decode("ascii", "replace").splitlines(), strict=True):
            kind, _, size = line.partition(" ")
            if kind != "blob":
                raise UnreadableObjectError(oid, "missing" if size == "missing" else line)
            found[oid] = int(size)
        return found

    def _batch(self, oids: Iterable[str], count: int | None = None) -> dict[str, bytes]:
        """Content of blobs (all, or the first `count` bytes), by one `git cat-file`."""
        unique = list(dict.fromkeys(oids))
        if not unique:
            return {}
        out = self._repository.run(
            "cat-file", "--buffer", "--batch=%(objecttype) %(objectsize)",
            stdin="\n".join(unique).encode("ascii") + b"\n",
        )  # fmt: skip
        found, at = {}, 0
        for oid in unique:
            end = out.index(b"\n", at)
            kind, _, size = out[at:end].partition(b" ")
            if kind != b"blob":
                raise UnreadableObjectError(oid, "missing")
            at = end + 1 + int(size)
            found[oid] = out[end + 1 : at if count is None else min(at, end + 1 + count)]
            at += 1
        return found

    def heads(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """At least the first bytes of every blob whose size is known; blobs not here are left out.

        Packed blobs come in batches; Git inflates them whole. One that is larger than a batch
        gets a process of its own, which is left as soon as the first bytes are there.
        """
        found: dict[str, bytes] = {}
        batch: list[str] = []
        room = BATCH_BYTES
        for blob in blobs:
            if blob.size == NOT_HERE or blob.oid in found:
                continue
            loose = self._loose(blob.oid, HEAD_BYTES)
            if loose is not None:
                found[blob.oid] = loose[1]
            elif blob.size > BATCH_BYTES:
                found[blob.oid] = self._repository.first_bytes(
                    "cat-file", "blob", blob.oid, count=HEAD_BYTES
                )
            else:
                if blob.size > room:
                    found |= self._batch(batch, HEAD_BYTES)
                    batch, room = [], BATCH_BYTES
                batch.append(blob.oid)
                room -= max(blob.size, 0)
        return found | self._batch(batch, HEAD_BYTES)

    def contents(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """Whole content of blobs, by one process; for small files such as INFO.md."""
        here, _ = self.split_present(blobs)
        return self._batch(blob.oid for blob in here)


def _stored(folder: str, oid: str) -> int:
    """How many bytes a loose object takes in the store; 0 when it is not loose."""
    try:
        return os.stat(f"{folder}/{oid[:2]}/{oid[2:]}").st_size
    except OSError:
        return 0


_BINARY = getattr(os, "O_BINARY", 0)
