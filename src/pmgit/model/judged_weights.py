"""Which blobs of a snapshot are weights: by name, by place and, where needed, by content."""

from __future__ import annotations

from pmgit.git.blob import REGULAR
from pmgit.lfs.pointer import Pointer
from pmgit.model.weights import (
    ALWAYS,
    AMBIGUOUS,
    BINARY_BYTES,
    NEVER,
    TOKENIZER_BYTES,
    is_serialised,
    most_binary,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.blob import Blob
    from pmgit.model.judged_files import Files


def among(files: Files, blobs: Iterable[Blob]) -> list[Blob]:
    """Those blobs, of known size, that are weights.

    The first bytes of those that their names leave open are asked for together.
    """
    told = [(blob, _by_name(files, blob)) for blob in blobs]
    asked = [blob for blob, answer in told if answer is None]
    if not asked:
        return [blob for blob, answer in told if answer]
    heads = files.snapshot.heads_of(asked)
    return [
        blob
        for blob, answer in told
        if (_by_content(files, blob, heads.get(blob.oid, b"")) if answer is None else answer)
    ]


def _by_name(files: Files, blob: Blob) -> bool | None:
    """Whether a blob is weights; None when only its content can tell."""
    if blob.mode not in REGULAR:
        return False
    tier = files.tiers.of(blob.path)
    if tier == ALWAYS:
        return True
    large = blob.size > BINARY_BYTES
    if tier == NEVER:
        return None if large and files.tiers.configured(blob.path) != NEVER else False
    if files.in_models(blob.path):
        stands_for = files.pointer_of(blob)
        if isinstance(stands_for, Pointer):
            return True
        if tier == AMBIGUOUS:
            # What the configuration names is not doubted, nor is a broken pointer.
            return True if stands_for or files.tiers.configured(blob.path) else None
    return None if large else False


def _by_content(files: Files, blob: Blob, head: bytes) -> bool:
    """Whether the first bytes of a blob say that it is weights, at its path."""
    from pmgit.formats import kinds  # seldom needed

    tier = files.tiers.of(blob.path)
    if not files.in_models(blob.path):
        return bool(kinds.weights_kind(head))
    if not head:
        return tier == AMBIGUOUS  # a partial clone has not got it
    if kinds.is_text(head):
        return tier == AMBIGUOUS and is_serialised(blob.path)
    if kinds.is_sentencepiece(head):
        return blob.size > TOKENIZER_BYTES
    return tier == AMBIGUOUS or blob.size > most_binary(blob.path)
