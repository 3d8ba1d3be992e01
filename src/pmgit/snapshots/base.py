"""The snapshot: the blobs that Git would record or receive, and Git's answers about them.

`snapshots.staged` makes one of the index against HEAD, `snapshots.tree` of a whole index or commit,
`snapshots.commit_range` of every commit of a range and its tip. Rules only ask it; they never run
git.
"""

from __future__ import annotations

import os

from pmgit.git import attributes
from pmgit.git.blob import NOT_HERE, REGULAR, Blob, at_or_below, removed_by
from pmgit.git.contents import Contents
from pmgit.git.entries import INDEX, of_index
from pmgit.git.names import ATTRIBUTES
from pmgit.git.objects import Objects
from pmgit.git.raw_diff import DIFF_INDEX, changes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Self

    from pmgit.git.index_sizes import Sizes
    from pmgit.git.process import Process
    from pmgit.git.remotes import Remotes
    from pmgit.git.repository import Repository
    from pmgit.git.revisions import Head
    from pmgit.git.temporary import CommitIndex
    from pmgit.snapshots.outline import Outline

STAGED, TREE, RANGE = "staged", "tree", "range"
#: Below so many paths Git is asked, whatever the attribute files are like.
_FEW_PATHS = 100
#: An index of less than so many bytes, a thousand files, is listed as a whole.
_SMALL_INDEX = 100_000
#: From so many bytes of attribute files times paths on, `many_lines` takes less time than Git.
_LONG = 2_000_000_000


class Span:
    """Where a range of commits lies in the history.

    `tip` is the commit whose tree is judged, `base` the one that it is compared with where
    that may be old, `merged` are other commits that are not new and that it is made of.
    `excluded` are the revision arguments that bound it, `cut` is how many of its commits have
    parents that a shallow clone lacks. `commits` are its commits with their parents, parents
    first; None where nobody knows them.
    """

    __slots__ = ("base", "commits", "cut", "excluded", "merged", "tip")

    def __init__(
        self,
        tip: str = "",
        *,
        base: str = "",
        merged: Sequence[str] = (),
        excluded: Sequence[str] = (),
        cut: int = 0,
        commits: Sequence[tuple[str, Sequence[str]]] | None = None,
    ) -> None:
        self.tip = tip
        self.base = base
        self.merged = tuple(merged)
        self.excluded = tuple(excluded)
        self.cut = cut
        self.commits = None if commits is None else tuple(commits)


#: Of what is no range of commits.
NO_SPAN = Span()


class Receiver:
    """The remote to which a snapshot is pushed, or this repository where it is pushed to.

    * `known`: revision arguments for what it has; None where nothing is pushed, and on a server
      that does not keep the objects of Git LFS itself.
    * `address`: the remote's name, or its address, as it was given; `name`: its name if it has one.
    * `ref`: the ref that is pushed, where it is known.
    * `tagged`: pushed refs that name no commit but a blob or a tree, with their ids.
    * `is_here`: whether it is this repository (a server).
    * `lacks_all`: whether it is known to have none of the commits that are judged.
    * `remotes` and `head`: the remotes of this repository and HEAD, where somebody has asked.
    """

    __slots__ = (
        "address", "head", "is_here", "known", "lacks_all", "name", "ref", "remotes", "tagged",
    )  # fmt: skip

    def __init__(
        self,
        known: Iterable[str] | None = None,
        *,
        address: str = "",
        name: str = "",
        ref: str = "",
        tagged: Mapping[str, str] | None = None,
        is_here: bool = False,
        lacks_all: bool = False,
        remotes: Remotes | None = None,
        head: Head | None = None,
    ) -> None:
        self.known = None if known is None else tuple(known)
        self.address = address
        self.name = name
        self.ref = ref
        self.tagged = dict(tagged or {})
        self.is_here = is_here
        self.lacks_all = lacks_all
        self.remotes = remotes
        self.head = head


#: Of what is not pushed.
NOBODY = Receiver()


