"""What is known about each model without its weights: lock, pointers, files on disk, INFO.md.

One question to Git lists what the index has, one look lists the disk; everything else stands in
pmgit.lock and INFO.md.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.finding import Fix, Step
from pmgit.core.units import listed
from pmgit.formats.regular import read_regular
from pmgit.git import work_tree
from pmgit.git.objects import Objects
from pmgit.lfs import pointer
from pmgit.model import folder, info_file, local_weights, lock_file, naming
from pmgit.model.folder import INFO, LOCK
from pmgit.model.lock_file import LockError
from pmgit.model.weights import Tiers
from pmgit.models import outward_links
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.core.config import Config
    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository
    from pmgit.lfs.pointer import Pointer
    from pmgit.model.info_file import Info
    from pmgit.model.lock_file import Lock
    from pmgit.models.outward_links import OutwardLink

#: A file that lies in the work tree: it is the content, a pointer to it, two of these as a merge
#: has left them, or none of that.
CONTENT, POINTER, CONFLICT, LINK, OTHER = "content", "pointer", "conflict", "link", "other"
#: So many files are named in a message.
_NAMED = 3


@dataclass(frozen=True)
class OnDisk:
    """A file of the work tree: its `size` in bytes and what `kind` it is.

    `stands_for` is the pointer that lies there in place of the content; else None.
    """

    size: int
    kind: str
    stands_for: Pointer | None = None


@dataclass
class Account:
    """One model: the folder `path` in the models folder `root`. Other paths count from `path`.

    `lock` is None without a pmgit.lock; `error` says why nothing can be compared: that one cannot
    be used, or that a merge has left pointers or the lock with the lines of two branches, which are
    the `unmerged` files then. `blobs` are all
    files that the index has; without INFO.md and pmgit.lock, `pointers` are those of its pointers
    and `raw` the others. `is_left_out`: a sparse checkout has no file of it. `disk` is what lies in
    the work tree (without these two), `weights` the paths that are weights, wherever they are.
    """

    path: str
    root: str
    lock: Lock | None = None
    error: LockError | None = None
    unmerged: list[str] = field(default_factory=list)
    is_left_out: bool = False
    info: Info | None = None
    pointers: dict[str, Pointer] = field(default_factory=dict)
    raw: dict[str, Blob] = field(default_factory=dict)
    blobs: dict[str, Blob] = field(default_factory=dict)
    disk: dict[str, OnDisk] = field(default_factory=dict)
    weights: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The model's name below its models folder: `bert` or `org/name`."""
        return self.path[len(self.root) + 1 :]

    @property
    def is_bare(self) -> bool:
        """Whether there is no file of it but INFO.md, and nothing says which there should be."""
        return not (self.lock or self.error or self.pointers or self.raw or self.disk)

    @property
    def has_only_links(self) -> bool:
        """Whether links lie in the places of its weights, which are nothing that can be locked."""
        here = [self.disk[path].kind for path in self.weights if path in self.disk]
        return bool(here) and all(kind == LINK for kind in here)

    def source_step(self, root: str) -> Step | None:
        """The command that fetches the model again, at the commit of the Hub that INFO.md names.

        None where INFO.md names none, or where `pmgit add`, which puts models into the models
        folder `root`, would put it elsewhere.
        """
        return step_to_source(self.info, self.name) if self.root == root else None

    @property
    def trouble(self) -> str:
        """The message of `error`; '' for none. It begins with a path, from the top."""
        return self.error.message if self.error else ""

    @property
    def cure(self) -> Fix | None:
        """The command that gets files that can be used; None where none is sure to."""
        if not self.error or not self.error.argv:
            return None
        paths = tuple(f"{self.path}/{name}" for name in self.unmerged) or (f"{self.path}/{LOCK}",)
        first = Step(*self.error.argv, items=paths)
        return Fix(first, Step("git", "add", items=paths)) if self.unmerged else Fix(first)


def step_to_source(info: Info | None, name: str) -> Step | None:
    """The command that adds a model as `name` from the commit of the Hub that its INFO.md names;
    None where it names none, or the name is none that `pmgit add` takes.
    """
    if not (info and info.repo_id and info.commit and naming.is_plain(name)):
        return None
    words = (info.repo_id, "--revision", info.commit, "--name", name)
    return Step("pmgit", "add", *words, names="verbatim")


@dataclass
class Accounts:
    """Everything below the models folders: `models` by path, and what belongs to none.

    `others` are models that a command is not about, where it is about some only.

    `loose` are weights outside of every model's folder, `clones` the folders that are repositories
    of their own, with the weights in each; `links` lead out of the models folders, or to nothing.
    `listing` has all entries of the index there. All paths count from the top of the repository.
    """

    listing: Mapping[str, Blob] = field(default_factory=dict)
    models: list[Account] = field(default_factory=list)
    others: list[Account] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    clones: dict[str, list[str]] = field(default_factory=dict)
    links: list[OutwardLink] = field(default_factory=list)


