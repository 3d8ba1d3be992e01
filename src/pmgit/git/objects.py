"""Sizes and first bytes of blobs, without a process per blob.

What `git add` has just written lies as a loose object, a file that is opened and inflated here:
one read tells the size and the first bytes, 8 us against 38 us for asking `git cat-file`
(docs/performance.md). What lies elsewhere (packs, alternates), or is in any way not as Git writes
it, is asked for in one batch: only Git says that an object is unreadable.
"""

from __future__ import annotations

import os
import zlib

from pmgit.errors import PmgitError
from pmgit.git import process
from pmgit.git.blob import NOT_HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

#: How much of a blob is read to see what it is. A pointer is under 1024 bytes; the names of the
#: first members of a torch archive and every magic number lie well within.
HEAD_BYTES = 4000
#: Blobs up to this size are shown to `keep`, which says whether their content matters.
SMALL = 1024
#: One cat-file call reads whole blobs of at most so many bytes together.
BATCH_BYTES = 64_000_000

#: Enough to inflate HEAD_BYTES from: of bytes that do not deflate, each takes 15 bits at the most.
_READ_BYTES = 8192
#: Of a tree so much is read here; 50 folders fit into 2 KB.
_TREE_BYTES = 1 << 16
#: `blob <size>` and a NUL, with room to spare.
_HEADER_BYTES = 64
#: No blob of under 1024 bytes is a loose object of more than this: deflate adds some 20 bytes.
SMALL_STORED = 1100

#: So many small files are read before the first is inflated.
_TOGETHER = 500


class UnreadableObjectError(PmgitError):
    """Git cannot read an object, or it is of a wrong kind, as `why` says.

    Without it the cause is what Git says of the object, or has `said` of it (on standard error).
    `note` follows in the message.
    """

    def __init__(self, oid: str, why: str = "", said: str = "", note: str = "") -> None:
        from pmgit.git import trouble

        message, hint = trouble.unreadable(oid, why, said, process.start)
        super().__init__(message + note, hint)


