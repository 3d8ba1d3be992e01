"""A model that lies on this disk: copied into the models folder if need be, hashed, and locked."""

from __future__ import annotations

import datetime
import os
import shutil
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.formats.regular import open_regular, read_regular, reason_of
from pmgit.model import info_file
from pmgit.model.describe import look
from pmgit.model.folder import INFO, LOCK
from pmgit.model.lock_file import HUB, LOCAL, Lock, LockedFile, trouble_with
from pmgit.model.weights import Tiers
from pmgit.models.gate import Arrived
from pmgit.models.hashing import hasher
from pmgit.models.pull import demand_room, move

if TYPE_CHECKING:
    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.model.describe import Description
    from pmgit.models.gate import Gate


def lock_of(
    repository: Repository,
    config: Config,
    path: str,
    name: str,
    *,
    before: Lock | None = None,
    license: str = "",
    gate: Gate | None = None,
) -> tuple[Lock, Description]:
    """The lock of the model `name` in the folder `path`, and its description by its files.

    `before` is the lock that it replaces: where the model is from, and since when, stays as it is.
    Of a model without a source the license is the one that is given, else that of INFO.md.
    The `gate` judges the files where they lie; None when it has done so already.
    Raises PmgitError for files that cannot be read or listed, NotTakenError for those that the gate
    refuses.
    """
    folder = os.path.join(repository.top, path)
    known = look(folder, name)
    hashed = hasher(repository)
    known.read_files(Tiers(config), hashed)
    if not known.files:
        what, way = "no files", "copy the model's files there first"
        if known.links:
            what, way = "nothing but links", "pmgit follows none: pmgit explain linked-model"
        raise PmgitError(f"{path} has {what}", way)
    for file in known.files:
        trouble = trouble_with(file.path)
        if trouble:
            raise PmgitError(
                f"{path}: the path {file.path!a} {trouble}", "rename it, then run it again"
            )
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


def copy_in(repository: Repository, source: str, path: str, gate: Gate) -> int:
    """Copy a file or folder to the new model folder `path`, whole or not at all; the bytes copied.

    Raises PmgitError when something is there already, or cannot be read or written, NotTakenError
    when the gate refuses a file. Links are not followed.
    """
    target = os.path.join(repository.top, path)
    if os.path.lexists(target):
        raise PmgitError(f"{path} exists already", "choose another name: --name NAME")
    staging = os.path.join(repository.git_dir, "pmgit", "incoming", os.urandom(6).hex())
    try:
        os.makedirs(staging)
        pairs = list(_files(source))
        sizes = {os.path.join(staging, name): os.lstat(place).st_size for place, name in pairs}
        demand_room(repository, path, sizes)
        total = 0
        for place, name in pairs:
            to = os.path.join(staging, *name.split("/"))
            os.makedirs(os.path.dirname(to), exist_ok=True)
            with open_regular(place) as reader, open(to, "xb") as writer:
                shutil.copyfileobj(reader, writer, 1 << 20)
                total += writer.tell()
        arrived = [(name, os.path.join(staging, *name.split("/"))) for _, name in pairs]
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


def _files(source: str) -> list[tuple[str, str]]:
    """The regular files of a source, with their paths in the model."""
    if not os.path.isdir(source):
        return [(source, os.path.basename(source))]
    found = []
    for folder, folders, names in os.walk(source):
        folders[:] = [
            name for name in folders
            if name not in (".git", ".cache") and not os.path.islink(os.path.join(folder, name))
        ]  # fmt: skip
        for name in names:
            place = os.path.join(folder, name)
            if not os.path.islink(place) and name != LOCK:
                found.append((place, os.path.relpath(place, source).replace(os.sep, "/")))
    return found
