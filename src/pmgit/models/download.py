"""A model downloaded from a source: its files, INFO.md and pmgit.lock, in this order.

The files get their names when all of them are whole and right, and none is refused; the lock comes
last. What a run that was killed has fetched is kept, and the next run goes on from there.
"""

from __future__ import annotations

import datetime
import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.core.shell import quote
from pmgit.formats.regular import open_regular, read_regular, reason_of
from pmgit.gitfiles.user_files import not_written
from pmgit.model import card, info_template, lock_file, model_config
from pmgit.model.describe import Description, ModelFile, count_parameters
from pmgit.model.folder import INFO, LOCK
from pmgit.model.lock_file import HUB, Lock, LockedFile
from pmgit.model.weights import ALWAYS, AMBIGUOUS, Tiers
from pmgit.models import pull
from pmgit.models.gate import Arrived, NotTakenError
from pmgit.sources.fetch import fetch, keep_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.models.gate import Gate
    from pmgit.models.nearby import Nearby
    from pmgit.sources.listing import Listing, RemoteFile
    from pmgit.sources.source import Source


@dataclass(frozen=True)
class _File:
    """A `remote` file that is here: at `target`, its place, or at `part`, on the way there."""

    remote: RemoteFile
    locked: LockedFile
    target: str
    part: str


@dataclass
class Download:
    """The files of a `listing` of `source`, which go into the model folder `path`.

    First all files `arrive`, then they `settle`. `on_bytes` is called with the number of bytes that
    have arrived, or need not.
    """

    repository: Repository
    path: str
    source: Source
    listing: Listing
    nearby: Nearby
    on_bytes: Callable[[int], None] = lambda _: None
    _arrived: list[_File] = field(default_factory=list)

    def arrive(self, files: Sequence[RemoteFile], before: Mapping[str, str] | None = None) -> None:
        """Have the files on this machine, those that are not in their places as parts.

        A file that is in its place and right stays; one that has the sha256 which `before` has for
        its path will be replaced. Raises PmgitError when another one lies there, or when a file
        cannot be had; what has arrived until then stays for the next run.
        """
        way = "move it away, or choose another name: --name NAME"
        if before is not None:
            pull_it = f"pmgit pull --replace {quote(self.path)}"
            way = f"move it away; or have back what is locked: {pull_it}"
        before = before or {}
        for file in files:
            pull.refuse_links(self.repository.top, self.path, file.path)
        parts = {self._part(file): max(file.size, 0) for file in files}
        pull.demand_room(self.repository, self.path, parts)
        known: dict[str, tuple[int, str]] = {}
        for file in sorted(files, key=lambda file: (file.size, file.path)):
            part = self._part(file)
            target = os.path.join(self.repository.top, self.path, *file.path.split("/"))
            place = f"{self.path}/{file.path}"
            found = _in_place(target, file, before.get(file.path, ""), place, way)
            if found:
                part = ""
                self.on_bytes(found[0])
            elif part in known:  # the same bytes under another name
                found = known[part]
                self.on_bytes(found[0])
            else:
                found = known[part] = self._one(file, target, part)
            blob = file.blob if self.source.type == HUB else ""
            locked = LockedFile(file.path, found[0], found[1], blob)
            self._arrived.append(_File(file, locked, target, part))

    def settle(self, gate: Gate, outcome: str) -> list[LockedFile]:
        """Put what has arrived into its places, and return what it is, as it is locked.

        Raises NotTakenError when the gate refuses a file, and then nothing has changed; `outcome`
        says so. PmgitError when a file cannot be written.
        """
        # Files that were in their places already lie beside each other there.
        judged = [
            Arrived(one.locked.path, one.part, one.locked.sha256)
            if one.part
            else Arrived(
                one.locked.path, one.target, one.locked.sha256, os.path.dirname(one.target)
            )
            for one in self._arrived
        ]
        try:
            gate.judge(self.path, judged, outcome)
        except NotTakenError:
            for one in self._arrived:
                if one.part:
                    keep_whole(one.part, one.remote, one.locked.size)
            raise
        pull.put_all([(one.locked, one.part, one.target) for one in self._arrived if one.part])
        return [one.locked for one in self._arrived]

    def _part(self, file: RemoteFile) -> str:
        """The path at which a file is put together, by its content: the next run finds it."""
        place = f"{self.listing.page}\0{self.listing.revision}\0{file.path}"
        key = file.sha256 or file.blob or hashlib.sha256(place.encode()).hexdigest()
        return os.path.join(pull.staging(self.repository), f"{key}.part")

    def _one(self, file: RemoteFile, target: str, part: str) -> tuple[int, str]:
        """Copy a file of this machine to its part, or fetch it; its size and sha256."""
        if file.sha256 and file.size >= 0:
            wanted = LockedFile(file.path, file.size, file.sha256, file.blob)
            lock = Lock(self.listing.source, [wanted], created="")
            places = self.nearby.places_of(lock, wanted, self.path)
            if pull.copy_from_near(places, wanted, target, part, self.on_bytes):
                return file.size, file.sha256
        try:
            return fetch(self.source, self.listing.revision, file, part, on_bytes=self.on_bytes)
        except OSError as error:
            raise not_written(error.filename or file.path, error) from error


