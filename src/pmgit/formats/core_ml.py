"""Packages of Core ML: a folder with a Manifest.json, which says where its model lies."""

from __future__ import annotations

import json
import os

from pmgit.formats.members import wrong_name
from pmgit.formats.opinion import BROKEN, UNSAFE, FileFinding, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

MANIFEST, _MARK = "manifest.json", b'"itemInfoEntries"'
_LONGEST = 1_000_000
#: Where the files of a package lie.
_DATA = "Data"


def is_manifest(base: str, head: bytes) -> bool:
    """Whether this is the list of a package, by its name in lower case and its first bytes."""
    return base == MANIFEST and _MARK in head


def findings(reader: Reader, caps: Caps) -> list[FileFinding]:
    """What is wrong with the list of a package."""
    caps.reading(min(reader.size, _LONGEST))
    try:
        document = json.loads(reader.read(0, _LONGEST))
        entries = document["itemInfoEntries"]
        places = [entries[key]["path"] for key in entries]
        root = document["rootModelIdentifier"] in entries
    except RecursionError:
        return [FileFinding(BROKEN, "JSON that is nested too deeply")]
    except (ValueError, KeyError, TypeError):
        return [FileFinding(BROKEN, "a list of a package that is cut, or is none")]
    found = []
    if not root:
        found.append(FileFinding(BROKEN, "a package without its model"))
    for place in places:
        if not isinstance(place, str):
            found.append(FileFinding(BROKEN, "a file of the package without a name"))
        elif wrong := wrong_name(place):
            found.append(FileFinding(UNSAFE, f"a file of the package has {wrong}", short(place)))
        elif reader.folder and not os.path.lexists(os.path.join(reader.folder, _DATA, place)):
            found.append(FileFinding(BROKEN, "a file of the package is missing", short(place)))
    return found
