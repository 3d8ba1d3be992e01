"""The fixes for a model that is not as it is locked: one of this machine is locked anew, as it is
now; of one from a source the change is taken back, because the lock may be right.
"""

from __future__ import annotations

import os

from pmgit.core.finding import Fix, Step
from pmgit.core.lazy import lazy
from pmgit.model.folder import INFO, LOCK
from pmgit.model.lock_file import LOCAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from pmgit.fix.for_staged import Advice
    from pmgit.model.folder import Model
    from pmgit.model.lock_file import Lock
    from pmgit.model.subject import Subject


class Cures:
    """The fixes for one model whose lock (None: it is none) and files do not agree.

    Each is looked for once, for all findings about the model: a look at every locked file, or at
    all that a commit changes of it, takes seconds where these are thousands, or large.
    """

    def __init__(self, subject: Subject, model: Model, lock: Lock | None) -> None:
        self._subject = subject
        self._model = model
        self._lock = lock
        self._is_of_this_machine = bool(lock and lock.type == LOCAL)

    @lazy
    def gone(self) -> list[str]:
        """The locked files of a model of this machine that are not here; of others none."""
        if not self._is_of_this_machine or not self._subject.snapshot.has_work_tree:
            return []
        folder = os.path.join(self._subject.repository.top, self._model.path)
        files = self._lock.files if self._lock else ()
        return [f.path for f in files if not os.path.lexists(os.path.join(folder, f.path))]

    @lazy
    def anew(self) -> Fix | None:
        """The fix that locks a model of this machine anew; None where it has a source.

        None also where a locked file is not here: what is locked of it would be lost.
        """
        subject, model = self._subject, self._model
        if not self._is_of_this_machine or not subject.snapshot.has_work_tree or self.gone:
            return None
        files = [f"{model.path}/{LOCK}"]
        if model.info is not None:
            files.append(f"{model.path}/{INFO}")
        return Fix(
            Step("pmgit", "update", model.path, names="verbatim"),
            Step("git", "add", *subject.sparse, items=tuple(files)),
            order=Fix.RECORD,
        )

    def advice(self, about: Collection[str]) -> Advice:
        """The fix for a finding about these files of the model."""
        from pmgit.fix.for_staged import Advice

        if self._is_of_this_machine:
            return Advice(self.anew)
        if any(f"{self._model.path}/{name}" in self._changed for name in (LOCK, *about)):
            return self._back
        return Advice(None)

    @lazy
    def _changed(self) -> set[str]:
        return {change.path for change in self._subject.model_changes}

    @lazy
    def _back(self) -> Advice:
        from pmgit.fix.for_staged import take_back

        return take_back(self._subject, self._model)
