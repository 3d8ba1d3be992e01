"""Commits as people name them: subject, author and date, read with GitPython.

For what is shown to a person only; the hook never comes here (importing GitPython costs 84 ms).
"""

from __future__ import annotations

from pmgit.core.errors import machine_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.repository import Repository


def describe(repository: Repository, oids: Iterable[str]) -> dict[str, str]:
    """For every commit id: `subject (author, YYYY-MM-DD)`; ids that cannot be read are left out.

    The texts are whatever the author wrote: escape them before they are shown.
    """
    try:
        import git
    except ImportError as error:  # it starts git once, to see whether it can
        cause = error.__cause__
        known = machine_error(cause) if isinstance(cause, OSError) else None
        raise known or error from error

    found = {}
    with git.Repo(repository.git_dir, search_parent_directories=False) as repo:
        for oid in dict.fromkeys(oids):
            try:
                commit = repo.commit(oid)
                day = commit.authored_datetime.date().isoformat()
                found[oid] = f"{commit.summary!s} ({commit.author.name}, {day})"
            except (ValueError, OSError, git.GitError, git.exc.ODBError):
                continue
    return found
