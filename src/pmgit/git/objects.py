"""Sizes and contents of blobs, without a process per blob.

Loose objects are read here (`loose`). What lies elsewhere (packs, alternates), or is in any way
not as Git writes it, is asked for in one batch: only Git calls an object unreadable.
"""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.git import loose, process
from pmgit.git.blob import NOT_HERE
from pmgit.git.loose import SMALL, SMALL_STORED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.cat_file import Answer, Batch
    from pmgit.git.repository import Repository

#: How much of a blob is read to see what it is. A pointer is under 1024 bytes; the names of the
#: first members of a torch archive and every magic number lie well within.
HEAD_BYTES = 4000
#: One cat-file call reads whole blobs of at most so many bytes together.
BATCH_BYTES = 64_000_000

#: Enough to inflate HEAD_BYTES from: of bytes that do not deflate, each takes 15 bits at the most.
_READ_BYTES = 8192
#: So many small files are read before the first is inflated.
_TOGETHER = 500


class UnreadableObjectError(PmgitError):
    """Git cannot read an object, or it is of a wrong kind; `why` is the cause in words.

    Without `why` it is what Git prints about the object, or has printed before (`stderr`).
    `note` follows in the message.
    """

    def __init__(self, oid: str, why: str = "", stderr: str = "", note: str = "") -> None:
        from pmgit.git import trouble

        message, hint = trouble.unreadable(oid, why, stderr, process.start)
        super().__init__(message + note, hint)


