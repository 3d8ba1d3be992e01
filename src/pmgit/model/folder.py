"""Model folders: the shallowest folders below a models folder that hold a file themselves.

README, LICENSE, dot-files, source code and its documentation do not count: a folder that holds
only these and other folders is an organisation (`google/`), a container or a package, or a model
whose files all lie in parts (`components`). Text that any program may have (`settings.yaml`)
counts where there is no source code around. What lies deeper (`onnx/`, `variables/`) belongs to
the model above it. An entry of the Hub's cache is one model.
"""

from __future__ import annotations

import os
import sys

from pmgit.git.blob import LINK, REGULAR
from pmgit.git.nested import is_repository
from pmgit.model import caches, components
from pmgit.model.file_names import CODE, MAYBE, MODEL, NOTHING, WEIGHTS, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pmgit.git.blob import Blob

INFO, LOCK = "INFO.md", "pmgit.lock"
#: The name of a model card.
CARD = "README.md"
#: How the names of files with the text of a license begin.
LICENSE_FILES = ("LICENSE", "LICENCE", "COPYING", "license", "licence", "License")

#: Bounds of the look at the work tree: one listing per folder, no file is opened.
MAX_DEPTH = 8
MAX_FOLDERS = 2000

#: Folders of downloads under way, of locks and of Git: nothing in them is a model's.
_PASSED = frozenset({".git", ".locks", ".no_exist", "._____temp", "__pycache__"})
_OF_DOWNLOADS = frozenset({"download", "upload", "trees"})  # in `.cache/huggingface/`


class Model:
    """A model folder of the snapshot, and what the change does to it.

    `path` is the folder from the top of the repository, `root` the models folder that it lies
    in, `blobs` everything the snapshot has in it, `weights` those that are weights. `local` are
    weights that lie in the work tree and are not tracked. `info` and `lock` are INFO.md and
    pmgit.lock in the snapshot.
    """

    __slots__ = (
        "blobs",
        "info",
        "info_changed",
        "info_removed",
        "local",
        "lock",
        "path",
        "root",
        "touched",
        "weights",
        "weights_changed",
    )

    def __init__(self, path: str, root: str) -> None:
        self.path = path
        self.root = root
        self.blobs: list[Blob] = []
        self.weights: list[Blob] = []
        self.local: list[str] = []
        self.info: Blob | None = None
        self.lock: Blob | None = None
        self.info_changed = False
        self.info_removed = False
        self.weights_changed = False
        self.touched = False

    @property
    def name(self) -> str:
        """The model's name below its models folder: `bert` or `org/name`."""
        return self.path[len(self.root) + 1 :]

    @property
    def is_cached(self) -> bool:
        """Whether this is an entry of the Hub's cache."""
        return bool(caches.entry_of(self.path, self.root))

    @property
    def shard_like(self) -> list[str]:
        """The paths that may be shards by their names, or the index of some."""
        paths = [*[blob.path for blob in self.blobs], *self.local]
        return [p for p in paths if "-of-" in p or ".index." in p or "shard" in p]

    @property
    def may_lack_shards(self) -> bool:
        """Whether a shard may be missing: the names in Git do not show that all are there.

        They do in most models, so that nothing more is asked of 1,000 of them.
        """
        if self.lock is not None:
            return True
        paths = self.shard_like
        if not paths:
            return False
        if self.local or any(".index." in path or path.endswith(".dvc") for path in paths):
            return True
        from pmgit.model.shards import are_whole

        return not are_whole(paths)


def counts(name: str) -> bool:
    """Whether a file of this name can make its folder a model."""
    return kind_of(name) in (MODEL, MAYBE)


def is_file(blob: Blob) -> bool:
    """Whether an entry of the index is a file of its folder, or a link to weights.

    A submodule is another repository, and any other link may be a second name of a folder.
    """
    return blob.mode in REGULAR or (blob.mode == LINK and blob.path.endswith(WEIGHTS))


def deciding(blobs: Sequence[Blob]) -> list[str]:
    """The paths of those blobs of one folder that decide what it is, as all of them would."""
    found: dict[int, str] = {}
    for blob in blobs:
        if not is_file(blob):
            continue
        path = blob.path
        name = path[path.rfind("/") + 1 :]
        if name == INFO:
            return [path]  # by it the folder is a model of its own
        if MODEL not in found:
            found.setdefault(kind_of(name), path)
    return [found[MODEL]] if MODEL in found else list(found.values())


def root_of(path: str, roots: Iterable[str]) -> str:
    """The models folder that `path` lies in; '' when in none."""
    for root in roots:
        if path.startswith(root + "/"):
            return root
    return ""


def find(paths: Iterable[str], root: str) -> list[str]:
    """The model folders among these files, sorted."""
    paths = list(paths)
    described = {path[: -len(INFO) - 1] for path in paths if path.endswith(f"/{INFO}")}
    found: set[str] = set()
    for folder in sorted(_holding(paths, root), key=lambda folder: folder.count("/")):
        above = folder.rpartition("/")[0]
        while len(above) > len(root) and above not in found:
            above = above.rpartition("/")[0]
        if above not in found:
            found.add(folder)
    return sorted(components.joined(found, described, root))


