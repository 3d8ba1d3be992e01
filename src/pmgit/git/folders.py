"""How many entries folders have, and how much room blobs take, as a host would count them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.repository import Repository


def index_entries(repository: Repository) -> int | None:
    """The number of entries of the index, which its first bytes tell; None when they may not.

    The index of a sparse checkout holds one entry for a folder, that of a split index only what
    differs: the names of these extensions in it, or in a path, make the answer uncertain.
    """
    try:
        with open(repository.index, "rb") as file:
            data = file.read()
    except OSError:
        return None
    if data[:4] != b"DIRC" or b"sdir" in data or b"link" in data:
        return None
    return int.from_bytes(data[8:12], "big")


def entries(paths: Iterable[str], added: Iterable[str]) -> dict[str, int]:
    """The number of entries of each folder ('' is the top) that has gained one by `added`."""
    paths, added = list(paths), set(added)
    old: set[str] = set()
    for path in paths:
        if path not in added:
            folder = path
            while folder:
                folder = folder.rpartition("/")[0]
                if folder in old:
                    break
                old.add(folder)
    found: dict[str, set[str]] = {}
    for path in added:
        folder = path.rpartition("/")[0]
        found.setdefault(folder, set())
        while folder and folder not in old:
            folder = folder.rpartition("/")[0]
            found.setdefault(folder, set())
    for path in paths:
        child = path
        while child:
            folder, _, name = child.rpartition("/")
            if folder in found:
                found[folder].add(name)
            child = folder
    return {folder: len(names) for folder, names in found.items()}


def compressed_size(repository: Repository, oids: Sequence[str]) -> int:
    """The bytes that blobs, all of them here, take in the object store."""
    out = repository.run(
        "cat-file", "--buffer", "--batch-check=%(objectsize:disk)",
        stdin="\n".join(oids).encode("ascii") + b"\n",
    )  # fmt: skip
    return sum(int(line) for line in out.decode("ascii", "replace").split("\n") if line.isdigit())
