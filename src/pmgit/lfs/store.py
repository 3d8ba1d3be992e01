"""The places of this machine that hold the content of pointers."""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.git.blob import encode
from pmgit.git.settings import GitSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.repository import Repository
    from pmgit.lfs.pointer import Pointer

_HEX = frozenset("0123456789abcdef")


def object_path(storage: str, oid: str) -> str:
    """The path of an object in a store, such as `.git/lfs`.

    Raises PmgitError when `oid` is not 64 lower-case hexadecimal digits: it comes from files that
    anybody may have written, and becomes part of a path.
    """
    if len(oid) != 64 or not _HEX.issuperset(oid):
        raise PmgitError(f"not the id of a Git LFS object: {oid!r}")
    return f"{storage}/objects/{oid[:2]}/{oid[2:4]}/{oid}"  # join takes eight times as long


def usual_folder(repository: Repository) -> str:
    """The store of a repository unless `lfs.storage` names another one: an object that lies there
    is found without asking Git for that setting.
    """
    return os.path.join(repository.common_dir, "lfs")


def folders(repository: Repository) -> list[str]:
    """The stores of a repository: its own, and those of the repositories it borrows from."""
    # A bare repository is a server's or a mirror: to ask there costs each push a process.
    configured = "" if repository.bare else GitSettings(repository).text("lfs.storage")
    # Relative to the common git directory, as git-lfs reads it: linked worktrees share the store.
    found = [os.path.join(repository.common_dir, configured or "lfs")]
    try:
        with open(f"{repository.objects}/info/alternates", encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    for line in lines:
        if line and line[0] not in '#"':
            objects = os.path.join(repository.objects, line)
            found.append(os.path.join(os.path.dirname(os.path.normpath(objects)), "lfs"))
    return found


def in_use(repository: Repository) -> list[str]:
    """Those of the stores that hold any object: where nothing was fetched, none is looked for."""
    return [folder for folder in folders(repository) if os.path.isdir(f"{folder}/objects")]


def find_object(repository: Repository, oid: str) -> str:
    """The path of an object that is here; '' when it is not. Its content is not checked."""
    return find_in(folders(repository), oid)


def find_in(stores: Iterable[str], oid: str) -> str:
    """As `find_object`, for many objects: the stores are asked of Git only once."""
    for folder in stores:
        path = object_path(folder, oid)
        if os.path.isfile(path):
            return path
    return ""


def is_on_disk(repository: Repository, path: str, pointer: Pointer) -> bool:
    """Whether the file in the work tree is the very content that a pointer stands for."""
    if repository.bare:
        return False
    import hashlib
    import stat

    file_path = os.path.join(os.fsencode(repository.top), encode(path))
    try:
        status = os.lstat(file_path)
        if not stat.S_ISREG(status.st_mode) or status.st_size != pointer.size:
            return False
        with open(file_path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == pointer.oid
    except (OSError, ValueError):
        return False
