"""A question to Git about files that are not written yet.

What `.gitattributes` and `.gitignore` would mean is asked of Git before they are changed: in a
temporary work tree that holds nothing but these files, with the repository's own configuration,
`info/attributes` and `info/exclude`, or without them.
"""

from __future__ import annotations

import copy
import os
from contextlib import contextmanager

from pmgit.git.process import no_temporary_files
from pmgit.git.temporary import EmptyRepository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pmgit.git.repository import Repository


@contextmanager
def shadow_of(
    repository: Repository, files: Mapping[str, bytes], *, everywhere: bool = False
) -> Iterator[Repository]:
    """The repository with a work tree of just the given files, and an empty index.

    With `everywhere`, attributes and ignore rules that only this clone has do not count.
    """
    from tempfile import TemporaryDirectory

    try:
        folder = TemporaryDirectory(prefix="pmgit-", ignore_cleanup_errors=True)
        top = os.path.join(os.path.realpath(folder.name), "tree")
        os.mkdir(top)
        for path, data in files.items():
            file = os.path.join(top, *path.split("/"))
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "wb") as out:
                out.write(data)
    except OSError as error:
        raise no_temporary_files(error) from error
    found = copy.copy(repository)
    found.top = top
    found.prefix = ""
    found.env = {
        "GIT_DIR": repository.git_dir,
        "GIT_WORK_TREE": top,
        # An index that does not exist is empty; the real one would answer for missing files.
        "GIT_INDEX_FILE": os.path.join(os.path.dirname(top), "index"),
    }
    empty = EmptyRepository(repository) if everywhere else None  # it lasts as long as this name
    if empty:
        found.env |= {"GIT_DIR": empty.folder, "GIT_COMMON_DIR": empty.folder}
    with folder:
        yield found
