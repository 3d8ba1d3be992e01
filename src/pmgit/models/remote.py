"""Whether sources still have what locks name: the same files, at the same commit.

Nothing is fetched: the list that a source gives has sizes and hashes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.model.lock_file import LOCAL, URL
from pmgit.models.moved_on import difference
from pmgit.models.pull import revision_of
from pmgit.models.side_by_side import side_by_side
from pmgit.sources import resolve
from pmgit.sources.errors import GoneError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.model.lock_file import Lock, LockedFile
    from pmgit.models.account import Account
    from pmgit.sources.listing import RemoteFile

#: What a model or a file is at its source.
SAME, CHANGED, GONE, UNREACHABLE, NO_SOURCE, NO_LOCK = (
    "same", "changed", "gone", "unreachable", "no source", "no lock",
)  # fmt: skip
#: What a file was compared by.
BY_SHA256, BY_BLOB, BY_SIZE, BY_NOTHING = "sha256", "blob id", "size", "nothing"


@dataclass(frozen=True)
class RemoteVerdict:
    """A locked file beside its source: SAME, CHANGED or GONE, what it was compared `by`, why."""

    path: str
    state: str
    by: str
    note: str = ""


@dataclass
class AtSource:
    """A model beside its source, which is at the address `label`.

    `state` is one of the words above; that of the worst file counts. `trouble` is the error of a
    model that is gone as a whole, or whose source gives no answer. `notes` are the source's own.
    """

    state: str
    label: str = ""
    files: list[RemoteVerdict] = field(default_factory=list)
    notes: Sequence[str] = ()
    trouble: PmgitError | None = None


def compare(models: Sequence[Account], jobs: int) -> dict[str, AtSource]:
    """The models beside their sources, by path; `jobs` sources are asked at a time.

    One whose lock cannot be read is left out.
    """
    found: dict[str, AtSource] = {}

    def one(model: Account) -> None:
        if model.lock:
            found[model.path] = _compared(model.lock)
        elif not model.trouble:
            found[model.path] = AtSource(NO_LOCK)

    side_by_side(one, models, jobs)
    return dict(sorted(found.items()))


def _compared(lock: Lock) -> AtSource:
    if lock.type == LOCAL:
        return AtSource(NO_SOURCE)
    label = ""
    try:
        source = resolve.of_lock(lock.source)
        label = source.label
        listing = source.look(revision_of(lock))
    except GoneError as error:
        return AtSource(GONE, label, trouble=error)
    except PmgitError as error:
        return AtSource(UNREACHABLE, label, trouble=error)
    now = {file.path: file for file in listing.files}
    files = [_verdict(file, now.get(file.path)) for file in lock.files]
    states = {one.state for one in files}
    state = next((word for word in (GONE, CHANGED) if word in states), SAME)
    # Those of an address are about its first use.
    notes = () if lock.type == URL else listing.notes
    return AtSource(state, label, files, notes)


def _verdict(file: LockedFile, now: RemoteFile | None) -> RemoteVerdict:
    if now is None:
        return RemoteVerdict(file.path, GONE, BY_NOTHING, "its source does not have it any more")
    if now.sha256 or now.etag.strip('"') == file.sha256:
        by = BY_SHA256
    elif now.blob and file.blob:
        by = BY_BLOB
    else:
        by = BY_SIZE if now.size >= 0 else BY_NOTHING
    note = difference(file, now)
    return RemoteVerdict(file.path, CHANGED if note else SAME, by, note)
