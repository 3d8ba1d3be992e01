"""The rule `oversized-model`."""

from __future__ import annotations

from pmgit import fixes
from pmgit.finding import Finding
from pmgit.rule import MODELS, SIZE, Option, Rule
from pmgit.units import show_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.snapshot import Blob
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
        for model in subject.models:
            if not model.touched:
                continue
            new = self._grown(subject, model)
            if not new:
                continue
            subject.snapshot.measure(model.blobs)
            total = sum(blob.size for blob in model.blobs if blob.size > 0)
            if total > limit:
                yield self._finding(subject, model, new, total, limit)

    def _grown(self, subject: Subject, model: Model) -> list[Blob]:
        """The files that are new in the folder, the largest first; none when it did not grow."""
        known = {blob.path: blob for blob in subject.tip_files if not subject.is_moved(blob)}
        new = [known[b.path] for b in model.blobs if b.path in known and known[b.path].size > 0]
        inside = f"{model.path}/"
        old = [c.old for c in subject.changes if c.before and c.path.startswith(inside)]
        subject.snapshot.measure(old)
        if sum(blob.size for blob in new) <= sum(blob.size for blob in old if blob.size > 0):
            return []
        return sorted(new, key=lambda blob: -blob.size)

    def _finding(
        self, subject: Subject, model: Model, new: list[Blob], total: int, limit: int
    ) -> Finding:
        message = (
            f"{show_size(total)} of raw files in the model's folder,"
            f" the limit is {show_size(limit)}"
        )
        chosen: list[fixes.Advice] = []
        left = total
        for blob in new:
            if left <= limit:
                break
            chosen.append(fixes.keep_out(subject, blob))
            left -= blob.size
        note = next((advice.note for advice in chosen if advice.note), "")
        plans = [advice.fix for advice in chosen if advice.fix]
        fix = None
        if plans and len(plans) == len(chosen):
            from pmgit.report.shell import merged

            together = merged(plans)
            fix = together[0] if len(together) == 1 else None
        return Finding(model.path, message + note, fix=fix)
