"""Folders that may hold models, by their names, and what is in them.

The index is looked through as it is. The work tree holds what the index does not, ignored weights
above all, and data without end: the look at it is bounded, and goes from the top down.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.lfs import pointer
from pmgit.model import folder
from pmgit.model.weights import ALWAYS, AMBIGUOUS, BINARY_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pmgit.git.repository import Repository
    from pmgit.model.weights import Tiers

#: Folders of these names are for pretrained models.
COMMON = ("pretrained_model", "pretrained_models")
#: Names as `_folded` gives them, the clearest first. These need no weights as evidence.
_COMMON_FOLDED = ("pretrainedmodel", "pretrainedmodels")
_PRETRAINED = (
    *_COMMON_FOLDED, "pretrained", "pretrainedweights", "pretrainedweight", "pretrainedckpts",
    "pretrainedckpt", "pretrainedcheckpoints", "pretrainedcheckpoint", "pretrainmodels",
    "pretrainmodel", "预训练模型",
)  # fmt: skip
_NAMES = (
    *_PRETRAINED, "pretrain", "weights", "weight", "checkpoints", "checkpoint", "ckpts", "ckpt",
    "models", "model", "modelzoo", "modelszoo", "modelhub", "modelweights", "modelfiles",
    "savedmodels", "trainedmodels", "basemodels", "localmodels", "hfmodels", "llmmodels", "权重",
    "模型",
)  # fmt: skip

#: By name alone a `.bin` may be anything. So much of it is weights, or should be looked at, in a
#: folder that may hold models of any other kind (of data, of cars).
_LARGE = 1_000_000
_OF_ANY_KIND = ("model", "models", "模型")
#: So far below the top the work tree is looked at, in so many folders; of one folder so many
#: entries. Where more folders than that lie in one, it is data (a folder for each class).
_DEEPEST, _MOST_FOLDERS, _MOST_ENTRIES, _MOST_BELOW = 4, 2000, 10_000, 200
_FOREIGN = frozenset(
    {"node_modules", "site-packages", "venv", "env", "build", "dist", "third_party", "vendor"}
)
#: The marks of an environment of Python, whatever its name.
_ENVIRONMENT = frozenset({"pyvenv.cfg", "conda-meta"})
_CODE = (
    ".py", ".pyx", ".c", ".cc", ".cpp", ".cu", ".h", ".hpp", ".java", ".kt", ".go", ".rs", ".js",
    ".jsx", ".ts", ".tsx", ".rb", ".php", ".cs", ".swift", ".scala", ".r", ".jl", ".lua", ".sql",
)  # fmt: skip


@dataclass
class Folder:
    """A folder with the weights in it: how many files, how many bytes; and what else it is."""

    path: str
    files: int = 0
    size: int = 0
    has_code: bool = False
    is_clone: bool = False
    is_empty: bool = True


def is_common(path: str) -> bool:
    """Whether this is `pretrained_model(s)`, however it is spelled (`Pretrained-Models`)."""
    return _folded(path) in _COMMON_FOLDED


def is_pretrained_name(path: str) -> bool:
    """Whether pretrained models belong here, by the name alone."""
    return _folded(path) in _PRETRAINED


def _folded(path: str) -> str:
    """The last part of a path in lower case, without what joins words."""
    name = path[path.rfind("/") + 1 :].lower()
    return name.translate({ord(char): None for char in "-_. "})


def find(repository: Repository, tracked: Iterable[str]) -> list[str]:
    """The folders that may hold models by their names, those nearest to the top first.

    Not in what other programs have put there, nor in repositories of their own.
    """
    found = set(_on_disk(repository.top))
    # At the top as they are spelled, whatever they are: a link or a clone is not overlooked there.
    listed = set(COMMON).intersection(os.listdir(repository.top))
    found |= {name for name in listed if os.path.isdir(os.path.join(repository.top, name))}
    for place in {path.rpartition("/")[0] for path in tracked}:
        parts = place.split("/")
        for end, name in enumerate(parts, 1):
            if not _is_ours(name):
                break
            if _folded(name) in _NAMES:
                found.add("/".join(parts[:end]))
    return sorted(found, key=lambda path: (path.count("/"), _NAMES.index(_folded(path)), path))


def _on_disk(top: str) -> Iterator[str]:
    """The folders of the work tree with such names."""
    left, folders = _MOST_FOLDERS, deque([("", 0)])
    while folders and left:
        left -= 1
        above, depth = folders.popleft()
        names = _folders_in(f"{top}/{above}")
        yield from (above + name for name in names if _folded(name) in _NAMES)
        if depth < _DEEPEST and len(names) <= _MOST_BELOW:
            own = [name for name in names if not _is_clone(f"{top}/{above}{name}")]
            folders.extend((f"{above}{name}/", depth + 1) for name in own)


def _folders_in(path: str) -> list[str]:
    """The names of the folders in one, without links and without what is not ours."""
    try:
        with os.scandir(path) as listing:
            entries = list(itertools.islice(listing, _MOST_ENTRIES))
    except OSError:
        return []
    if not _ENVIRONMENT.isdisjoint(entry.name for entry in entries):
        return []
    return sorted(
        entry.name
        for entry in entries
        if _is_ours(entry.name) and entry.is_dir(follow_symlinks=False)
    )


def _is_clone(path: str) -> bool:
    """Whether this is a repository of its own, a submodule too."""
    return os.path.lexists(os.path.join(path, ".git"))


def _is_ours(name: str) -> bool:
    return name not in _FOREIGN and name[:1] != "."


def weigh(repository: Repository, tiers: Tiers, path: str, tracked: Iterable[str]) -> Folder:
    """The folder `path` with its weights, those of the work tree and of the index."""
    found = Folder(path)
    large = _LARGE if _folded(path) in _OF_ANY_KIND else BINARY_BYTES
    names = set(folder.files_on_disk(repository.top, path, of_other=True))
    names |= {name for name in tracked if name.startswith(f"{path}/")}
    for name in names:
        tier = tiers.of(name)
        if tier in (ALWAYS, AMBIGUOUS):
            size = _size(os.path.join(repository.top, name))
            if tier == ALWAYS or size >= large:
                found.files += 1
                found.size += size
    found.is_empty = not names
    found.is_clone = _is_clone(os.path.join(repository.top, path))
    found.has_code = any(name.lower().endswith(_CODE) for name in names)
    return found


def _size(path: str) -> int:
    """The bytes of a file; of a Git LFS pointer, those that it stands for. 0: it is not here."""
    try:
        size = os.lstat(path).st_size
    except OSError:
        return 0
    found = pointer.at(path) if size < pointer.MAX_BYTES else None
    return found.size if found else size
