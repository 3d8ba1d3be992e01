"""Zip archives: of torch the object in them with its storages, of TorchScript the code as well."""

from __future__ import annotations

import json
from dataclasses import replace

from pmgit.formats import texts, zips
from pmgit.formats.opcodes import walk
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.zip_directory import STORED, Member, read_directory
from pmgit.tensors import hdf5_file
from pmgit.tensors.contents import LONGEST_NAME, MOST_VALUES, FileContents, cut
from pmgit.tensors.pickle_file import add_globals
from pmgit.tensors.pickled import add_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader
    from pmgit.tensors.pickled import Places

#: The pickles of an archive, and the folder in which the storages of each lie.
_PICKLES = {"data.pkl": "data", "constants.pkl": "constants"}
#: Small members whose text is worth knowing.
_WORDS = ("version", "byteorder", ".format_version", ".data/version")
_MOST_OF_A_WORD = 40
#: Where Keras has its numbers: in one file, or with a number before the dots.
_KERAS_WEIGHTS = ".weights.h5"


def read(reader: Reader, caps: Caps) -> FileContents:
    """The contents of an archive of torch or TorchScript."""
    members, _ = read_directory(reader, caps)
    found = FileContents()
    by_name = {member.name: member for member in members}
    storages = []
    for member in members:
        folder, _, base = member.name.rpartition("/")
        if base in _PICKLES and "/" not in folder:
            below = f"{folder}/{_PICKLES[base]}/" if folder else f"{_PICKLES[base]}/"
            storages.append(below)
            _of_pickle(found, reader, member, _places(by_name, below), caps)
        elif member.name.partition("/")[2] in _WORDS and member.size <= _MOST_OF_A_WORD:
            _of_word(found, reader, member, caps)
    for member in members:
        is_storage = member.name.startswith(tuple(storages))
        is_pickle = member.name.endswith((".pkl", ".debug_pkl"))
        if not (is_storage or is_pickle or member.is_folder) and len(found.files) < MOST_VALUES:
            found.files[cut(member.name, LONGEST_NAME)] = member.size
    return found


def _places(by_name: dict[str, Member], below: str) -> Places:
    def place(key: str) -> tuple[int, int] | None:
        storage = by_name.get(below + key)
        if storage is None or storage.method != STORED:
            return None
        return storage.begin, storage.packed

    return place


def _of_pickle(
    found: FileContents, reader: Reader, member: Member, places: Places, caps: Caps
) -> None:
    """List what a pickle in an archive makes, with its storages at these places."""
    try:
        content = zips.content_of(reader, member, caps)
        stream = walk(content, 0, caps, keeps=True)
        why = stream.fault or stream.too_much
        add_globals(found, stream)
        if not why:
            add_values(found, stream.value, places, caps)
    except (BrokenError, TooMuchError) as error:
        why = str(error)
    if why:
        found.notes.append(f"{cut(member.name, LONGEST_NAME)} is not listed: {why}")


def _of_word(found: FileContents, reader: Reader, member: Member, caps: Caps) -> None:
    try:
        content = zips.content_of(reader, member, caps)
    except (BrokenError, TooMuchError):
        return
    text = content.read(0, _MOST_OF_A_WORD).decode("utf-8", "replace").strip()
    found.say(member.name.rpartition("/")[2].lstrip("."), text)


def read_keras(reader: Reader, caps: Caps) -> FileContents:
    """The contents of a Keras archive: what it says of itself, and its members."""
    found = read_any(reader, caps)
    members, _ = read_directory(reader, caps)
    for member in members:
        if member.name in ("metadata.json", "config.json") and member.size <= texts.LONGEST_JSON:
            try:
                content = zips.content_of(reader, member, caps)
                document: Any = json.loads(content.read(0, content.size))
            except (BrokenError, TooMuchError, ValueError, RecursionError):
                continue
            for key, value in document.items() if isinstance(document, dict) else ():
                if isinstance(value, str):
                    found.say(key, value)
    for member in members:
        if member.name.endswith(_KERAS_WEIGHTS):
            _of_hdf5(found, reader, member, caps)
    return found


def _of_hdf5(found: FileContents, reader: Reader, member: Member, caps: Caps) -> None:
    """List the datasets of a member; their bytes are in the archive where it is not compressed."""
    try:
        content = zips.content_of(reader, member, caps)
        tensors = hdf5_file.read(content, caps).tensors
    except (BrokenError, TooMuchError) as error:
        found.notes.append(f"{cut(member.name, LONGEST_NAME)} is not listed: {error}")
        return
    for one in tensors:
        is_here = member.method == STORED and one.begin >= 0
        place = (member.begin + one.begin, one.length) if is_here else (-1, 0)
        found.tensors.append(replace(one, begin=place[0], length=place[1]))


def read_any(reader: Reader, caps: Caps) -> FileContents:
    """The members of any other archive."""
    members, _ = read_directory(reader, caps)
    found = FileContents()
    for member in members[:MOST_VALUES]:
        if not member.is_folder:
            found.files[cut(member.name, LONGEST_NAME)] = member.size
    return found
