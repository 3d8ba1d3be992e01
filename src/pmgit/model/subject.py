"""What a judgement is about: the files of a snapshot, and the models that they make up."""

from __future__ import annotations

import os

from pmgit.git import attributes
from pmgit.git.blob import LINK, REGULAR, SUBMODULE
from pmgit.git.snapshot import TREE
from pmgit.lazy import lazy
from pmgit.lfs.pointer import Pointer
from pmgit.model import folder, local_weights
from pmgit.model.judged_files import Files
from pmgit.model.weights import ALWAYS, AMBIGUOUS, BINARY_BYTES, OTHER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.finding import Step
    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model


class Subject(Files):
    """What rules ask: a snapshot and its models, seen with a configuration."""

    #: Whether pmgit's ignore block stands in the models folders; None until a fix has to know.
    has_nested_block: bool | None = None
    #: What `git add` here keeps raw, with the line that does it; and what the clone's own lines say
    #: of files, with whether they send it to Git LFS. None until a fix has to know.
    kept_raw: dict[str, str] | None = None
    own_lines: dict[str, tuple[str, bool]] | None = None

    @lazy
    def leaving(self) -> dict[str, list[Step] | None]:
        """How folders that must not be torn apart leave the index, worked out once for each."""
        return {}

    @lazy
    def sparse(self) -> tuple[str, ...]:
        """The option without which git touches no path outside of a sparse checkout."""
        return ("--sparse",) if self.repository.is_sparse else ()

    @lazy
    def listing(self) -> dict[str, Blob]:
        """Everything that the snapshot has below the models folders."""
        return self._with_known(self.snapshot.listing(*self.roots))

    @lazy
    def around(self) -> dict[str, Blob]:
        """Of `listing` what tells of the models that the change touches, at the least."""
        near = self.snapshot.near(self.roots)
        return self.listing if near is None else self._with_known(near)

    def _with_known(self, found: dict[str, Blob]) -> dict[str, Blob]:
        # What is introduced is one object everywhere: its size and first bytes are found once.
        found.update([(blob.path, blob) for blob in self.model_tip_files if blob.path in found])
        return found

    @lazy
    def on_disk(self) -> dict[str, list[str]]:
        """The files of the work tree below each models folder; empty when it does not count."""
        if not self.snapshot.has_work_tree:
            return {}
        known, top = self.snapshot.on_disk, self.repository.top
        return {
            root: known[root] if root in known else list(folder.files_on_disk(top, root))
            for root in self.roots
        }

    @lazy
    def _untracked(self) -> dict[str, list[str]]:
        """Of the files on disk, those that the snapshot has not got."""
        found = {}
        for root, paths in self.on_disk.items():
            tracked = self.listing if paths else {}  # on a server it is one more git process
            found[root] = [path for path in paths if path not in tracked]
        return found

    @lazy
    def model_paths(self) -> dict[str, str]:
        """Every model folder of `around` and of the work tree, with its models folder."""
        found = {}
        # Few files tell of their folder as much as all in it.
        tracked = [path for blobs in self.by_folder.values() for path in folder.telling(blobs)]
        for root in self.roots:
            begin = f"{root}/"
            paths = [path for path in tracked if path.startswith(begin)]
            for path in folder.find([*paths, *self._untracked.get(root, ())], root):
                if path not in self.bare:
                    found[path] = root
        return found

    @lazy
    def by_folder(self) -> dict[str, list[Blob]]:
        """The entries of `around` by the folder that they lie in."""
        return _by_folder(self.around.values())

    @lazy
    def folders(self) -> Iterable[str]:
        """The folders that the entries of `listing` lie in."""
        return self.by_folder if self.around is self.listing else _by_folder(self.listing.values())

    def tracked_below(self, place: str) -> list[str]:
        """What the snapshot has at a path of the models folders, or below it."""
        if place in self.listing:
            return [place]
        from bisect import bisect_left

        paths = self._sorted
        # `0` is what comes behind the slash.
        return paths[bisect_left(paths, f"{place}/") : bisect_left(paths, f"{place}0")]

    @lazy
    def _sorted(self) -> list[str]:
        return sorted(self.listing)

    def model_of(self, path: str) -> str:
        """The model folder that a path lies in; '' when in none."""
        return self._model_at(path.rpartition("/")[0])

    def _model_at(self, place: str) -> str:
        """The model folder that a folder is, or lies in; '' when in none."""
        known = self._models_of_folders.get(place)
        if known is None:
            known = place if place in self.model_paths else ""
            if place and not known:
                known = self.model_of(place)
            self._models_of_folders[place] = known
        return known

    @lazy
    def _models_of_folders(self) -> dict[str, str]:
        return {}

    @lazy
    def models(self) -> list[Model]:
        """The models that the change touches, and those with untracked weights in the work tree."""
        local = self._local
        if not self.touches_models and not local:
            return []
        models = {path: folder.Model(path, root) for path, root in self.model_paths.items()}
        self._fill(models)
        for place, changes in _by_folder(self.model_changes).items():
            model = models.get(self._model_at(place))
            if model is None:
                continue
            model.touched = True
            info = f"{model.path}/{folder.INFO}"
            weights = {blob.path for blob in model.weights}
            for change in changes:
                if change.path == info:
                    model.info_changed = True
                    model.info_removed = not change.oid
                elif change.brings and change.path in weights:
                    model.weights_changed = True
        for path in local:
            model = models.get(self.model_of(path))
            if model:
                model.local.append(path)
        return [model for model in models.values() if model.touched or model.local]

    def is_due(self, model: Model) -> bool:
        """Whether what is wrong with a model is an error now: its weights or INFO.md change.

        What is only touched is an old sin that must not stop today's work.
        """
        return model.weights_changed or model.info_changed or self.origin == TREE

    @lazy
    def first_root(self) -> str:
        """The models folder that a bare model name means."""
        with_models = set(self.model_paths.values())
        return next((root for root in self.roots if root in with_models), self.roots[0])

    def ignored_weights(self, model: Model) -> list[str]:
        """The model's weights that lie in the work tree and are ignored by Git."""
        return [path for path in model.local if path in self._ignored]

    def hides_info(self, model: Model) -> tuple[str, int, str] | None:
        """File, line and pattern of the ignore rule that hides the model's INFO.md."""
        return self._ignored.get(f"{model.path}/{folder.INFO}")

    @lazy
    def _ignored(self) -> dict[str, tuple[str, int, str]]:
        """What ignore rules hide: INFO.md of models that have none, and untracked weights."""
        asked = [f"{model.path}/{folder.INFO}" for model in self.models if model.info is None]
        asked += [path for model in self.models if model.info is None for path in model.local]
        asked += self.loose
        return attributes.ignored(self.repository, asked, untracked=bool(self.sparse))

    @lazy
    def _local(self) -> list[str]:
        """The untracked weights of the work tree, told by their names, else by their sizes."""
        files = [path for paths in self._untracked.values() for path in paths]
        return local_weights.among(files, self.tiers, self.repository.top)

    @lazy
    def loose(self) -> list[str]:
        """The untracked weights that lie directly in a models folder."""
        return [path for path in self._local if self.is_loose(path)]

    @lazy
    def ignored_loose(self) -> list[str]:
        """Of `loose`, those that Git ignores: nobody would be told of them."""
        return [path for path in self.loose if path in self._ignored]

    @lazy
    def links(self) -> list[Blob]:
        """The links and submodules that come below models folders, or as one."""
        found = [blob for blob in self.model_introduced if blob.mode in (LINK, SUBMODULE)]
        if len(self.files) < len(self.introduced):
            roots = self.roots
            found += [b for b in self.introduced if b.mode == SUBMODULE and b.path in roots]
        return found

    @lazy
    def clones(self) -> list[str]:
        """The folders of the work tree that are repositories of their own, and not tracked.

        Git records no file of theirs. Where it has some already, the folder is one as any other.
        """
        return [place for place in self._repositories if not self.tracked_below(place)]

    @lazy
    def _repositories(self) -> list[str]:
        """The repositories of their own in the work tree's models folders."""
        end = "/.git"
        return [
            p[: -len(end)] for paths in self._untracked.values() for p in paths if p.endswith(end)
        ]

    @lazy
    def bare(self) -> list[str]:
        """The bare repositories in the work tree's models folders, tracked or not."""
        top = self.repository.top
        return [p for p in self._repositories if os.path.isfile(os.path.join(top, p, "HEAD"))]

    def is_weights(self, blob: Blob) -> bool:
        """Whether a blob is weights: by its name, its place and, where needed, its content."""
        return bool(self.weights_among([blob]))

    def weights_among(self, blobs: Iterable[Blob]) -> list[Blob]:
        """Those blobs that are weights, without small dot-files.

        `.gitignore` becomes a pointer where all of a folder is sent to Git LFS.
        """
        return [blob for blob in super().weights_among(blobs) if not self._is_dot_file(blob)]

    def _is_dot_file(self, blob: Blob) -> bool:
        if not blob.path[blob.path.rfind("/") + 1 :].startswith(".") or not blob.head:
            return False
        stands_for = self.pointer_of(blob)
        small = isinstance(stands_for, Pointer) and stands_for.size <= BINARY_BYTES
        return small and self.tiers.of(blob.path) == OTHER

    def _fill(self, models: dict[str, Model]) -> None:
        """Put every blob below the models folders into its model."""
        introduced = {blob.path for blob in self.model_tip_files}
        weights = {blob.path for blob in self.weights_among(self.model_tip_files)}
        tier_of, by_name = self.tiers.of, (ALWAYS, AMBIGUOUS)
        for place, blobs in self.by_folder.items():
            model = models.get(self._model_at(place))
            if model is None:
                continue
            info = f"{model.path}/{folder.INFO}"
            model.blobs += blobs
            for blob in blobs:
                if blob.path == info:
                    model.info = blob
                elif (
                    blob.path in weights
                    if blob.path in introduced
                    # Old blobs are told by their names: content is not read for them.
                    else blob.mode in REGULAR and tier_of(blob.path) in by_name
                ):
                    model.weights.append(blob)


def _by_folder(blobs: Iterable[Blob]) -> dict[str, list[Blob]]:
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
