"""What is there before `pmgit init` writes anything. It only looks."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pmgit.config import Config
from pmgit.errors import UsageError
from pmgit.git.snapshot import TREE, Snapshot
from pmgit.lfs import missing, pointer
from pmgit.model import folder, storage
from pmgit.model.weights import ALWAYS, AMBIGUOUS, Tiers
from pmgit.setup.hooks import framework_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

#: Folders of these names are for pretrained models; others only when they hold weights.
COMMON = ("pretrained_model", "pretrained_models")
OFFERED = ("weights", "checkpoints", "ckpts", "models")
#: By name alone a `.bin` may be anything; so much of it is weights, or should be looked at.
_LARGE = 1_000_000
#: So far below the top folders of a common name are looked for, in so many folders.
_DEEPEST, _MOST_FOLDERS = 4, 2000
_OF_OTHERS = frozenset(
    {"node_modules", "site-packages", "venv", "env", "build", "dist", "third_party", "vendor"}
)
_CODE = (
    ".py", ".pyx", ".c", ".cc", ".cpp", ".cu", ".h", ".hpp", ".java", ".kt", ".go", ".rs", ".js",
    ".jsx", ".ts", ".tsx", ".rb", ".php", ".cs", ".swift", ".scala", ".r", ".jl", ".lua", ".sql",
)  # fmt: skip
#: What tells that a hook manager is used here.
_MANAGERS = {
    "husky": (".husky",),
    "lefthook": tuple(
        f"{dot}lefthook.{end}" for dot in ("", ".") for end in ("yml", "yaml", "toml", "json")
    ),
    "prek": (framework_files.TOML, framework_files.YML),
    "pre-commit": (framework_files.YAML,),
}


@dataclass
class Folder:
    """A folder with the weights in it: how many files, how many bytes."""

    path: str
    files: int = 0
    size: int = 0
    has_code: bool = False


@dataclass
class Look:
    """What was seen: models folders to take, to offer and to leave, and all else that counts.

    `raw` are blobs of the index that are weights and no pointers; `source` is the configuration
    that says which folders are taken ('' when none does), `idle` what there is to say of managers
    without hooks.
    """

    taken: list[Folder] = field(default_factory=list)
    offered: list[Folder] = field(default_factory=list)
    left: list[Folder] = field(default_factory=list)
    raw: list[Blob] = field(default_factory=list)
    lfs_installed: bool = False
    lfs_lines: bool = False
    lfs_filter: bool = False
    managers: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)
    hooks: list[str] = field(default_factory=list)
    source: str = ""


def look(repository: Repository, config: Config, wanted: Iterable[str] = ()) -> Look:
    """Look at the repository. `wanted` are models folders that a person has named."""
    snapshot = Snapshot(repository, TREE, [], [])
    tracked = snapshot.listing()
    tiers = Tiers(config)
    seen = Look(source=config.source)

    def there(path: str) -> bool:
        on_disk = os.path.isdir(os.path.join(repository.top, path))
        return on_disk or any(name.startswith(f"{path}/") for name in tracked)

    if wanted or config.source:
        names = list(wanted or config.models)
        if config.source and not wanted:
            names = [name for name in names if there(name)] or names[:1]
    else:
        names = [name for name in COMMON if there(name)]
        names += [f.path for f in _deeper(repository, tiers, tracked) if f.files]
        names = names or [COMMON[0]]
    seen.taken = [_folder(repository, tiers, name, tracked) for name in names]
    for name in OFFERED:
        if name not in names and there(name):
            found = _folder(repository, tiers, name, tracked)
            if found.files:
                (seen.left if found.has_code else seen.offered).append(found)
    seen.raw = _raw(snapshot, tiers, names)
    seen.lfs_installed = missing.is_installed()
    seen.lfs_lines = storage.has_lfs_lines(snapshot)
    code, _, _ = repository.start("config", "--get", "filter.lfs.clean").wait()
    seen.lfs_filter = code == 0
    seen.managers = [
        name
        for name, marks in _MANAGERS.items()
        if any(os.path.lexists(os.path.join(repository.top, mark)) for mark in marks)
    ]
    return seen


def _deeper(repository: Repository, tiers: Tiers, tracked: Iterable[str]) -> Iterator[Folder]:
    """Folders of common names below others (`apps/ml/pretrained_model`), with what is in them.

    Not in what other programs have put there, nor in repositories of their own.
    """
    left, folders = _MOST_FOLDERS, [("", 0)]
    while folders and left:
        left -= 1
        above, depth = folders.pop(0)
        try:
            entries = [e for e in os.scandir(f"{repository.top}/{above}") if e.is_dir()]
        except OSError:
            continue
        for name in sorted(e.name for e in entries if not e.is_symlink()):
            path = f"{above}{name}"
            if name in COMMON:
                if above and _can_be_named(path):
                    yield _folder(repository, tiers, path, tracked)
            elif depth < _DEEPEST and _is_ours(repository, path):
                folders.append((f"{path}/", depth + 1))


def _is_ours(repository: Repository, path: str) -> bool:
    name = path.rpartition("/")[2]
    other = os.path.lexists(f"{repository.top}/{path}/.git")
    return name not in _OF_OTHERS and name[0] != "." and not other


def _can_be_named(path: str) -> bool:
    """Whether the configuration can have it as a models folder."""
    try:
        return Config({"models": [path]}).models == (path,)
    except UsageError:
        return False


def _folder(repository: Repository, tiers: Tiers, path: str, tracked: Iterable[str]) -> Folder:
    """The weights in a folder of the work tree, and whether it holds source code."""
    found = Folder(path)
    on_disk = set(folder.files_on_disk(repository.top, path))
    for name in on_disk:
        tier = tiers.of(name)
        if tier in (ALWAYS, AMBIGUOUS):
            try:
                size = _size(os.path.join(repository.top, name))
            except OSError:
                continue
            if tier == ALWAYS or size >= _LARGE:
                found.files += 1
                found.size += size
    names = on_disk | {name for name in tracked if name.startswith(f"{path}/")}
    found.has_code = any(name.lower().endswith(_CODE) for name in names)
    return found


def _size(path: str) -> int:
    """The bytes of a file; of a Git LFS pointer, those that it stands for. Raises OSError."""
    size = os.lstat(path).st_size
    if 100 < size < pointer.MAX_BYTES:
        with open(path, "rb") as file:
            told = pointer.read(file.read(pointer.MAX_BYTES))
        if isinstance(told, pointer.Pointer):
            return told.size
    return size


def _raw(snapshot: Snapshot, tiers: Tiers, roots: Iterable[str]) -> list[Blob]:
    """The tracked weights that are no pointers: all of a models folder, elsewhere by name."""
    begins = tuple(f"{root}/" for root in roots)
    asked = []
    for path, blob in snapshot.listing().items():
        tier = tiers.of(path)
        if blob.is_regular and (tier == ALWAYS or (tier == AMBIGUOUS and path.startswith(begins))):
            asked.append(blob)
    snapshot.objects.survey(asked, pointer.may_be)
    return [
        blob
        for blob in asked
        if blob.size > 0 and not (blob.head and pointer.read(blob.head, expected=True))
    ]
