"""One line for each model: where its weights are, how large they are, where they are from.

No weights are read: sizes are compared, and hashes as far as `pmgit verify` remembers them.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from pmgit.core.finding import Fix, Step
from pmgit.core.units import listed
from pmgit.licenses.expression import read
from pmgit.licenses.phrase import terms
from pmgit.model import caches, info_file
from pmgit.model.folder import INFO, LOCK
from pmgit.model.lock_file import LOCAL
from pmgit.models.account import CONTENT, LINK, POINTER
from pmgit.models.hashing import Memory
from pmgit.models.verify import wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pmgit.git.repository import Repository
    from pmgit.licenses.phrase import Terms
    from pmgit.licenses.policy import Policy
    from pmgit.models.account import Account, Accounts

#: Where the weights of a model are.
HERE, STANDS_IN, MISSING, CHANGED, LINKED, NOT_LOCKED, NOT_MERGED, NONE = (
    "here", "pointer", "missing", "changed", "link", "not locked", "not merged", "none",
)  # fmt: skip
#: So many files are named in a message.
_NAMED = 3
#: What INFO.md is.
FULL, PLACEHOLDERS, ABSENT = "ok", "TODO", "missing"


class ModelRow:
    """The line of a model in `pmgit status`.

    `root` is the models folder that `pmgit add` puts models into. `on_disk`, `in_git` and `in_lfs`
    are bytes: of the files in the work tree, of raw blobs in the index, of the content that
    pointers in the index stand for. `attention` (by the `policy` for licenses, too) says what
    somebody has to do, with the command where there is one. `changed` are files of the right size
    with another content.
    """

    def __init__(
        self,
        model: Account,
        policy: Policy | None = None,
        root: str = "",
        changed: Collection[str] = (),
    ) -> None:
        self.model = model
        self.root = root
        self.state = state_of(model, changed)
        self.on_disk = sum(there.size for there in model.disk.values() if there.kind == CONTENT)
        self.in_git = sum(max(blob.size, 0) for blob in model.raw.values())
        self.in_lfs = sum(stands_for.size for stands_for in model.pointers.values())
        self.formats = _formats(model.weights)
        self.parameters = model.lock.parameters if model.lock else {}
        self.license = _license(model)
        self.commit = _commit(model)
        self.info = _info(model)
        self.attention = [*_attention(self), *_restricted(self, policy)]

    @property
    def terms(self) -> Terms:
        """What is known of the license."""
        return terms(read(self.license))

    @property
    def is_only_copy(self) -> bool:
        """Whether weights lie here that nothing says where to fetch again, and Git has not."""
        model = self.model
        here = {path for path, there in model.disk.items() if there.kind == CONTENT}
        if not (model.weights & here) - model.pointers.keys() - model.raw.keys():
            return False
        if model.lock:
            return model.lock.type == LOCAL
        return not (caches.repo_id(model.name) or (model.info and model.info.repo_id))


def state_of(model: Account, changed: Collection[str] = ()) -> str:
    """The state of a model, HERE or another; that of its worst file counts.

    `changed` are files that have the right size and another content.
    """
    need = wanted(model)
    if any(name in model.weights for name in model.unmerged):
        return NOT_MERGED
    if not need and not model.weights:
        return NONE
    states = set()
    for path, file in need.items():
        there = model.disk.get(path)
        if there is None:
            states.add(MISSING)
        elif there.kind == POINTER:
            states.add(STANDS_IN)
        elif (
            there.kind == LINK
            or path in changed
            or (there.size != file.size and path in model.weights)
        ):
            states.add(CHANGED)
    for path in model.weights - need.keys():
        there = model.disk.get(path)
        is_link = bool(there and there.kind == LINK) and not caches.repo_id(model.name)
        states.add(LINKED if is_link else NOT_LOCKED)
    order = (CHANGED, MISSING, STANDS_IN, LINKED, NOT_LOCKED)
    return next((state for state in order if state in states), HERE)


def _formats(weights: Iterable[str]) -> list[str]:
    """How the names of weights end; those of TensorFlow's shards without their numbers."""
    ends = {os.path.splitext(path)[1].lstrip(".").lower() for path in weights}
    return sorted({end.partition("-")[0] if "-of-" in end else end for end in ends} - {""})


def _license(model: Account) -> str:
    """The license that INFO.md names, else the lock: one of INFO.md may be an agreement."""
    stated = model.info.license if model.info else ""
    return stated or (model.lock.license if model.lock else "")


def _restricted(row: ModelRow, policy: Policy | None) -> Iterable[tuple[str, Fix | None]]:
    """What the policy has against the license that is shown."""
    if policy is None:
        return
    expression = read(row.license).expression
    ruling = policy.judge(expression) if expression else policy.of_none()
    if ruling.severity:
        yield ruling.text, None