class Snapshot:
    """The blobs to judge, and the tree that they are part of.

    `introduced` are the blobs that are new here, links and submodules among them; `changes` the
    raw difference to what was before, deletions too. `index` is a temporary one with the tree of a
    commit; without it, it is the repository's own. `receiver` is who gets it in a push. `is_part`:
    only some paths of a tree are judged. `sizes` are those that the index has, when much is staged.
    `hashed` are size and sha256 of files on disk, by path, where somebody has looked at these.

    Git's answers are kept by path (the filters and listings here) and by blob (`contents`). None
    depends on the questions before it.
    """

    def __init__(
        self,
        repository: Repository,
        origin: str,
        changes: list[Blob],
        introduced: list[Blob],
        *,
        index: CommitIndex | None = None,
        removed: dict[tuple[str, str], list[str]] | None = None,
        receiver: Receiver = NOBODY,
        span: Span = NO_SPAN,
        is_part: bool = False,
        objects: Objects | None = None,
        sizes: Sizes | None = None,
        hashed: Mapping[str, tuple[int, str]] | None = None,
    ) -> None:
        self.repository = repository
        #: Points git at the index that has the attribute files.
        self.index_env = index.env if index else {}
        self.origin = origin
        self.changes = changes
        self.introduced = introduced
        self.receiver = receiver
        self.span = span
        self.is_part = is_part
        #: Whether the files on disk belong to what is judged.
        self.has_work_tree = origin != RANGE and not repository.bare
        self.objects = objects or Objects(repository)
        on_disk = repository if self.has_work_tree else None
        self.contents = Contents(self.objects, on_disk, sizes)
        self.hashed = hashed or {}
        self._removed = removed
        self._index = index
        self._asked_files: Process | None = None
        self._found_files: list[Blob] | None = None  # `.gitattributes` of `index`, if listed ahead
        self._files: list[Blob] | None = None  # the same, their sizes known
        self._listings: dict[tuple[str, ...], dict[str, Blob]] = {}
        self._clones: attributes.EveryClone | None = None
        self._filters: dict[str, str] = {}  # left out is what has none
        self._lists: list[Sequence[str]] = []  # the paths that they were asked for
        self._answered: set[str] = set()  # the same, made when somebody asks for one of them
        self._asked: tuple[Sequence[str], Process] | None = None

    @property
    def removed(self) -> dict[tuple[str, str], list[str]]:
        """The paths that a commit ('' for the staged change) takes from a blob: by (commit, id)."""
        if self._removed is None:
            # Seldom asked for: only what is large or weights can be a move that matters.
            self._removed = removed_by(self.changes)
        return self._removed

    @property
    def files(self) -> list[Blob]:
        """The introduced blobs that are files and are here."""
        return [b for b in self.introduced if b.mode in REGULAR and b.size != NOT_HERE]

    def as_range(self, changes: list[Blob], introduced: list[Blob] | None = None) -> Self:
        """The same tree with other changes, judged as ranges are: without the work tree.

        `introduced` are the blobs that are new then; None: the same ones. Git's answers about the
        tree hold for both.
        """
        import copy

        self._collect()
        found = copy.copy(self)
        found.changes, found.has_work_tree = changes, False
        if introduced is not None:
            found.introduced, found._removed = introduced, None
        return found

    @property
    def not_judged(self) -> int:
        """How many objects could not be judged, because a partial clone has not got them."""
        return len(self.contents.absent)

    def survey(self, keep: Callable[[bytes], bool], limit: int, *, ask_filters: bool) -> None:
        """Find the size of every introduced blob, and `head` of the small ones `keep` wants.

        `limit` is the size in bytes from which on sizes must be exact (see `index_sizes`). The
        attributes are asked for at the same time, because git takes as long for them.
        """
        files = [blob for blob in self.introduced if blob.mode in REGULAR]
        if ask_filters or self.contents.has_rough_sizes:
            self.ask_filters([blob.path for blob in files])
        self.contents.survey(files, keep, limit)
        if self.contents.has_rough_sizes:
            # A filter may have changed the size by any factor.
            self.contents.measure([blob for blob in self.filtered(files) if not blob.head])

    def ask_filters(self, paths: Sequence[str]) -> None:
        """Start to ask Git for the filter attribute of `paths`; `filter_of` waits for it."""
        if paths:
            self._collect()
            if not self._settle(paths):
                self._asked = (paths, self._start(paths, self.index_env))
            known = self._files is not None or self._found_files is not None
            if self._index and not known and not self._asked_files:
                self._asked_files = list_attributes(self.repository, self.index_env)

    def _start(self, paths: Sequence[str], env: dict[str, str]) -> Process:
        self._clones = self._clones or attributes.EveryClone(self.repository)
        return self._clones.ask(paths, env)

    def _settle(self, paths: Sequence[str]) -> bool:
        """Answer for so many paths and so many lines of attribute files that Git takes long."""
        if len(paths) < _FEW_PATHS:
            return False
        files = self._attribute_files(_LONG // len(paths))
        if sum([blob.size for blob in files]) * len(paths) < _LONG:
            return False
        from pmgit.git import many_lines

        found = many_lines.filters(self.repository, self._texts_of(files), paths)
        self._filters.update(found)
        self._lists.append(paths)
        return True

    def _collect(self) -> None:
        """Wait for the answers to all questions that are under way."""
        if self._asked:
            paths, process = self._asked
            self._asked = None
            self._filters.update(attributes.answers(process, paths))
            self._lists.append(paths)
            if self._index:
                self._files_of_index()

    def _unanswered(self, paths: Iterable[str]) -> list[str]:
        """The paths that git has not been asked about."""
        while self._lists:
            self._answered.update(self._lists.pop())
        return [path for path in paths if path not in self._answered]

    def filter_of(self, path: str) -> str:
        """The filter attribute that `path` has in this snapshot: `lfs`, `unspecified`, …"""
        if self._asked:
            self._collect()
        if path not in self._filters:
            self.learn_filters([path])
        return self._filters.get(path, attributes.UNSPECIFIED)

    def learn_filters(self, paths: Iterable[str]) -> None:
        """Get to know the filter attribute of many paths, by one question."""
        self._collect()
        self.ask_filters(self._unanswered(paths))
        self._collect()

    def filtered(self, blobs: Sequence[Blob]) -> list[Blob]:
        """Those blobs on whose path a filter works."""
        self.learn_filters([blob.path for blob in blobs])
        found, none = self._filters, attributes.NO_FILTER
        return [blob for blob in blobs if blob.path in found and found[blob.path] not in none]

    def _files_of_index(self) -> list[Blob]:
        """The `.gitattributes` files of a temporary index, and their sizes.

        Git takes a file that it cannot read for an empty one in silence.
        """
        if self._files is None:
            found = self._found_files
            if found is None:
                asked = self._asked_files or list_attributes(self.repository, self.index_env)
                found = of_index(asked.finish())
            self._asked_files = self._found_files = None
            self.contents.measure(found)
            self._files = found
        return self._files

    def _attribute_files(self, size: int) -> Sequence[Blob]:
        """The `.gitattributes` files, their sizes known; none where all are below `size`, or where
        it costs as much to find out."""
        if self._index:
            return self._files_of_index()
        if () in self._listings:
            files = attribute_files(self._listings[()].values())
        elif self.has_work_tree and _size(f"{self.repository.top}/{ATTRIBUTES}") >= size:
            files = of_index(list_attributes(self.repository, self.index_env).finish())
        else:
            return ()
        self.contents.measure(files)
        return files

    def attribute_texts(self) -> dict[str, bytes]:
        """The contents of all `.gitattributes` files, by path."""
        return self._texts_of([b for b in attribute_files(self.listing().values()) if b.is_regular])

    def _texts_of(self, files: Sequence[Blob]) -> dict[str, bytes]:
        contents = self.objects.contents(files)
        return {blob.path: contents[blob.oid] for blob in files if blob.oid in contents}

    def listing(self, *folders: str) -> dict[str, Blob]:
        """All entries of the snapshot's index below `folders` (everything without any).

        Unmerged entries and those of `git add -N` are left out: Git does not record them.
        """
        if folders not in self._listings:
            # () is everything.
            wider = [known for known in self._listings if not known or set(folders) <= set(known)]
            if folders and wider:
                begins = tuple(f"{folder}/" for folder in folders)
                self._listings[folders] = {
                    path: blob
                    for path, blob in self._listings[wider[0]].items()
                    if path.startswith(folders) and (path in folders or path.startswith(begins))
                }
            else:
                self.know(folders, self._listed(folders))
        return self._listings[folders]

    def near(self, roots: Sequence[str]) -> dict[str, Blob] | None:  # noqa: ARG002
        """The entries below those folders of `roots` in which something changes.

        None where that costs as much as to list all of `roots`.
        """
        return None

    def outline(self, roots: Sequence[str], note: str) -> Outline | None:  # noqa: ARG002
        """An outline of large folders of the index, with the files `note` in it; None: list all."""
        return None

    def know(self, folders: tuple[str, ...], entries: dict[str, Blob]) -> None:
        """Keep the entries that the index holds below these folders."""
        self._listings[folders] = entries

    def list_ahead(self, *paths: str) -> None:
        """List these files and folders of a temporary index, and its attribute files, together.

        The paths are taken for patterns: they must have no special characters. Of a small index all
        is listed, which takes no longer and answers whatever is asked next.
        """
        if _size(self.index_env["GIT_INDEX_FILE"]) < _SMALL_INDEX:
            self._found_files = attribute_files(self.listing().values())
            return
        asked = (*INDEX, "--", *paths, f":(glob)**/{ATTRIBUTES}")
        found = of_index(self.repository.start(*asked, env=self.index_env, literal=False).finish())
        self.know(paths, {blob.path: blob for blob in at_or_below(found, paths)})
        self._found_files = attribute_files(found)

    def _listed(self, folders: tuple[str, ...]) -> dict[str, Blob]:
        out = self.repository.run(*INDEX, "--", *folders, env=self.index_env)
        found = {blob.path: blob for blob in of_index(out)}
        empty = self.repository.id_of(b"")
        if not self.index_env and any(blob.oid == empty for blob in found.values()):
            from pmgit.git.folders import may_have_intents

            if may_have_intents(self.repository):
                # It looks like an empty file; the diff leaves it out.
                diff = self.repository.run(*DIFF_INDEX, self.repository.empty_tree, "--", *folders)
                real = {change.path for change in changes(diff)}
                found = {path: blob for path, blob in found.items() if path in real}
        return found


def attribute_files(blobs: Iterable[Blob]) -> list[Blob]:
    """Those of the blobs that are named `.gitattributes`, in any folder."""
    # Few end so, and to take each of 50,000 paths apart would take longer.
    found = [blob for blob in blobs if blob.path.endswith(ATTRIBUTES)]
    return [blob for blob in found if blob.path.rpartition("/")[2] == ATTRIBUTES]


def list_attributes(repository: Repository, env: dict[str, str]) -> Process:
    """Start to list the `.gitattributes` files of an index."""
    listed = (*INDEX, "--", f":(glob)**/{ATTRIBUTES}")
    return repository.start(*listed, env=env, literal=False)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
