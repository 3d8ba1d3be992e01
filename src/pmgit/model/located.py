"""The folder of a model, for programs that load it: found on the disk alone, in under 5 ms.

Neither Git nor click nor the Hub's client is imported: a training script waits for this.
"""

from __future__ import annotations

import os
from pathlib import Path

from pmgit.core import config
from pmgit.core.errors import PmgitError
from pmgit.formats.regular import read_regular
from pmgit.lfs import pointer
from pmgit.model import lock_file
from pmgit.model.folder import LOCK
from pmgit.model.weights import ALWAYS_SUFFIXES, AMBIGUOUS_SUFFIXES

#: As many files of a folder are looked at for pointers, where no lock says what it has.
_MOST = 1000


class ModelNotHereError(FileNotFoundError):
    """A model that cannot be loaded as it is; the text names the command that gets it."""


def locate(name: str, file: str | None = None) -> Path:
    """The folder of the model `name`, in the repository of `file` or else of the current folder.

    Raises ModelNotHereError; see `pmgit.model_path`.
    """
    starts = [os.getcwd()]
    if file:
        # A link to a script may lie anywhere, such as in ~/bin.
        starts[:0] = [
            os.path.dirname(os.path.abspath(file)),
            os.path.dirname(os.path.realpath(file)),
        ]
    tried: list[str] = []
    for start in starts:
        top = _top(start)
        if not top or top in tried:
            continue
        tried.append(top)
        roots = _roots(top)
        wanted = _from_top(os.fspath(name), top)
        for path in dict.fromkeys([*(f"{root}/{wanted}" for root in roots), wanted]):
            folder = os.path.join(top, path)
            if wanted and _is_in(path, roots) and _has_files(folder):
                _demand_content(folder, path)
                return Path(folder)
    if not tried:
        raise ModelNotHereError(
            f"no model {name!r}: {os.getcwd()} lies in no work tree of Git; run it in one"
        )
    from pmgit.core.errors import nearest

    best = nearest(wanted, _names(tried[0]))
    raise ModelNotHereError(
        f"no model {name!r} in {tried[0]}; {f'did you mean {best!r}? ' if best else ''}see which"
        " there are: pmgit status; to bring one: pmgit pull, or pmgit add"
    )


def _from_top(name: str, top: str) -> str:
    """A name as it stands behind a models folder, or behind the top of the work tree."""
    if os.path.isabs(name) and not os.path.relpath(name, top).startswith(".."):
        name = os.path.relpath(name, top)
    return "/".join(part for part in name.replace(os.sep, "/").split("/") if part not in ("", "."))


def _has_files(folder: str) -> bool:
    """Whether a folder is a model: one that holds only folders, such as `org`, holds models."""
    try:
        with os.scandir(folder) as entries:
            return any(not entry.is_dir() for entry in entries)
    except (OSError, ValueError):
        return False


def _names(top: str) -> list[str]:
    """The names of some models here, with what is before a `/` and without."""
    found = []
    for root in _roots(top):
        for folder, below, _ in os.walk(os.path.join(top, root)):
            name = os.path.relpath(folder, os.path.join(top, root)).replace(os.sep, "/")
            if name != "." and _has_files(folder):
                found.append(name)
            if name.count("/") or len(found) > _MOST:
                below.clear()
    return found


def _top(folder: str) -> str:
    """The top of the work tree that a folder lies in; '' outside of all."""
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


def _roots(top: str) -> tuple[str, ...]:
    """The models folders, as the configuration on disk has them."""
    for name in (config.FILE, config.PYPROJECT):
        data = read_regular(os.path.join(top, name), config.MAX_BYTES + 1)
        if data is None:
            continue
        try:
            found = config.parse(data, name)
        except PmgitError as error:
            raise ModelNotHereError(f"{error.message}; see: pmgit check") from None
        if found.source:
            return found.models
    return config.Config().models


def _is_in(path: str, roots: tuple[str, ...]) -> bool:
    """Whether a path lies below a models folder, and leads nowhere else."""
    parts = path.replace(os.sep, "/").split("/")
    return ".." not in parts and any(path.startswith(f"{root}/") for root in roots)


def _demand_content(folder: str, path: str) -> None:
    """Raise ModelNotHereError unless every file is here, by its size."""
    data = read_regular(os.path.join(folder, LOCK), lock_file.MAX_BYTES + 1)
    if data is None:
        _refuse_pointers(folder, path)
        return
    try:
        lock = lock_file.parse(data, f"{path}/{LOCK}")
    except PmgitError as error:
        raise ModelNotHereError(f"{error.message}; see: {_command('status', path)}") from None
    for file in lock.files:
        place = os.path.join(folder, *file.path.split("/"))
        try:
            size = os.stat(place).st_size
        except OSError:
            raise ModelNotHereError(
                f"{path}/{file.path} is not here; to bring it: {_command('pull', path)}"
            ) from None
        if size == file.size:
            continue
        if _is_pointer(place, size):
            raise _pointer(f"{path}/{file.path}", path)
        if size > file.size and file.path.endswith(_TEXT):
            continue  # line ends of Windows
        raise ModelNotHereError(
            f"{path}/{file.path} has {size:,} bytes, where {LOCK} has {file.size:,};"
            f" see what differs: {_command('verify', path)}"
        )


#: Texts of models, which a checkout on Windows makes longer.
_TEXT = (".json", ".txt", ".md", ".jinja", ".yaml", ".yml", ".py", "LICENSE")


def _refuse_pointers(folder: str, path: str) -> None:
    left = _MOST
    for place, _, names in os.walk(folder):
        for name in names:
            left -= 1
            if left < 0:
                return
            if name.lower().endswith((*ALWAYS_SUFFIXES, *AMBIGUOUS_SUFFIXES)):
                whole = os.path.join(place, name)
                try:
                    size = os.stat(whole).st_size
                except OSError:
                    continue
                if _is_pointer(whole, size):
                    below = os.path.relpath(whole, folder).replace(os.sep, "/")
                    raise _pointer(f"{path}/{below}", path)


def _is_pointer(place: str, size: int) -> bool:
    return 0 < size < pointer.MAX_BYTES and pointer.at(place) is not None


def _pointer(file: str, path: str) -> ModelNotHereError:
    return ModelNotHereError(
        f"{file} is a Git LFS pointer, its content is not here; to bring it:"
        f" {_command('pull', path)}"
    )


def _command(name: str, path: str) -> str:
    """A command of pmgit about the model in the folder `path`, to paste."""
    from pmgit.core.shell import quote  # for errors alone

    return f"pmgit {name} {quote(path)}"
