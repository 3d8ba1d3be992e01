"""The snapshot as rules see it: which blobs are weights, which models it has, what pointers say.

Everything here is worked out when it is first asked for, so that a commit that has nothing to do
with models costs nothing.
"""

from __future__ import annotations

from pmgit.formats import kinds
from pmgit.git import attributes
from pmgit.git.attributes import LFS
from pmgit.git.snapshot import RANGE, STAGED, TREE
from pmgit.lazy import lazy
from pmgit.lfs import pointer
from pmgit.model import folder
from pmgit.model.weights import ALWAYS, AMBIGUOUS, BINARY_BYTES, NEVER, Tiers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.config import Config
    from pmgit.git.snapshot import Blob, Change, Snapshot
    from pmgit.model.folder import Model


class Subject:
    """What a judgement is about: a snapshot, seen with a configuration."""

    def __init__(self, snapshot: Snapshot, config: Config) -> None:
        self.snapshot = snapshot
        self.config = config
        self.repository = snapshot.repository
        self.origin = snapshot.origin
        self.introduced = snapshot.introduced
        self.changes = snapshot.changes
        self.filter_of = snapshot.filter_of
        self.content_of = snapshot.content_of
        self.tiers = Tiers(config)
        self._pointers: dict[str, pointer.Pointer | pointer.Broken | None] = {}

    @lazy
    def roots(self) -> tuple[str, ...]:
        """The configured models folders."""
        return self.config.models

    @lazy
    def files(self) -> list[Blob]:
        """The introduced blobs that are files and are here."""
        return self.snapshot.files

    @lazy
    def touches_models(self) -> bool:
        """Whether anything below a models folder changes, by being deleted too."""
        return bool(self.model_changes)

    @lazy
    def model_changes(self) -> list[Change]:
        """The changes below models folders."""
        prefixes = self.prefixes
        return [change for change in self.changes if change.path.startswith(prefixes)]

    @lazy
    def model_files(self) -> list[Blob]:
        """The introduced files below models folders."""
        prefixes = self.prefixes
        return [blob for blob in self.files if blob.path.startswith(prefixes)]

    @lazy
    def model_tip_files(self) -> list[Blob]:
        """Of `tip_files`, those below models folders."""
        prefixes = self.prefixes
        return [blob for blob in self.tip_files if blob.path.startswith(prefixes)]

    @lazy
    def prefixes(self) -> tuple[str, ...]:
        """What the paths below a models folder begin with."""
        return tuple(f"{root}/" for root in self.roots)

    def in_models(self, path: str) -> bool:
        """Whether a path lies below a models folder."""
        return path.startswith(self.prefixes)

    def in_model_folder(self, path: str) -> bool:
        """Whether a path lies in a folder of a models folder, not loose in the models folder."""
        root = folder.root_of(path, self.roots)
        return bool(root) and "/" in path[len(root) + 1 :]

    def is_moved(self, blob: Blob) -> bool:
        """Whether this is an old blob under a new name, which adds nothing to the history.

        A move into a model folder from outside is not one of these: it makes weights of a file.
        """
        old = self.snapshot.removed.get((blob.commit, blob.oid), "")
        return bool(old) and (not self.in_models(blob.path) or self.in_models(old))

    def before(self, blob: Blob) -> str:
        """The id of what HEAD has at the blob's path; '' when it has nothing there."""
        if self.origin != TREE:
            return blob.before
        if blob.path in self._staged:
            return self._staged[blob.path]
        return blob.oid

    @lazy
    def _staged(self) -> dict[str, str]:
        """For a whole tree: what HEAD has at the paths where the index differs from it."""
        from pmgit.git import staged

        return {change.path: change.before for change in staged.changes(self.repository)}

    # -- Git LFS --------------------------------------------------------------------------------

    def is_lfs(self, path: str) -> bool:
        """Whether the attributes of the snapshot send this path to Git LFS."""
        return self.filter_of(path) == LFS

    def pointer_of(self, blob: Blob) -> pointer.Pointer | pointer.Broken | None:
        """The pointer in a blob whose size has been found, broken or not; None: no pointer."""
        if not blob.head:
            return None
        if blob.oid not in self._pointers:
            self._pointers[blob.oid] = pointer.read(blob.head)
        found = self._pointers[blob.oid]
        if found is None and pointer.may_be(blob.head):
            tier = self.tiers.of(blob.path)
            expected = tier != NEVER and (tier == ALWAYS or self.is_lfs(blob.path))
            return pointer.read(blob.head, expected=expected)
        return found

    def is_raw(self, blob: Blob) -> bool:
        """Whether a blob is a file with its own content, not a pointer and not empty."""
        return blob.is_regular and blob.size > 0 and self.pointer_of(blob) is None

    @lazy
    def changes_attributes(self) -> bool:
        """Whether a `.gitattributes` changes, by being deleted too."""
        return any(c.path.rpartition("/")[2] == ".gitattributes" for c in self.changes)

    @lazy
    def judged_for_lfs(self) -> list[Blob]:
        """The files that the lfs rules look at, with their sizes known.

        A change of .gitattributes can make any old file right or wrong, so all of them are
        looked at again; files that it does not concern cost one look into the index.
        """
        if not self.changes_attributes:
            return self.tip_files
        if self.origin == TREE:
            return self.files
        known = {blob.path: blob for blob in self.tip_files}
        blobs = [known.get(b.path, b) for b in self.snapshot.listing().values() if b.is_regular]
        self.snapshot.filters_of(blob.path for blob in blobs)
        self.snapshot.examine(blobs)
        return [blob for blob in blobs if blob.size >= 0]

    @lazy
    def lfs_files(self) -> list[Blob]:
        """Of `judged_for_lfs`, those that the attributes send to Git LFS."""
        return [blob for blob in self.judged_for_lfs if self.filter_of(blob.path) == LFS]

    @lazy
    def pointer_like(self) -> list[Blob]:
        """Of `judged_for_lfs`, those that may be pointers."""
        return [blob for blob in self.judged_for_lfs if blob.head]

    @lazy
    def concerns_lfs(self) -> bool:
        """Whether there is a pointer or an lfs attribute among the files."""
        return bool(self.pointer_like or self.lfs_files)

    @lazy
    def tip_files(self) -> list[Blob]:
        """The introduced files as the tree ends up: those of the tip when a range is judged."""
        if self.origin != RANGE:
            return self.files
        from pmgit.git.snapshot import introduced_by

        blobs = [blob for blob in introduced_by(self.changes) if blob.is_regular]
        known = {(blob.path, blob.oid): blob for blob in self.files}
        blobs = [known.get((blob.path, blob.oid), blob) for blob in blobs]
        self.snapshot.examine(blobs)
        self.snapshot.filters_of(blob.path for blob in blobs)
        return [blob for blob in blobs if blob.size >= 0]

    @lazy
    def storage(self) -> str:
        """Where weights belong that no attribute speaks about: `ignore` or `lfs`."""
        from pmgit.model import storage

        if self.config.storage:
            return self.config.storage
        return storage.of(self.config, storage.has_lfs_lines(self.snapshot))

    # -- weights --------------------------------------------------------------------------------

    def is_weights(self, blob: Blob) -> bool:
        """Whether a blob is weights: by its name, its place and, where needed, its content."""
        if not blob.is_regular:
            return False
        tier = self.tiers.of(blob.path)
        if tier in (NEVER, ALWAYS):
            return tier == ALWAYS
        if self.in_models(blob.path):
            if tier == AMBIGUOUS or isinstance(self.pointer_of(blob), pointer.Pointer):
                return True
            return blob.size > BINARY_BYTES and kinds.is_binary(self.snapshot.head_of(blob))
        return blob.size > BINARY_BYTES and bool(kinds.weights_kind(self.snapshot.head_of(blob)))

    # -- models ---------------------------------------------------------------------------------

    @lazy
    def listing(self) -> dict[str, Blob]:
        """Everything that the snapshot has below the models folders."""
        found = self.snapshot.listing(*self.roots)
        known = {blob.path: blob for blob in self.model_tip_files}
        return {path: known.get(path, blob) for path, blob in found.items()}

    @lazy
    def on_disk(self) -> dict[str, list[str]]:
        """The files of the work tree below each models folder; empty when it does not count."""
        if not self.snapshot.has_work_tree:
            return {}
        top = self.repository.top
        return {root: list(folder.files_on_disk(top, root)) for root in self.roots}

    @lazy
    def model_paths(self) -> dict[str, str]:
        """Every model folder, of the snapshot and of the work tree, with its models folder."""
        found = {}
        for root in self.roots:
            tracked = [path for path in self.listing if path.startswith(f"{root}/")]
            for path in folder.find([*tracked, *self.on_disk.get(root, ())], root):
                found[path] = root
        return found

    def model_of(self, path: str) -> str:
        """The model folder that a path lies in; '' when in none."""
        while "/" in path:
            path = path.rpartition("/")[0]
            if path in self.model_paths:
                return path
        return ""

    @lazy
    def models(self) -> list[Model]:
        """The models that the change touches, and those with untracked weights in the work tree."""
        disk = {root: self._local_weights(files) for root, files in self.on_disk.items()}
        if not self.touches_models and not any(disk.values()):
            return []
        models = {path: folder.Model(path, root) for path, root in self.model_paths.items()}
        self._fill(models)
        weights = {blob.path for model in models.values() for blob in model.weights}
        for change in self.model_changes:
            model = models.get(self.model_of(change.path))
            if model is None:
                continue
            model.touched = True
            if change.path == f"{model.path}/{folder.INFO}":
                model.info_changed = True
                model.info_removed = not change.after
            elif change.path in weights and change.after != change.before:
                model.weights_changed = True
        for files in disk.values():
            for path in files:
                model = models.get(self.model_of(path))
                if model and path not in self.listing:
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
        return attributes.ignored(self.repository, asked)

    def _local_weights(self, files: Iterable[str]) -> list[str]:
        """The files that are weights by their names; nothing is opened."""
        return [path for path in files if self.tiers.of(path) in (ALWAYS, AMBIGUOUS)]

    def _fill(self, models: dict[str, Model]) -> None:
        """Put every blob below the models folders into its model."""
        owned = [(b, models.get(self.model_of(b.path))) for b in self.listing.values()]
        introduced = {blob.path for blob in self.model_tip_files}
        for blob, model in owned:
            if model is None:
                continue
            model.blobs.append(blob)
            if blob.path == f"{model.path}/{folder.INFO}":
                model.info = blob
            elif self._is_weights_in_model(blob, introduced):
                model.weights.append(blob)

    def _is_weights_in_model(self, blob: Blob, introduced: set[str]) -> bool:
        """As `is_weights`, but old blobs are told by their names: content is not read for them."""
        if blob.path in introduced:
            return self.is_weights(blob)
        return blob.is_regular and self.tiers.of(blob.path) in (ALWAYS, AMBIGUOUS)


__all__ = ["RANGE", "STAGED", "TREE", "Subject"]
