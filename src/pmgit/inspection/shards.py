"""A model in several files, by the index that says which tensor is in which: all shards as one."""

from __future__ import annotations

from dataclasses import replace

from pmgit.core.units import listed
from pmgit.formats.members import wrong_name
from pmgit.formats.opinion import BROKEN, FileFinding, opinion, short
from pmgit.formats.reader import Reader
from pmgit.formats.regular import read_regular
from pmgit.inspection.look import Inspected
from pmgit.model import shard_index
from pmgit.tensors.contents import FileContents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.inspection.look import Looks

SUFFIX, IN_SHARDS = ".index.json", " in shards"
#: So many tensors are named.
_NAMED = 3


class Joined(Reader):
    """Several contents, one behind the other."""

    def __init__(self, parts: list[Reader]) -> None:
        self._parts = parts
        self.size = sum(part.size for part in parts)

    def read(self, offset: int, length: int) -> bytes:
        """The bytes at a place, out of as many parts as they are in."""
        found = b""
        for part in self._parts:
            if offset < part.size and length > 0:
                piece = part.read(offset, min(length, part.size - offset))
                found += piece
                length -= len(piece)
                offset += len(piece)
            offset -= part.size
        return found


def whole(index: Inspected, looks: Looks) -> Inspected | None:
    """The model that an index describes, with the findings on its shards; None: it is no index."""
    names = _weight_map(index)
    if names is None:
        return None
    base = index.path.replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
    before = index.path[: len(index.path) - len(base)]
    found = list(index.opinion.findings)
    contents = FileContents()
    contents.say("index", base)
    parts: list[Reader] = []
    at, kinds, here, could = 0, set(), True, True
    for shard in dict.fromkeys(names.values()):
        wrong = wrong_name(shard) or ("" if "/" not in shard else "a name with a folder")
        if wrong:
            found.append(FileFinding(BROKEN, f"a shard with {wrong}", short(shard)))
            continue
        looked = looks.file(before + shard)
        if not looked.could:
            could = False
        here = here and looked.here
        found += [one.but(where=short(shard)) for one in looked.opinion.findings]
        if looked.reader is None or not looked.is_listed:
            continue
        kinds.add(looked.opinion.kind)
        parts.append(looked.reader)
        contents.tensors += [
            replace(one, begin=one.begin + at) if one.begin >= 0 else one
            for one in looked.contents.tensors
        ]
        for key, value in looked.contents.metadata.items():
            contents.metadata.setdefault(key, value)
        contents.globals = list(dict.fromkeys([*contents.globals, *looked.contents.globals]))
        at += looked.reader.size
    contents.say("shards", len({*names.values()}))
    if here and could:
        found += _against(names, {tensor.name for tensor in contents.tensors})
    kind = f"{' and '.join(sorted(kinds)) or 'model'}{IN_SHARDS}"
    joined = Joined(parts)
    return Inspected(
        index.path, opinion(kind, found), joined.size, contents, here=here, could=could,
        reader=joined,
    )  # fmt: skip


def _weight_map(index: Inspected) -> dict[str, str] | None:
    """The file of each tensor, as an index says; None when it is no index that can be read."""
    reader = index.reader
    if not index.path.endswith(SUFFIX) or reader is None or reader.size > shard_index.MAX_BYTES:
        return None
    return _names_in(reader.read(0, reader.size))


def _names_in(data: bytes) -> dict[str, str] | None:
    try:
        return shard_index.read(data)[0]
    except ValueError:
        return None


def _against(names: dict[str, str], real: set[str]) -> list[FileFinding]:
    """What is wrong between the index and the tensors of its shards."""
    found = []
    for only, what in (
        ([name for name in names if name not in real], "the index names tensors of no shard"),
        ([name for name in sorted(real) if name not in names], "the index does not name tensors"),
    ):
        if only:
            evidence = short(listed(only, _NAMED))
            found.append(FileFinding(BROKEN, f"{what} ({len(only):,})", evidence))
    return found


def named_in(path: str) -> list[str]:
    """The shards that the index at a path names; none when it is no index that can be read."""
    names = _names_in(read_regular(path, shard_index.MAX_BYTES + 1) or b"")
    return sorted({*names.values()}) if names else []
