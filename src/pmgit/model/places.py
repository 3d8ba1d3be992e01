"""The files of the models folders, in the index and on disk, as far as a judgement needs them.

Of an ordinary commit these are the models that it touches, what lies directly in the models
folders, and what is on disk in folders that nobody has described. Where the INFO.md of a model is
tracked, nothing that lies in its folder can be undescribed: what the commit does not touch of it
is neither listed nor looked at. All of it is listed for a fix.
"""

from __future__ import annotations

import os

from pmgit.core.lazy import lazy
from pmgit.model import folder, local_weights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.model.weights import Tiers
    from pmgit.snapshots.base import Snapshot
    from pmgit.snapshots.outline import Outline

_GIT = "/.git"


class Places:
    """The files of the models folders `roots`; `changes` are those of a snapshot there."""

    def __init__(
        self, snapshot: Snapshot, roots: tuple[str, ...], changes: Sequence[Blob], tiers: Tiers
    ) -> None:
        self._snapshot = snapshot
        self._repository = snapshot.repository
        self._roots = roots
        self._changes = changes
        self._tiers = tiers
        self._models_of_folders: dict[str, str] = {}

    # -- in the index ---------------------------------------------------------------------------

    @lazy
    def listing(self) -> dict[str, Blob]:
        """Everything that the snapshot has below the models folders."""
        return self._snapshot.listing(*self._roots)

    @lazy
    def _outline(self) -> Outline | None:
        """The models folders of the snapshot in outline; None where only a listing will do."""
        for root in self._roots:
            if any(other.startswith(f"{root}/") for other in self._roots):
                return None  # of a folder in another, Git names one
        return self._snapshot.outline(self._roots, folder.INFO)

    @lazy
    def _touched(self) -> list[str]:
        """The folders directly in the models folders in which something changes."""
        found, last = [], "/"
        for change in self._changes:
            if not change.path.startswith(last):
                top = self._top_of(change.path)
                if top:
                    found.append(top)
                    last = f"{top}/"
        return list(dict.fromkeys(found))

    def _top_of(self, path: str) -> str:
        """The folder directly in a models folder that a path lies in; '' when in none."""
        root = folder.root_of(path, self._roots)
        end = path.find("/", len(root) + 1) if root else -1
        return path[:end] if end >= 0 else ""

    @lazy
    def _part(self) -> dict[str, Blob] | None:
        """Of `listing` what lies in the folders that the change touches; None: it costs as much."""
        if self._outline is None:
            return self._snapshot.near(self._roots)
        return self._outline.below(self._touched, self._roots)

    @lazy
    def around(self) -> dict[str, Blob]:
        """Of `listing`, at least what lies in the models to judge.

        These are the ones that the change touches, and those with something on disk that may be
        untracked weights, or a repository of its own.
        """
        if self._part is None:
            return self.listing
        if not self._doubtful or self._outline is None:
            return self._part
        more = self._outline.below(self._doubtful, self._roots)
        return self.listing if more is None else self._part | more

    @lazy
    def by_folder(self) -> dict[str, list[Blob]]:
        """The entries of `around` by the folder that they lie in."""
        return in_folders(self.around.values())

    @lazy
    def neighbours(self) -> tuple[Iterable[str], Iterable[str]]:
        """Every path that a change can be beside, and the folders that these paths lie in."""
        if self._outline is not None and self._part is not None:
            paths = self._outline.names(self._roots).union(self.around)
            return paths, [*self.by_folder, *self._roots]
        if self.around is self.listing:
            return self.listing, self.by_folder
        return self.listing, in_folders(self.listing.values())

    def tracked_below(self, place: str) -> list[str]:
        """The tracked files at a path of the models folders, or below it."""
        is_near = self._part is not None and self._top_of(f"{place}/") in self._near
        if place in (self.around if is_near else self.listing):
            return [place]
        from bisect import bisect_left

        paths = self._sorted_around if is_near else self._sorted
        # `0` is what comes behind the slash.
        return paths[bisect_left(paths, f"{place}/") : bisect_left(paths, f"{place}0")]

    @lazy
    def _near(self) -> set[str]:
        """The folders of which `around` has everything."""
        return {*self._touched, *self._doubtful}

    @lazy
    def _sorted(self) -> list[str]:
        return sorted(self.listing)

    @lazy
    def _sorted_around(self) -> list[str]:
        return sorted(self.around)

    # -- on disk --------------------------------------------------------------------------------

    @lazy
    def on_disk(self) -> dict[str, list[str]]:
        """The files of the work tree below each models folder; empty when it does not count.

        Not of models that are described and that the change does not touch.
        """
        if not self._snapshot.has_work_tree:
            return {}
        top, described = self._repository.top, self._described
        return {
            root: self._of_root(root, folder.files_on_disk(top, root, described=described))
            for root in self._roots
        }

    def _of_root(self, root: str, paths: Iterable[str]) -> list[str]:
        """Those of the paths that lie below this models folder, and not below one inside of it."""
        inner = tuple(f"{other}/" for other in self._roots if other.startswith(f"{root}/"))
        below = f"{root}/"
        mine = [path for path in paths if path.startswith(below)]
        return [path for path in mine if not path.startswith(inner)] if inner else mine

    @lazy
    def _described(self) -> Collection[str]:
        """The folders with a tracked INFO.md in which nothing changes."""
        if self._outline is None:
            return ()
        changed = {change.path.rpartition("/")[0] for change in self._changes}
        found = self._outline.noted - folder.with_parents(changed)
        if self._repository.is_sparse:
            # A model is the topmost folder with a file: here it may have one that is not on disk.
            found = {place for place in found if place.rpartition("/")[0] in self._roots}
        return found

    @lazy
    def _unknown(self) -> dict[str, list[str]]:
        """Of the files on disk, those that are not in the touched folders of the snapshot."""
        found = {}
        for root, paths in self.on_disk.items():
            # On a server a listing is one more git process.
            known = (self.listing if self._part is None else self._part) if paths else {}
            found[root] = [path for path in paths if path not in known]
        return found

    @lazy
    def _unknown_weights(self) -> list[str]:
        """Those of them that are weights: by their names, else by their sizes."""
        files = [path for paths in self._unknown.values() for path in paths]
        return local_weights.find(files, self._tiers, self._repository.top)

    @lazy
    def _doubtful(self) -> list[str]:
        """The folders in which something on disk may be untracked that must not be."""
        places = {self._top_of(path) for path in self._unknown_weights}
        for paths in self._unknown.values():
            places.update(self._top_of(path) for path in paths if path.endswith(_GIT))
        return sorted(places.difference(self._touched, [""]))

    @lazy
    def _untracked(self) -> dict[str, list[str]]:
        """Of the files on disk, those that the snapshot has not got, as far as that matters."""
        around = self.around if any(self._unknown.values()) else {}
        return {
            root: [path for path in paths if path not in around]
            for root, paths in self._unknown.items()
        }

    @lazy
    def untracked_weights(self) -> list[str]:
        """The untracked weights of the work tree."""
        return [path for path in self._unknown_weights if path not in self.around]

    @lazy
    def clones(self) -> list[str]:
        """The folders of the work tree that are repositories of their own, and not tracked.

        Git records no file of theirs. Where it has some already, the folder is one as any other.
        """
        return [place for place in self._repositories if not self.tracked_below(place)]

    @lazy
    def _repositories(self) -> list[str]:
        """The repositories of their own in the work tree's models folders."""
        paths = [path for paths in self._untracked.values() for path in paths]
        return [path[: -len(_GIT)] for path in paths if path.endswith(_GIT)]

    @lazy
    def bare(self) -> list[str]:
        """The bare repositories in the work tree's models folders, tracked or not."""
        top = self._repository.top
        return [p for p in self._repositories if os.path.isfile(os.path.join(top, p, "HEAD"))]

    # -- models ---------------------------------------------------------------------------------

    @lazy
    def model_paths(self) -> dict[str, str]:
        """Every model folder of `around` and of the work tree, with its models folder."""
        return self._models_in(self.by_folder)

    @lazy
    def every_model(self) -> dict[str, str]:
        """As `model_paths`, with the models that a judgement need not know of."""
        if self._part is None:
            return self.model_paths
        return self._models_in(in_folders(self.listing.values()))

    def _models_in(self, folders: dict[str, list[Blob]]) -> dict[str, str]:
        found = {}
        # A few files decide what their folder is.
        tracked = [path for blobs in folders.values() for path in folder.deciding(blobs)]
        tracked += [f"{place}/{folder.INFO}" for place in self._deep]
        for root in self._roots:
            paths = self._of_root(root, tracked)
            for path in folder.find([*paths, *self._untracked.get(root, ())], root):
                if path not in self.bare:
                    found[path] = root
        return found

    @lazy
    def _deep(self) -> list[str]:
        """The described folders that have a part in what other folders are.

        By them parts of a model differ from models, and entries of a cache from the rest of it.
        """
        roots = self._roots
        return [
            place for place in self._described
            if "--" in place or place.rpartition("/")[0] not in roots
        ]  # fmt: skip

    @lazy
    def first_root(self) -> str:
        """The models folder that a bare model name means."""
        with_models = set(self.every_model.values())
        return next((root for root in self._roots if root in with_models), self._roots[0])

    def model_of(self, path: str) -> str:
        """The model folder that a path lies in; '' when in none."""
        return self.model_at(path.rpartition("/")[0])

    def model_at(self, place: str) -> str:
        """The model folder that a folder is, or lies in; '' when in none."""
        known = self._models_of_folders.get(place)
        if known is None:
            known = place if place in self.model_paths else ""
            if place and not known:
                known = self.model_of(place)
            self._models_of_folders[place] = known
        return known


def in_folders(blobs: Iterable[Blob]) -> dict[str, list[Blob]]:
    """The blobs by the folder they lie in: what holds for a folder is worked out once for all."""
    found: dict[str, list[Blob]] = {}
    for blob in blobs:
        path = blob.path
        place = path[: max(path.rfind("/"), 0)]
        if place in found:
            found[place].append(blob)
        else:
            found[place] = [blob]
    return found
