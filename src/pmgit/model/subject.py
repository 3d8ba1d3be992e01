"""The subject of a judgement: a snapshot with its weights, pointers and models.

Everything here is worked out when it is first asked for, so that a commit that has nothing to do
with models costs nothing.
"""

from __future__ import annotations

from pmgit.core.lazy import lazy
from pmgit.git import attributes
from pmgit.git.attributes import LFS
from pmgit.git.blob import LINK, NOT_HERE, REGULAR, SUBMODULE, at_or_below, introduced_by
from pmgit.lfs import pointer
from pmgit.model import folder
from pmgit.model.places import Places, in_folders
from pmgit.model.weights import (
    ALWAYS,
    AMBIGUOUS,
    BINARY_BYTES,
    NEVER,
    OTHER,
    Tiers,
    fits,
    may_be_loaded,
)
from pmgit.snapshots.base import RANGE, STAGED, TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from pmgit.core.config import Config
    from pmgit.formats.opinion import Opinion
    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model
    from pmgit.model.moved import Grade, Moves
    from pmgit.snapshots.base import Snapshot

    Answer = TypeVar("Answer")


class Subject:
    """A snapshot and its models, seen with a configuration; rules ask it."""

    def __init__(self, snapshot: Snapshot, config: Config, earlier: Subject | None = None) -> None:
        self.snapshot = snapshot
        self.config = config
        self.repository = snapshot.repository
        self.origin = snapshot.origin
        self.introduced = snapshot.introduced
        self.changes = snapshot.changes
        self.filter_of = snapshot.filter_of
        self.tiers = Tiers(config)
        self._pointers: dict[str, pointer.Pointer | pointer.Broken | None] = {}
        self._answers: dict[tuple[object, ...], object] = {}
        #: Opinions on contents with their sha256, by the id of the content and the path. What an
        #: `earlier` subject of the same snapshot has judged is not judged again: nothing takes
        #: longer, and a second look only has exact sizes.
        self.opinions: dict[tuple[str, str], tuple[Opinion, str]] = (
            earlier.opinions if earlier else {}
        )

    def once(self, question: Callable[..., Answer], *about: str) -> Answer:
        """The answer of `question(self, *about)`, asked once for all findings of the judgement."""
        key = (question, about)
        if key not in self._answers:
            self._answers[key] = question(self, *about)
        return self._answers[key]  # type: ignore[return-value]

    @lazy
    def places(self) -> Places:
        """The files of the models folders, in the index and on disk."""
        return Places(self.snapshot, self.roots, self.model_changes, self.tiers)

    @lazy
    def can_be_staged(self) -> bool:
        """Whether commands can change what is judged: not commits, and no bare repository."""
        return self.origin != RANGE and not self.repository.bare

    @lazy
    def sparse(self) -> tuple[str, ...]:
        """The option without which git touches no path outside of a sparse checkout."""
        return ("--sparse",) if self.repository.is_sparse else ()

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
    def model_changes(self) -> list[Blob]:
        """The changes below models folders."""
        prefixes = self.prefixes
        if self.origin == STAGED:
            # Of 50,000 changes only these are looked at.
            found = at_or_below(self.changes, self.roots)
            return [change for change in found if change.path.startswith(prefixes)]
        return [change for change in self.changes if change.path.startswith(prefixes)]

    @lazy
    def changes_licenses(self) -> bool:
        """Whether a file changes that may state a license; always when a whole tree is judged."""
        names = (folder.INFO, folder.LOCK, folder.CARD, *folder.LICENSE_FILES)
        return self.origin == TREE or any(
            change.path[change.path.rfind("/") + 1 :].startswith(names)
            for change in self.model_changes
        )

    @lazy
    def model_introduced(self) -> list[Blob]:
        """The introduced blobs below models folders, links and submodules too."""
        if self.origin == STAGED:
            # The same objects, and there are fewer of these to go through.
            return introduced_by(self.model_changes)
        prefixes = self.prefixes
        return [blob for blob in self.introduced if blob.path.startswith(prefixes)]

    @lazy
    def model_files(self) -> list[Blob]:
        """The introduced files below models folders that are here."""
        return [b for b in self.model_introduced if b.mode in REGULAR and b.size != NOT_HERE]

    @lazy
    def model_tip_files(self) -> list[Blob]:
        """Of `tip_files`, those below models folders."""
        if self.origin != RANGE:
            return self.model_files
        prefixes = self.prefixes
        return [blob for blob in self.tip_files if blob.path.startswith(prefixes)]

    @lazy
    def raw_model_files(self) -> list[Blob]:
        """Of `model_files`, those with content of their own: neither pointers nor empty."""
        return [blob for blob in self.model_files if self.is_raw(blob)]

    @lazy
    def raw_model_tip_files(self) -> list[Blob]:
        """Of `model_tip_files`, those with content of their own."""
        if self.origin != RANGE:
            return self.raw_model_files
        return [blob for blob in self.model_tip_files if self.is_raw(blob)]

    @lazy
    def prefixes(self) -> tuple[str, ...]:
        """The beginnings of all paths below models folders."""
        return tuple(f"{root}/" for root in self.roots)

    def in_models(self, path: str) -> bool:
        """Whether a path lies below a models folder."""
        return path.startswith(self.prefixes)

    def in_model_folder(self, path: str) -> bool:
        """Whether a path lies in a folder of a models folder, not loose in the models folder."""
        return self.in_models(path) and not self.is_loose(path)

    def is_loose(self, path: str) -> bool:
        """Whether a path lies directly in a models folder, not in a folder of its model."""
        return path.rpartition("/")[0] in self.roots

    def is_moved(self, blob: Blob) -> bool:
        """Whether this is an old blob under a new name, which adds nothing to the history.

        Its size must be known. What is free, and why, stands in `model.moved`.
        """
        return (blob.commit, blob.oid) in self.snapshot.removed and self.moves.is_free(blob)

    @lazy
    def moves(self) -> Moves:
        """The moves among the introduced blobs."""
        from pmgit.model.moved import Moves  # seldom needed

        return Moves(self.introduced, self.snapshot.removed, self._grade, self.config.excludes)

    def _grade(self, path: str, blob: Blob) -> Grade:
        """How far inside a path lies, and what the blob is there."""
        from pmgit.model import moved

        what = moved.OTHER
        if self.is_weights(blob.at(path)):
            what = moved.DISGUISED if self.tiers.of(path) == NEVER else moved.WEIGHTS
        if not self.in_models(path):
            return moved.OUTSIDE, what
        return (moved.LOOSE if self.is_loose(path) else moved.INSIDE), what

    def is_gone_again(self, blob: Blob) -> bool:
        """Whether a blob comes with a commit of a range, and its tip has not got it any more."""
        return self.origin == RANGE and (blob.path, blob.oid) not in self._of_tip

    @lazy
    def _of_tip(self) -> set[tuple[str, str]]:
        return {(change.path, change.oid) for change in self.changes}

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
        from pmgit.snapshots import staged

        return {change.path: change.before for change in staged.changes(self.repository)}

    # -- Git LFS --------------------------------------------------------------------------------

    def is_lfs(self, path: str) -> bool:
        """Whether the attributes of the snapshot send this path to Git LFS."""
        return self.filter_of(path) == LFS

    def content_size(self, blob: Blob) -> int:
        """The size in bytes of a blob whose size has been found; of a pointer, of its object."""
        stands_for = self.pointer_of(blob)
        return stands_for.size if isinstance(stands_for, pointer.Pointer) else blob.size

    def pointer_of(self, blob: Blob) -> pointer.Pointer | pointer.Broken | None:
        """The pointer in a blob, broken or not; None: no pointer."""
        if blob.head is None:
            self.snapshot.contents.examine([blob])
        if not blob.head:
            return None
        known, oid = self._pointers, blob.oid
        if oid in known:
            found = known[oid]
        else:
            found = known[oid] = pointer.read(blob.head)
        if found is None and pointer.may_be(blob.head):
            tier = self.tiers.of(blob.path)
            expected = tier != NEVER and (tier == ALWAYS or self.is_lfs(blob.path))
            return pointer.read(blob.head, expected=expected)
        return found

    def is_raw(self, blob: Blob) -> bool:
        """Whether a blob is a file with its own content, not a pointer and not empty."""
        if blob.mode not in REGULAR:
            return False
        if blob.head is None:
            self.snapshot.contents.examine([blob])
        if blob.size <= 0:
            return False
        return not blob.head or self.pointer_of(blob) is None

    @lazy
    def stores(self) -> list[str]:
        """The folders that may have the objects of pointers."""
        from pmgit.lfs import store

        return store.in_use(self.repository)

    @lazy
    def changes_attributes(self) -> bool:
        """Whether a `.gitattributes` changes, by being deleted too."""
        text = self._changed
        return ".gitattributes\0" in text and (
            "/.gitattributes\0" in text or "\0.gitattributes\0" in text
        )

    @lazy
    def names_attributes(self) -> bool:
        """Whether a file changes whose name may be meant for `.gitattributes`."""
        spellings = ("gitat", "GITAT", "GitAt", "Gitat", ".git-att", ".git_att")
        return any(spelling in self._changed for spelling in spellings)

    @lazy
    def _changed(self) -> str:
        """All changed paths, for one look at all of them: mostly there is nothing to find."""
        return "\0".join(["", *[change.path for change in self.changes], ""])

    @lazy
    def loaded_elsewhere(self) -> list[Blob]:
        """The introduced files outside of models folders that libraries load, by their names."""
        files = self.files
        if not self.tiers.are_configured:
            # Of many files few ends are left to be looked at.
            ends = {blob.path[blob.path.rfind(".") :] for blob in files}
            loaded = frozenset(end for end in ends if may_be_loaded(end))
            files = [blob for blob in files if blob.path[blob.path.rfind(".") :] in loaded]
        return [
            blob
            for blob in files
            if not self.in_models(blob.path) and self.tiers.is_loaded(blob.path)
        ]

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
        self.snapshot.contents.examine(blobs)
        return [blob for blob in blobs if blob.size >= 0]

    @lazy
    def lfs_files(self) -> list[Blob]:
        """Of `judged_for_lfs`, those that the attributes send to Git LFS."""
        blobs = self.judged_for_lfs
        return [blob for blob in self.snapshot.filtered(blobs) if self.is_lfs(blob.path)]

    @lazy
    def pointer_like(self) -> list[Blob]:
        """Of `judged_for_lfs`, those that may be pointers."""
        return [blob for blob in self.judged_for_lfs if blob.head]

    @lazy
    def concerns_lfs(self) -> bool:
        """Whether there is a pointer or an lfs attribute among the files.

        A pushed pointer counts although a later commit of the push takes it away again.
        """
        pushed = self.snapshot.receiver.known is not None and any(blob.head for blob in self.files)
        return bool(pushed or self.pointer_like or self.lfs_files)

    @lazy
    def tip_files(self) -> list[Blob]:
        """The introduced files as the tree ends up: those of the tip when a range is judged."""
        if self.origin != RANGE:
            return self.files
        blobs = [blob for blob in introduced_by(self.changes) if blob.is_regular]
        known = {(blob.path, blob.oid): blob for blob in self.files}
        blobs = [known.get((blob.path, blob.oid), blob) for blob in blobs]
        self.snapshot.contents.examine(blobs)
        return [blob for blob in blobs if blob.size >= 0]

    @lazy
    def storage(self) -> str:
        """The place for weights that no attribute names: `ignore` or `lfs`."""
        if self.config.storage:
            return self.config.storage
        from pmgit.model import storage

        return storage.of(self.config, self.snapshot)

    # -- weights --------------------------------------------------------------------------------

    def is_weights(self, blob: Blob) -> bool:
        """Whether a blob is weights: by its name, its place and, where needed, its content."""
        return bool(self.weights_among([blob]))

    def weights_among(self, blobs: Iterable[Blob]) -> list[Blob]:
        """Those blobs, of known size, that are weights, without small dot-files.

        The first bytes of those that their names leave open are asked for together.
        """
        by_name = [(blob, self._weights_by_name(blob)) for blob in blobs]
        left_open = [blob for blob, answer in by_name if answer is None]
        heads = self.snapshot.contents.heads_of(left_open) if left_open else {}
        return [
            blob
            for blob, answer in by_name
            if (self._fits(blob, heads.get(blob.oid, b"")) if answer is None else answer)
        ]

    def _fits(self, blob: Blob, head: bytes) -> bool:
        """Whether the content of a blob is weights, at its path; `head` are its first bytes."""
        tier, inside = self.tiers.of(blob.path), self.in_models(blob.path)
        return fits(tier, blob.path, blob.size, head, in_models=inside)

    def _is_small_dot_file(self, blob: Blob) -> bool:
        """Whether this is a small dot-file, a pointer because Git LFS gets all of a folder."""
        if not blob.path[blob.path.rfind("/") + 1 :].startswith(".") or not blob.head:
            return False
        stands_for = self.pointer_of(blob)
        return isinstance(stands_for, pointer.Pointer) and stands_for.size <= BINARY_BYTES

    def _weights_by_name(self, blob: Blob) -> bool | None:
        """Whether a blob is weights; None when only its content can decide."""
        if blob.mode not in REGULAR:
            return False
        tier = self.tiers.of(blob.path)
        if tier == ALWAYS:
            return True
        if tier == OTHER and self._is_small_dot_file(blob):
            return False
        large = blob.size > BINARY_BYTES
        if tier == NEVER:
            return None if large and self.tiers.configured(blob.path) != NEVER else False
        if self.in_models(blob.path):
            stands_for = self.pointer_of(blob)
            if isinstance(stands_for, pointer.Pointer):
                return True
            if tier == AMBIGUOUS:
                # What the configuration names is not doubted, nor is a broken pointer.
                return True if stands_for or self.tiers.configured(blob.path) else None
        return None if large else False

    # -- models ---------------------------------------------------------------------------------

    @lazy
    def models(self) -> list[Model]:
        """The models that the change touches, and those with untracked weights in the work tree."""
        local = self.places.untracked_weights
        if not self.touches_models and not local:
            return []
        models = {path: folder.Model(path, root) for path, root in self.places.model_paths.items()}
        self._fill(models)
        for place, changes in in_folders(self.model_changes).items():
            model = models.get(self.places.model_at(place))
            if model is None:
                continue
            model.touched = True
            info = f"{model.path}/{folder.INFO}"
            weights = {blob.path for blob in model.weights}
            for change in changes:
                if change.path == info:
                    model.info_changed = True
                    model.info_removed = not change.oid
                elif change.introduces and change.path in weights:
                    model.weights_changed = True
        for path in local:
            model = models.get(self.places.model_of(path))
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
        """The untracked weights, and INFO.md of models that have none, that ignore rules hide."""
        asked = [f"{model.path}/{folder.INFO}" for model in self.models if model.info is None]
        asked += [path for model in self.models if model.info is None for path in model.local]
        asked += self.loose
        return attributes.ignored(self.repository, asked, untracked=bool(self.sparse))

    @lazy
    def loose(self) -> list[str]:
        """The untracked weights that lie directly in a models folder."""
        return [path for path in self.places.untracked_weights if self.is_loose(path)]

    @lazy
    def ignored_loose(self) -> list[str]:
        """Of `loose`, those that Git ignores: `git status` does not list them."""
        return [path for path in self.loose if path in self._ignored]

    @lazy
    def links(self) -> list[Blob]:
        """The links and submodules that come below models folders, or as one."""
        found = [blob for blob in self.model_introduced if blob.mode in (LINK, SUBMODULE)]
        if len(self.files) < len(self.introduced):
            roots = self.roots
            found += [b for b in self.introduced if b.mode == SUBMODULE and b.path in roots]
        return found

    def _fill(self, models: dict[str, Model]) -> None:
        """Put every blob below the models folders into its model."""
        introduced = {blob.path for blob in self.model_tip_files}
        weights = {blob.path for blob in self.weights_among(self.model_tip_files)}
        tier_of, by_name = self.tiers.of, (ALWAYS, AMBIGUOUS)
        for place, blobs in self.places.by_folder.items():
            model = models.get(self.places.model_at(place))
            if model is None:
                continue
            info, lock = f"{model.path}/{folder.INFO}", f"{model.path}/{folder.LOCK}"
            model.blobs += blobs
            for blob in blobs:
                if blob.path == info:
                    model.info = blob
                elif blob.path == lock:
                    model.lock = blob
                elif (
                    blob.path in weights
                    if blob.path in introduced
                    # Old blobs are known by their names: content is not read for them.
                    else blob.mode in REGULAR and tier_of(blob.path) in by_name
                ):
                    model.weights.append(blob)
