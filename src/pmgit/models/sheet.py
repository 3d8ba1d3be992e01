"""Everything that is known of one model, each fact with where it stands.

INFO.md, pmgit.lock, the model card, config.json, the notes of the Hub's client and the headers of
safetensors are read; weights are not, so a hash is what somebody has written down.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.formats.regular import read_regular
from pmgit.licenses import phrase
from pmgit.licenses.expression import read
from pmgit.model import caches, info_block, info_file
from pmgit.model.describe import look
from pmgit.model.folder import INFO, LOCK
from pmgit.model.info_block import BlockError
from pmgit.model.info_file import DOWNLOADED, LICENSE, REVISION, SOURCE
from pmgit.model.info_template import show_parameters
from pmgit.models import described
from pmgit.models.account import CONTENT, LINK, POINTER
from pmgit.models.verify import Expected, wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.model.describe import Description
    from pmgit.models.account import Account

#: Where facts stand, besides INFO.md and pmgit.lock.
CARD, CONFIG, HEADERS, CHECKPOINT = "README.md", "config.json", "safetensors", "checkpoint"
NOTES, FOLDER, TABLE = "the Hub's client", "the folder", "pmgit's table"
#: What lies at a file's place in the work tree.
HERE, STANDS_IN, MISSING, CHANGED, A_LINK, NO_FILE = (
    "here", "pointer", "missing", "changed", "link", "no file",
)  # fmt: skip
#: What is known of the license; a hint, no legal advice.
TERMS = "terms"
#: The facts in the order in which they are shown.
FACTS = (
    SOURCE, "branch", "commit", DOWNLOADED, LICENSE, TERMS, "parameters", "architecture", "task",
    "based on", "library", "tags",
)  # fmt: skip
#: Of a model that is accounted for these are known.
DUE = (SOURCE, "commit", DOWNLOADED, LICENSE)


@dataclass
class KnownValue:
    """A value, and the names of the places where it stands."""

    value: str
    places: list[str]


@dataclass(frozen=True)
class FileRow:
    """A file of a model: `size` in bytes (-1: not known), `sha256` as it is written down, or ''.

    `state` is what lies at its place: HERE or another.
    """

    path: str
    size: int
    sha256: str
    state: str


@dataclass
class Sheet:
    """What is known of a model; `facts` by the names of FACTS, those that nothing says left out.

    Where two places disagree, a fact has several values; that of pmgit.lock comes first.
    """

    path: str
    title: str
    facts: dict[str, list[KnownValue]] = field(default_factory=dict)
    parameters: dict[str, int] = field(default_factory=dict)
    files: list[FileRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The bytes of all files whose size is known."""
        return sum(max(file.size, 0) for file in self.files)

    @property
    def here(self) -> int:
        """The bytes of the files that lie here."""
        return sum(max(file.size, 0) for file in self.files if file.state == HERE)

    def add(self, name: str, value: str, place: str) -> None:
        """Add what a place says; nothing when it says nothing."""
        if not value:
            return
        known = self.facts.setdefault(name, [])
        same = next((fact for fact in known if _is_same(name, fact.value, value)), None)
        if same is None:
            known.append(KnownValue(value, [place]))
        elif place not in same.places:
            same.places.append(place)


def _is_same(name: str, one: str, other: str) -> bool:
    """Whether two values are the same, `MIT License` and `mit` too."""
    return one == other or (name == LICENSE and read(one).shown == read(other).shown)


def of(top: str, model: Account) -> Sheet:
    """The sheet of a model in the repository at `top`. PmgitError when its folder is unreadable."""
    name = (caches.repo_id(model.name) or model.name).rpartition("/")[2]
    sheet = Sheet(model.path, (model.info.title if model.info else "") or name)
    _add_lock(sheet, model)
    _add_info(sheet, model)
    folder = os.path.join(top, model.path)
    if os.path.isdir(folder):
        _add_folder(sheet, look(folder, model.name))
    _add_terms(sheet)
    sheet.files = _files(model, _listed(top, model, sheet.problems))
    return sheet


