"""An entry of the Hub's cache: the files of the snapshot that is loaded, behind their links."""

from __future__ import annotations

import os

from pmgit.formats.regular import read_regular
from pmgit.model.info_file import full_commit


def snapshot_of(folder: str) -> tuple[str, dict[str, str]]:
    """The commit of the entry's main branch, or of its one snapshot, and where its files are.

    Files by their paths in the snapshot. Left out are links that lead out of the cache.
    """
    places = os.path.join(folder, "snapshots")
    try:
        there = sorted(os.listdir(places))
    except OSError:
        return "", {}
    noted = (read_regular(os.path.join(folder, "refs", "main"), 100) or b"").decode(
        "ascii", "replace"
    )
    name = noted.strip() if noted.strip() in there else there[0] if len(there) == 1 else ""
    if not name:
        return "", {}
    top = os.path.join(places, name)
    inside = os.path.join(os.path.realpath(os.path.dirname(folder)), "")
    found = {}
    for place, _, names in os.walk(top):
        for file in names:
            real = os.path.realpath(os.path.join(place, file))
            if real.startswith(inside) and os.path.isfile(real):
                path = os.path.relpath(os.path.join(place, file), top).replace(os.sep, "/")
                found[path] = real
    return full_commit(name), found
