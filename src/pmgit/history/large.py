"""What a look at all of history finds: the large blobs, and what could not be looked at."""

from __future__ import annotations

from pmgit.git.log import Commit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.blob import Blob

#: Where a blob is: in the tree of HEAD, of another ref, only in older commits, only in an index
#: (staged), only in commits of a reflog, or nowhere: then `git gc` removes it one day.
#: UNKNOWN when the commits could not be read.
HEAD, REF, HISTORY, INDEX, REFLOG, UNREACHABLE, UNKNOWN = (
    "head", "ref", "history", "index", "reflog", "unreachable", "unknown",
)  # fmt: skip


class Large:
    """A large blob: `size` and `stored` (packed) in bytes, `where` it is, how it came there.

    `paths` are all that it ever had, newest first; empty when none is known. `commit` is the
    oldest that introduces it, None when no commit does.
    """

    __slots__ = ("commit", "oid", "paths", "size", "stored", "where")

    def __init__(self, oid: str, size: int) -> None:
        self.oid = oid
        self.size = size
        self.stored = 0
        self.paths: dict[str, None] = {}
        self.commit: Commit | None = None
        self.where = UNREACHABLE

    def add_commit(self, blob: Blob) -> None:
        """Add the path and the commit that introduce it here; the last call is for the oldest."""
        self.paths[blob.path] = None
        self.commit = Commit(blob.commit)


TREELESS = (
    "this partial clone has not got its trees, so nobody knows where blobs belong; a clone with"
    " --filter=blob:none has them"
)


class History:
    """The large blobs that were found, largest first, and what could not be looked at.

    `objects` and `stored` are number and bytes of what the object store holds. `commits` and
    `authors` are counted only when something is large. `absent` objects were left on the remote
    (partial clone); `faults` name the objects that are missing or damaged. `borrows`: whether
    objects of another repository are in use here (alternates).
    """

    def __init__(self) -> None:
        self.large: list[Large] = []
        self.objects = 0
        self.stored = 0
        self.commits = 0
        self.authors = 0
        self.absent = 0
        self.faults: list[str] = []
        self.shallow = False
        self.borrows = False

    @property
    def damaged(self) -> bool:
        """Whether objects are missing or damaged that should be here."""
        return any(fault != TREELESS for fault in self.faults)
