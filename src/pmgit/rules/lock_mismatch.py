"""The rule `lock-mismatch`."""

from __future__ import annotations

from pmgit.core.finding import ERROR, WARNING
from pmgit.core.rule import LOCKS, Rule
from pmgit.core.units import listed
from pmgit.git.blob import NOT_HERE
from pmgit.model import lock_file, recorded
from pmgit.model.folder import LOCK
from pmgit.model.lock_file import LockError
from pmgit.rules import _relock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model
    from pmgit.model.lock_file import Lock
    from pmgit.model.subject import Subject

#: So many files are named in a message.
_NAMED = 3


class LockMismatch(Rule):
    """A pmgit.lock that does not say the same as the files of its model.

    ## What it reports

    Of a model that a change touches: a `pmgit.lock` that is not one, or that names a path outside
    of its folder; a file whose size or sha256 differs from what the lock has, or that is taken out
    of Git and off the disk. The sha256 of a pointer is its oid. Of weights that Git ignores only
    the size is compared: `pmgit verify` compares the content. These are errors when the weights,
    INFO.md or the lock change, and warnings when the model is only touched. Weights that the lock
    does not list are a warning.

    ## Why it is bad

    `pmgit pull` gets the files of the lock, in every clone. When the lock is not that of the
    weights that were committed, a colleague trains with other weights than you, and nobody sees it.

    ## Example

    New weights were copied over the old ones, and only the pointer was staged:

    ```console
    $ git add pretrained_model/mine/model.safetensors && git commit -m "Trained for longer"
    ```

    ## What to do

    You train or change the model here: `pmgit update MODEL` locks its files as they are now.

    The model has a source: the printed command takes your change out of the commit and leaves it
    on disk. Then you choose. `pmgit pull --replace MODEL` puts the locked files back.
    `pmgit update MODEL` fetches the files that the source has now, and locks these.

    A lock that two branches have changed is not merged by hand: take one side, then
    `pmgit update MODEL`.
    """

    name = "lock-mismatch"
    family = "info"
    severity = "error or warning"
    scope = LOCKS

    def check(self, subject: Subject) -> Iterator[Finding]:
        locks = [(m, m.lock) for m in subject.models if m.touched and m.lock is not None]
        texts = subject.snapshot.contents.texts_of([lock for _, lock in locks], lock_file.MAX_BYTES)
        changed = {change.path for change in subject.model_changes}
        for model, blob in locks:
            if blob.size == NOT_HERE:
                continue  # left on the remote by a partial clone
            severity = ERROR if subject.is_due(model) or blob.path in changed else WARNING
            if not blob.is_regular:
                message = "is a link or a submodule, not a file"
            elif blob.size > lock_file.MAX_BYTES:
                message = f"{blob.size:,} bytes, a lock has at most {lock_file.MAX_BYTES:,}"
            else:
                try:
                    lock = lock_file.parse(texts.get(blob.oid, b""), LOCK)
                except LockError as error:
                    message = error.message
                else:
                    yield from self._judge(subject, model, blob, lock, severity)
                    continue
            advice = _relock.Cures(subject, model, None).advice(())
            message += advice.note
            yield self.finding(blob.path, message, severity=severity, fix=advice.fix)

    def _judge(
        self, subject: Subject, model: Model, blob: Blob, lock: Lock, severity: str
    ) -> Iterator[Finding]:
        cures = _relock.Cures(subject, model, lock)
        facts = recorded.facts(subject, model)
        differs = {
            file.path: why
            for file in lock.files
            if (why := recorded.difference(facts.get(file.path), file.size, file.sha256))
        }
        removed = recorded.removed(subject, model)
        absent = [file.path for file in lock.files if file.path in removed]
        differs |= dict.fromkeys(absent, "gone")
        if any(removed[path] for path in absent):
            severity = ERROR
        if differs:
            other = [f"{path} ({why})" for path, why in differs.items()]
            message = f"not what it locks: {listed(other, _NAMED)}"
            if absent and lock.type == lock_file.LOCAL:
                message += "; if that is deleted for good, lock what is here: pmgit update MODEL"
            elif absent:
                message += (
                    "; to have that back: pmgit pull MODEL; to lock less of the model, remove"
                )
                message += " pmgit.lock, then: pmgit add SOURCE --exclude PATTERN"
            advice = cures.advice(differs)
            message += advice.note
            yield self.finding(blob.path, message, severity=severity, fix=advice.fix)
        locked = {file.path for file in lock.files}
        without = sorted(
            path for path, fact in facts.items() if fact.is_weights and path not in locked
        )
        if without:
            message = f"lists not all weights: {listed(without, _NAMED)}"
            if cures.gone:
                message += f"; listed and not here: {listed(cures.gone, 1)}; if that is deleted for"
                message += " good, lock what is here: pmgit update MODEL"
            yield self.finding(blob.path, message, severity=WARNING, fix=cures.anew)
