"""Sizes, first bytes and texts of blobs, as far as Git has been asked for them.

Sizes and what is in small files stand on the blobs themselves: of 50,000 staged files a table by id
would cost the commit hook more than it may. Nothing else sets them.
"""

from __future__ import annotations

from pmgit.core.errors import PmgitError, UsageError
from pmgit.git.blob import NOT_HERE, REGULAR, SUBMODULE, UNKNOWN
from pmgit.git.loose import SMALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.index_sizes import Sizes
    from pmgit.git.objects import Objects
    from pmgit.git.repository import Repository


#: What is larger is no text that several rules read: those stop at 1 MB.
_LARGE_TEXT = 1_000_000


class Contents:
    """The contents of blobs in an object store, as far as somebody has asked for them.

    `on_disk` is the repository whose work tree may hold the same, which saves a process; `sizes`
    are those that the index has.
    """

    def __init__(
        self, objects: Objects, on_disk: Repository | None = None, sizes: Sizes | None = None
    ) -> None:
        self._objects = objects
        self._on_disk = on_disk
        self._sizes = sizes
        self._rough: Collection[Blob] = ()  # those that have their size from the index
        self._keep: Callable[[bytes], bool] = bool
        self._heads: dict[str, bytes] = {}
        self._texts: dict[str, bytes] = {}
        #: The ids of blobs to judge that a partial clone has not got.
        self.absent: set[str] = set()

    @property
    def has_rough_sizes(self) -> bool:
        """Whether some blobs have their size from the index, or may get it from there."""
        return bool(self._sizes or self._rough)

    def survey(self, files: Sequence[Blob], keep: Callable[[bytes], bool], limit: int) -> None:
        """Find the sizes of files, from the index where these are below all limits.

        `keep` decides by the content of a small file whether that is kept; `limit` is the size from
        which on sizes must be exact.
        """
        self._keep = keep
        if self._sizes:
            # A quarter: one character set enlarges by 12, where `index_sizes` reckons with 3.
            self._rough, self._sizes = self._sizes.take(limit // 4), None
        self.examine(files)

    def examine(self, blobs: Iterable[Blob]) -> None:
        """As `measure`, for blobs to judge: small ones are read, absent ones are counted."""
        blobs = list(blobs)
        self.look(blobs)
        self.absent.update([blob.oid for blob in blobs if blob.size == NOT_HERE])

    def look(self, blobs: Sequence[Blob]) -> None:
        """As `examine`, where the judgement is as good without those that are not here."""
        unread = [b for b in blobs if (b.head is None or b.size == UNKNOWN) and b.mode != SUBMODULE]
        self._objects.survey(unread, self._keep)

    def measure(self, blobs: Iterable[Blob]) -> None:
        """Find the size of those files and links whose size is not known, or not exactly."""
        blobs = list(blobs)
        if self._rough:
            rough = set(self._rough)
            self._measure_again(rough.intersection(blobs))
            self._rough = rough.difference(blobs)
        unknown = [b for b in blobs if b.size == UNKNOWN and b.mode != SUBMODULE]
        self._objects.survey(unknown, None)

    def make_exact(self) -> bool:
        """Measure the blobs that have their size from the index; whether there was any."""
        rough, self._rough = self._rough, ()
        self._measure_again(rough)
        return bool(rough)

    def _measure_again(self, blobs: Collection[Blob]) -> None:
        """Measure blobs whose size from the index may be wrong."""
        for blob in blobs:
            blob.size = UNKNOWN
        self.examine(blobs)

    def heads_of(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """The first bytes (see HEAD_BYTES) of blobs that are here, by blob id and one batch."""
        wanted = [b for b in blobs if b.oid not in self._heads and b.mode != SUBMODULE]
        self.examine(wanted)
        self._heads.update({blob.oid: blob.head for blob in wanted if blob.head})
        self._heads.update(self._objects.heads([blob for blob in wanted if not blob.head]))
        return self._heads

    def know_head(self, oid: str, head: bytes) -> None:
        """Keep the first bytes of a blob that may not be in the object store."""
        self._heads[oid] = head

    def know_text(self, oid: str, text: bytes) -> None:
        """Keep the content of a text that may not be in the object store."""
        self._texts[oid] = text

    def texts_of(
        self, blobs: Sequence[Blob], limit: int, *, needed: bool = True
    ) -> dict[str, bytes]:
        """The content of texts such as INFO.md, by blob id; their sizes are known afterwards.

        Left out is what is no file, not here, or larger than `limit` bytes: it is never read.
        Without `needed` the judgement is as good without those that are not here.
        """
        if self._on_disk:
            from pmgit.git import work_tree

            for blob in blobs:
                # What is small lies in the object store as `git add` wrote it: read below.
                is_unread = blob.size == UNKNOWN or SMALL <= blob.size <= limit
                if is_unread and blob.mode in REGULAR and blob.oid not in self._texts:
                    data = work_tree.content(self._on_disk, blob, limit)
                    if data is not None:
                        blob.size, self._texts[blob.oid] = len(data), data
        self.measure(blobs)
        if needed:
            self.absent.update(blob.oid for blob in blobs if blob.size == NOT_HERE)
        wanted = [
            blob
            for blob in blobs
            if blob.mode in REGULAR and 0 <= blob.size <= limit and blob.oid not in self._texts
        ]
        if wanted:
            self._texts.update(self._objects.contents(wanted))
        return self._texts

    def forget_large(self, blobs: Iterable[Blob]) -> None:
        """Keep no texts of these that are large: together they would fill the memory."""
        for blob in blobs:
            if blob.size > _LARGE_TEXT:
                self._texts.pop(blob.oid, None)

    def own_file(self, blob: Blob, limit: int) -> bytes | None:
        """The content of a file that pmgit goes by; None when it is larger than `limit` bytes.

        Raises UsageError for what is no file, PmgitError where a partial clone has not got it.
        """
        if not blob.is_regular:
            raise UsageError(f"{blob.path} is a link or a submodule, not a file")
        # Mostly it lies on disk as it is in the index, which saves a git process.
        found = self.texts_of([blob], limit).get(blob.oid)
        if found is None and blob.size <= limit:
            raise PmgitError(
                f"{blob.path} is not here (partial clone), and pmgit does not fetch",
                f"fetch it: git cat-file -e {blob.oid}",
            )
        return found

    def content_of(self, blob: Blob) -> bytes:
        """Everything in a blob, for small files such as INFO.md; empty when it is not here."""
        here, absent = self._objects.split_present([blob])
        self.absent.update(blob.oid for blob in absent)
        return self._objects.contents(here).get(blob.oid, b"")
