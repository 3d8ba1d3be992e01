"""Long lists of paths for fixes, kept in the git directory where a pasted command reads them."""

from __future__ import annotations

import os

from pmgit.core.errors import PmgitError
from pmgit.core.shell import Shell, own_command
from pmgit.gitfiles import user_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository


def shell_for(repository: Repository) -> Shell:
    """The shell that fixes for this repository are pasted into."""
    # What a server prints is pasted elsewhere, where its paths mean nothing.
    pmgit = "pmgit" if repository.bare else own_command()
    return Shell(repository.prefix, pmgit, lambda data: _spill(repository, data))


def _spill(repository: Repository, data: bytes) -> str:
    """Keep `data` in a file named for its content; the path of the file, '' if none can be made.

    The name makes sure that a fix that was printed earlier still means the paths it meant.
    """
    import hashlib

    folder = os.path.join(repository.git_dir, "pmgit")
    name = os.path.join(folder, f"paths-{hashlib.sha256(data).hexdigest()[:16]}")
    try:
        user_files.make_folder(folder)
        if not os.path.exists(name):
            user_files.write_whole(name, data)
    except PmgitError:
        return ""  # a read-only repository: the fix names every path
    return name
