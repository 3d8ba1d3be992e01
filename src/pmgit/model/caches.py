"""Caches of libraries that download models: their folders are named and filled for the library.

The Hub's cache has one folder for each repository: `models--org--name/{blobs,refs,snapshots}`.
In `snapshots` lie links to `blobs`, which have no endings. Such an entry is one model; torn apart
or renamed it is none any more.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

#: What the name of an entry of the Hub's cache begins with.
_MODEL = "models--"
_ENTRY = (_MODEL, "datasets--", "spaces--", "kernels--")
#: Beside `hub/`, which has the entries, HF_HOME has these.
_OF_HOME = frozenset({"xet", "datasets", "modules", "assets", "accelerate"})


def entry_of(place: str, root: str) -> str:
    """The entry of the Hub's cache that a folder below `root` is, or lies in; '' for none."""
    at = len(root) + 1
    while 0 < at < len(place):
        end = place.find("/", at)
        if place.startswith(_ENTRY, at):
            return place if end < 0 else place[:end]
        at = end + 1
    return ""


def is_model(entry: str) -> bool:
    """Whether an entry is that of a model, not of a dataset or a space."""
    return entry[entry.rfind("/") + 1 :].startswith(_MODEL)


def repo_id(entry: str) -> str:
    """The repository id of a model's entry, such as `org/name`; '' for what is no such entry."""
    name = entry[entry.rfind("/") + 1 :]
    return name.removeprefix(_MODEL).replace("--", "/") if name.startswith(_MODEL) else ""


def is_store(place: str, holders: Collection[str]) -> bool:
    """Whether a folder is one that the Hub's cache has beside its entries, which lie in `holders`.

    These are blobs that several entries share, and what else lies in HF_HOME.
    """
    for holder in holders:
        if f"{place}/".startswith(f"{holder}/blobs/"):
            return True
        home, _, name = holder.rpartition("/")
        beside = place[len(home) + 1 :].partition("/")[0]
        if name == "hub" and place.startswith(f"{home}/") and beside in _OF_HOME:
            return True
    return False


def is_closed(path: str) -> bool:
    """Whether a path lies where the ignore block hides all, whatever it is: beside downloads."""
    return "/.cache/huggingface/" in path or "/.huggingface/" in path


def names(name: str) -> bool:
    """Whether a library has given this name to a model's folder, below the models folder.

    The Hub's entries; `hub/…` of Torch Hub and ModelScope; `models/org/name` of ModelScope.
    """
    *above, last = name.split("/")
    return "hub" in above or last.startswith(_ENTRY) or (len(above) == 2 and above[0] == "models")
