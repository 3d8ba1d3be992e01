"""The `.gitignore` files as planned, as data, and the proof that Git reads them so.

Git is asked about paths that stand for all others.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.core.config import LFS
from pmgit.core.errors import PmgitError
from pmgit.git.attributes import ignore_rules
from pmgit.git.names import PROBE
from pmgit.model import caches, folder
from pmgit.model.weights import KEPT_TEXT
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

NAME = ".gitignore"
#: Left behind by downloads: huggingface_hub (its local folder, with `*.metadata` and `*.lock`, was
#: `.huggingface` in 0.23), browsers, aria2. The entries of the Hub's cache are hidden whole, but
#: for INFO.md at their top; beside them HF_HOME has tokens, which are secrets. The last is of
#: ModelScope.
CACHES = (
    ".cache/huggingface/", ".huggingface/", ".locks/", "*.incomplete", "*.crdownload", "*.aria2",
    "__pycache__/", ".DS_Store", "models--*/*/", "datasets--*/*/", "spaces--*/*/", "xet/*/",
    "token", "stored_tokens", "._____temp/",
)  # fmt: skip

PLACES = (PROBE, f"{PROBE}/{PROBE}")
SEEN = ("INFO.md", "pmgit.lock")
_LEFTOVERS = (
    ".cache/huggingface/download/README.md.metadata", ".cache/huggingface/download/LICENSE.lock",
    "x.safetensors.incomplete", "README.md.incomplete",
)  # fmt: skip
_ENTRY = "models--pmgit--probe"


@dataclass
class IgnoreContext:
    """The repository of a plan, its index, and the files below the models folders."""

    repository: Repository
    tracked: Mapping[str, Blob]
    below: list[str]


@dataclass
class IgnorePlan:
    """The file before (None: there is none) and after, for the models folders `roots`.

    `folders` are the files of the models folders that change, in the same way; None after: it
    held nothing but the block, and goes. `code` are paths that stand for source code which is let
    in, `clones` the repositories of their own, which are hidden.
    """

    before: bytes | None
    after: bytes
    roots: list[str]
    storage: str
    keep_text: bool
    nested: bool = False
    folders: dict[str, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    code: list[str] = field(default_factory=list)
    clones: list[str] = field(default_factory=list)

    @property
    def changes(self) -> dict[str, tuple[bytes | None, bytes | None]]:
        """Every file that changes: before and after."""
        top = {} if (self.before or b"") == self.after else {NAME: (self.before, self.after)}
        return {**top, **self.folders}

    @property
    def proved(self) -> list[str]:
        """What is proved of each models folder, in words."""
        words = "weights and INFO.md below {}/ can be added to Git"
        if self.storage != LFS:
            words = "weights below {}/ are hidden from Git;"
            words += " INFO.md, pmgit.lock and README.md are not"
        return [words.format(visible(root)) for root in self.roots]


def prove(repository: Repository, made: IgnorePlan, below: Iterable[str]) -> None:
    """Raise PmgitError, with the file and line, for a path that is not as it should be."""
    below = list(below)
    hidden = [f"{clone}/{PROBE}" for clone in made.clones if "\n" not in clone]
    seen: list[str] = []
    for root in made.roots:
        if _is_beyond_link(repository, root):
            continue  # Git answers nothing about files behind a link
        mine = [path for path in below if path.startswith(f"{root}/")]
        models = [m for m in folder.find(mine, root) if not caches.is_closed(f"{m}/")]
        places = [*(f"{root}/{place}" for place in PLACES), *models]
        weights = [f"{place}/{PROBE}{s}" for place in places for s in (".safetensors", ".bin")]
        seen += [f"{place}/{name}" for place in places for name in SEEN]
        seen += [f"{root}/README.md"]
        hidden += [f"{place}/{name}" for place in (root, *places) for name in _LEFTOVERS]
        hidden.append(f"{root}/{_ENTRY}/snapshots/{PROBE}/{PROBE}.py")
        seen.append(f"{root}/{_ENTRY}/{SEEN[0]}")
        seen += [path for path in made.code if path.startswith(f"{root}/")]
        if made.nested:
            seen += [f"{root}/{NAME}"]
        if made.storage == LFS:
            seen += weights
            continue
        hidden += [f"{root}/{PROBE}.safetensors", *weights]
        seen += [f"{root}/.gitkeep"]
        if made.keep_text:
            names = [name.replace("*", "x") for name in KEPT_TEXT]
            seen += [f"{place}/{name}" for place in places for name in names]
    decided = ignore_rules(repository, [*hidden, *seen])
    for path in seen:
        source, line, pattern = decided.get(path, ("", 0, "!"))
        if not pattern.startswith("!"):
            raise _defeated(source, line, pattern, f"hides {path} from Git")
    for path in hidden:
        source, line, pattern = decided.get(path, (NAME, 0, "!"))
        if pattern.startswith("!"):
            raise _defeated(source, line, pattern, f"lets {path} into Git")


def _is_beyond_link(repository: Repository, root: str) -> bool:
    top = os.path.realpath(repository.top)
    return os.path.realpath(os.path.join(top, root)) != os.path.join(top, *root.split("/"))


def _defeated(source: str, line: int, pattern: str, what: str) -> PmgitError:
    return PmgitError(
        f"{source}:{line} ({pattern}) {what}",
        f"remove or change line {line} of {source}, then run it again",
    )
