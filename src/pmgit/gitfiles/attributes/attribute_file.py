"""The `.gitattributes` files as they are: on disk and in the index."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pmgit.core.errors import PmgitError
from pmgit.git.blob import REGULAR
from pmgit.git.work_tree import left_out
from pmgit.gitfiles import block, user_files
from pmgit.gitfiles.attributes.attribute_lines import NAME
from pmgit.lfs import pointer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.snapshots.base import Snapshot


@dataclass
class AttributeFile:
    """The root `.gitattributes` on disk and in the index (None: not there), and the others.

    `deeper` are those of folders, by path, as the index has them; `deeper_on_disk` as Git reads
    them when a file is added: from the disk, else from the index.
    """

    work_tree: bytes | None
    index: bytes | None
    mode: str
    deeper: dict[str, bytes]
    deeper_on_disk: dict[str, bytes]


def read(snapshot: Snapshot, below: Iterable[str]) -> AttributeFile:
    """Read them; `below` are the files on disk below the models folders.

    Raises PmgitError or UsageError when the root's cannot be worked with.
    """
    repository = snapshot.repository
    blobs = [b for p, b in snapshot.listing().items() if p.rpartition("/")[2] == NAME]
    contents = snapshot.objects.contents([b for b in blobs if b.is_regular])
    of_path = {blob.path: contents.get(blob.oid, b"") for blob in blobs}
    staged = next((blob for blob in blobs if blob.path == NAME), None)
    if staged and not staged.is_regular:
        raise PmgitError(
            f"{NAME} is a symbolic link in the index, and Git does not read it through links",
            f"put a plain file in its place: git rm --cached -- {NAME}",
        )
    if not staged and repository.run("ls-files", "-u", "-z", "--", NAME):
        raise PmgitError(f"{NAME} is not merged", f"resolve the conflict, then: git add -- {NAME}")
    index = of_path.pop(NAME, None)
    work_tree = user_files.read(os.path.join(repository.top, NAME))
    if work_tree is None:
        work_tree = left_out(repository, snapshot.listing(), NAME)
    if work_tree is None and index is not None:
        raise PmgitError(
            f"{NAME} is deleted in the work tree but not in the index",
            f"bring it back: git restore -- {NAME}; or delete it: git rm --cached -- {NAME}",
        )
    if pointer.readable(work_tree):
        raise PmgitError(
            f"{NAME} is itself a Git LFS pointer, so no attribute works",
            f"git lfs smudge < {NAME} > {NAME}.text && mv {NAME}.text {NAME}",
        )
    if pointer.readable(index):
        index = None  # its text is on disk: stage that
    for text in (work_tree, index):
        block.read(text or b"", NAME)
    on_disk = dict(of_path)
    for path in {*of_path, *(path for path in below if path.endswith("/" + NAME))}:
        data = user_files.read(os.path.join(repository.top, path))
        if data is not None:
            on_disk[path] = data
    mode = staged.mode if staged else REGULAR[0]
    return AttributeFile(work_tree, index, mode, of_path, on_disk)
