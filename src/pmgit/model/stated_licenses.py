"""The licenses that the files of a model state: INFO.md, pmgit.lock, its card and its LICENSE.

Asked by `subject.once`: three rules hold them against each other, the table and the policy.
"""

from __future__ import annotations

from pmgit.licenses import expression
from pmgit.licenses.expression import Named, Reading
from pmgit.model import info_file, lock_file, recorded
from pmgit.model.folder import CARD, LICENSE_FILES, LOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.git.blob import Blob
    from pmgit.licenses.table import License
    from pmgit.model.folder import Model
    from pmgit.model.info_file import Info
    from pmgit.model.subject import Subject

#: A folder with more of them is a collection of others' code.
_MOST_FILES = 10


class Statement:
    """What the file `path` states in its `line`, from 1; with `is_text` by all of its text."""

    __slots__ = ("is_text", "line", "path", "reading")

    def __init__(self, path: str, line: int, reading: Reading, *, is_text: bool = False) -> None:
        self.path = path
        self.line = line
        self.reading = reading
        self.is_text = is_text

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path[self.path.rfind("/") + 1 :]


class Stated:
    """The statements about one model.

    `info` is that of INFO.md, None where it has none, or only a placeholder; `language` is that of
    INFO.md. `others` are those of pmgit.lock and of the card, `texts` the licenses whose text lies
    there; `has_other_texts`: one lies there that is not recognised. `is_due`: what is wrong with
    the model is an error now, because weights, or one of these files, change. `lock` are the bytes
    of pmgit.lock.
    """

    __slots__ = (
        "has_other_texts", "info", "is_due", "language", "lock", "model", "others", "texts",
    )  # fmt: skip

    def __init__(self, model: Model, *, is_due: bool) -> None:
        self.model = model
        self.is_due = is_due
        self.language = ""
        self.info: Statement | None = None
        self.others: list[Statement] = []
        self.texts: list[Statement] = []
        self.has_other_texts = False
        self.lock = b""

    @property
    def all(self) -> list[Statement]:
        """All statements, that of INFO.md first."""
        return [*([self.info] if self.info else []), *self.others, *self.texts]

    @property
    def place(self) -> str:
        """The path for a finding about all of it: INFO.md, or the model's folder."""
        return self.model.info.path if self.model.info else self.model.path

    @property
    def is_own(self) -> bool:
        """Whether INFO.md names a license that only this project knows: an agreement of its own.

        It is what counts then, whatever the source gives to everybody.
        """
        names = self.info.reading.names if self.info else []
        return bool(names) and all(name.own for name in names)


class _Readings(dict[str, Reading]):
    """Texts about licenses, read: many models mostly have the same few."""

    def __missing__(self, text: str) -> Reading:
        found = self[text] = expression.read(text)
        return found


def of_models(subject: Subject) -> list[Stated]:
    """The statements about each model that the change touches."""
    models = [model for model in subject.models if model.touched]
    infos = subject.once(recorded.infos)
    found = []
    files = {model.path: _files(model) for model in models}
    contents = subject.snapshot.contents
    wanted = [blob for blobs in files.values() for blob in blobs]
    # A license is judged by what is here: a partial clone has not failed without the rest.
    data = contents.texts_of(wanted, info_file.MAX_BYTES, needed=False)
    changed = {change.path for change in subject.model_changes}
    recognised = _recognised([blob for blob in wanted if _is_text(blob)], data)
    readings = _Readings()
    for model in models:
        blobs = [blob for blob in files[model.path] if blob.oid in data]
        is_due = subject.is_due(model) or any(blob.path in changed for blob in blobs)
        stated = Stated(model, is_due=is_due)
        if model.info is not None and model.info.path in infos:
            _take_info(stated, model.info.path, infos[model.info.path][1], readings)
        _take_files(stated, [(blob, data[blob.oid]) for blob in blobs], recognised, readings)
        found.append(stated)
    return found


def may_state(name: str) -> bool:
    """Whether a file of this name, from the model's folder, may state its license in a text."""
    return name == CARD or (name.startswith(LICENSE_FILES) and "/" not in name)


def _files(model: Model) -> list[Blob]:
    """The files beside INFO.md that may state a license."""
    begin = len(model.path) + 1
    found, texts = [], []
    for blob in model.blobs:
        name = blob.path[begin:]
        if name in (LOCK, CARD):
            found.append(blob)
        elif may_state(name):
            texts.append(blob)
    if len(texts) <= _MOST_FILES:
        found += texts
    return [blob for blob in found if blob.is_regular]


def _take_info(stated: Stated, path: str, info: Info, readings: _Readings) -> None:
    stated.language = info.language
    if info.license:
        line = info.fields[info_file.LICENSE].line
        stated.info = Statement(path, line, readings[info.license])


def _is_text(blob: Blob) -> bool:
    """Whether a file is the text of a license."""
    return blob.path.rpartition("/")[2] not in (LOCK, CARD)


def _recognised(blobs: list[Blob], data: Mapping[str, bytes]) -> dict[str, License | None]:
    """The licenses whose texts these are, by blob id: many models mostly have the same few."""
    if not blobs:
        return {}
    from pmgit.licenses import texts  # most models have none in Git

    oids = {blob.oid for blob in blobs if blob.oid in data}
    return {oid: texts.recognised(data[oid]) for oid in oids}


def _take_files(
    stated: Stated,
    files: Iterable[tuple[Blob, bytes]],
    recognised: Mapping[str, License | None],
    readings: _Readings,
) -> None:
    for blob, data in files:
        name = blob.path.rpartition("/")[2]
        if name == LOCK:
            stated.lock = data
            text, line = lock_file.license_of(data)
        elif name == CARD:
            from pmgit.model import card_license

            card = card_license.read(data)
            text, line = (card.text, card.line) if card else ("", 0)
        else:
            license = recognised[blob.oid]
            if license is None:
                stated.has_other_texts = True
            else:
                named = Reading(license.id, Named(license.id, license), "")
                stated.texts.append(Statement(blob.path, 0, named, is_text=True))
            continue
        if text:
            stated.others.append(Statement(blob.path, line, readings[text]))
