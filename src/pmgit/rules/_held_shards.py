"""The shards that a model has in Git, on disk and in its lock, and those that belong together."""

from __future__ import annotations

import os

from pmgit.core.config import LFS
from pmgit.core.lazy import lazy
from pmgit.formats.regular import read_regular
from pmgit.lfs import pointer
from pmgit.model import recorded, shard_index
from pmgit.model.folder import LOCK
from pmgit.model.shards import sets_of
from pmgit.model.twins import twin_of
from pmgit.model.weights import ALWAYS, AMBIGUOUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model
    from pmgit.model.lock_file import Lock
    from pmgit.model.subject import Subject
    from pmgit.model.twins import Twin

#: So many bytes of indexes are read at once and kept; of each that is over, only what it says.
_TOGETHER = 40_000_000


class Held:
    """What a model has: `tracked` in Git, `disk` beside it, `locked` in its lock or by DVC.

    Names count from the model's folder. `faults` are the paths of indexes that are none, each with
    the reason.
    """

    def __init__(self, subject: Subject, model: Model, lock: Lock | None) -> None:
        begin = len(model.path) + 1
        self.subject = subject
        self.model = model
        self.lock = lock
        self.tracked = {blob.path[begin:]: blob for blob in model.blobs}
        self.disk = {path[begin:] for path in model.local}
        # DVC has a file of its own for each that it keeps.
        self.locked = {name[:-4] for name in self.tracked if name.endswith(".dvc")}
        if lock:
            self.locked.update(file.path for file in lock.files)
        self.groups: list[Group] = []
        self.faults: list[tuple[str, str]] = []
        self._indexes: list[tuple[str, list[str], int]] = []

    @lazy
    def names(self) -> set[str]:
        """The names of all of it."""
        return {*self.tracked, *self.disk, *self.locked}

    @lazy
    def sizes(self) -> dict[str, int]:
        """The bytes of each file, as far as they are known."""
        found = {file.path: file.size for file in self.lock.files} if self.lock else {}
        facts = recorded.facts(self.subject, self.model)
        return {**found, **{name: fact.size for name, fact in facts.items()}}

    @lazy
    def twins(self) -> dict[tuple[str, str, str], list[tuple[str, Twin]]]:
        """The files in Git that may have twins, by the key of these."""
        found: dict[tuple[str, str, str], list[tuple[str, Twin]]] = {}
        for name in sorted(self.tracked):
            twin = twin_of(name)
            if twin:
                found.setdefault(twin.key, []).append((name, twin))
        return found

    def path(self, name: str) -> str:
        """The path of a file, from the top of the repository."""
        return f"{self.model.path}/{name}"

    def place(self, name: str) -> str:
        """The path of a file that Git or the disk has, or of the lock that alone names it."""
        return self.path(name if name in self.tracked or name in self.disk else LOCK)

    def read(self, path: str, data: bytes) -> None:
        """Take in what the index at `path` says."""
        inside, _, name = path[len(self.model.path) + 1 :].rpartition("/")
        try:
            index = shard_index.parse(data, name)
        except ValueError as error:
            self.faults.append((path, str(error)))
            return
        if index:
            names = [f"{inside}/{file}" if inside else file for file in index.files]
            self._indexes.append((path, names, index.total_size))

    def group(self) -> None:
        """Find what belongs together, when all indexes are read: what each names, other sets."""
        # Mostly an index names all shards, and nothing is left to look for.
        named = {name for _, names, _ in self._indexes for name in names}
        of = self.subject.tiers.of
        others = {
            key: shards
            for key, shards in sets_of(self.names - named).items()
            if of(shards.names[0]) in (ALWAYS, AMBIGUOUS)
        }
        for path, names, total_size in self._indexes:
            own = [others.pop(key) for key in (sets_of(names) if others else ()) if key in others]
            beside = [name for shards in own for name in shards.names]
            self.groups.append(Group(self, names, path, total_size, beside=beside))
        self.groups += [Group(self, shards.names) for shards in others.values() if shards.is_sure]


