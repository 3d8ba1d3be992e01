"""The fix that takes a copy of weights out of the index, and nothing from the disk."""

from __future__ import annotations

import os

from pmgit.core.finding import Fix, Step
from pmgit.core.shell import merged
from pmgit.fix import for_staged
from pmgit.fix.for_staged import Advice
from pmgit.git.blob import Blob
from pmgit.lfs.pointer import Pointer
from pmgit.model import twins
from pmgit.snapshots.base import STAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.model.subject import Subject


def take_out(subject: Subject, blobs: Sequence[Blob], *, whole: bool = False) -> Advice:
    """The fix that takes files out of the index and leaves them on disk; or why there is none.

    `whole`: they are all shards of their set. The index leaves with them, or it would name files
    that are not there.
    """
    if whole:
        blobs = [*blobs, *_indexes(subject, blobs[0])]
    plans = []
    note = ""
    for one in blobs:
        blob = _with_before(subject, one)
        advice = _of_pointer(subject, blob) or for_staged.keep_out(subject, blob)
        note = note or advice.note
        if advice.fix is None:
            return Advice(None, note)
        plans.append(advice.fix)
    return Advice(Fix.together(merged(plans)), note)


def _indexes(subject: Subject, blob: Blob) -> list[Blob]:
    """The index of shards that leave: without it nobody looks for them."""
    twin = twins.twin_of(blob.path)
    place = subject.places.model_of(blob.path)
    if twin is None or not twin.shard:
        return []
    return [
        index
        for model in subject.models
        if model.path == place
        for index in model.blobs
        if index.is_regular
        and (of := twins.twin_of_index(index.path))
        and (of.key, of.suffix) == (twin.key, twin.suffix)
    ]


def _with_before(subject: Subject, blob: Blob) -> Blob:
    """The blob; one that the change leaves alone with the id that HEAD has there: its own."""
    if subject.origin != STAGED or blob.path in subject.once(_new):
        return blob
    return Blob(blob.path, blob.oid, blob.mode, blob.oid, before_mode=blob.mode)


def _new(subject: Subject) -> set[str]:
    return {blob.path for blob in subject.tip_files}


def _of_pointer(subject: Subject, blob: Blob) -> Advice | None:
    """The advice for a new pointer whose content is on disk; None for all else.

    Without -f Git itself looks whether the file is the one that was staged.
    """
    pointer = subject.pointer_of(blob)
    if not isinstance(pointer, Pointer) or not subject.can_be_staged or subject.before(blob):
        return None
    try:
        size = os.lstat(os.path.join(subject.repository.top, blob.path)).st_size
    except OSError:
        size = -1
    if size != pointer.size:
        return Advice(None, "; its content is not on disk: git lfs pull it first")
    step = Step("git", "rm", "--cached", "-q", *subject.sparse, items=(blob.path,))
    return Advice(Fix(step))
