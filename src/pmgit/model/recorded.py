"""What a snapshot has of a model: each INFO.md, read; sizes of files, and sha256 of pointers."""

from __future__ import annotations

import os

from pmgit.lfs.pointer import Pointer
from pmgit.model import info_file
from pmgit.model.folder import LOCK
from pmgit.model.weights import ALWAYS, AMBIGUOUS
from pmgit.snapshots.base import STAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.model.folder import Model
    from pmgit.model.info_file import Info
    from pmgit.model.lock_file import Lock
    from pmgit.model.subject import Subject


class Fact:
    """A file: its `size` in bytes (-1: it does not count), `sha256` ('' unknown), `is_weights`."""

    __slots__ = ("is_weights", "sha256", "size")

    def __init__(self, size: int, sha256: str = "", *, is_weights: bool = False) -> None:
        self.size = size
        self.sha256 = sha256
        self.is_weights = is_weights


def infos(subject: Subject) -> dict[str, tuple[bytes, Info]]:
    """Each INFO.md to judge, by its path: its bytes, and the same read; without those not here.

    Asked by `subject.once`: several rules judge them, and to read 1,000 takes some 30 ms.
    """
    models = [m for m in subject.models if m.touched or subject.is_due(m)]
    blobs = [model.info for model in models if model.info is not None and model.info.is_regular]
    texts = subject.snapshot.contents.texts_of(blobs, info_file.MAX_BYTES)
    read = {b.oid: (texts[b.oid], info_file.parse(texts[b.oid])) for b in blobs if b.oid in texts}
    return {blob.path: read[blob.oid] for blob in blobs if blob.oid in read}


def facts(subject: Subject, model: Model) -> dict[str, Fact]:
    """The files of a model by their paths in it: of the snapshot, and weights that lie untracked.

    The size of a text does not count: Git may store it with other line ends than its source has.
    """
    begin = len(model.path) + 1
    weights = {blob.path for blob in model.weights}
    files = [blob for blob in model.blobs if blob.is_regular]
    subject.snapshot.contents.examine(files)
    found = {}
    for blob in files:
        stands_for = subject.pointer_of(blob) if blob.size > 0 else None
        if isinstance(stands_for, Pointer):
            fact = Fact(stands_for.size, stands_for.oid, is_weights=blob.path in weights)
        elif blob.path in weights:
            fact = Fact(blob.size, is_weights=True)
        else:
            fact = Fact(-1)
        found[blob.path[begin:]] = fact
    for path in model.local:
        try:
            size = os.stat(os.path.join(subject.repository.top, path)).st_size
        except OSError:
            continue
        found[path[begin:]] = Fact(size, is_weights=True)
    for path, (size, sha256) in subject.snapshot.hashed.items():
        if path.startswith(f"{model.path}/"):
            name = path[begin:]
            found[name] = Fact(size, sha256, is_weights=name in found and found[name].is_weights)
    return found


def removed(subject: Subject, model: Model) -> dict[str, bool]:
    """The files of a model that what is staged takes out of Git, and that are not on disk either.

    By their paths in the model, with whether they are weights by their names. A range has no such:
    there weights may have become ignored ones.
    """
    if subject.snapshot.origin != STAGED:
        return {}
    begin = f"{model.path}/"
    return {
        change.path[len(begin) :]: subject.tiers.of(change.path) in (ALWAYS, AMBIGUOUS)
        for change in subject.model_changes
        if not change.oid
        and change.path.startswith(begin)
        and not os.path.lexists(os.path.join(subject.repository.top, change.path))
    }


def lock_of(subject: Subject, model: Model) -> Lock | None:
    """The model's lock; None without one that can be read: of that lock-mismatch speaks."""
    if model.lock is None:
        return None
    from pmgit.model import lock_file  # most models that a hook judges have nothing to ask it

    texts = subject.snapshot.contents.texts_of([model.lock], lock_file.MAX_BYTES)
    try:
        return lock_file.parse(texts.get(model.lock.oid, b""), LOCK)
    except lock_file.LockError:
        return None


def difference(fact: Fact | None, size: int, sha256: str) -> str:
    """How a file differs from what is written of it, in words; '' when it does not, or may not."""
    if fact is None or fact.size < 0:
        return ""
    if fact.size != size:
        return f"{fact.size:,} bytes, not {size:,}"
    if fact.sha256 and fact.sha256 != sha256:
        return "another sha256"
    return ""
