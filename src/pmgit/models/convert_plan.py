"""Which files of a model can become safetensors, and what they are called then.

transformers and diffusers look for weights by name: `pytorch_model.bin` becomes
`model.safetensors`, a set of shards keeps its numbers and gets a new index. Everything else keeps
its name, with another ending.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.formats import names, opinion
from pmgit.formats.regular import read_regular
from pmgit.model import shard_index
from pmgit.model.lock_file import trouble_with
from pmgit.model.shards import shard_of
from pmgit.model.twins import OF_TRAINING
from pmgit.models.account import CONTENT
from pmgit.scan.scanned import scan

if TYPE_CHECKING:
    from pmgit.models.account import Account

_KINDS = (names.TORCH, names.TORCH_CHECKPOINT)
_ENDINGS = (".bin", ".pt", ".pth", ".ckpt")
_INDEX = ".bin.index.json"


@dataclass(frozen=True)
class OldFile:
    """A file to convert: its path `source` and the path `target`, both from the model's folder."""

    source: str
    target: str


@dataclass(frozen=True)
class Shards:
    """A set of shards: the path of its `index`, that of the new one, and the shard of each name.

    `metadata` is what the index says besides.
    """

    index: str
    target: str
    places: dict[str, str]
    metadata: dict[str, object]


@dataclass
class ConvertPlan:
    """The `pieces` to convert, the sets that they are in, and why others are `refused`, by path."""

    pieces: list[OldFile] = field(default_factory=list)
    sets: list[Shards] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def refuse(self, path: str, why: str) -> None:
        """Leave a file as it is, and with it the set that it is a shard of."""
        self.refused[path] = why
        for one in [one for one in self.sets if path in one.places.values()]:
            self.sets.remove(one)
            for other in set(one.places.values()) - {path}:
                self.refused.setdefault(other, f"a shard of a set with {path}, which stays")
        self.pieces = [piece for piece in self.pieces if piece.source not in self.refused]


def plan(top: str, model: Account) -> ConvertPlan:
    """The plan for a model of the repository at `top`; only its texts and headers are read."""
    made = ConvertPlan()
    folder = os.path.join(top, model.path)
    targets: set[str] = set()
    refused: dict[str, str] = {}
    for path in sorted(model.weights):
        if not path.endswith(_ENDINGS) or path not in model.disk:
            continue
        if path.rpartition("/")[2].startswith(OF_TRAINING):
            continue  # it lies beside a model, and is none
        target = new_name(path)
        why = _trouble(folder, path, model)
        if why is None:
            continue
        if not why and (target in targets or trouble_with(target)):
            why = f"{target} cannot be its name" if trouble_with(target) else f"so is {target}"
        if why:
            refused[path] = why
            continue
        targets.add(target)
        made.pieces.append(OldFile(path, target))
    for path in sorted(model.disk):
        if path.endswith(_INDEX):
            _add_set(made, folder, path, model)
    in_sets = {shard for one in made.sets for shard in one.places.values()}
    for piece in made.pieces:
        if shard_of(piece.source) and piece.source not in in_sets:
            refused[piece.source] = "a shard of a set without an index"
    for path, why in refused.items():
        made.refuse(path, why)
    return made


def new_name(path: str) -> str:
    """The path of the new file, for that of an old one or of an index."""
    folder, slash, name = path.rpartition("/")
    stem, ending = (name.removesuffix(_INDEX), ".safetensors.index.json")
    if stem == name:
        stem, ending = name.rpartition(".")[0], ".safetensors"
    if stem.startswith("pytorch_model"):
        stem = stem.removeprefix("pytorch_")
    return f"{folder}{slash}{stem}{ending}"


def _trouble(folder: str, path: str, model: Account) -> str | None:
    """Why a file must not be converted ('' when it may); None when it is no checkpoint."""
    found = next(scan([os.path.join(folder, path)])).opinion
    worst = found.findings[0].message if found.findings else ""
    if found.verdict not in opinion.PASSES:
        return f"{found.verdict}: {worst}"
    if found.kind not in _KINDS:
        return None
    if model.disk[path].kind != CONTENT:
        return "it is a link: what it leads to is not this model's alone"
    return ""


def _add_set(made: ConvertPlan, folder: str, path: str, model: Account) -> None:
    """Add the set of shards that an index lists. What is wrong with it is a shard's fault."""
    below = path.rpartition("/")[0]
    begin = f"{below}/" if below else ""
    data = read_regular(os.path.join(folder, path), shard_index.MAX_BYTES + 1) or b""
    try:
        names, metadata = shard_index.read(data)
    except ValueError:
        made.refused[path] = "it is no index of shards"
        return
    places = {name: f"{begin}{shard}" for name, shard in names.items()}
    made.sets.append(Shards(path, new_name(path), places, metadata))
    known = {piece.source for piece in made.pieces}
    for shard in sorted(set(places.values()) - known):
        why = "it is not here" if shard not in model.disk else "it is no checkpoint of torch"
        made.refuse(shard, why)