class Group:
    """Files that belong together: those that the index at `path` names, or without one a set.

    `total_size` is that of the index; `beside` are files of the same sets that no index names.
    """

    def __init__(
        self,
        held: Held,
        names: list[str],
        path: str = "",
        total_size: int = 0,
        *,
        beside: Sequence[str] = (),
    ) -> None:
        self.held = held
        self.names = names
        self.path = path
        self.total_size = total_size
        self.beside = beside

    @property
    def is_tracked(self) -> bool:
        """Whether all of it is in Git."""
        return all(name in self.held.tracked for name in self.names)

    @property
    def sample(self) -> str:
        """The path by which Git is asked where such files go."""
        known = (name for name in self.names if name in self.held.tracked)
        return self.held.path(next(known, self.names[0]))

    @property
    def goes_to_lfs(self) -> bool:
        """Whether Git LFS is the place for these files."""
        subject = self.held.subject
        return subject.is_lfs(self.sample) or subject.storage == LFS

    @property
    def blobs(self) -> list[Blob]:
        """Those of the files that are in Git."""
        return [self.held.tracked[name] for name in self.names if name in self.held.tracked]

    @property
    def sizes(self) -> list[int]:
        """The bytes of the content of each file; -1 where that is not known."""
        if self.is_tracked:
            size_of = self.held.subject.content_size
            return [size_of(b) if b.is_regular and b.size >= 0 else -1 for b in self.blobs]
        return [self.held.sizes.get(name, -1) for name in self.names]

    @property
    def there(self) -> Collection[str]:
        """The names of the model's files that count as there.

        In Git LFS a shard is there when Git has its pointer. What only a lock names may be kept out
        of Git LFS on purpose, all of it.
        """
        held = self.held
        if self.is_tracked:
            return held.tracked
        names = set(self.names)
        is_locked = names.isdisjoint(held.tracked) and not names.isdisjoint(held.locked)
        return held.tracked if self.goes_to_lfs and not is_locked else held.names

    @property
    def not_here(self) -> list[str]:
        """The files that are locked and not in this clone, where others are."""
        held = self.held
        if not held.subject.snapshot.has_work_tree or held.disk.isdisjoint(self.names):
            return []
        return [name for name in self.names if name not in held.disk and name not in held.tracked]

    @property
    def twin(self) -> str:
        """The same weights in another format or in one file, that Git has beside the index."""
        units = {(twin.key, twin.unit) for name in self.names if (twin := twin_of(name))}
        for key in sorted({key for key, _ in units}):
            for name, twin in self.held.twins.get(key, ()):
                if (key, twin.unit) not in units:
                    return name
        return ""


def all_held(subject: Subject) -> Iterator[Held]:
    """What each model has that the change touches and that may lack a shard."""
    models = [
        model
        for model in subject.models
        if model.touched and model.may_lack_shards and not model.is_cached
    ]
    locks = [model.lock for model in models if model.lock]
    texts = {}
    if locks:
        from pmgit.model import lock_file

        texts = subject.snapshot.contents.texts_of(locks, lock_file.MAX_BYTES)
    blobs = {
        model.path: [b for b in model.blobs if b.is_regular and shard_index.may_be(b.path)]
        for model in models
    }
    every = [blob for found in blobs.values() for blob in found]
    subject.snapshot.contents.measure(every)
    together, left = [], _TOGETHER
    for blob in every:
        left -= max(blob.size, 0)
        if left >= 0:
            together.append(blob)
    known = subject.snapshot.contents.texts_of(together, shard_index.MAX_BYTES, needed=False)
    for model in models:
        in_lock = model.lock and b"-of-" in texts.get(model.lock.oid, b"")
        if not (model.shard_like or in_lock):
            continue
        held = Held(subject, model, recorded.lock_of(subject, model))
        for blob in blobs[model.path]:
            if blob.size > shard_index.MAX_BYTES:
                held.faults.append((blob.path, f"it has over {shard_index.MAX_BYTES:,} bytes"))
                continue
            data = known.get(blob.oid)
            if data is None and blob.size >= 0:
                data = subject.snapshot.objects.contents([blob]).get(blob.oid)
            if data is not None and not pointer.may_be(data):
                held.read(blob.path, data)
        for path in _indexes_on_disk(subject, model):
            data = read_regular(
                os.path.join(subject.repository.top, path), shard_index.MAX_BYTES + 1
            )
            if data is not None:
                held.read(path, data)
        held.group()
        yield held


def _indexes_on_disk(subject: Subject, model: Model) -> list[str]:
    """The paths of indexes beside weights of which nothing is in Git."""
    if not model.local or model.weights or not subject.snapshot.has_work_tree:
        return []
    tracked = {blob.path for blob in model.blobs}
    found = subject.once(_every_index_on_disk).get(model.path, ())
    return [path for path in found if path not in tracked]


def _every_index_on_disk(subject: Subject) -> dict[str, list[str]]:
    """The paths on disk that are named as indexes, by the model that they lie in."""
    found: dict[str, list[str]] = {}
    for paths in subject.places.on_disk.values():
        for path in paths:
            if shard_index.may_be(path):
                found.setdefault(subject.places.model_of(path), []).append(path)
    return found
