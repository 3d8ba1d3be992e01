"""Folders of models: the files in them, and which of them are shards of a whole."""

from __future__ import annotations

import os

from pmgit.inspection import shards
from pmgit.inspection.differences import difference
from pmgit.inspection.look import Looks
from pmgit.scan.paths import LINK_TO_FOLDER, files_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.inspection.differences import Difference
    from pmgit.inspection.look import Inspected, Surroundings


def inspected(path: str, around: Surroundings) -> Iterator[tuple[Inspected, bool]]:
    """Each file below a folder, and whether it counts in the totals: an index and its shards count
    once. Files are closed again."""
    for place in files_below([path]):
        if place.trouble == LINK_TO_FOLDER:
            continue
        with Looks(around) as looks:
            looked = looks.file(place.path)
            whole = shards.whole(looked, looks)
        yield whole or looked, whole is None


def one(path: str, looks: Looks, *, alone: bool = False) -> Inspected:
    """The file at a path; of an index the whole model."""
    looked = looks.file(path, alone=alone)
    return looked if alone else shards.whole(looked, looks) or looked


def compare(
    before: str, after: str, around: Surroundings, *, compares: bool
) -> Iterator[tuple[Inspected, Inspected, Difference | None]]:
    """How two files differ, or two folders file by file; None where that cannot be known.

    A file that only one of two folders has is compared with nothing: it is not readable there.
    """
    for one_path, other_path in _pairs(before, after):
        with Looks(around) as looks:
            first, second = one(one_path, looks), one(other_path, looks)
            known = first.oid and first.oid == second.oid
            could = (first.is_listed and second.is_listed) or bool(known)
            yield first, second, difference(first, second, compares=compares) if could else None


def _pairs(before: str, after: str) -> Iterator[tuple[str, str]]:
    if not (os.path.isdir(before) and os.path.isdir(after)):
        yield before, after
        return
    names = sorted({*_names(before), *_names(after)})
    parts = {*_shards(before), *_shards(after)}
    for name in names:
        if name not in parts:
            yield os.path.join(before, name), os.path.join(after, name)


def _names(folder: str) -> list[str]:
    return [
        os.path.relpath(place.path, folder)
        for place in files_below([folder])
        if place.trouble != LINK_TO_FOLDER
    ]


def _shards(folder: str) -> Iterator[str]:
    """The files that an index of this folder names: they are compared as a whole."""
    for name in _names(folder):
        if name.endswith(shards.SUFFIX):
            beside = os.path.dirname(name)
            for shard in shards.named_in(os.path.join(folder, name)):
                yield os.path.join(beside, shard)
