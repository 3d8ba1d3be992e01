"""What INFO.md can say of a model: by its lock, its folder, its pointers, and what it lists."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.errors import UsageError
from pmgit.model import describe, info_file
from pmgit.model.card import is_plain
from pmgit.model.describe import Description, ModelFile
from pmgit.model.lock_file import LOCAL, URL
from pmgit.models import download

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.model.describe import Hasher
    from pmgit.model.info_block import Listed
    from pmgit.model.lock_file import Lock
    from pmgit.model.weights import Tiers
    from pmgit.models.account import Account


def look(top: str, model: Account) -> Description:
    """The description of a model in the repository at `top`, without its files.

    The lock counts where there is one. Of weights no more is read than headers. PmgitError when
    the folder cannot be read.
    """
    folder = os.path.join(top, model.path)
    known = describe.look(folder, model.name) if os.path.isdir(folder) else Description()
    if model.lock:
        _add_lock(known, model.lock)
    return known


def _add_lock(known: Description, lock: Lock) -> None:
    """What a lock says goes before what the folder shows. Its texts are those of strangers."""
    known.source, known.repo_id, known.guess = page_of(lock), "", ""
    known.commit = info_file.full_commit(str(lock.source.get("revision", "")))
    known.has_no_commit = lock.type == URL
    if lock.type != LOCAL and info_file.is_date(lock.created):
        known.downloaded = known.downloaded or lock.created
    if not known.license and is_plain(lock.license):
        known.license = lock.license
    if lock.parameters and all(map(is_plain, lock.parameters)):
        known.parameters = lock.parameters


def page_of(lock: Lock) -> str:
    """The page of the source that a lock names; '' when it names none."""
    from pmgit.sources import resolve  # huggingface_hub is not for every command to import

    try:
        page = resolve.of_lock(lock.source).page
    except UsageError:
        return ""
    return page if info_file.is_one_word(page) else ""


def files(
    model: Account,
    known: Description,
    tiers: Tiers,
    before: Iterable[Listed] = (),
    hashed: Hasher | None = None,
) -> list[ModelFile]:
    """The files of a model, as its INFO.md lists them, by its lock, else by disk and pointers.

    Where the weights are not here, and Git knows nothing of them, what was listed `before` stays:
    nothing else has their hashes. PmgitError when a file cannot be read.
    """
    if model.lock:
        return download.listed(tiers, model.lock.files)
    known.read_files(tiers, hashed)
    found = {file.path: file for file in known.files}
    for path, stands_for in model.pointers.items():
        found.setdefault(path, ModelFile(path, stands_for.size, stands_for.oid))
    if not model.weights:
        for one in before:
            if one.sha256:
                found.setdefault(one.path, ModelFile(one.path, one.size, one.sha256))
    return [found[path] for path in sorted(found)]
