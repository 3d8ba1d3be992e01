"""Scans that know sets: an index and its shards, or shards with numbers, as a folder has them.

A file alone may be sound and its model not: a shard is missing, is there under another name, or is
a copy of another one. What an index names is looked for in the folder, and never opened outside.
"""

from __future__ import annotations

import json
import os

from pmgit.core.units import counted, listed
from pmgit.formats import claims, safetensors
from pmgit.formats.members import wrong_name
from pmgit.formats.opinion import BROKEN, PASSES, WARN, FileFinding, opinion, short
from pmgit.formats.regular import read_regular
from pmgit.model import shard_index
from pmgit.model.shard_index import ShardIndex
from pmgit.model.shards import sets_of
from pmgit.scan.scanned import Scanned, scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.model.shards import ShardSet

#: So many files or tensors are named in a finding.
_NAMED = 3
#: Headers are read up to so many bytes each, and all those of an index together.
_LONGEST_HEADER, _MOST_HEADERS = 4_000_000, 32_000_000
_SAFE = ".safetensors"
_OF_KERAS = ".weights.json"
#: The numbers of a checkpoint of TensorFlow, whose shards have no suffix of their own.
_OF_CHECKPOINT = ".data-"


def scan_sets(paths: Sequence[str]) -> Iterator[Scanned]:
    """The opinions of a scan, with what is wrong with the sets that the files belong to.

    What is beside a file that somebody names is not asked for: only this file is.
    """
    given = {*paths}
    folder = _Folder("")
    for one in scan(paths):
        if one.path in given or not one.could:
            yield one
            continue
        place, name = os.path.split(one.path)
        if place != folder.path:
            folder = _Folder(place)
        more = folder.findings(name) if one.opinion.verdict in PASSES else []
        yield (
            Scanned(one.path, opinion(one.opinion.kind, [*one.opinion.findings, *more]))
            if more
            else one
        )


