"""The models as they lie in the work tree, judged: as if all of it were to be recorded.

It is a snapshot for the rules, as a tree is. What Git has of a file stays what it is, so that a
baseline forgives it; of files that it has not got, size and first bytes stand for them. INFO.md
and pmgit.lock are those on disk, and the hashes of weights are made.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from pmgit.check import engine
from pmgit.core.errors import PmgitError
from pmgit.core.finding import Report
from pmgit.formats.regular import open_regular, read_regular
from pmgit.git.blob import LINK, REGULAR, Blob, encode
from pmgit.git.objects import HEAD_BYTES
from pmgit.lfs import pointer
from pmgit.model import caches, info_block, info_file, lock_file, stated_licenses
from pmgit.model.folder import INFO, LOCK
from pmgit.model.info_block import BlockError
from pmgit.model.weights import BINARY_BYTES
from pmgit.models import verify
from pmgit.models.account import CONTENT, POINTER
from pmgit.models.account import LINK as A_LINK
from pmgit.models.hashing import Memory, hash_files
from pmgit.snapshots.base import TREE, Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.models.account import Account, Accounts

#: INFO.md and pmgit.lock are read up to what makes a rule refuse them.
_LIMITS = {INFO: info_file.MAX_BYTES, LOCK: lock_file.MAX_BYTES}

#: The rules that hold INFO.md and pmgit.lock against each other and against the files.
_RULES = (
    "missing-info", "incomplete-info", "stale-info", "lock-mismatch", "unpinned-revision",
    "license",
)  # fmt: skip


def judge(
    repository: Repository,
    config: Config,
    accounts: Accounts,
    on_bytes: Callable[[int], None] | None = None,
) -> Report:
    """The findings about INFO.md and pmgit.lock of the models of `accounts`; as `take`."""
    snapshot = take(repository, config, accounts, on_bytes)
    report = engine.judge(snapshot, config, engine.selected(config, _RULES))
    paths = tuple(f"{model.path}/" for model in accounts.models)
    mine = [one for one in report.findings if f"{one.path}/".startswith(paths)]
    return Report(mine, report.checked, report.not_judged, report.forgiven, report.not_scanned)


def take(
    repository: Repository,
    config: Config,
    accounts: Accounts,
    on_bytes: Callable[[int], None] | None = None,
) -> Snapshot:
    """The snapshot of the models of `accounts`; its tree has `others` too.

    `on_bytes` is called with the number of bytes that were hashed. PmgitError when a file of
    `models` that counts cannot be read.
    """
    entries: dict[str, Blob] = {}
    texts: dict[str, bytes] = {}
    heads: dict[str, bytes] = {}
    for model in (*accounts.models, *accounts.others):
        _add_files(entries, heads, texts, repository, model)
        for name in (INFO, LOCK):
            try:
                _add_text(entries, texts, repository, model, name)
            except PmgitError:
                if model in accounts.models:
                    raise
                # Of the others nobody has asked; that there is such a file makes a model.
                path = f"{model.path}/{name}"
                oid = _stand_in(path)
                entries[path], texts[oid] = Blob.known(path, oid, REGULAR[0], 0), b""
    chosen = tuple(f"{model.path}/" for model in accounts.models)
    judged = [blob for path, blob in sorted(entries.items()) if path.startswith(chosen)]
    snapshot = Snapshot(
        repository, TREE, judged, judged, is_part=True,
        hashed=_hashed(repository, accounts.models, on_bytes),
    )  # fmt: skip
    snapshot.know(config.models, entries)
    for oid, data in texts.items():
        snapshot.contents.know_text(oid, data)
        snapshot.contents.know_head(oid, data[:HEAD_BYTES])
    for oid, head in heads.items():
        snapshot.contents.know_head(oid, head)
    return snapshot


def _add_files(
    entries: dict[str, Blob],
    heads: dict[str, bytes],
    texts: dict[str, bytes],
    repository: Repository,
    model: Account,
) -> None:
    """Add the files of a model, without INFO.md and pmgit.lock.

    Of those that Git has not got, card and license are read, of the others the first bytes.
    A pointer that is not on disk still stands for its content; another file is gone then.
    """
    for name in {*model.disk, *model.blobs}:
        path = f"{model.path}/{name}"
        blob, there = model.blobs.get(name), model.disk.get(name)
        if blob and (there or name in model.pointers or repository.is_sparse):
            entries[path] = blob
        elif blob or there is None or caches.entry_of(model.path, model.root):
            continue
        elif there.kind == A_LINK:
            entries[path] = Blob.known(path, _stand_in(path), LINK, 0)
        elif name in model.weights or there.size <= BINARY_BYTES:
            is_text = there.size <= BINARY_BYTES and stated_licenses.may_state(name)
            most = BINARY_BYTES if is_text else HEAD_BYTES
            data = read_regular(os.path.join(repository.top, path), most) or b""
            oid, head = _stand_in(path), data[:HEAD_BYTES]
            heads[oid] = head
            if is_text:
                texts[oid] = data
            small = head if there.kind == POINTER and len(head) < pointer.MAX_BYTES else b""
            entries[path] = Blob.known(path, oid, REGULAR[0], there.size, small)


def _stand_in(path: str) -> str:
    """An id for a file that Git has not got: to make the real one means to read all of it."""
    return hashlib.sha1(b"not in Git: " + encode(path), usedforsecurity=False).hexdigest()


def _add_text(
    entries: dict[str, Blob],
    texts: dict[str, bytes],
    repository: Repository,
    model: Account,
    name: str,
) -> None:
    """Add INFO.md or pmgit.lock as it is on disk; what a sparse checkout leaves out is Git's."""
    path = f"{model.path}/{name}"
    place = os.path.join(repository.top, path)
    if not os.path.lexists(place):
        if repository.is_sparse and name in model.blobs:
            entries[path] = model.blobs[name]
        return
    if os.path.islink(place):
        entries[path] = Blob.known(path, _stand_in(path), LINK, 0)
        return
    try:
        with open_regular(place) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(_LIMITS[name] + 1)
    except ValueError as error:
        raise PmgitError(f"{path} could not be read: {error}", "make it a plain file") from error
    except OSError as error:
        raise _unreadable(path, error.strerror or "unknown error") from error
    oid = repository.id_of(data)
    texts[oid] = data
    head = data if len(data) < pointer.MAX_BYTES and pointer.may_be(data) else b""
    entries[path] = Blob.known(path, oid, REGULAR[0], size, head)


