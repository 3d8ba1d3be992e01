"""What a judgement is about: the files of a snapshot, and the models that they make up."""

from __future__ import annotations

from pmgit.git import attributes
from pmgit.git.blob import LINK, REGULAR, SUBMODULE
from pmgit.git.snapshot import TREE
from pmgit.lazy import lazy
from pmgit.lfs.pointer import Pointer
from pmgit.model import folder
from pmgit.model.places import Places, in_folders
from pmgit.model.weights import ALWAYS, AMBIGUOUS, BINARY_BYTES, OTHER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.finding import Step
    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model


class Subject(Places):
    """What rules ask: a snapshot and its models, seen with a configuration."""

    #: Whether pmgit's ignore block stands in the models folders; None until a fix has to know.
    has_nested_block: bool | None = None
    #: What `git add` here keeps raw, with the line that does it; and what the clone's own lines say
    #: of files, with whether they send it to Git LFS. None until a fix has to know.
    kept_raw: dict[str, str] | None = None
    own_lines: dict[str, tuple[str, bool]] | None = None
    #: What `pmgit lfs-setup` could not send to Git LFS, or keep out of it, with the line that wins.
    kept_out: dict[str, str] | None = None
    sent_texts: dict[str, str] | None = None

    @lazy
    def leaving(self) -> dict[str, list[Step] | None]:
        """How folders that must not be torn apart leave the index, worked out once for each."""
        return {}

    @lazy
    def models(self) -> list[Model]:
        """The models that the change touches, and those with untracked weights in the work tree."""
        local = self._local
        if not self.touches_models and not local:
            return []
        models = {path: folder.Model(path, root) for path, root in self.model_paths.items()}
        self._fill(models)
        for place, changes in in_folders(self.model_changes).items():
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
