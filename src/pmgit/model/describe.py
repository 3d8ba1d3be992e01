"""Descriptions of models on disk: their files, their parameters, and traces of their download.

Only regular files inside the folder are read, no link is followed (but those of the Hub's cache to
its own blobs), nothing is executed. What is not certain is left out: a wrong source is worse than
none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from pmgit.core.errors import PmgitError
from pmgit.formats import safetensors
from pmgit.formats.kinds import is_binary
from pmgit.formats.regular import open_regular, read_regular
from pmgit.lfs import pointer
from pmgit.model import caches, card, repo_id
from pmgit.model.folder import INFO, LOCK
from pmgit.model.info_file import full_commit
from pmgit.model.weights import ALWAYS, Tiers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: More files than any model has; a folder that was given by mistake must not take for ever.
MAX_FILES = 10_000
_MAX_CONFIG = 10_000_000
#: As many first bytes as Git looks at to find a NUL: then it is binary.
_HEAD = 8000
_DOWNLOADS = ".cache/huggingface/download"
#: Times of download that can be true: 2015 to 2100, in seconds since 1970.
_FIRST, _LAST = 1_420_070_400, 4_102_444_800


@dataclass(frozen=True)
class ModelFile:
    """A file of a model; `path` from the model's folder.

    Of weights and other binaries `size` (bytes) and `sha256` are known. Of text they are left out
    (-1 and ''), because a checkout on Windows may change its line ends.
    """

    path: str
    size: int = -1
    sha256: str = ""


@dataclass
class Description:
    """What a folder shows about its model; '' and empty where it does not.

    `guess` is a repository id that something in the folder mentions, but that may as well be the
    model it was derived from. `parameters` counts numbers by their type. `problems` says which
    files could not be used, and why.
    """

    files: list[ModelFile] = field(default_factory=list)
    parameters: dict[str, int] = field(default_factory=dict)
    repo_id: str = ""
    guess: str = ""
    commit: str = ""
    downloaded: str = ""
    license: str = ""
    card: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def describe(folder: str, name: str, tiers: Tiers) -> Description:
    """The description of the model `name` (`bert`, `org/name`) in `folder`.

    Weights are read whole, for their sha256. PmgitError when a file or folder cannot be read.
    """
    found = Description()
    entry = caches.repo_id(name)
    if entry:
        found.repo_id = entry if repo_id.is_valid(entry) else ""
        found.commit, files = _snapshot_of(folder)
        _add_files(found, files, tiers)
        _read_card(found, files.get("README.md", ""))
        return found
    times = dict(_walk(folder, found.problems))
    _add_files(found, {path: f"{folder}/{path}" for path in times}, tiers)
    found.commit, found.downloaded = _download(folder, times)
    _read_card(found, f"{folder}/README.md")
    found.repo_id, found.guess = _source(folder, name)
    count_parameters(folder, found)
    return found


def _add_files(found: Description, files: Mapping[str, str], tiers: Tiers) -> None:
    """Read the files, by their paths in the model and where they are on disk."""
    for path, place in sorted(files.items()):
        try:
            found.files.append(_file(place, path, tiers))
        except FileNotFoundError:
            continue  # a download under way
        except OSError as error:
            raise PmgitError(f"{path!a} is unreadable: {error.strerror}") from error


def _read_card(found: Description, file: str) -> None:
    found.card = card.read(read_regular(file, card.MAX_BYTES) or b"")
    found.license = card.license_of(found.card)


def _walk(folder: str, problems: list[str]) -> list[tuple[str, float]]:
    """The regular files below a folder and when they were changed, sorted by path."""
    found: list[tuple[str, float]] = []
    folders = [""]
    links = 0
    while folders:
        below = folders.pop()
        try:
            with os.scandir(f"{folder}/{below}") as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if not _is_foreign(entry.name):
                            folders.append(f"{below}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False) and not _is_foreign(entry.name):
                        changed = entry.stat(follow_symlinks=False).st_mtime
                        found.append((below + entry.name, changed))
                    elif entry.is_symlink():
                        links += 1
        except OSError as error:
            where = ascii(below.rstrip("/") or os.path.basename(folder))
            raise PmgitError(f"{where} cannot be listed: {error.strerror}") from error
        if len(found) + len(folders) > MAX_FILES:
            raise PmgitError(
                f"over {MAX_FILES:,} files: this is no folder of one model",
                "name the folder of the model itself",
            )
    if links:
        problems.append(f"{links} link{'' if links == 1 else 's'} not followed, and not listed")
    return sorted(found)


def _is_foreign(name: str) -> bool:
    """Whether a file or folder is no part of the model: caches, Git's and our own."""
    return (
        name in (".cache", "__pycache__", INFO, LOCK)
        or name.startswith(".git")
        or name.endswith(".incomplete")
    )


