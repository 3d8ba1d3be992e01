"""The fixes for a model that is not as it is locked: one of this machine is locked anew, as it is
now; of one from a source the change is taken back, because the lock may be right.
"""

from __future__ import annotations

import os

from pmgit.core.finding import Fix, Step
from pmgit.model.folder import INFO, LOCK
from pmgit.model.lock_file import LOCAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from pmgit.fix.for_staged import Advice
    from pmgit.model.folder import Model
    from pmgit.model.lock_file import Lock
    from pmgit.model.subject import Subject


def gone_of(subject: Subject, model: Model, lock: Lock) -> list[str]:
    """The locked files of a model of this machine that are not here; [] where there is a source."""
    if lock.type != LOCAL or not subject.snapshot.has_work_tree:
        return []
    folder = os.path.join(subject.repository.top, model.path)
    return [f.path for f in lock.files if not os.path.lexists(os.path.join(folder, f.path))]


def advice_for(subject: Subject, model: Model, lock: Lock | None, about: Collection[str]) -> Advice:
    """The fix for a model whose lock (None: it is none) and files `about` do not agree."""
    from pmgit.fix.for_staged import Advice, take_back

    if lock and lock.type == LOCAL:
        return Advice(fix_of(subject, model, lock))
    paths = {f"{model.path}/{name}" for name in (LOCK, *about)}
    if not paths.isdisjoint(change.path for change in subject.model_changes):
        return take_back(subject, model)
    return Advice(None)


def fix_of(subject: Subject, model: Model, lock: Lock) -> Fix | None:
    """The fix that locks a model of this machine anew; None where it has a source.

    None also where a locked file is not here: what is locked of it would be lost.
    """
    if lock.type != LOCAL or not subject.snapshot.has_work_tree or gone_of(subject, model, lock):
        return None
    files = [f"{model.path}/{LOCK}"]
    if model.info is not None:
        files.append(f"{model.path}/{INFO}")
    return Fix(
        Step("pmgit", "update", model.path, names="verbatim"),
        Step("git", "add", *subject.sparse, items=tuple(files)),
        order=Fix.RECORD,
    )
