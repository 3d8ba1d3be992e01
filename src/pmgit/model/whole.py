"""Folders that make sense as a whole only: an entry of the Hub's cache, a bare repository."""

from __future__ import annotations

from pmgit.core.finding import Step
from pmgit.git import work_tree
from pmgit.git.blob import LINK
from pmgit.model import caches, steering
from pmgit.model.folder import INFO, LOCK, root_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject


def folder_of(subject: Subject, path: str) -> str:
    """The folder that must not be torn apart and that a path lies in; '' for none."""
    place = path.rpartition("/")[0]
    root = root_of(path, subject.roots)
    entry = caches.entry_of(place, root) if root else ""
    if entry or not root:
        return entry
    return next((bare for bare in subject.places.bare if f"{place}/".startswith(f"{bare}/")), "")


def leave_index(subject: Subject, place: str) -> list[Step] | None:
    """The steps by which all that is new in such a folder leaves the index, and stays on disk.

    None where the disk holds something else than the index, so that something would get lost.
    """
    blobs = _new_in(subject, place)
    states = {blob.path: work_tree.compare(subject.repository, blob) for blob in blobs}
    if work_tree.DIFFERENT in states.values():
        return None
    absent = tuple(path for path, state in states.items() if state == work_tree.ABSENT)
    steps = [out_of_index(subject, tuple(states))]
    if absent:
        steps.insert(0, Step("git", "restore", "--ignore-skip-worktree-bits", items=absent))
    return steps


def out_of_index(subject: Subject, paths: tuple[str, ...]) -> Step:
    """The step that takes new paths out of the index.

    -f: after .gitattributes has changed, git refuses without (and with --cached it only takes the
    path out of the index).
    """
    return Step("git", "rm", "--cached", "-f", "-q", *subject.sparse, items=paths)


def _new_in(subject: Subject, place: str) -> list[Blob]:
    """The new blobs below such a folder, without the two files that belong into Git.

    Nor those that steer Git; but Git reads no link of such a name, as a snapshot may have.
    """
    kept = {f"{place}/{INFO}", f"{place}/{LOCK}"}
    return [
        blob
        for blob in subject.model_introduced
        if blob.path.startswith(f"{place}/")
        and blob.path not in kept
        and not subject.before(blob)
        and (blob.mode == LINK or not steering.steers_git(blob.path))
    ]