def _file(place: str, path: str, tiers: Tiers) -> ModelFile:
    """One file: hashed when it is binary, by its pointer when the content is in Git LFS."""
    with open_regular(place) as file:
        head = file.read(_HEAD)
        stands_for = pointer.read(head) if len(head) < pointer.MAX_BYTES else None
        if isinstance(stands_for, pointer.Pointer):
            return ModelFile(path, stands_for.size, stands_for.oid)
        if not is_binary(head) and tiers.of(path) != ALWAYS:
            return ModelFile(path)
        import hashlib

        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return ModelFile(path, file.tell(), digest)


def _download(folder: str, times: dict[str, float]) -> tuple[str, str]:
    """Commit and date (ISO, UTC) that huggingface_hub noted; '' where its notes disagree.

    It leaves one `.metadata` file per downloaded file: commit, etag, time of the download. A file
    that is gone or was changed later is no longer what was downloaded.
    """
    commits, latest = set(), 0.0
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
    if len(commits) != 1:
        return "", ""
    import time

    return commits.pop(), time.strftime("%Y-%m-%d", time.gmtime(latest))


def _source(folder: str, name: str) -> tuple[str, str]:
    """The repository id, certain or only guessed.

    transformers notes in config.json where it loaded a model from. That may be a path, or the
    model that this one was tuned from, so it is certain only when it ends as the folder is named.
    """
    noted = _name_or_path(folder)
    if repo_id.is_valid(noted):
        if noted.rpartition("/")[2].lower() == name.rpartition("/")[2].lower():
            return noted, ""
        if "/" in noted:
            return "", noted
    return "", name if "/" in name and repo_id.is_valid(name) else ""


def _name_or_path(folder: str) -> str:
    data = read_regular(f"{folder}/config.json", _MAX_CONFIG)
    if not data:
        return ""
    import json

    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    noted = document.get("_name_or_path") if isinstance(document, dict) else None
    return noted if isinstance(noted, str) else ""


def count_parameters(folder: str, found: Description) -> None:
    """Add up the parameters of the safetensors files, where it is clear which belong together."""
    names = [f.path for f in found.files if f.path.endswith(".safetensors") and "/" not in f.path]
    chosen = ["model.safetensors"] if "model.safetensors" in names else names
    if (len(chosen) > 1 or "-of-" in "".join(chosen)) and not _are_all_shards(chosen):
        return  # a shard is missing, or these are variants: the sum would mean nothing
    total: dict[str, int] = {}
    for name in chosen:
        head = read_regular(f"{folder}/{name}", pointer.MAX_BYTES)
        if head is not None and len(head) < pointer.MAX_BYTES and pointer.may_be(head):
            return  # the content is not here
        try:
            header = safetensors.read_header(f"{folder}/{name}")
        except (ValueError, OSError) as error:
            found.problems.append(f"{name!a}: {error}")
            return
        for dtype, count in header.parameters.items():
            total[dtype] = total.get(dtype, 0) + count
    found.parameters = total


def _are_all_shards(names: list[str]) -> bool:
    """Whether these are all parts of one file: `x-00001-of-00003.safetensors` and so on."""
    first, _, total = names[0].removesuffix(".safetensors").rpartition("-of-")
    stem, _, _ = first.rpartition("-")
    if not total.isdecimal() or len(total) > 6 or len(names) != int(total):
        return False
    width = len(total)
    wanted = {f"{stem}-{n:0{width}}-of-{total}.safetensors" for n in range(1, len(names) + 1)}
    return wanted == set(names)


def _snapshot_of(folder: str) -> tuple[str, dict[str, str]]:
    """Of an entry of the Hub's cache the commit of its main branch, or one snapshot, and its files.

    Files by their paths in the snapshot, each with the place behind its link. Left out are links
    that lead out of the cache.
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