class Objects:
    """The object store of a repository; questions go to `batch` where there is one.

    `packed`: most of the objects in question are in packs. So the folders of loose ones are listed
    before a file is opened: to open 15,000 that are not there takes a tenth of a second.
    """

    def __init__(
        self, repository: Repository, batch: Batch | None = None, *, packed: bool = False
    ) -> None:
        self._repository = repository
        self._batch = batch
        self._names: dict[str, frozenset[str]] | None = {} if packed else None
        self._present: set[str] | None = None
        self._read: dict[str, bytes] = {}  # the small ones that Git has given, for `contents`

    def survey(self, blobs: Iterable[Blob], keep: Callable[[bytes], bool] | None) -> int:
        """Set `size` of every blob, and `head` of the small ones that `keep` (if any) wants.

        Without `keep` the `head` of a small one is None afterwards: nobody has looked.

        The number of blobs that are not here (partial clone) is returned; their size is NOT_HERE.
        """
        blobs = list(blobs)
        elsewhere = []
        # First the files, then what is in them: in turns it takes a third more time.
        for begin in range(0, len(blobs), _TOGETHER):
            part = blobs[begin : begin + _TOGETHER]
            stored = self._first_bytes([blob.oid for blob in part], SMALL_STORED)
            for blob, data in zip(part, stored, strict=True):
                found = data and (loose.small_blob(data) or loose.blob(data))
                if not found:
                    elsewhere.append(blob)
                    continue
                size, head = found
                blob.size = size
                if size < SMALL:
                    # Who asks for sizes alone has not looked inside.
                    blob.head = None if keep is None else head if keep(head) else b""
                else:
                    blob.head = b""
        return self._survey_packed(elsewhere, keep) if elsewhere else 0

    def _survey_packed(self, blobs: list[Blob], keep: Callable[[bytes], bool] | None) -> int:
        """Sizes of blobs that are not loose, by one batch, and the content of the small ones."""
        here, missing = self.split_present(blobs)
        for blob in missing:
            blob.size, blob.head = NOT_HERE, b""
        answers = self._answers([blob.oid for blob in here])
        for blob in here:
            blob.size = answers[blob.oid].size
            blob.head = None if blob.size < SMALL and keep is None else b""
        small = [blob for blob in here if keep and 0 < blob.size < SMALL]
        contents = self._contents([blob.oid for blob in small])
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
            from pmgit.git.cat_file import EVERY

            out = self._repository.run(*EVERY, "--batch-check=%(objectname)")
            self._present = set(out.decode("ascii").split())
        here = [blob for blob in blobs if blob.oid in self._present]
        return here, [blob for blob in blobs if blob.oid not in self._present]

    def readable_sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """The sizes of blobs whose content can be read; else UnreadableObjectError."""
        return {oid: len(data) for oid, data in self._contents(oids).items()}

    def _contents(self, oids: Iterable[str], count: int | None = None) -> dict[str, bytes]:
        """Content of blobs: all, or the first `count` bytes."""
        answers = self._answers(oids, whole=True)
        return {oid: answer.data[:count] for oid, answer in answers.items()}

    def _answers(self, oids: Iterable[str], *, whole: bool = False) -> dict[str, Answer]:
        """Git's answers about blobs; UnreadableObjectError for the first that is none or absent."""
        unique = list(dict.fromkeys(oids))
        if not unique:
            return {}
        code, stderr = 0, ""
        if self._batch:
            answers = self._batch.ask(unique, whole=whole)
        else:
            from pmgit.git import cat_file

            answers, code, stderr = cat_file.ask(self._repository, unique, whole=whole)
        found = dict(zip(unique, answers, strict=True))
        for oid, answer in found.items():
            if answer.kind != "blob":
                why = f"it is a {answer.kind}, not a blob" if answer.kind else ""
                raise UnreadableObjectError(oid, why, stderr)
        if code:
            raise process.GitError(("cat-file",), code, stderr)
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
            [stored] = self._first_bytes([blob.oid], _READ_BYTES)
            inflated = loose.blob(stored, HEAD_BYTES) if stored else None
            if inflated and inflated[0] == blob.size:
                found[blob.oid] = inflated[1]
            elif blob.size > BATCH_BYTES:
                from pmgit.git import streams

                found[blob.oid] = streams.first_bytes(
                    self._repository, "cat-file", "blob", blob.oid, count=HEAD_BYTES
                )
            else:
                if blob.size > room:
                    found |= self._contents(batch, HEAD_BYTES)
                    batch, room = [], BATCH_BYTES
                batch.append(blob.oid)
                room -= max(blob.size, 0)
        return found | self._contents(batch, HEAD_BYTES)

    def contents(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """Whole content of blobs, by one process; for small files such as INFO.md."""
        here, _ = self.split_present(blobs)
        known = {blob.oid: self._read[blob.oid] for blob in here if blob.oid in self._read}
        unread = [blob.oid for blob in here if blob.oid not in known]
        # What `git add` has just written: 8 us each, where Git's own answer takes 38.
        for oid, stored in zip(unread, self._first_bytes(unread, SMALL_STORED), strict=True):
            found = loose.small_blob(stored) if stored else None
            if found:
                known[oid] = found[1]
        return known | self._contents(oid for oid in unread if oid not in known)

    def tree(self, oid: str) -> bytes | None:
        """The content of a tree that lies as a file of its own; None: ask Git."""
        [stored] = self._first_bytes([oid], loose.TREE_BYTES)
        return loose.tree(stored) if stored else None

    def _first_bytes(self, oids: Sequence[str], count: int) -> list[bytes | None]:
        """The first `count` bytes of the file of each of these objects; None where unread."""
        found: list[bytes | None] = []
        folder, names, flags = loose.from_here(self._repository.objects), self._names, loose.READ
        add, open_file, read, close = found.append, os.open, os.read, os.close
        for oid in oids:
            if names is not None and oid[2:] not in self._listed(names, oid[:2]):
                add(None)
                continue
            try:
                fd = open_file(f"{folder}/{oid[:2]}/{oid[2:]}", flags)
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

    def _listed(self, names: dict[str, frozenset[str]], begin: str) -> frozenset[str]:
        if begin not in names:
            try:
                names[begin] = frozenset(os.listdir(f"{self._repository.objects}/{begin}"))
            except OSError:
                names[begin] = frozenset()
        return names[begin]
