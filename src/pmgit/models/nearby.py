"""Places of this machine that may have the bytes of a locked file, so that nothing is fetched.

Only places are named here, of files of the right size; the caller hashes the one that it takes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.git import linked_trees
from pmgit.hub.places import places
from pmgit.lfs import store
from pmgit.model.lock_file import HUB, MODELSCOPE, URL
from pmgit.models.account import CONTENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pmgit.git.repository import Repository
    from pmgit.model.lock_file import Lock, LockedFile
    from pmgit.models.account import Account


class Nearby:
    """The places of this machine: the models of the repository and of its other work trees, Git
    LFS, the caches of libraries.
    """

    def __init__(
        self, repository: Repository, models: Sequence[Account], environ: Mapping[str, str]
    ) -> None:
        self._stores = store.folders(repository)
        self._tops = linked_trees.others(repository)
        self._hub = places(environ).cache
        self._torch = os.path.join(_torch_home(environ), "hub", "checkpoints")
        self._modelscope = _modelscope_caches(environ)
        self._listed: dict[str, list[str]] = {}
        for model in models:
            for file in model.lock.files if model.lock else ():
                there = model.disk.get(file.path)
                if there and there.kind == CONTENT and there.size == file.size:
                    place = os.path.join(repository.top, model.path, *file.path.split("/"))
                    self._listed.setdefault(file.sha256, []).append(place)

    def places_of(self, lock: Lock, file: LockedFile, model: str) -> Iterator[str]:
        """Paths of regular files that have the size of `file`, the most likely ones first.

        `model` is the folder that the file belongs to.
        """
        for place in self._candidates(lock, file, model):
            try:
                if os.path.isfile(place) and os.stat(place).st_size == file.size:
                    yield place
            except OSError:
                continue

    def _candidates(self, lock: Lock, file: LockedFile, model: str) -> Iterator[str]:
        yield from self._listed.get(file.sha256, ())
        below = (*model.split("/"), *file.path.split("/"))
        yield from (os.path.join(top, *below) for top in self._tops)
        found = store.find_in(self._stores, file.sha256)
        if found:
            yield found
        source = lock.source
        if lock.type == HUB:
            yield from self._in_hub_cache(source, file)
        elif lock.type == MODELSCOPE:
            name = str(source.get("repo_id", ""))
            for cache in self._modelscope:
                # The client of today writes a dot as three underscores.
                for spelled in dict.fromkeys((name, name.replace(".", "___"))):
                    yield os.path.join(cache, *spelled.split("/"), *file.path.split("/"))
        elif lock.type == URL:
            yield os.path.join(self._torch, os.path.basename(file.path))

    def _in_hub_cache(self, source: Mapping[str, object], file: LockedFile) -> Iterator[str]:
        """The file in the snapshot of its commit, then a blob of its sha256 in that repository."""
        name = str(source.get("repo_id", ""))
        entry = os.path.join(self._hub, "models--" + name.replace("/", "--"))
        revision = str(source.get("revision", ""))
        yield os.path.join(entry, "snapshots", revision, *file.path.split("/"))
        yield os.path.join(entry, "blobs", file.sha256)
        if file.blob:
            yield os.path.join(entry, "blobs", file.blob)


def _torch_home(environ: Mapping[str, str]) -> str:
    """As torch.hub reads it."""
    if "TORCH_HOME" in environ:
        return os.path.expanduser(environ["TORCH_HOME"])
    cache = environ.get("XDG_CACHE_HOME", os.path.join(os.path.expanduser("~"), ".cache"))
    return os.path.join(os.path.expanduser(cache), "torch")


def _modelscope_caches(environ: Mapping[str, str]) -> Iterable[str]:
    """As the client of ModelScope reads it, first where it is now, then where it was before."""
    home = environ.get("MODELSCOPE_CACHE") or os.path.join(
        os.path.expanduser("~"), ".cache", "modelscope"
    )
    home = os.path.expanduser(home)
    return [os.path.join(home, *below) for below in (("models",), ("hub", "models"), ("hub",))]
