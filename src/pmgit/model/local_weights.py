"""Weights that lie in the work tree and that Git does not track, found without opening a file."""

from __future__ import annotations

import os

from pmgit.model.file_names import CODE_SUFFIXES, OTHER_SUFFIXES
from pmgit.model.weights import (
    ALWAYS,
    ALWAYS_SUFFIXES,
    AMBIGUOUS,
    AMBIGUOUS_SUFFIXES,
    BINARY_BYTES,
    OTHER,
)

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
#: Of these, those that decide whatever stands before them, which `.part` and two letters do not.
#: A look at this table takes a twentieth of that of all names: a data set of 60,000 pictures in a
#: models folder cost each commit of a model a second.
_DECIDE = frozenset(
    end for end in _NO_WEIGHTS if len(end) > 3 and not end.startswith(".part")
).difference(ALWAYS_SUFFIXES, AMBIGUOUS_SUFFIXES)


def find(paths: Iterable[str], tiers: Tiers, top: str) -> list[str]:
    """The files that are weights: by their names, or by size where a name leaves it open."""
    of, are_configured = tiers.of, tiers.are_configured
    found = []
    for path in paths:
        if path[path.rfind(".") :] in _DECIDE and not are_configured and ".data-" not in path:
            continue
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
