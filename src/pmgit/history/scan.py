"""All of a repository's history at one look: its large blobs, wherever they are.

Git is asked two things at once. `cat-file --batch-all-objects` lists what the object store holds,
reachable or not, and never fetches; `git log --raw` lists what every commit introduces, with all
paths. When the store holds nothing large, the second is stopped half-way: that is most of the
speed (docs/performance.md). Both are read as they come, so that no output is kept whole.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from pmgit.core.units import listed
from pmgit.git import entries, log, tagged
from pmgit.git.blob import SUBMODULE, decode
from pmgit.git.cat_file import EVERY, stored_sizes
from pmgit.git.log import Commit
from pmgit.git.process import GitError, start
from pmgit.git.streams import Running
from pmgit.git.trouble import lacks_objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.git.blob import Blob
    from pmgit.git.log import Piece
    from pmgit.git.repository import Repository
    from pmgit.git.streams import Stream

    Progress = Callable[[int, int], None]

_LIST = ("rev-list", "--objects", "--no-walk")
#: Where a blob is: in the tree of HEAD, of another ref, only in older commits, only in an index
#: (staged), only in commits of a reflog, or nowhere: then `git gc` removes it one day.
#: UNKNOWN when the commits could not be read.
HEAD, REF, HISTORY, INDEX, REFLOG, UNREACHABLE, UNKNOWN = (
    "head", "ref", "history", "index", "reflog", "unreachable", "unknown",
)  # fmt: skip


@dataclass(slots=True)
class Large:
    """A large blob: `size` and `stored` (packed) in bytes, `where` it is, how it came there.

    `paths` are all that it ever had, newest first; empty when none is known. `commit` is the
    oldest that introduces it, None when no commit does.
    """

    oid: str
    size: int
    stored: int = 0
    paths: dict[str, None] = field(default_factory=dict)
    commit: Commit | None = None
    where: str = UNREACHABLE

    def add_commit(self, blob: Blob) -> None:
        """Add the path and the commit that introduce it here; the last call is for the oldest."""
        self.paths[blob.path] = None
        self.commit = Commit(blob.commit)


TREELESS = (
    "this partial clone has not got its trees, so nobody knows where blobs belong; a clone with"
    " --filter=blob:none has them"
)


@dataclass
class History:
    """The large blobs that were found, largest first, and what could not be looked at.

    `objects` and `stored` are number and bytes of what the object store holds. `commits` and
    `authors` are counted only when something is large. `absent` objects were left on the remote
    (partial clone); `faults` name the objects that are missing or damaged. `borrows`: whether
    objects of another repository are in use here (alternates).
    """

    shallow: bool
    borrows: bool
    large: list[Large] = field(default_factory=list)
    objects: int = 0
    stored: int = 0
    commits: int = 0
    authors: int = 0
    absent: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def damaged(self) -> bool:
        """Whether objects are missing or damaged that should be here."""
        return any(fault != TREELESS for fault in self.faults)


def look(repository: Repository, least: int, progress: Progress | None = None) -> History:
    """Find the blobs of at least `least` bytes.

    `progress` gets the numbers of objects and of commits so far.
    """
    with Running(repository) as running:
        found = _HistoryLook(repository, running, progress or (lambda _objects, _commits: None))
        return found.run(least)


class _HistoryLook:
    def __init__(self, repository: Repository, running: Running, progress: Progress) -> None:
        self._repository = repository
        self._running = running
        self._progress = progress
        self._partial = repository.is_partial
        self._width = len(repository.empty_tree)
        self._large: dict[bytes, Large] = {}
        #: The names that `rev-list --objects` prints behind ids, cut off at the first line break.
        self._names: dict[bytes, bytes] = {}
        alternates = os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES")
        borrows = bool(alternates) or os.path.exists(f"{repository.objects}/info/alternates")
        self._history = History(bool(repository.shallow_commits), borrows)

    def run(self, least: int) -> History:
        store = self._running.start(
            (*EVERY, "--batch-check=%(objectsize) %(objecttype) %(objectname)")
        )
        commits = log.begin(self._running, "--all", ahead=True)
        missing = ("--missing=print",) if self._partial else ()
        tips = self._running.start((*_LIST, *missing, "--all"))
        space = self._running.start(("count-objects", "-v"))
        self._list(store, least)
        if self._large or self._partial:
            # Of what is asked about few objects, Git knows the answer by then.
            head = self._running.start((*entries.FILES, "HEAD"))
            introduced = self._read(commits)
            self._absent() if self._partial else self._missing(introduced)
            self._tips(tips)
            self._head(head)
            self._rest()
            self._name()
            self._measure()
        else:
            commits.stop()
            self._tips(tips)
        self._space(space)
        found = self._history
        found.large = sorted(self._large.values(), key=lambda one: (-one.size, one.oid))
        return found

    def _list(self, stream: Stream, least: int) -> None:
        """Find the large blobs of the store."""
        # `<size> blob <id>`: there may be millions of lines, and only long ones are looked at.
        longest = len(str(least)) + len(" blob ") + self._width - 1
        for text in stream.lines():
            self._history.objects += text.count(b"\n")
            for line in [line for line in text.split(b"\n") if len(line) > longest]:
                size, kind, oid = line.split(b" ")
                if kind == b"blob" and int(size) >= least:
                    self._large[oid] = Large(oid.decode("ascii"), int(size))
            if b" missing\n" in text:
                bad = re.findall(rb"^([0-9a-f]+) missing$", text, re.MULTILINE)
                self._fault_objects("unreadable", bad)
            self._progress(self._history.objects, 0)
        self._fault(stream.finish())

    def _read(self, stream: Stream) -> set[bytes]:
        """Find every path of large blobs, and their oldest commit; returns all introduced blobs."""
        large, history = self._large, self._history
        introduced: set[bytes] = set()
        authors: set[bytes] = set()

        def glance(piece: Piece) -> set[bytes] | None:
            commits = piece.commits
            history.commits += len(commits)
            authors.update(line[line.rfind(b"<") :] for line in commits)
            self._progress(history.objects, history.commits)
            if not piece.is_plain:
                return None
            blobs = piece.blobs(self._width)
            introduced.update(blobs)
            return large.keys() & blobs

        for blob in log.read(stream, glance):
            if blob.mode != SUBMODULE:
                oid = blob.oid.encode("ascii")
                introduced.add(oid)
                if oid in large:
                    large[oid].add_commit(blob)
                    large[oid].where = HISTORY
        history.authors = len(authors)
        introduced.discard(b"0" * self._width)  # what is deleted
        error = stream.finish()
        self._fault(error)
        if error is not None:
            for found in large.values():
                found.where = UNKNOWN if found.where == UNREACHABLE else found.where
        return introduced

    def _missing(self, introduced: set[bytes]) -> None:
        """Report which of the blobs that commits introduce are not in the store."""
        # To list all names again takes a third of the time that asking for these takes.
        stream = self._running.start((*EVERY, "--batch-check=%(objectname)"))
        for text in stream.lines():
            introduced.difference_update(text.split())
        self._fault(stream.finish())
        if introduced:
            self._fault_objects("missing", sorted(introduced))

    def _absent(self) -> None:
        """Count what a partial clone has left on the remote."""
        stream = self._running.start(("rev-list", "--objects", "--missing=print", "--all"))
        for lines in stream.lines():
            self._history.absent += (b"\n" + lines).count(b"\n?")
        self._fault(stream.finish())

    def _tips(self, stream: Stream) -> None:
        """Find the large blobs that trees of refs hold, and those that tags name directly."""
        error = self._mark(stream, self._large, REF)
        if not self._history.faults:  # else it is about the same objects
            self._fault(error)

    def _head(self, stream: Stream) -> None:
        """Find the large blobs in the tree of HEAD; there may be none yet."""
        for blob in entries.of_tree(b"".join(stream.chunks())):
            found = self._large.get(blob.oid.encode("ascii"))
            if found is not None:
                found.where = HEAD
                found.paths = {blob.path: None, **found.paths}
        stream.finish()

    def _rest(self) -> None:
        """Find the large blobs that only a reflog or an index holds."""
        rest = {oid: found for oid, found in self._large.items() if found.where == UNREACHABLE}
        if not rest:
            return
        stream = log.begin(self._running, "--reflog", "--not", "--all")
        for blob in log.read(stream):
            found = rest.get(blob.oid.encode("ascii"))
            if found is not None:
                found.add_commit(blob)
                found.where = REFLOG
        self._fault(stream.finish())
        stream = self._running.start((*_LIST, "--indexed-objects"))
        self._fault(self._mark(stream, rest, INDEX))

    def _mark(self, stream: Stream, blobs: dict[bytes, Large], where: str) -> GitError | None:
        """Note `where` those of the blobs are that `rev-list --objects` lists, and their names."""
        for lines in stream.lines():
            for line in lines.split(b"\n"):
                found = blobs.get(line[: self._width])
                if found is not None:
                    found.where = where
                    self._names.setdefault(line[: self._width], line[self._width + 1 :])
        return stream.finish()

    def _name(self) -> None:
        """Find the paths of large blobs that no commit introduces."""
        unnamed = {one.oid: one for oid, one in self._large.items() if self._names.get(oid)}
        unnamed = {oid: one for oid, one in unnamed.items() if not one.paths}
        if not unnamed:
            return
        # `rev-list --objects` ends a name where it has a line break.
        stream = self._running.start(entries.INDEX)
        blobs = entries.of_index(b"".join(stream.chunks()))
        stream.finish()  # a bare repository has none
        for tree in tagged.trees_of_refs(self._running):
            blobs += tagged.files_of(self._running, tree)
        for blob in blobs:
            if blob.oid in unnamed:
                unnamed[blob.oid].paths[blob.path] = None
        for oid, one in unnamed.items():
            if not one.paths:  # of another work tree's index; what follows a line break is missing
                one.paths[decode(self._names[oid.encode("ascii")])] = None

    def _measure(self) -> None:
        """Find how many bytes each takes in the store, compressed and as a difference."""
        try:
            sizes = stored_sizes(self._repository, [one.oid for one in self._large.values()])
        except GitError as error:
            self._fault(error)
            return
        for one in self._large.values():
            one.stored = sizes.get(one.oid, 0)

    def _space(self, stream: Stream) -> None:
        """Ask how large the store is."""
        facts = dict(line.split(b": ", 1) for line in b"".join(stream.chunks()).splitlines())
        kib = sum(int(facts.get(name, b"0")) for name in (b"size", b"size-pack"))
        self._history.stored = kib * 1024
        self._fault(stream.finish())

    def _fault(self, error: GitError | None) -> None:
        if error is None:
            return
        fault = TREELESS if self._partial and lacks_objects(error.stderr, start) else error.message
        if fault not in self._history.faults:
            self._history.faults.append(fault)

    def _fault_objects(self, how: str, oids: list[bytes]) -> None:
        names = listed([oid.decode("ascii") for oid in oids], 3)
        objects = "an object is" if len(oids) == 1 else f"{len(oids)} objects are"
        self._history.faults.append(f"{objects} {how}: {names}")
