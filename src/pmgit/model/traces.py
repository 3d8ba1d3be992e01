"""Where the files of a model's folder are from, as the Hub's client has noted it beside them.

It leaves one `.metadata` file per file that it downloads into a folder; its cache names the
repository and the commit in the paths, which links into the cache show. Notes that disagree count
as none: a wrong source is worse than none.
"""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.formats.regular import read_regular
from pmgit.model import caches, repo_id
from pmgit.model.file_names import WEIGHTS
from pmgit.model.info_file import full_commit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: More files than any model has; a folder that was given by mistake must not take for ever.
MAX_FILES = 10_000
_DOWNLOADS = ".cache/huggingface/download"
#: Times of download that can be true: 2015 to 2100, in seconds since 1970.
_FIRST, _LAST = 1_420_070_400, 4_102_444_800
_SNAPSHOTS, _BLOBS = "snapshots", "blobs"


def too_many() -> PmgitError:
    """The error of a folder that is not that of one model."""
    return PmgitError(
        f"over {MAX_FILES:,} files: this is no folder of one model",
        "name the folder of the model itself",
    )


def of_notes(folder: str, times: Mapping[str, float]) -> tuple[str, str]:
    """Commit and date (ISO, UTC) that huggingface_hub noted in `folder`; '' where notes disagree.

    `times` are the files with when they were changed: one that is gone or was changed after its
    download is no longer what was downloaded. Of weights none may be: those of a model that was
    trained on lie beside texts of the download, and no source has them.
    """
    commits, latest = set(), 0.0
    weights = {path for path in times if path.lower().endswith(WEIGHTS)}
    notes = os.path.join(os.path.realpath(folder), *_DOWNLOADS.split("/"))
    for path, changed in times.items():
        at = os.path.join(notes, *f"{path}.metadata".split("/"))
        # Any folder on the way may be a link that leads out.
        note = read_regular(at, 1000) if os.path.realpath(at) == at else b""
        lines = (note or b"").decode("ascii", "replace").split("\n")
        try:
            when = float(lines[2])
        except (IndexError, ValueError):
            continue
        commit = full_commit(lines[0])
        if commit and _FIRST < when < _LAST and changed - 1 <= when:
            commits.add(commit)
            latest = max(latest, when)
            weights.discard(path)
    if len(commits) != 1 or weights:
        return "", ""
    import time

    return commits.pop(), time.strftime("%Y-%m-%d", time.gmtime(latest))


def of_links(targets: Iterable[str]) -> tuple[str, str]:
    """Repository id and commit by links into the Hub's cache, of which only the text is read."""
    sources: set[str] = set()
    commits: set[str] = set()
    for target in targets:
        parts = target.replace(os.sep, "/").split("/")
        for entry, below, name in zip(parts, parts[1:], parts[2:], strict=False):
            source = caches.repo_id(entry)
            if repo_id.is_valid(source) and source and below in (_SNAPSHOTS, _BLOBS):
                sources.add(source)
                commit = full_commit(name) if below == _SNAPSHOTS else ""
                commits.update([commit] if commit else ())
    if len(sources) != 1:
        return "", ""
    return sources.pop(), commits.pop() if len(commits) == 1 else ""


def snapshot_of(folder: str) -> tuple[str, dict[str, str]]:
    """Of an entry of the Hub's cache the commit of its main branch, or one snapshot, and its files.

    Files by their paths in the snapshot, each with the place behind its link. Left out are links
    that lead out of the cache. PmgitError when there are too many.
    """
    places = os.path.join(folder, _SNAPSHOTS)
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
    return full_commit(name), _behind_links(os.path.join(places, name), os.path.dirname(folder))


def of_cache(folder: str) -> tuple[str, str, dict[str, str]]:
    """Repository id, commit and files of an entry of the Hub's cache, or of a snapshot in one.

    Files as `snapshot_of` has them. ('', '', {}) for any other folder.
    """
    whole = os.path.realpath(folder)
    above, name = os.path.split(whole)
    entry = whole if caches.repo_id(name) else os.path.dirname(above)
    source = caches.repo_id(os.path.basename(entry))
    if not source or not repo_id.is_valid(source):
        return "", "", {}
    if entry == whole:
        return (source, *snapshot_of(entry))
    if os.path.basename(above) != _SNAPSHOTS:
        return "", "", {}
    return source, full_commit(name), _behind_links(whole, os.path.dirname(entry))


def _behind_links(top: str, cache: str) -> dict[str, str]:
    """The files of a snapshot by their paths in it, each with the place in `cache` of its bytes."""
    inside = os.path.join(os.path.realpath(cache), "")
    found: dict[str, str] = {}
    for place, _, names in os.walk(top):
        if len(found) + len(names) > MAX_FILES:
            raise too_many()
        for file in names:
            real = os.path.realpath(os.path.join(place, file))
            if real.startswith(inside) and os.path.isfile(real):
                path = os.path.relpath(os.path.join(place, file), top).replace(os.sep, "/")
                found[path] = real
    return found
