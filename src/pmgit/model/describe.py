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
from pmgit.formats.regular import open_regular, read_regular, reason_of
from pmgit.git.nested import is_repository
from pmgit.lfs import pointer
from pmgit.model import caches, card, model_config, repo_id, shards, traces
from pmgit.model.file_names import WEIGHTS
from pmgit.model.folder import INFO, LOCK, is_passed
from pmgit.model.model_config import ModelConfig
from pmgit.model.weights import ALWAYS, Tiers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    #: Makes size and sha256 of files, given where they are on disk; those that are gone left out.
    Hasher = Callable[[Mapping[str, str]], Mapping[str, tuple[int, str]]]

HUB = "https://huggingface.co/"
#: Of all safetensors headers of a model together: 90,000 tensors have 12 MB. 16 MB of the smallest
#: tensors take Python 8 s and 300 MB.
_MAX_HEADERS = 16_000_000
#: What clients of the Hub and of ModelScope note beside a model, and what desktops do.
_FOREIGN = frozenset(
    {
        ".cache", ".huggingface", ".msc", ".mdl", ".mv", "__pycache__", ".DS_Store", "Thumbs.db",
        "desktop.ini", INFO, LOCK,
    }
)  # fmt: skip
#: As many first bytes as Git looks at to find a NUL: then it is binary.
_HEAD = 8000


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

    `places` are its files by their paths in the model, with where they are on disk. `source` is
    the page of its source, where that is not the page of `repo_id` at the Hub; it `has_no_commit`
    when it is the address of a file. `links` is how many links lie in the folder. `guess` is a
    repository id that something in the folder mentions, but that may as well be the model it was
    derived from. `parameters` counts numbers by their type. `problems` says which files could not
    be used, and why.
    """

    places: dict[str, str] = field(default_factory=dict)
    files: list[ModelFile] = field(default_factory=list)
    parameters: dict[str, int] = field(default_factory=dict)
    source: str = ""
    repo_id: str = ""
    guess: str = ""
    commit: str = ""
    has_no_commit: bool = False
    downloaded: str = ""
    links: int = 0
    license: str = ""
    card: dict[str, list[str]] = field(default_factory=dict)
    config: ModelConfig = field(default_factory=ModelConfig)
    problems: list[str] = field(default_factory=list)

    @property
    def page(self) -> str:
        """The page of its source; '' when that is not known."""
        return self.source or (HUB + self.repo_id if self.repo_id else "")

    def read_files(self, tiers: Tiers, hashed: Hasher | None = None) -> None:
        """Fill in `files`: binaries are read whole, by `hashed` or one after the other.

        PmgitError when a file cannot be read. One that is gone by now was a download under way.
        """
        found = {}
        to_hash = {}
        for path, place in self.places.items():
            try:
                one = _by_its_begin(place, path, tiers)
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as error:
                raise unreadable(path, error) from error
            if one:
                found[path] = one
            else:
                to_hash[path] = place
        known = (hashed or _hash_each)(to_hash)
        found |= {path: ModelFile(path, *facts) for path, facts in known.items()}
        self.files = [found[path] for path in sorted(found)]


def describe(folder: str, name: str, tiers: Tiers) -> Description:
    """The description of the model `name` (`bert`, `org/name`) in `folder`, with its files.

    Weights are read whole, for their sha256. PmgitError when a file or folder cannot be read.
    """
    found = look(folder, name)
    found.read_files(tiers)
    return found


def look(folder: str, name: str) -> Description:
    """As `describe`, without `files`: of weights no more is read than headers."""
    found = origin_of(folder, name)
    places = found.places
    found.card = card.read(read_regular(places.get("README.md", ""), card.MAX_BYTES) or b"")
    found.license = card.license_of(found.card)
    found.config = model_config.read(places.get("config.json", ""))
    if not found.repo_id:
        found.repo_id, found.guess = _source(found.config.name_or_path, name)
    found.parameters = count_parameters(places, found.problems)
    return found


def origin_of(folder: str, name: str) -> Description:
    """As `look`, of the places of files and of what the Hub's client has left alone."""
    found = Description()
    entry = caches.repo_id(name)
    if entry:
        found.repo_id = entry if repo_id.is_valid(entry) else ""
        found.commit, found.places = traces.snapshot_of(folder)
        return found
    times, links = _walk(folder)
    found.places = {path: f"{folder}/{path}" for path in times}
    found.commit, found.downloaded = traces.of_notes(folder, times)
    found.links = len(links)
    if not any(path.lower().endswith(WEIGHTS) for path in times):
        # Beside weights of its own, a link says nothing of these.
        found.repo_id, commit = traces.of_links(links)
        found.commit = found.commit or commit
    found.commit = found.commit or traces.snapshot_of(folder)[0]
    if links:
        many = "" if len(links) == 1 else "s"
        found.problems.append(f"{len(links)} link{many} not followed, and not listed")
    return found