def _add_terms(sheet: Sheet) -> None:
    """Add what is known of each license that is named."""
    found = [read(fact.value) for fact in sheet.facts.get(LICENSE, ())]
    for reading in found:
        of = f"{reading.shown}: " if len(found) > 1 else ""
        sheet.add(TERMS, f"{of}{phrase.phrase(reading)}", TABLE)


def _add_lock(sheet: Sheet, model: Account) -> None:
    if model.trouble:
        sheet.problems.append(model.trouble)
    lock = model.lock
    if lock is None:
        return
    sheet.add(SOURCE, described.page_of(lock), LOCK)
    for name, key in (("branch", "requested"), ("commit", "revision")):
        value = lock.source.get(key)
        sheet.add(name, value if isinstance(value, str) else "", LOCK)
    sheet.add(LICENSE, lock.license, LOCK)
    sheet.add("parameters", show_parameters(lock.parameters), LOCK)
    sheet.parameters = lock.parameters


def _add_info(sheet: Sheet, model: Account) -> None:
    info = model.info
    if info is None:
        sheet.problems.append(f"no {INFO} lies here")
        return
    if info.problem:
        sheet.problems.append(f"{INFO}: {info.problem}")
    for key, one in info.fields.items():
        if one.placeholder:
            continue
        if key == REVISION:
            sheet.add("commit", info.commit or one.value.strip("`"), INFO)
        else:
            sheet.add(key, one.value, INFO)


def _add_folder(sheet: Sheet, known: Description) -> None:
    """Add what the files show."""
    if SOURCE not in sheet.facts:
        sheet.add(SOURCE, known.page, FOLDER)
    sheet.add("commit", known.commit, NOTES)
    sheet.add(DOWNLOADED, known.downloaded, NOTES)
    sheet.add(LICENSE, known.license, CARD)
    safe = any(path.endswith(".safetensors") for path in known.places)
    sheet.add("parameters", show_parameters(known.parameters), HEADERS if safe else CHECKPOINT)
    sheet.parameters = sheet.parameters or known.parameters
    sheet.add("architecture", known.config.shown, CONFIG)
    names = {"task": "pipeline_tag", "based on": "base_model", "library": "library_name"}
    for name, key in (*names.items(), ("tags", "tags")):
        sheet.add(name, ", ".join(known.card.get(key, ())), CARD)
    sheet.problems += known.problems


def _listed(top: str, model: Account, problems: list[str]) -> dict[str, Expected]:
    """The files that the block of INFO.md lists with their hashes."""
    data = read_regular(os.path.join(top, model.path, INFO), info_file.MAX_BYTES)
    try:
        found = info_block.listed(data or b"")
    except BlockError as error:
        problems.append(f"{INFO}: {error}")
        return {}
    return {one.path: Expected(one.size, one.sha256, INFO) for one in found}


def _files(model: Account, listed: Mapping[str, Expected]) -> list[FileRow]:
    needs = {**listed, **wanted(model)}
    paths: Iterable[str] = {*needs, *model.disk, *model.raw}
    return [_row(model, path, needs.get(path)) for path in sorted(paths) if _is_shown(path)]


def _is_shown(path: str) -> bool:
    """Whether a file is one of the model, not one of a download or of Git."""
    return not any(part.startswith(".") for part in path.split("/"))


def _row(model: Account, path: str, need: Expected | None) -> FileRow:
    size, sha256 = (need.size, need.sha256) if need else (-1, "")
    there = model.disk.get(path)
    if there is None:
        raw = model.raw.get(path)
        return FileRow(path, max(size, raw.size if raw else -1), sha256, MISSING)
    if there.kind == POINTER and there.stands_for:
        stands_for = there.stands_for
        return FileRow(path, stands_for.size, sha256 or stands_for.oid, STANDS_IN)
    if there.kind == LINK:
        return FileRow(path, size, sha256, A_LINK)
    if there.kind != CONTENT:
        return FileRow(path, size, sha256, NO_FILE)
    is_other = size >= 0 and size != there.size and path in model.weights
    return FileRow(path, there.size, "" if is_other else sha256, CHANGED if is_other else HERE)