def _commit(model: Account) -> str:
    revision = model.lock.source.get("revision") if model.lock else ""
    if isinstance(revision, str) and revision:
        return revision
    return model.info.commit if model.info else ""


def _info(model: Account) -> str:
    if model.info is None:
        return ABSENT
    fields = model.info.fields
    missing = [name for name in info_file.FIELDS if name not in fields or not fields[name].value]
    todo = [name for name, field in fields.items() if field.placeholder]
    return PLACEHOLDERS if missing or todo else FULL


def _attention(row: ModelRow) -> Iterable[tuple[str, Fix | None]]:
    """The tasks that somebody has with a model, each with its command."""
    model = row.model
    if row.info == ABSENT and (row.state not in (LINKED, NOT_LOCKED) or model.lock):
        if INFO in model.blobs:
            yield (
                f"{INFO} is missing on disk",
                Fix(Step("git", "restore", items=(f"{model.path}/{INFO}",))),
            )
        else:
            yield "has no INFO.md", Fix(Step("pmgit", "info", "new", model.path))
    elif row.info == PLACEHOLDERS:
        yield f"has fields to fill in: {model.path}/{INFO}", None
    if model.trouble:
        yield model.trouble.removeprefix(f"{model.path}/"), model.cure
    if model.is_bare and row.info != ABSENT:
        step = model.source_step(row.root)
        yield f"has nothing but {INFO}, and no {LOCK}", Fix(step) if step else None
    if row.state == STANDS_IN:
        # Not git lfs pull: without the filter it leaves the pointers, and calls that a success.
        yield "has pointers in place of weights", Fix(Step("pmgit", "pull", model.path))
    elif row.state == LINKED:
        yield "has links in place of weights; see: pmgit explain linked-model", None
    elif row.state == NOT_LOCKED and model.lock and model.lock.type != LOCAL:
        others = listed(sorted(model.weights - wanted(model).keys()), _NAMED)
        what = f"has weights that are not in {LOCK}: {others}"
        # An update fetches what the source has, and locks nothing else.
        yield f"{what}; move them into a folder of their own, or remove them", None
    elif row.state == NOT_LOCKED and not model.lock and caches.repo_id(model.name):
        what = "lies as the Hub's client keeps it, which no lock covers; to have it in a folder"
        what += " of its own, before you remove this one"
        yield what, Fix(Step("pmgit", "add", model.path))
    elif row.state == NOT_LOCKED and not model.trouble:
        what = "lists not all of its weights" if model.lock else "has no pmgit.lock"
        command = "update" if model.lock else "add"
        yield what, Fix(Step("pmgit", command, model.path))
    elif row.state == CHANGED:
        yield f"is not what {LOCK} says", Fix(Step("pmgit", "verify", model.path))
    elif row.state == MISSING:
        if model.pointers or (model.lock and model.lock.type != LOCAL):
            yield "has files that are not here", Fix(Step("pmgit", "pull", model.path))
        else:
            what = "has files that are not here, and no source to fetch them from"
            way = "ask who has them (pmgit pull looks on this machine alone)"
            if row.on_disk:  # training keeps the last checkpoints, and deletes the others
                way += "; if they are deleted for good, lock what is here: pmgit update MODEL"
            yield f"{what}: {way}", None
    if row.is_only_copy:
        yield (
            "cannot be fetched again: this folder is the only copy; to keep it with Git LFS",
            Fix(Step("pmgit", "lfs-setup"), Step("git", "add", items=(model.path,))),
        )


def _changed(top: str, model: Account, memory: Memory) -> list[str]:
    """The files of the locked size that had another content when they were hashed last."""
    found = []
    for path, file in wanted(model).items() if memory.is_any else ():
        there = model.disk.get(path)
        if there is None or there.kind != CONTENT or there.size != file.size:
            continue
        place = f"{model.path}/{path}"
        try:
            known = memory.recall(place, os.lstat(os.path.join(top, place)))
        except OSError:
            continue
        if known not in ("", file.sha256):
            found.append(path)
    return found


class Status:
    """All rows, and the sums in bytes; `free` is what the disk still has room for."""

    def __init__(
        self,
        repository: Repository,
        accounts: Accounts,
        policy: Policy | None = None,
        root: str = "",
    ) -> None:
        memory = Memory(repository)
        self.rows = [
            ModelRow(model, policy, root, _changed(repository.top, model, memory))
            for model in accounts.models
        ]
        self.loose = accounts.loose
        self.clones = accounts.clones
        self.links = accounts.links
        self.on_disk = sum(row.on_disk for row in self.rows)
        self.in_git = sum(row.in_git for row in self.rows)
        self.in_lfs = sum(row.in_lfs for row in self.rows)
        self.free = shutil.disk_usage(repository.top).free
