"""One process at a time works on a model; a second one waits, and gives up after a while."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.core.file_lock import take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pmgit.git.repository import Repository

#: In seconds: between two looks, and for how long another pmgit is waited for.
_PAUSE, _PATIENCE = 0.2, 3600


@contextmanager
def alone(repository: Repository, path: str, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the model folder `path` of this repository; `on_wait` is called when another has it.

    The hold ends with the process, however that ends. Raises PmgitError after an hour.
    """
    fd = _opened(repository, path)
    if fd < 0:
        yield
        return
    try:
        end = time.monotonic() + _PATIENCE
        if not take(fd):
            on_wait()
            while not take(fd):
                if time.monotonic() > end:
                    raise PmgitError(
                        f"another pmgit has worked on {path} for {_PATIENCE} s",
                        "see which: ps aux | grep pmgit",
                    )
                time.sleep(_PAUSE)
        yield
    finally:
        os.close(fd)


def _opened(repository: Repository, path: str) -> int:
    """The file that stands for a model, opened; -1 where this user may write none.

    That is no failure yet: in such a git directory nothing can be put together, but what is right
    can still be looked at.
    """
    folder = os.path.join(repository.common_dir, "pmgit", "locks")
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
    try:
        os.makedirs(folder, exist_ok=True)
        return os.open(os.path.join(folder, name), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        return -1
