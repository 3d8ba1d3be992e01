"""The rule `oversized-model`."""

from __future__ import annotations

from pmgit.finding import Finding, Fix
from pmgit.rule import MODELS, SIZE, Option, Rule
from pmgit.units import show_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model
    from pmgit.model.subject import Subject


class OversizedModel(Rule):
    """A model folder whose raw files are together too large for Git.

    ## What it reports

    A model folder that has grown, by what is new in it, to more than `max-model-size` of raw
    files. Pointers count as the few bytes that they are. A folder that was larger before and
    does not grow is left alone.

    ## Why it is bad

    Many files that are each below every limit make a clone as slow as one that is above it.

    ## Example

    Twenty vocabulary dumps of 900 kB each, added to `pretrained_model/bert-base-uncased/`.

    ## What to do

    Keep what is needed. The printed command takes the largest of the new files out of the index,
    so many that the folder is below the limit again, and leaves them on disk.
    """

    name = "oversized-model"
    family = "size"
    scope = MODELS
    options = (
        Option("max-model-size", SIZE, 10_000_000, "The largest sum of a model's raw files."),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        limit = self.option("max-model-size")
        grown = _grown(subject)
        # Sizes are asked for all models at once: the same few processes for one and for many.
        subject.snapshot.measure(blob for model, _ in grown for blob in model.blobs)
        for model, new in grown:
            total = sum(blob.size for blob in model.blobs if blob.size > 0)
            if total > limit:
                yield self._finding(subject, model, new, total, limit)

    def _finding(
        self, subject: Subject, model: Model, new: list[Blob], total: int, limit: int
    ) -> Finding:
        from pmgit import fixes
        from pmgit.report.shell import merged

        message = (
            f"{show_size(total)} of raw files in the model's folder,"
            f" the limit is {show_size(limit)}"
        )
        chosen = []
        left = total
        for blob in new:
            if left <= limit:
                break
            chosen.append(blob)
            left -= blob.size
        subject.snapshot.learn_filters(blob.path for blob in chosen)
        # What other rules say of the same files must be the same, or two fixes would collide.
        advice = [
            fixes.store(subject, blob)
            if subject.is_weights(blob)
            else fixes.keep_out(subject, blob)
            for blob in chosen
        ]
        note = next((found.note for found in advice if found.note), "")
        plans = [found.fix for found in advice if found.fix]
        # Half of the files taken out would not cure it.
        whole = plans and len(plans) == len(advice)
        fix = Fix.together(merged(plans)) if whole else None
        finding = Finding(model.path, message + note, fix=fix)
        finding.blobs = tuple(chosen)
        return finding


def _grown(subject: Subject) -> list[tuple[Model, list[Blob]]]:
    """The models that have grown, with what is new in them, the largest first.

    What is only moved is neither new nor gone; a pointer is no growth.
    """
    touched = {model.path: model for model in subject.models if model.touched}
    moved = set()
    if subject.snapshot.removed:
        moved = {blob.oid for blob in subject.model_tip_files if subject.is_moved(blob)}
    new: dict[str, list[Blob]] = {}
    for blob in subject.raw_model_tip_files:
        path = subject.model_of(blob.path)
        if path in touched and blob.oid not in moved:
            new.setdefault(path, []).append(blob)
    if not new:
        return []
    growth = {path: sum(blob.size for blob in blobs) for path, blobs in new.items()}
    old = [
        change.old
        for change in subject.model_changes
        if change.before
        and change.before != change.oid
        and (change.oid or change.before not in moved)
    ]
    subject.snapshot.measure(old)
    for blob in old:
        path = subject.model_of(blob.path)
        if path in growth and blob.size > 0:
            growth[path] -= blob.size
    return [
        (touched[path], sorted(blobs, key=lambda blob: -blob.size))
        for path, blobs in new.items()
        if growth[path] > 0
    ]