class _Folder:
    """A folder with its names, its indexes by their names, and the sets that no index names."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._names = _names_in(path) if path else frozenset()
        self._faults: dict[str, str] = {}
        self._indexes: dict[str, ShardIndex] = {}
        self._maps: dict[str, dict[str, str]] = {}
        for name in sorted(self._names):
            if shard_index.may_be(name) or name.endswith(_OF_KERAS):
                self._read(name)
        named = {file for index in self._indexes.values() for file in index.files}
        may_be = [name for name in self._names - named if _is_of_weights(name)]
        #: Of which sets an index names shards, and so says what is wrong.
        self._keys = sets_of(named).keys()
        self._sets = {
            min(found.names): found for found in sets_of(may_be).values() if found.is_sure
        }

    def _read(self, name: str) -> None:
        data = read_regular(os.path.join(self.path, name), shard_index.MAX_BYTES + 1)
        if data is None:
            return
        try:
            is_of_keras = name.endswith(_OF_KERAS)
            index = _index_of_keras(data) if is_of_keras else shard_index.parse(data, name)
            if index:
                self._indexes[name] = index
                self._maps[name] = {} if is_of_keras else shard_index.read(data)[0]
        except ValueError as error:
            self._faults[name] = str(error)
        except RecursionError:
            self._faults[name] = "it is nested too deeply"

    def findings(self, name: str) -> list[FileFinding]:
        """What is wrong with the set of which a file is the index, or the first shard."""
        if name in self._faults:
            return [FileFinding(BROKEN, "no index of shards", short(self._faults[name]))]
        if name in self._indexes:
            return self._of_index(self._indexes[name], self._maps[name])
        if name in self._sets and self._keys.isdisjoint(sets_of([name])):
            return _of_numbers(self._sets[name])
        return []

    def _of_index(self, index: ShardIndex, where: dict[str, str]) -> list[FileFinding]:
        missing = [file for file in index.files if not self._is_here(file)]
        if len(missing) == len(index.files):
            # Of a model in several formats people fetch the weights of one, and all of the JSON.
            verdict = WARN if any(map(_is_of_weights, self._names)) else BROKEN
            return [FileFinding(verdict, f"none of its {counted(len(missing), 'shard')} is here")]
        found = []
        if missing:
            found.append(_counted(BROKEN, missing, "shard", "missing"))
        more, other = self._unnamed(index)
        if more:
            found.append(_counted(BROKEN, more, "shard", "beside it that it does not name"))
        if found:
            return found
        if other:
            # transformers 5.24 loads what the index names, and says nothing of the others.
            found.append(_counted(WARN, other, "shard", "of another set beside it"))
        return found + self._of_tensors(index, where)

    def _unnamed(self, index: ShardIndex) -> tuple[list[str], list[str]]:
        """The shards of the same set that an index does not name; and those of a set of the same
        name with another number of shards, which was there before."""
        named = frozenset(index.files)
        sets = sets_of(index.files)
        more: list[str] = []
        other: list[str] = []
        for key, shards in sets_of(filter(_is_of_weights, self._names)).items():
            for count, paths in shards.paths.items() if key in sets else ():
                names = {name for one in paths.values() for name in one} - named
                (more if count in sets[key].paths else other).extend(names)
        return sorted(more), sorted(other)

    def _is_here(self, file: str) -> bool:
        # By the names: some systems find a file by a name in other letters.
        if "/" not in file:
            return file in self._names
        return os.path.lexists(os.path.join(self.path, file))

    def _of_tensors(self, index: ShardIndex, where: dict[str, str]) -> list[FileFinding]:
        """The tensors that an index names and their shards have not."""
        left = _MOST_HEADERS
        held: dict[str, frozenset[str]] = {}
        for file in index.files:
            try:
                if not file.endswith(_SAFE) or left <= 0:
                    return []
                header = safetensors.read_header(os.path.join(self.path, file), _LONGEST_HEADER)
            except (OSError, ValueError):
                return []  # its own verdict says why, or that a pointer stands for it
            left -= header.length
            # The Hub's converter leaves one of two tied tensors out, and says so in the metadata.
            held[file] = frozenset(header.tensors) | frozenset(header.metadata)
        lost = [one for one, file in where.items() if one not in held[file.removeprefix("./")]]
        return [_counted(BROKEN, lost, "tensor", "not in the shard that it names")] if lost else []


def _index_of_keras(data: bytes) -> ShardIndex | None:
    """The index of weights of Keras, which lists files for each layer; None for another document
    that is only called alike, such as the weights of classes."""
    document = json.loads(data)
    layers = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(layers, dict):
        return None
    files: dict[str, None] = {}
    for value in layers.values():
        for file in value if isinstance(value, list) else [value]:
            wrong = wrong_name(file) if isinstance(file, str) else "no name"
            if wrong:
                raise ValueError(f"it names a file with {wrong}")
            files[file] = None
    if not files:
        raise ValueError("it names no file")
    return ShardIndex(tuple(files), 0)


def _of_numbers(shards: ShardSet) -> list[FileFinding]:
    """What is wrong with shards that only their numbers hold together."""
    if len(shards.paths) > 1:
        sizes = listed([f"of {count}" for count in sorted(shards.paths)], _NAMED)
        return [FileFinding(BROKEN, "shards of several sets, and no index says which", sizes)]
    (count,) = shards.paths
    number, names = shards.missing(count, _NAMED)
    if number <= 0:
        return []
    text = f"{number:,} of {counted(count, 'shard')} missing"
    return [FileFinding(BROKEN, text, short(listed(names, _NAMED, number)))]


def _counted(verdict: str, names: Sequence[str], what: str, how: str) -> FileFinding:
    text = f"{counted(len(names), what)} {how}"
    return FileFinding(verdict, text, short(listed(list(names), _NAMED)))


def _is_of_weights(name: str) -> bool:
    """Whether a shard of this name holds weights; data to train on comes in shards, too."""
    return claims.is_for_weights(name) or _OF_CHECKPOINT in name


def _names_in(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()
