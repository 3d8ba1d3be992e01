"""Whether the files of models are what pmgit.lock and Git LFS say: by size, then by sha256."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.formats.regular import read_regular
from pmgit.models.account import CONTENT, LINK, POINTER
from pmgit.models.hashing import GONE, Memory, hash_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pmgit.git.repository import Repository
    from pmgit.models.account import Account
    from pmgit.models.hashing import Hashed

#: What a file turns out to be.
RIGHT, CHANGED, MISSING, STANDS_IN, UNLISTED, UNREADABLE = (
    "right", "changed", "missing", "pointer", "unlisted", "unreadable",
)  # fmt: skip
#: A text is compared again without the carriage returns that a checkout on Windows adds.
_MOST_TEXT = 10_000_000


@dataclass(frozen=True)
class Expected:
    """The `size` in bytes and `sha256` that a file has to have; `by` names what demands them."""

    size: int
    sha256: str
    by: str


@dataclass(frozen=True)
class Verdict:
    """The verdict on one file: `path` from the model's folder, its `state`, and what is wrong.

    `sha256` is the hash that was found, '' where none had to be made.
    """

    path: str
    state: str
    size: int
    note: str = ""
    sha256: str = ""


def wanted(model: Account) -> dict[str, Expected]:
    """The demands on each file of a model: by its lock, else by its pointer in the index."""
    found = {
        path: Expected(stands_for.size, stands_for.oid, "its pointer in Git")
        for path, stands_for in model.pointers.items()
    }
    for file in model.lock.files if model.lock else ():
        found[file.path] = Expected(file.size, file.sha256, "pmgit.lock")
    return found


def verify(
    repository: Repository,
    models: Sequence[Account],
    *,
    jobs: int = 0,
    shard: tuple[int, int] = (1, 1),
    force: bool = False,
    on_bytes: Callable[[int], None] | None = None,
    memory: Memory | None = None,
) -> dict[str, list[Verdict]]:
    """The verdicts of every model, by its path, sorted by file; nothing is changed.

    Who asks for one model after another gives the `memory` of hashes, and saves it at the end.

    `shard` K, N takes the K-th of N parts, of about the same number of bytes. With `force`, what
    was hashed before is hashed again. Only files of the right size are read.
    """
    every = {
        (model.path, path): (model, need)
        for model in models
        for path, need in wanted(model).items()
    }
    chosen = _part(every, *shard)
    found: dict[str, list[Verdict]] = {model.path: [] for model in models}
    to_hash = {}
    for (place, path), (model, need) in every.items():
        if (place, path) not in chosen:
            continue
        quick = _by_size(model, path, need)
        if quick:
            found[place].append(quick)
        else:
            to_hash[f"{place}/{path}"] = (place, path, need)
    known = memory or Memory(repository)
    hashed = hash_files(
        repository.top, to_hash, None if force else known, jobs=jobs, on_bytes=on_bytes
    )
    for whole, (place, path, need) in to_hash.items():
        found[place].append(_by_hash(repository.top, whole, path, need, hashed[whole]))
    if memory is None:
        known.save()
    if shard[0] == 1:
        for model in models:
            found[model.path] += _unlisted(model)
    for verdicts in found.values():
        verdicts.sort(key=lambda verdict: verdict.path)
    return found


def _part(
    every: dict[tuple[str, str], tuple[Account, Expected]], number: int, parts: int
) -> set[tuple[str, str]]:
    """The files of one part: each goes to the part that has the fewest bytes, largest first."""
    loads = [0] * parts
    chosen = set()
    for key in sorted(every, key=lambda key: (-every[key][1].size, key)):
        at = loads.index(min(loads))
        loads[at] += every[key][1].size + 1
        if at == number - 1:
            chosen.add(key)
    return chosen


def _by_size(model: Account, path: str, need: Expected) -> Verdict | None:
    """The verdict on a file that needs no reading; None when its content has to be hashed."""
    there = model.disk.get(path)
    if there is None:
        return Verdict(path, MISSING, need.size, "it is not here")
    if there.kind == POINTER:
        if there.stands_for and there.stands_for.oid != need.sha256:
            return Verdict(path, CHANGED, there.size, "a Git LFS pointer to other content")
        note = "a Git LFS pointer lies in its place, the content is not here"
        return Verdict(path, STANDS_IN, need.size, note)
    if there.kind == LINK:
        return Verdict(path, CHANGED, 0, "a link lies in its place")
    if there.kind != CONTENT:
        return Verdict(path, UNREADABLE, 0, "it is no regular file")
    if there.size != need.size and there.size > _MOST_TEXT:
        return _other_size(path, there.size, need)
    return None


def is_lacking(model: Account, path: str) -> bool:
    """Whether a file is not here, or only its pointer is; nothing is read."""
    found = _by_size(model, path, wanted(model)[path])
    return bool(found and found.state in (MISSING, STANDS_IN))


def _other_size(path: str, size: int, need: Expected) -> Verdict:
    note = f"{size:,} bytes, where {need.by} has {need.size:,}"
    return Verdict(path, CHANGED, size, note)


def _by_hash(top: str, whole: str, path: str, need: Expected, found: Hashed) -> Verdict:
    if found.trouble:
        state = MISSING if found.trouble == GONE else UNREADABLE
        return Verdict(path, state, need.size, found.trouble)
    if found.sha256 == need.sha256:
        return Verdict(path, RIGHT, found.size, "", found.sha256)
    if found.size > need.size and found.size <= _MOST_TEXT:
        text = read_regular(os.path.join(top, whole), _MOST_TEXT) or b""
        plain = text.replace(b"\r\n", b"\n")
        if len(plain) == need.size and hashlib.sha256(plain).hexdigest() == need.sha256:
            return Verdict(path, RIGHT, found.size, "with the line ends of Windows", found.sha256)
    if found.size != need.size:
        return _other_size(path, found.size, need)
    note = f"its sha256 is not the one that {need.by} has"
    return Verdict(path, CHANGED, found.size, note, found.sha256)


def _unlisted(model: Account) -> list[Verdict]:
    """Weights on disk that neither the lock nor a pointer lists."""
    known = wanted(model)
    return [
        Verdict(path, UNLISTED, there.size, "neither pmgit.lock nor a pointer in Git lists it")
        for path, there in model.disk.items()
        if path in model.weights and path not in known
    ]
