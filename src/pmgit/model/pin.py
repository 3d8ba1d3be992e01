"""The full commit of a model whose INFO.md names a branch: known where, and written how.

The lock knows it, or what the Hub's client has left in the folder.
"""

from __future__ import annotations

from pmgit.core.errors import PmgitError
from pmgit.model import info_file
from pmgit.model.info_file import REVISION
from pmgit.model.lock_file import HUB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.model.info_file import Info
    from pmgit.model.lock_file import Lock


def known_commit(info: Info, lock: Lock | None, folder: str, name: str) -> str:
    """The full commit of the model `name` in `folder`; '' when it is not known, or another's."""
    if lock:
        is_same = lock.type == HUB and _same(str(lock.source.get("repo_id", "")), info.repo_id)
        return info_file.full_commit(str(lock.source.get("revision", ""))) if is_same else ""
    from pmgit.model import describe

    try:
        known = describe.origin_of(folder, name)
    except PmgitError:
        return ""  # there is no such folder, or it cannot be read
    return known.commit if not known.repo_id or _same(known.repo_id, info.repo_id) else ""


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def pinned(data: bytes, commit: str) -> bytes:
    """An INFO.md with the full commit behind the revision that it names; no other byte changes.

    The same bytes where it names none, or has a full commit already.
    """
    info = info_file.parse(data)
    field = info.fields.get(REVISION)
    if field is None or not field.value or field.placeholder or info.commit or info.problem:
        return data
    # As `parse` counts them: bytes end a line at line feeds and carriage returns alone.
    lines = data.splitlines(keepends=True)
    value = field.value.encode("utf-8")
    before, found, after = lines[field.line - 1].rpartition(value)
    lines[field.line - 1] = before + value + f" (commit: {commit})".encode("ascii") + after
    made = b"".join(lines)
    # A comment within the value, or bytes that are not UTF-8: it is not on the line as it was read.
    return made if found and info_file.parse(made).commit == commit else data
