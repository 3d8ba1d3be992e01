"""The rule `stale-info`."""

from __future__ import annotations

import os

from pmgit.core.finding import ERROR, WARNING, Fix, Step
from pmgit.core.rule import MODELS, Rule
from pmgit.model import info_block, recorded
from pmgit.model.folder import INFO, LOCK
from pmgit.model.info_block import BlockError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.model.folder import Model
    from pmgit.model.lock_file import Lock
    from pmgit.model.subject import Subject
    from pmgit.rules._relock import Cures


class StaleInfo(Rule):
    """An INFO.md whose list of files is not that of the model any more.

    ## What it reports

    Of a model that a change touches, by the block of files that pmgit writes into INFO.md: a file
    with another size or sha256 than Git has in the pointer, than `pmgit.lock` has, or than the
    ignored weights in the work tree have (of those the size); a file that is gone. These are errors
    when weights or INFO.md change, and warnings when the model is only touched. Weights that the
    block does not list are a warning. An INFO.md without a block is not judged: its list is yours.

    ## Why it is bad

    The list is what people compare a copy with, years later. One that is wrong sends them after a
    fault that is not there, or lets the wrong weights pass.

    ## Example

    ```markdown
    <!-- pmgit:files (written by pmgit; your own words go outside of this block) -->
    - `model.safetensors` (1.2 MB) - 1239748 bytes, sha256 `c59271c2…`
    <!-- /pmgit:files -->
    ```

    ## What to do

    The printed command writes the block anew, from the lock, the files and the pointers. Your own
    words outside of the block stay to the letter. Where `pmgit.lock` is not that of the files
    either, see `lock-mismatch`.
    """

    name = "stale-info"
    family = "info"
    severity = "error or warning"
    scope = MODELS

    def check(self, subject: Subject) -> Iterator[Finding]:
        infos = subject.once(recorded.infos)
        for model in subject.models:
            # In an entry of the Hub's cache the files lie under other names than INFO.md lists.
            path = model.info.path if model.touched and model.info and not model.is_cached else ""
            if path in infos:
                severity = ERROR if subject.is_due(model) else WARNING
                yield from self._judge(subject, model, path, infos[path][0], severity)

    def _judge(
        self, subject: Subject, model: Model, path: str, data: bytes, severity: str
    ) -> Iterator[Finding]:
        try:
            listed = info_block.listed(data)
        except BlockError as error:
            yield self.finding(path, str(error), severity=severity)
            return
        if not listed:
            return
        fix = None
        if subject.snapshot.has_work_tree:
            fix = Fix(
                Step("pmgit", "info", "update", model.path, names="verbatim"),
                Step("git", "add", *subject.sparse, items=(path,)),
                order=Fix.RECORD,
            )
        facts = recorded.facts(subject, model)
        lock = recorded.lock_of(subject, model)
        locked = {file.path: file.sha256 for file in lock.files} if lock else {}
        removed = recorded.removed(subject, model)
        cures: Cures | None = None
        for one in listed:
            why = recorded.difference(facts.get(one.path), one.size, one.sha256)
            if not one.sha256:
                why = ""
            elif not why and one.path in locked and locked[one.path] != one.sha256:
                why = f"another sha256 than in {LOCK}"
            if one.path in removed:
                why = "gone"
            elif not why and one.path not in facts and one.path not in locked:
                why = "gone" if self._is_gone(subject, model, one.path) else ""
            if why:
                cure = fix
                if removed.get(one.path):
                    severity = ERROR
                if lock and (
                    locked.get(one.path) == one.sha256 or (why == "gone" and one.path in locked)
                ):
                    cures = cures or _cures(subject, model, lock)
                    advice = cures.advice((INFO, one.path))
                    cure, why = advice.fix, why + advice.note  # the lock is stale as well
                message = f"{one.path}: {why}"
                yield self.finding(path, message, severity=severity, line=one.line, fix=cure)
        names = {one.path for one in listed}
        last = info_block.lists_until(data, listed)
        for name in sorted(name for name, fact in facts.items() if fact.is_weights):
            if name not in names and not (last and name > last):
                # The block is made from the lock: without a new one it would not list this, either.
                cure = fix
                if lock and name not in locked:
                    cures = cures or _cures(subject, model, lock)
                    cure = cures.anew
                yield self.finding(path, f"{name} is not listed", severity=WARNING, fix=cure)

    def _is_gone(self, subject: Subject, model: Model, name: str) -> bool:
        """Whether a file that Git has not got is gone, not just ignored and not in this clone.

        That is sure of one that this very change removes, or that is not on disk beside weights.
        """
        path = f"{model.path}/{name}"
        if subject.snapshot.has_work_tree:
            if os.path.lexists(os.path.join(subject.repository.top, path)):
                return False
            if model.weights or model.local:
                return True
        return any(change.path == path and not change.oid for change in subject.model_changes)


def _cures(subject: Subject, model: Model, lock: Lock) -> Cures:
    from pmgit.rules import _relock  # most lists are those of their locks

    return _relock.Cures(subject, model, lock)
