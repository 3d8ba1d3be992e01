"""Pickles: raw ones, those of joblib, and checkpoints of torch before its zip format."""

from __future__ import annotations

from pmgit.formats import pickles
from pmgit.formats.joblib_arrays import Arrays
from pmgit.formats.opcodes import walk
from pmgit.formats.pickle_values import Row
from pmgit.formats.storages import sizes
from pmgit.tensors.contents import LONGEST_NAME, MOST_VALUES, FileContents, cut
from pmgit.tensors.pickled import add_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.pickle_values import PickleStream
    from pmgit.formats.reader import Reader

#: What stands before the numbers of a storage: how many there are.
_LENGTH = 8


def read(reader: Reader, caps: Caps) -> FileContents:
    """What the pickles in a file make, one after the other."""
    found = FileContents()
    begin = 0
    streams: list[PickleStream] = []
    while begin < reader.size and len(streams) < pickles.LEGACY_STREAMS:
        stream = walk(reader, begin, caps, Arrays(reader, caps).behind, keeps=True)
        add_globals(found, stream)
        if stream.fault or stream.too_much:
            if streams:
                break  # what lies behind a pickle need not be one
            found.notes.append(stream.fault or stream.too_much)
            return found
        streams.append(stream)
        begin = stream.end
        is_torch = streams[0].value == pickles.MAGIC
        if len(streams) == 1 and not (is_torch or pickles.has_mark(reader, begin)):
            break
    if streams and streams[0].value == pickles.MAGIC:
        _of_torch(found, streams, caps)
        return found
    for number, stream in enumerate(streams):
        root = stream.value if len(streams) == 1 else Row([stream.value])
        if number == 0 or len(streams) > 1:
            add_values(found, root, lambda _: None, caps)
    return found


def add_globals(found: FileContents, stream: PickleStream) -> None:
    """Add the names of the globals of a stream, each once."""
    known = set(found.globals)
    for name in map(str, stream.globals.values()):
        if len(found.globals) < MOST_VALUES and (text := cut(name, LONGEST_NAME)) not in known:
            known.add(text)
            found.globals.append(text)


def _of_torch(found: FileContents, streams: list[PickleStream], caps: Caps) -> None:
    """List a checkpoint: a number, the version, the system, the object, the keys of its storages,
    then these one behind the other, each with its length before it."""
    if len(streams) < pickles.LEGACY_STREAMS:
        found.notes.append("it ends before its tensors")
        return
    places: dict[str, tuple[int, int]] = {}
    lengths = sizes(streams[3])
    at, keys = streams[4].end, streams[4].value
    for key in keys if isinstance(keys, Row) else ():
        caps.step()
        length = lengths.get(key) if isinstance(key, str) else None
        if length is None:
            break  # where the next ones begin is not known
        places[str(key)] = (at + _LENGTH, length)
        at += _LENGTH + length
    add_values(found, streams[3].value, places.get, caps)