def collect(repository: Repository, config: Config) -> Accounts:
    """The models that the index and the work tree have below the models folders.

    Raises PmgitError when Git cannot be asked.
    """
    listing = Snapshot(repository, TREE, [], []).listing(*config.models)
    blobs = [blob for blob in listing.values() if blob.is_regular]
    Objects(repository).survey(blobs, pointer.may_be)
    tiers = Tiers(config)
    found = Accounts(listing)
    for root in config.models:
        on_disk = set(folder.files_on_disk(repository.top, root, bounded=False))
        known = [p for p, b in listing.items() if p.startswith(f"{root}/") and folder.is_file(b)]
        models = [Account(path, root) for path in folder.find([*known, *on_disk], root)]
        below = [blob for blob in blobs if blob.path.startswith(f"{root}/")]
        without = _share_out(models, below, on_disk, repository.top)
        for path in sorted(p.removesuffix("/.git") for p in without if p.endswith("/.git")):
            files = folder.files_on_disk(repository.top, path, of_other=True, bounded=False)
            found.clones[path] = sorted(local_weights.find(files, tiers, repository.top))
        loose = [path for path in without if not path.endswith("/.git")]
        found.loose += local_weights.find(loose, tiers, repository.top)
        found.models += models
    found.loose.sort()
    found.links = outward_links.find(repository.top, config.models, tiers)
    for model in found.models:
        names = [f"{model.path}/{name}" for name in {*model.disk, *model.raw}]
        weights = local_weights.find(names, tiers, repository.top)
        begin = len(model.path) + 1
        model.weights = {place[begin:] for place in weights} | set(model.pointers)
        _read(model, repository)
    absent = {f"{m.path}/{LOCK}": m for m in found.models if m.error and not m.disk}
    for path in work_tree.all_left_out(repository, absent):
        absent[path].is_left_out = True
    return found


def _share_out(
    models: list[Account], blobs: Iterable[Blob], on_disk: Iterable[str], top: str
) -> set[str]:
    """Give each model its files of the index and of the work tree, each file looked at once.

    The paths of those that belong to no model are returned.
    """
    without = set()
    by_path = {model.path: model for model in models}

    def owner(place: str) -> Account | None:
        folder_of = place.rpartition("/")[0]
        while folder_of and folder_of not in by_path:
            folder_of = folder_of.rpartition("/")[0]
        return by_path.get(folder_of)

    for blob in blobs:
        model = owner(blob.path)
        if model is None:
            without.add(blob.path)
            continue
        name = blob.path[len(model.path) + 1 :]
        model.blobs[name] = blob
        if name in (INFO, LOCK):
            continue
        stands_for = pointer.read(blob.head) if blob.head else None
        if isinstance(stands_for, pointer.Pointer):
            model.pointers[name] = stands_for
        else:
            model.raw[name] = blob
    for place in on_disk:
        model = owner(place)
        if model is None or place.endswith("/.git"):
            without.add(place)
            continue
        name = place[len(model.path) + 1 :]
        if name not in (INFO, LOCK):
            model.disk[name] = _look(os.path.join(top, place))
    return without


def look_again(repository: Repository, model: Account) -> None:
    """Take anew what lies on disk of a model: another process may have changed it."""
    top, begin = repository.top, len(model.path) + 1
    places = folder.files_on_disk(top, model.root, bounded=False, model=model.path)
    model.disk = {
        path[begin:]: _look(os.path.join(top, path))
        for path in places
        if path[begin:] not in (INFO, LOCK)
    }
    _read(model, repository)


def _read(model: Account, repository: Repository) -> None:
    """Read the INFO.md and the pmgit.lock of a model, and see whether a merge is not finished."""
    _read_pages(model, repository)
    _note_unmerged(model)


def _read_pages(model: Account, repository: Repository) -> None:
    place = os.path.join(repository.top, model.path)
    data = read_regular(os.path.join(place, INFO), info_file.MAX_BYTES + 1)
    model.info = info_file.parse(data) if data is not None else None
    data = read_regular(os.path.join(place, LOCK), lock_file.MAX_BYTES + 1)
    model.error = None
    if data is None:
        if LOCK in model.blobs:
            message = f"{model.path}/{LOCK}: it is in the index, and cannot be read here"
            model.error = LockError(message, *lock_file.RESTORE)
        return
    try:
        model.lock = lock_file.parse(data, f"{model.path}/{LOCK}")
    except LockError as error:
        model.lock, model.error = None, error
        blob = model.blobs.get(LOCK)
        if error.argv == lock_file.RESTORE[1:] and (
            blob is None or repository.id_of(data) == blob.oid
        ):
            hint = "remove it, and lock the model anew: pmgit add SOURCE"
            model.error = LockError(error.message, hint)


def _note_unmerged(model: Account) -> None:
    """Note the files that a merge has left with the lines of two branches, and say so.

    What was committed like that is in the index: no merge has left it.
    """
    names = sorted(name for name, there in model.disk.items() if there.kind == CONFLICT)
    if model.error and model.error.argv == lock_file.TAKE_ONE[1:]:
        names.append(LOCK)
    model.unmerged = names = [name for name in names if name not in model.blobs]
    if names:
        message = f"{model.path}/{names[0]}: two branches have changed it, and it is not merged"
        also = f"; the same holds of {listed(names[1:], _NAMED)}" if names[1:] else ""
        model.error = LockError(message + also, *lock_file.TAKE_ONE)


def _look(place: str) -> OnDisk:
    """A file of the work tree; only one that is as small as a pointer is opened."""
    try:
        status = os.lstat(place)
    except OSError:
        return OnDisk(0, OTHER)
    if stat.S_ISLNK(status.st_mode):
        return OnDisk(0, LINK)
    if not stat.S_ISREG(status.st_mode):
        return OnDisk(0, OTHER)
    if 0 < status.st_size < pointer.MAX_CONFLICT:
        found = pointer.read(read_regular(place, pointer.MAX_CONFLICT) or b"")
        if isinstance(found, pointer.Pointer):
            return OnDisk(status.st_size, POINTER, found)
        if found and found.fault == pointer.UNMERGED:
            return OnDisk(status.st_size, CONFLICT)
    return OnDisk(status.st_size, CONTENT)
