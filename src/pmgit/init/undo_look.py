"""The files that Git would see again after `pmgit init --undo`, found before it runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.git import attributes
from pmgit.git.blob import decode, folders_of
from pmgit.git.revisions import id_of
from pmgit.gitfiles import user_files
from pmgit.gitfiles.attributes.attribute_lines import NAME as ATTRIBUTES
from pmgit.gitfiles.ignore_plan import NAME as IGNORE
from pmgit.gitfiles.what_if import shadow_of
from pmgit.init import undo
from pmgit.init.journal import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.repository import Repository
    from pmgit.init.journal import Journal


def unhidden(repository: Repository, journal: Journal, roots: Sequence[str]) -> dict[str, int]:
    """The files below the models folders that only pmgit's block hides, with their sizes."""
    after = undo.contents_after(journal)
    if not any(path.rpartition("/")[2] == IGNORE for path in after):
        return {}
    others = ("--others", "--ignored", "--exclude-standard")
    paths = _names(repository, "ls-files", "-z", *others, "--", *roots)
    with shadow_of(repository, _files(repository, IGNORE, paths, after)) as shadow:
        still = attributes.ignored(shadow, paths)
    return _sizes(repository, [path for path in paths if path not in still])


def raw_again(repository: Repository, journal: Journal) -> dict[str, int]:
    """The files that are pointers in commits, and that Git would record raw then; their sizes."""
    after = undo.contents_after(journal)
    if ATTRIBUTES not in after:
        return {}
    paths = _names(repository, "ls-files", "-z")
    now = attributes.of_paths(repository, paths, "filter")
    sent = [path for path, given in now.items() if given["filter"] == attributes.LFS]
    with shadow_of(repository, _files(repository, ATTRIBUTES, sent, after)) as shadow:
        then = attributes.of_paths(shadow, sent, "filter")
    lost = [path for path, given in then.items() if given["filter"] != attributes.LFS]
    restored = {entry.path for entry in journal.records if entry.kind == INDEX}
    if restored.intersection(lost):
        # What was staged and is not committed becomes again what it was.
        changed = _names(repository, "diff-index", "--cached", "--name-only", "-z",
                         _head(repository), "--", *lost)  # fmt: skip
        restored.intersection_update(changed)
    return _sizes(repository, [path for path in lost if path not in restored])


def _head(repository: Repository) -> str:
    return "HEAD" if id_of(repository, "HEAD") else repository.empty_tree


def _names(repository: Repository, *argv: str) -> list[str]:
    return [decode(name) for name in repository.run(*argv).split(b"\0") if name]


def _files(
    repository: Repository, name: str, paths: Iterable[str], after: dict[str, bytes]
) -> dict[str, bytes]:
    """The ignore or attribute files that speak about paths, as they will be."""
    found = {}
    for folder in folders_of(paths):
        place = f"{folder}/{name}" if folder else name
        data = after.get(place, user_files.read(os.path.join(repository.top, *place.split("/"))))
        if data is not None:
            found[place] = data
    return found


def _sizes(repository: Repository, paths: Iterable[str]) -> dict[str, int]:
    """The sizes of those that are on disk, the largest first."""
    sizes = {}
    for path in paths:
        try:
            sizes[path] = os.lstat(os.path.join(repository.top, *path.split("/"))).st_size
        except OSError:
            continue
    return dict(sorted(sizes.items(), key=lambda pair: -pair[1]))
