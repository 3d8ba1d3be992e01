"""A model that lies on this disk: copied into the models folder if need be, hashed, and locked."""

from __future__ import annotations

import datetime
import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.formats.regular import open_regular, pieces, read_regular, reason_of
from pmgit.model import info_file, traces
from pmgit.model.describe import is_foreign, look
from pmgit.model.folder import INFO
from pmgit.model.lock_file import HUB, LOCAL, Lock, LockedFile, clash, trouble_with
from pmgit.model.weights import Tiers
from pmgit.models.gate import Arrived
from pmgit.models.hashing import hasher
from pmgit.models.pull import demand_room, move

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.model.describe import Description
    from pmgit.models.gate import Gate


@dataclass(frozen=True)
class Gathered:
    """The files of a model elsewhere on this disk: `places` by their paths in the model.

    Of a folder of the Hub's cache these are the places behind its links, and `repo_id` and `commit`
    are what it is a copy of ('' elsewhere). `links` are not followed.
    """

    places: dict[str, str]
    links: list[str]
    repo_id: str = ""
    commit: str = ""


def lock_of(
    repository: Repository,
    config: Config,
    path: str,
    name: str,
    *,
    before: Lock | None = None,
    license: str = "",
    gate: Gate | None = None,
    origin: Gathered | None = None,
) -> tuple[Lock, Description]:
    """The lock of the model `name` in the folder `path`, and its description by its files.

    `before` is the lock that it replaces: where the model is from, and since when, stays as it is.
    Of a model without a source the license is the one that is given, else that of INFO.md.
    The `gate` judges the files where they lie; None when it has done so already. `origin` is where
    they have been copied from just now.
    Raises PmgitError for files that cannot be read or listed, NotTakenError for those that the gate
    refuses.
    """
    folder = os.path.join(repository.top, path)
    known = look(folder, name)
    if origin and origin.commit:
        known.repo_id, known.commit = origin.repo_id, origin.commit
    hashed = hasher(repository)
    known.read_files(Tiers(config), hashed)
    if not known.files:
        what, way = "no files", "copy the model's files there first"
        if known.links:
            what, way = "nothing but links", "pmgit follows none: pmgit explain linked-model"
        raise PmgitError(f"{path} has {what}", way)
    _demand_lockable(path, [file.path for file in known.files])
    facts = {file.path: (file.size, file.sha256) for file in known.files if file.sha256}
    texts = [file.path for file in known.files if not file.sha256]
    facts |= hashed({text: known.places[text] for text in texts})
    files = [LockedFile(name, size, sha256) for name, (size, sha256) in facts.items()]
    if gate:
        places = known.places
        there = [
            Arrived(
                file.path, places[file.path], file.sha256, os.path.dirname(places[file.path]),
                is_in_place=True,
            )
            for file in files
        ]  # fmt: skip
        gate.judge(path, there, "they lie there as before, and pmgit.lock is not written")
    source: dict[str, object] = {"type": LOCAL}
    if known.repo_id and known.commit and not known.links:
        source = {"type": HUB, "repo_id": known.repo_id, "revision": known.commit}
    source = before.source if before else source
    if source["type"] == LOCAL:
        page = read_regular(os.path.join(folder, INFO), info_file.MAX_BYTES)
        license = license or info_file.parse(page or b"").license
    lock = Lock(
        source,
        files,
        created=before.created if before else datetime.date.today().isoformat(),
        license=license or known.license or (before.license if before else ""),
        parameters=known.parameters,
    )
    return lock, known


def _demand_lockable(where: str, paths: Iterable[str]) -> None:
    """Raise PmgitError for the first path of a model in `where` that no lock may have."""
    every = list(paths)
    for path in every:
        trouble = trouble_with(path)
        if trouble:
            raise PmgitError(
                f"{where}: the path {path!a} {trouble}", "rename it, then run it again"
            )
    odd = clash(every)
    if odd:
        raise PmgitError(
            f"{where}: {odd!a} is the same as another file on systems that ignore case",
            "rename or remove one, then run it again",
        )


def gather(source: str) -> Gathered:
    """The files of a file or folder of this disk that can be copied in and locked.

    Raises PmgitError when there are none, or one that no lock may have.
    """
    found = _gathered(source)
    locked = [path for path in found.places if path != INFO]
    if not locked:
        what, way = "no files", "name the folder of a model"
        if found.links:
            what, way = "nothing but links", "pmgit follows none: pmgit explain linked-model"
        raise PmgitError(f"{source} has {what}", way)
    _demand_lockable(source, locked)
    return found


def _gathered(source: str) -> Gathered:
    if not os.path.isdir(source):
        return Gathered({os.path.basename(source): source}, [])
    repo_id, commit, cached = traces.of_cache(source)
    if cached:
        files = {path: at for path, at in cached.items() if not _is_left(path.split("/"))}
        return Gathered(files, [], repo_id, commit)
    places, links = {}, []
    for folder, folders, names in os.walk(source):
        below = [os.path.join(folder, name) for name in (*folders, *names)]
        links += [os.path.relpath(place, source) for place in below if os.path.islink(place)]
        folders[:] = [name for name in folders if not is_foreign(name)]
        for name in names:
            place = os.path.join(folder, name)
            if not os.path.islink(place) and (name == INFO or not is_foreign(name)):
                places[os.path.relpath(place, source).replace(os.sep, "/")] = place
    return Gathered(places, sorted(links))


def _is_left(parts: list[str]) -> bool:
    """Whether a file of the Hub's cache is no part of the model; strangers have named it."""
    return any(is_foreign(part) for part in parts)


def copy_in(repository: Repository, found: Gathered, source: str, path: str, gate: Gate) -> int:
    """Copy what was `found` in `source` to the new model folder `path`, whole or not at all.

    The bytes copied are returned.

    Raises PmgitError when something is there already, or cannot be read or written, NotTakenError
    when the gate refuses a file. Links are not followed.
    """
    target = os.path.join(repository.top, path)
    if os.path.lexists(target):
        raise PmgitError(f"{path} exists already", "choose another name: --name NAME")
    staging = os.path.join(repository.git_dir, "pmgit", "incoming", os.urandom(6).hex())
    try:
        os.makedirs(staging)
        sizes = {
            os.path.join(staging, name): os.lstat(place).st_size
            for name, place in found.places.items()
        }
        demand_room(repository, path, sizes)
        total = 0
        for name, place in found.places.items():
            to = os.path.join(staging, *name.split("/"))
            os.makedirs(os.path.dirname(to), exist_ok=True)
            with open_regular(place) as reader, open(to, "xb") as writer:
                digest = hashlib.sha256()
                for piece in pieces(reader):
                    digest.update(piece)
                    writer.write(piece)
                total += writer.tell()
            blob = os.path.basename(place)
            if found.repo_id and len(blob) == 64 and digest.hexdigest() != blob:
                raise ValueError(f"{name!a} is damaged: its sha256 is not the name of its blob")
        arrived = [(name, os.path.join(staging, *name.split("/"))) for name in found.places]
        gate.judge(
            path,
            [Arrived(name, place, "", os.path.dirname(place)) for name, place in arrived],
            "nothing was added",
        )
        os.makedirs(os.path.dirname(target), exist_ok=True)
        move(staging, target)
    except (OSError, ValueError) as error:
        message = f"{source} could not be copied: {reason_of(error)}"
        raise PmgitError(message, "nothing was added") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return total
