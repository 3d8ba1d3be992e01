"""Weights that lie in the work tree and that Git does not track, found without opening a file."""

from __future__ import annotations

import os

from pmgit.model.file_names import CODE_SUFFIXES, OTHER_SUFFIXES
from pmgit.model.weights import ALWAYS, AMBIGUOUS, BINARY_BYTES, OTHER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.model.weights import Tiers

#: What is large and no weights: names of other kinds of files.
_NO_WEIGHTS = (
    *CODE_SUFFIXES, *OTHER_SUFFIXES,
    ".incomplete", ".crdownload", ".aria2", ".part", ".tmp", ".lock", ".metadata", ".md", ".rst",
    ".pyc", ".so", ".dll", ".dylib", ".exe", ".whl", ".jar", ".o", ".a", ".db", ".sqlite", ".pack",
    ".idx", ".parquet", ".arrow", ".tfevents", ".bmp", ".tif", ".tiff", ".docx", ".xlsx",
)  # fmt: skip


def find(paths: Iterable[str], tiers: Tiers, top: str) -> list[str]:
    """The files that are weights: by their names, or by size where a name leaves it open."""
    of = tiers.of
    found = []
    for path in paths:
        tier = of(path)
        if tier in (ALWAYS, AMBIGUOUS) or (tier == OTHER and _is_large(path, top)):
            found.append(path)
    return found


def _is_large(path: str, top: str) -> bool:
    """Whether a file is as large as weights, and of no kind that is known otherwise."""
    name = path[path.rfind("/") + 1 :].lower()
    if name.startswith(".") or name.endswith(_NO_WEIGHTS):
        return False
    try:
        return os.stat(os.path.join(top, path)).st_size > BINARY_BYTES
    except OSError:
        return False