class Objects:
    """The object store of a repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._present: set[str] | None = None
        self._read: dict[str, bytes] = {}  # the small ones that Git has given, for `contents`

    def survey(self, blobs: Iterable[Blob], keep: Callable[[bytes], bool] | None) -> int:
        """Set `size` of every blob, and `head` of the small ones that `keep` (if any) wants.

        The number of blobs that are not here (partial clone) is returned; their size is NOT_HERE.
        """
        blobs = list(blobs)
        elsewhere = []
        folder = _near(self._repository.objects)
        # First the files, then what is in them: in turns it takes a third more time.
        for begin in range(0, len(blobs), _TOGETHER):
            part = blobs[begin : begin + _TOGETHER]
            for blob, data in zip(part, self._stored(folder, part, SMALL_STORED), strict=True):
                found = data and (_whole(data) or _inflated(data))
                if not found:
                    elsewhere.append(blob)
                    continue
                size, head = found
                blob.size = size
                if size < SMALL and keep and keep(head):
                    blob.head = head
        return self._survey_packed(elsewhere, keep) if elsewhere else 0

    def _stored(self, folder: str, blobs: Sequence[Blob], count: int) -> list[bytes | None]:
        """What the files of loose objects begin with, `count` bytes; None: Git has to be asked."""
        found: list[bytes | None] = []
        add, open_file, read, close = found.append, os.open, os.read, os.close
        for blob in blobs:
            oid = blob.oid
            try:
                fd = open_file(f"{folder}/{oid[:2]}/{oid[2:]}", _READ)
            except OSError:
                add(None)
                continue
            try:
                add(read(fd, count))
            except OSError:
                add(None)  # a folder, a bad disk
            finally:
                close(fd)
        return found

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
        self._read |= contents
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
        code, out, err = self._cat_file("--batch-check=%(objecttype) %(objectsize)", unique)
        found = {}
        for oid, line in zip(unique, out.decode("ascii", "replace").splitlines(), strict=False):
            kind, _, size = line.partition(" ")
            if kind != "blob":
                raise UnreadableObjectError(oid, _wrong_kind(kind), err)
            found[oid] = int(size)
        if code or len(found) < len(unique):
            raise UnreadableObjectError(unique[len(found)], said=err)
        return found

    def _batch(self, oids: Iterable[str], count: int | None = None) -> dict[str, bytes]:
        """Content of blobs (all, or the first `count` bytes), by one `git cat-file`."""
        unique = list(dict.fromkeys(oids))
        if not unique:
            return {}
        code, out, err = self._cat_file("--batch=%(objecttype) %(objectsize)", unique)
        found, at = {}, 0
        for oid in unique:
            end = out.find(b"\n", at)
            kind, _, size = out[at:end].partition(b" ") if end > 0 else (b"", b"", b"")
            if kind != b"blob":
                raise UnreadableObjectError(oid, _wrong_kind(kind.decode("ascii", "replace")), err)
            at = end + 1 + int(size)
            if out[at : at + 1] != b"\n":
                raise UnreadableObjectError(oid, said=err)
            found[oid] = out[end + 1 : at if count is None else min(at, end + 1 + count)]
            at += 1
        if code:
            raise process.GitError(("cat-file",), code, err)
        return found

    def _cat_file(self, form: str, oids: Sequence[str]) -> tuple[int, bytes, str]:
        """Exit code and output of `git cat-file`; it gives up at what is damaged in some ways."""
        stdin = "\n".join(oids).encode("ascii") + b"\n"
        return self._repository.start("cat-file", "--buffer", form, stdin=stdin).wait()

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
            [loose] = self._stored(self._repository.objects, [blob], _READ_BYTES)
            inflated = _inflated(loose, HEAD_BYTES) if loose else None
            if inflated and inflated[0] == blob.size:
                found[blob.oid] = inflated[1]
            elif blob.size > BATCH_BYTES:
                from pmgit.git import streams

                found[blob.oid] = streams.first_bytes(
                    self._repository, "cat-file", "blob", blob.oid, count=HEAD_BYTES
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
        known = {blob.oid: self._read[blob.oid] for blob in here if blob.oid in self._read}
        return known | self._batch(blob.oid for blob in here if blob.oid not in known)


def loose_tree(folder: str, oid: str) -> bytes | None:
    """A tree that lies as a file of its own in the object store `folder`; None: ask Git."""
    try:
        fd = os.open(f"{folder}/{oid[:2]}/{oid[2:]}", _READ)
        try:
            stored = os.read(fd, _TREE_BYTES)
        finally:
            os.close(fd)
        stream = zlib.decompressobj()
        header, _, data = stream.decompress(stored).partition(b"\0")
    except (OSError, zlib.error):
        return None  # it is not there, or damaged
    return data if header == b"tree %d" % len(data) and _ends(stream) else None


def _wrong_kind(kind: str) -> str:
    """Why an object is no blob, by what `git cat-file` calls it; '' when it cannot read it."""
    return f"it is a {kind}, not a blob" if kind in _OTHERS else ""


_OTHERS = frozenset({"tree", "commit", "tag"})


def _whole(data: bytes) -> tuple[int, bytes] | None:
    """Size and content of a small blob in half the time of `_inflated`; None: ask that one."""
    if len(data) < SMALL_STORED:
        stream = zlib.decompressobj()
        try:
            stored = stream.decompress(data)
        except zlib.error:
            return None
        head = stored[stored.find(b"\0") + 1 :]
        size = len(head)
        if size < SMALL and stored.startswith(b"blob %d\0" % size) and _ends(stream):
            return size, head
    return None


def _ends(stream: zlib._Decompress) -> bool:
    """Whether all of an object has been inflated, and nothing follows it."""
    return stream.eof and not stream.unused_data


def _inflated(data: bytes, count: int = 0) -> tuple[int, bytes] | None:
    """Size of a loose blob, and of its content all when it is small, else `count` bytes.

    `data` is what its file begins with. Only what is asked for is inflated. None where anything
    is not as Git writes it, or where that takes more of the file.
    """
    stream = zlib.decompressobj()
    # All of it: a small blob, or one of at most 1.1 MB that is easy to deflate.
    everything = len(data) < SMALL_STORED and not count
    try:
        start = stream.decompress(data, 0 if everything else _HEADER_BYTES)
        header, end, head = start.partition(b"\0")
        size = int(header[5:])
        # int() reads more than Git does: blanks, signs, zeros in front.
        if not end or header != b"blob %d" % size or size < 0:
            return None
        if everything and (len(head) != size or not _ends(stream)):
            return None
        wanted = size if size < SMALL else min(count, size)
        if len(head) < wanted:
            head += stream.decompress(stream.unconsumed_tail, wanted - len(head))
    except (zlib.error, ValueError):
        return None
    return (size, head[:wanted]) if len(head) >= wanted else None


def _near(folder: str) -> str:
    """The folder as seen from here: a short path is looked up in half the time of a long one."""
    try:
        here = os.path.join(os.getcwd(), "")
    except OSError:
        return folder  # where we stand has been removed
    return folder[len(here) :] if folder.startswith(here) else folder


#: Nobody ever writes into a pipe that lies where an object should.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