def _walk(folder: str) -> tuple[dict[str, float], list[str]]:
    """The regular files below a folder with when they were changed, and what links lead to."""
    found: dict[str, float] = {}
    links: list[str] = []
    folders = [""]
    while folders:
        below = folders.pop()
        try:
            with os.scandir(f"{folder}/{below}") as listing:
                entries = list(listing)
            beside = [entry.name for entry in entries]
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    # As `files_on_disk` goes: what is locked here is compared there.
                    passed = is_passed(below.rstrip("/"), entry.name, beside)
                    if not (passed or is_foreign(entry.name) or is_repository(entry.path)):
                        folders.append(f"{below}{entry.name}/")
                elif entry.is_file(follow_symlinks=False) and not is_foreign(entry.name):
                    found[below + entry.name] = entry.stat(follow_symlinks=False).st_mtime
                elif entry.is_symlink():
                    links.append(os.readlink(entry.path))
        except OSError as error:
            where = ascii(below.rstrip("/") or os.path.basename(folder))
            raise PmgitError(f"{where} cannot be listed: {error.strerror}") from error
        if len(found) + len(links) + len(folders) > traces.MAX_FILES:
            raise traces.too_many()
    return dict(sorted(found.items())), links


def is_foreign(name: str) -> bool:
    """Whether a file or folder is no part of the model: caches, Git's, a desktop's and our own."""
    return name in _FOREIGN or name.startswith(".git") or name.endswith(".incomplete")


def _by_its_begin(place: str, path: str, tiers: Tiers) -> ModelFile | None:
    """A text, or what a pointer of Git LFS stands for; None for a file that has to be hashed."""
    with open_regular(place) as file:
        head = file.read(_HEAD)
    stands_for = pointer.read(head) if len(head) < pointer.MAX_BYTES else None
    if isinstance(stands_for, pointer.Pointer):
        return ModelFile(path, stands_for.size, stands_for.oid)
    return None if is_binary(head) or tiers.of(path) == ALWAYS else ModelFile(path)


def _hash_each(places: Mapping[str, str]) -> dict[str, tuple[int, str]]:
    """A Hasher that reads one file after the other."""
    import hashlib

    found = {}
    for path, place in places.items():
        try:
            with open_regular(place) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                found[path] = (file.tell(), digest)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise unreadable(path, error) from error
    return found


def unreadable(path: str, error: Exception) -> PmgitError:
    """The error of a file that could not be read."""
    return PmgitError(f"{path!a} is unreadable: {getattr(error, 'strerror', None) or error}")


def _source(noted: str, name: str) -> tuple[str, str]:
    """The repository id, certain or only guessed.

    transformers notes in config.json where it loaded a model from. That may be a path, or the
    model that this one was tuned from, so it is certain only when it ends as the folder is named.
    """
    if noted and repo_id.is_valid(noted):
        if noted.rpartition("/")[2].lower() == name.rpartition("/")[2].lower():
            return noted, ""
        if "/" in noted:
            return "", noted
    return "", name if "/" in name and repo_id.is_valid(name) else ""


def count_parameters(places: Mapping[str, str], problems: list[str]) -> dict[str, int]:
    """Add up the parameters of the safetensors files, where it is clear which belong together;
    without any, those of the checkpoints of torch.

    `places` are the files of the model by their paths in it. What is wrong with one is added to
    `problems`.
    """
    names = [path for path in places if path.endswith(".safetensors") and "/" not in path]
    if not names:
        from pmgit.model import checkpoints

        return checkpoints.count_parameters(places)
    chosen = ["model.safetensors"] if "model.safetensors" in names else sorted(names)
    if not shards.are_one_model(chosen):
        return {}  # a shard is missing, or these are variants: the sum would mean nothing
    total: dict[str, int] = {}
    left = _MAX_HEADERS
    for name in chosen:
        head = read_regular(places[name], pointer.MAX_BYTES)
        if head is not None and len(head) < pointer.MAX_BYTES and pointer.may_be(head):
            return {}  # the content is not here
        try:
            header = safetensors.read_header(places[name], left)
        except (ValueError, OSError) as error:
            problems.append(f"{name!a}: {reason_of(error)}")
            return {}
        left -= header.length
        for dtype, count in header.parameters.items():
            total[dtype] = total.get(dtype, 0) + count
    return total
