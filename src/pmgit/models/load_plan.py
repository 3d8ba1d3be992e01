"""What has to be loaded of a model, by which library; and what must not be, by its content.

Every file is scanned first. One that is unsafe, broken, a pointer or not here is never loaded, nor
is the folder that it lies in.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.formats import names, opinion
from pmgit.model import model_config
from pmgit.scan.scanned import scan

if TYPE_CHECKING:
    from pmgit.models.account import Account
    from pmgit.scan.scanned import Scanned

#: What became of a file, or of the model in a folder.
LOADS, FAILS, UNSAFE, BROKEN, POINTER, MISSING, NOT_TRIED, NO_LOADER = (
    "loads", "does not load", "unsafe", "broken", "pointer", "missing", "not tried", "no loader",
)  # fmt: skip
#: Of these a model does not load.
WRONG = (FAILS, UNSAFE, BROKEN, POINTER, MISSING)

#: The libraries (`child/load.py`) by the kinds of files.
_LOADERS = {
    names.SAFETENSORS: "safetensors",
    names.TORCH: "torch",
    names.TORCH_CHECKPOINT: "torch",
    names.ONNX: "onnxruntime",
    names.GGUF: "gguf",
    names.ARRAY: "numpy",
    names.NUMPY: "numpy",
}
#: Those whose files transformers takes.
_OF_TRANSFORMERS = ("safetensors", "torch")
_VERDICTS = {
    opinion.UNSAFE: UNSAFE,
    opinion.BROKEN: BROKEN,
    opinion.POINTER: POINTER,
    opinion.UNKNOWN: NOT_TRIED,
}


@dataclass(frozen=True)
class Attempt:
    """Something to load: `path` from the model's folder ('' is that folder), `by` a library."""

    path: str
    by: str


@dataclass(frozen=True)
class Loaded:
    """What became of an attempt: its `state`, a `note`, and the `library` with its version.

    `refused` is what the child was kept from while it loaded.
    """

    path: str
    by: str
    state: str
    note: str = ""
    library: str = ""
    refused: tuple[str, ...] = ()


@dataclass
class Plan:
    """What to load, and what is decided without it. `size` is that of the files, in bytes."""

    attempts: list[Attempt] = field(default_factory=list)
    decided: list[Loaded] = field(default_factory=list)
    size: int = 0


def plan(top: str, model: Account) -> Plan:
    """The plan for a model of the repository at `top`: files first, then folders."""
    made = Plan()
    needed = {file.path for file in model.lock.files} if model.lock else set()
    missing = sorted((needed | model.weights) - model.disk.keys())
    made.decided += [Loaded(path, "", MISSING, "it is not here") for path in missing]
    folders: dict[str, set[str]] = {}
    closed = set(map(_folder_of, missing))
    for path in sorted(model.disk):
        place = os.path.join(top, model.path, path)
        found = next(scan([place]))
        made.size += _size(place)
        state = _VERDICTS.get(found.opinion.verdict, LOADS)
        by = _LOADERS.get(found.opinion.kind, "")
        folders.setdefault(_folder_of(path), set()).add(by if path in model.weights else path)
        # A text that is broken or odd is its library's to judge.
        if state == LOADS or (path not in model.weights and state not in (UNSAFE, POINTER)):
            if path in model.weights:
                made.attempts += [Attempt(path, by)] if by else []
                made.decided += [] if by else [Loaded(path, "", NO_LOADER, found.opinion.kind)]
            continue
        if not os.path.exists(place):
            made.decided.append(Loaded(path, "", MISSING, "a link that leads to nothing"))
        else:
            made.decided.append(Loaded(path, "", state, _why(found, state)))
        closed.add(_folder_of(path))
    if not model.weights:
        made.decided.append(Loaded("", "", MISSING, "no weights are here"))
    for folder in sorted(folders.keys() - closed):
        config = f"{folder}/config.json".lstrip("/")
        # It may be a link into the Hub's cache.
        place = os.path.realpath(os.path.join(top, model.path, config))
        if config in folders[folder] and model_config.document_in(place) is None:
            made.decided.append(Loaded(config, "", BROKEN, "it is no JSON that can be read"))
        else:
            made.attempts += _of_folder(top, model, folder, folders[folder])
    return made


def _of_folder(top: str, model: Account, folder: str, names: set[str]) -> list[Attempt]:
    """The attempts in a folder with the model and the tokenizer of transformers.

    `names` are its texts by their paths, and its weights by their libraries.
    """
    begin = f"{folder}/" if folder else ""
    # It may be a link into the Hub's cache.
    config = os.path.realpath(os.path.join(top, model.path, folder, "config.json"))
    kind = model_config.read(config).model_type
    attempts = []
    if kind and not names.isdisjoint(_OF_TRANSFORMERS):
        attempts.append(Attempt(folder, "transformers"))
    configured = f"{begin}tokenizer_config.json" in names
    if configured or (kind and f"{begin}tokenizer.json" in names):
        attempts.append(Attempt(folder, "tokenizer"))
    return attempts


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _size(place: str) -> int:
    try:
        return os.stat(place).st_size
    except OSError:
        return 0


def _why(found: Scanned, state: str) -> str:
    first = found.opinion.findings[0]
    text = f"{first.message} ({first.evidence})" if first.evidence else first.message
    return f"it cannot be judged: {text}" if state == NOT_TRIED else text
