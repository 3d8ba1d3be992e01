"""What a model is: the shallowest folder below a models folder that itself holds a file.

README, LICENSE and dot-files do not count: a folder that holds only these and other folders is
an organisation (`google/`) or a container, or a model whose files all lie in parts (`components`).
What lies deeper (`onnx/`, `variables/`) belongs to the model above it.
"""

from __future__ import annotations

import os

from pmgit.model import components

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pmgit.git.blob import Blob

INFO, LOCK = "INFO.md", "pmgit.lock"

#: Bounds of the look at the work tree: one listing per folder, no file is opened.
MAX_DEPTH = 8
MAX_FOLDERS = 2000


class Model:
    """A model folder of the snapshot, and what the change does to it.

    `path` is the folder from the top of the repository, `root` the models folder that it lies
    in, `blobs` everything the snapshot has in it, `weights` those that are weights. `local` are
    weights that lie in the work tree and are not tracked. `info` is INFO.md in the snapshot.
    """

    __slots__ = (
        "blobs",
        "info",
        "info_changed",
        "info_removed",
        "local",
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
        self.info_changed = False
        self.info_removed = False
        self.weights_changed = False
        self.touched = False

    @property
    def name(self) -> str:
        """The model's name below its models folder: `bert` or `org/name`."""
        return self.path[len(self.root) + 1 :]

    @property
    def local_only(self) -> bool:
        """Whether nothing of the model was touched and only untracked weights speak for it."""
        return bool(self.local) and not self.touched


def counts(name: str) -> bool:
    """Whether a file of this name makes its folder a model."""
    return not name.startswith((".", "README", "LICENSE", "readme", "license"))


def telling(blobs: Sequence[Blob]) -> str:
    """Of the blobs in one folder, the path that tells most: INFO.md, one that makes it a model."""
    found = ""
    for blob in blobs:
        name = blob.path[blob.path.rfind("/") + 1 :]
        if name == INFO:
            return blob.path
        if not found and counts(name):
            found = blob.path
    return found or blobs[0].path


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
    holding = set()
    for path in paths:
        end = path.rfind("/")
        folder = path[:end]
        if folder not in holding and len(folder) > len(root) and counts(path[end + 1 :]):
            holding.add(folder)
    found: set[str] = set()
    for folder in sorted(holding, key=lambda folder: folder.count("/")):
        above = folder.rpartition("/")[0]
        while len(above) > len(root) and above not in found:
            above = above.rpartition("/")[0]
        if above not in found:
            found.add(folder)
    return sorted(components.joined(found, described, root))


def files_on_disk(top: str, root: str) -> Iterator[str]:
    """The files below a models folder in the work tree, from the top of the repository.

    Links are not followed, neither inside nor when the models folder itself is one (a shared
    drive). The look is bounded by MAX_DEPTH and MAX_FOLDERS.
    """
    if os.path.islink(f"{top}/{root}"):
        return
    left = MAX_FOLDERS
    folders = [(root, 0)]
    while folders and left:
        folder, depth = folders.pop()
        left -= 1
        try:
            with os.scandir(f"{top}/{folder}") as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if depth < MAX_DEPTH and entry.name != ".git":
                            folders.append((f"{folder}/{entry.name}", depth + 1))
                    elif entry.is_file(follow_symlinks=False):
                        yield f"{folder}/{entry.name}"
        except OSError:
            continue