def _unreadable(path: str, why: str) -> PmgitError:
    return PmgitError(f"{path} could not be read: {why}", "see who may read it: ls -la")


def _hashed(
    repository: Repository,
    models: list[Account],
    on_bytes: Callable[[int], None] | None,
) -> dict[str, tuple[int, str]]:
    """Size and sha256 of the files on disk that a lock, a pointer or INFO.md lists, by path.

    The sha256 is '' where the size shows already that a file is another one.
    """
    found: dict[str, tuple[int, str]] = {}
    verdicts = verify.verify(repository, models, on_bytes=on_bytes)
    to_hash = []
    for model in models:
        needs = verify.wanted(model)
        for path, there in model.disk.items():
            if there.kind == POINTER and there.stands_for:
                content = there.stands_for
                found[f"{model.path}/{path}"] = (content.size, content.oid)
        for one in verdicts[model.path]:
            place = f"{model.path}/{one.path}"
            if one.state == verify.UNREADABLE:
                raise _unreadable(place, one.note)
            if one.state == verify.RIGHT:
                found[place] = (needs[one.path].size, needs[one.path].sha256)
            elif one.state == verify.CHANGED and place not in found:
                found[place] = (one.size, one.sha256)
        for path, size in _listed(repository.top, model).items():
            lies = model.disk.get(path)
            if path in needs or lies is None or lies.kind != CONTENT:
                continue
            found[f"{model.path}/{path}"] = (lies.size, "")
            if lies.size == size:
                to_hash.append(f"{model.path}/{path}")
    memory = Memory(repository)
    for place, done in hash_files(repository.top, to_hash, memory, on_bytes=on_bytes).items():
        if done.trouble:
            raise _unreadable(place, done.trouble)
        found[place] = (done.size, done.sha256)
    memory.save()
    return found


def _listed(top: str, model: Account) -> dict[str, int]:
    """The sizes of the files that INFO.md lists with a hash."""
    data = read_regular(os.path.join(top, model.path, INFO), info_file.MAX_BYTES) or b""
    try:
        return {one.path: one.size for one in info_block.listed(data) if one.sha256}
    except BlockError:
        return {}  # stale-info speaks of it