def _holding(paths: Iterable[str], root: str) -> set[str]:
    """The folders that hold a file which makes them a model, or a part of one."""
    models: set[str] = set()
    others: dict[int, set[str]] = {MAYBE: set(), CODE: set(), NOTHING: set()}
    holders = set()
    for path in paths:
        end = path.rfind("/")
        folder = path[:end]
        if folder in models or ("/." in folder and not _PASSED.isdisjoint(folder.split("/"))):
            continue
        entry = caches.entry_of(folder, root) if "--" in folder else ""
        if entry:
            holders.add(entry[: entry.rfind("/")])
            if caches.is_model(entry):
                models.add(entry)
            continue
        kind = kind_of(path[end + 1 :])
        if kind != MODEL:
            others[kind].add(folder)
        elif folder != root:
            models.add(folder)
    maybe = others[MAYBE] - {root}
    if maybe and others[CODE]:
        maybe = _without_code(maybe, others[CODE], models, root)
    models |= maybe
    if holders:
        models = {folder for folder in models if not caches.is_store(folder, holders)}
    return models


def _without_code(maybe: set[str], code: set[str], models: set[str], root: str) -> set[str]:
    """Of these folders, those that are no part of source code.

    They are a part of it when there is code in, above or below them, and no model below.
    """
    above_models = with_parents(models, root)
    if root in code:
        return maybe & above_models
    above_code = with_parents(code, root)
    return {
        folder
        for folder in maybe
        if folder in above_models
        or not (folder in above_code or with_parents({folder}, root) & code)
    }


def with_parents(folders: Iterable[str], root: str = "") -> set[str]:
    """These folders and all between them and the models folder (the top of the repository)."""
    found: set[str] = set()
    for folder in folders:
        at = folder
        while len(at) > len(root) and at not in found:
            found.add(at)
            at = at.rpartition("/")[0]
    return found


def files_on_disk(
    top: str,
    root: str,
    *,
    of_other: bool = False,
    described: Collection[str] = (),
    bounded: bool = True,
    model: str = "",
) -> Iterator[str]:
    """The files below a models folder in the work tree, from the top of the repository.

    With `model`, a folder below that one, its files alone: no other model is looked at.

    Of a repository of its own (a clone, a bare one) only `.git` is listed: its files are none of
    this one's. (`of_other`: they are asked for, where the models folder is one.) Links are not
    followed, neither inside nor when the models folder itself is one (a shared drive), and listed
    only in a model's folder when they are named as weights. No look is taken into a `described`
    folder, unless it is a part of a model above, whose files lie beside it. A `bounded` look has an
    end at MAX_DEPTH and MAX_FOLDERS.
    """
    if os.path.islink(f"{top}/{root}"):
        return
    if not of_other and _is_inside_other(top, root):
        yield f"{root}/.git"
        return
    left = MAX_FOLDERS if bounded else sys.maxsize
    deepest = MAX_DEPTH if bounded else sys.maxsize
    begin = model or root
    if model and not _leads_to(top, root, model):
        return
    # With: how deep it lies, whether it lies in a model's folder.
    folders = [(begin, begin.count("/") - root.count("/"), False)]
    while folders and left:
        folder, depth, inside = folders.pop()
        left -= 1
        try:
            with os.scandir(f"{top}/{folder}") as listing:
                entries = list(listing)
            beside = [entry.name for entry in entries]
            may_be = (".git" in beside or "HEAD" in beside) and (depth or not of_other)
            if may_be and is_repository(f"{top}/{folder}"):
                yield f"{folder}/.git"
                continue
            below = []
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry)
                elif entry.name == ".git":
                    continue  # `.git` of no repository
                elif entry.is_file(follow_symlinks=False) or (
                    # A link that is named as weights: in a cache, or into one.
                    depth and entry.name.endswith(WEIGHTS) and entry.is_symlink()
                ):
                    inside = inside or (depth > 0 and bool(described) and counts(entry.name))
                    yield f"{folder}/{entry.name}"
            for entry in below:
                path = f"{folder}/{entry.name}"
                if path in described and not inside:
                    continue
                passed = entry.name == ".git" or is_passed(folder, entry.name, beside)
                if depth < deepest and not passed:
                    folders.append((path, depth + 1, inside))
        except OSError:
            continue


def _leads_to(top: str, root: str, model: str) -> bool:
    """Whether a look into a models folder comes to this folder below it."""
    at = root
    for name in model[len(root) + 1 :].split("/"):
        beside = ["hub"] if name == "xet" and os.path.lexists(f"{top}/{at}/hub") else []
        above, at = at, f"{at}/{name}"
        if is_passed(above, name, beside) or os.path.islink(f"{top}/{at}"):
            return False
        if at != model and is_repository(f"{top}/{at}"):
            return False
    return True


def is_passed(folder: str, name: str, beside: list[str]) -> bool:
    """Whether a folder in `folder` holds nothing of a model, only what downloads need.

    The chunks in `xet/`, beside `hub/`, lie in more folders than are looked through.
    """
    if name == "xet":
        return "hub" in beside
    return name in _PASSED or (name in _OF_DOWNLOADS and folder.endswith("huggingface"))


def _is_inside_other(top: str, root: str) -> bool:
    """Whether a folder above the models folder is a repository of its own."""
    above = root.rpartition("/")[0]
    while above:
        if is_repository(f"{top}/{above}"):
            return True
        above = above.rpartition("/")[0]
    return False


def links_on_disk(top: str, root: str) -> Iterator[str]:
    """The links below a models folder in the work tree, as `files_on_disk` lists files."""
    for place, folders, names in os.walk(f"{top}/{root}"):
        if os.path.islink(place) or is_repository(place):
            folders.clear()
            continue
        for name in (*folders, *names):
            if os.path.islink(f"{place}/{name}"):
                yield f"{place}/{name}"[len(top) + 1 :]