def _in_place(
    target: str, file: RemoteFile, before: str, place: str, way: str
) -> tuple[int, str] | None:
    """Size and sha256 of the file that lies at `target`, when it is the right one already.

    None also for one whose sha256 is `before`: it makes way. Raises PmgitError for any other, which
    names its `place` from the top of the repository, with the `way` out.
    """
    if not os.path.lexists(target):
        return None
    try:
        with open_regular(target) as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
            size = opened.tell()
            blob = ""
            if not file.sha256 and file.blob:
                opened.seek(0)
                content = hashlib.new("sha1" if len(file.blob) == 40 else "sha256")
                content.update(b"blob %d\0" % size + opened.read())
                blob = content.hexdigest()
    except (OSError, ValueError) as error:
        why = "it is a link" if os.path.islink(target) else reason_of(error)
        raise PmgitError(f"{place} lies in the way: {why}", "move it away") from error
    is_right = digest == file.sha256 if file.sha256 else bool(blob) and blob == file.blob
    if not is_right and digest == before:
        return None
    if not is_right:
        raise PmgitError(
            f"{place} exists already, and is another file than that of the source", way
        )
    return size, digest


def lock_of(
    folder: str,
    listing: Listing,
    files: Sequence[LockedFile],
    patterns: Mapping[str, Sequence[str]],
    *,
    created: str = "",
) -> Lock:
    """The lock of a model in `folder` whose `files` are of a listing.

    `patterns` are those by which they were chosen, for the next update; `created` is the date of
    the first lock, today for a new one.
    """
    known = _description(folder, listing, files, None)
    source: dict[str, object] = dict(listing.source)
    source |= {name: list(values) for name, values in patterns.items() if values}
    return Lock(
        source,
        files,
        created=created or datetime.date.today().isoformat(),
        license=listing.stated_license,
        parameters=known.parameters or listing.parameters,
    )


def info_of(
    config: Config,
    folder: str,
    name: str,
    listing: Listing,
    files: Sequence[LockedFile],
    *,
    license: str = "",
) -> bytes:
    """INFO.md from the template, filled with what the source has listed.

    A `license` that is given stands in the place of the source's.
    """
    known = _description(folder, listing, files, Tiers(config))
    revision = listing.source.get("requested", "")
    license = license or listing.license
    if license == "other" and listing.license_name:
        license = f"{listing.license_name} ({listing.license_link or listing.page})"
    return info_template.write(
        name, known, config.language, source=listing.page, license=_one_line(license),
        revision=_one_line(revision),
    )  # fmt: skip


def _one_line(text: str) -> str:
    return "".join(char for char in text if char.isprintable() and char not in "<>`")[:200]


def _description(
    folder: str, listing: Listing, files: Sequence[LockedFile], tiers: Tiers | None
) -> Description:
    known = Description()
    known.files = _listed(files, tiers)
    known.commit = listing.revision
    known.has_no_commit = not listing.revision
    known.downloaded = datetime.date.today().isoformat()
    known.card = card.read(read_regular(os.path.join(folder, "README.md"), card.MAX_BYTES) or b"")
    known.config = model_config.read(os.path.join(folder, "config.json"))
    places = {file.path: os.path.join(folder, *file.path.split("/")) for file in files}
    known.parameters = count_parameters(places, known.problems)
    return known


def listed(tiers: Tiers, files: Sequence[LockedFile]) -> list[ModelFile]:
    """The files as INFO.md lists them: size and sha256 of weights, the names of texts."""
    return _listed(files, tiers)


def _listed(files: Sequence[LockedFile], tiers: Tiers | None) -> list[ModelFile]:
    return [
        ModelFile(file.path, file.size, file.sha256)
        if tiers is None or tiers.of(file.path) in (ALWAYS, AMBIGUOUS)
        else ModelFile(file.path)
        for file in files
    ]


def write(folder: str, lock: Lock, info: bytes) -> list[str]:
    """Write INFO.md, unless there is one, then pmgit.lock; the names of what was written."""
    from pmgit.gitfiles.user_files import write_whole

    written = []
    if not os.path.lexists(os.path.join(folder, INFO)):
        write_whole(os.path.join(folder, INFO), info, new=True)
        written.append(INFO)
    write_whole(os.path.join(folder, LOCK), lock_file.render(lock))
    return [*written, LOCK]
