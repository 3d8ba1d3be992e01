"""The rule `oversized-model`."""

from __future__ import annotations

from pmgit.finding import Finding, Fix
from pmgit.git.blob import REGULAR
from pmgit.model.folder import INFO, LOCK
from pmgit.rule import RAW, SIZE, Option, Rule
from pmgit.units import show_both

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
    does not grow is left alone; INFO.md and pmgit.lock, which every model has, are no growth.

    ## Why it is bad

    Many files that are each below every limit make a clone as slow as one that is above it.

    ## Example

    Twenty vocabulary dumps of 900 kB each, added to `pretrained_model/bert-base-uncased/`.

    ## What to do

    Keep what is needed. The printed command takes the largest of the new files out of the index,
    so many that the folder is below the limit again, or no larger than it was, and leaves them on
    disk.
    """

    name = "oversized-model"
    family = "size"
    scope = RAW
    options = (
        Option("max-model-size", SIZE, 10_000_000, "The largest sum of a model's raw files."),
    )

    def check(self, subject: Subject) -> Iterator[Finding]:
        limit = self.option("max-model-size")
        grown = _grown(subject)
        # Sizes are asked for all models at once: the same few processes for one and for many.
        subject.snapshot.measure(blob for growth in grown for blob in growth.model.blobs)
        for growth in grown:
            total = sum(blob.size for blob in growth.model.blobs if blob.size > 0)
            if total > limit:
                yield self._finding(subject, growth, total, limit)

    def _finding(self, subject: Subject, growth: _Growth, total: int, limit: int) -> Finding:
        from pmgit import fixes
        from pmgit.report.shell import merged

        size, most = show_both(total, limit)
        message = f"{size} of raw files in the model's folder, the limit is {most}"
        chosen = []
        left = total
        for blob, more in growth.largest():
            if left <= max(limit, total - growth.sum):
                break
            chosen.append(blob)
            left -= more
        subject.snapshot.learn_filters(blob.path for blob in chosen)
        # What other rules say of the same files must be the same, or two fixes would collide.
        advice = [fixes.store(subject, blob) for blob in chosen]
        note = next((found.note for found in advice if found.note), "")
        plans = [found.fix for found in advice if found.fix]
        # Half of the files taken out would not cure it.
        whole = plans and len(plans) == len(advice)
        fix = Fix.together(merged(plans)) if whole else None
        finding = Finding(growth.model.path, message + note, fix=fix)
        finding.blobs = tuple(chosen)
        return finding


class _Growth:
    """What makes a model larger: its new files, and how many bytes `was` gone from each path."""

    __slots__ = ("model", "new", "was")

    def __init__(self, model: Model) -> None:
        self.model = model
        self.new: list[Blob] = []
        self.was: dict[str, int] = {}

    @property
    def sum(self) -> int:
        """The bytes that the model has more than before."""
        return sum(blob.size for blob in self.new) - sum(self.was.values())

    def largest(self) -> list[tuple[Blob, int]]:
        """Each new file with the bytes that it brings in, the largest first."""
        brought = [(blob, blob.size - self.was.get(blob.path, 0)) for blob in self.new]
        return sorted(brought, key=lambda pair: -pair[1])


def _grown(subject: Subject) -> list[_Growth]:
    """The models that have grown.

    What is only moved is neither new nor gone; a pointer is no growth, nor are the two files
    that other rules demand.
    """
    touched = {model.path: model for model in subject.models if model.touched}
    demanded = {f"{path}/{name}" for path in touched for name in (INFO, LOCK)}
    # In a range, a commit may move what another has brought: what counts is the whole of it.
    gone: dict[str, int] = {}
    for change in subject.model_changes:
        is_file = not change.oid and change.before_mode in REGULAR
        if is_file and subject.in_model_folder(change.path):
            gone[change.before] = gone.get(change.before, 0) + 1
    moved: dict[str, int] = {}
    found: dict[str, _Growth] = {}
    for blob in subject.raw_model_tip_files:
        path = subject.model_of(blob.path)
        if moved.get(blob.oid, 0) < gone.get(blob.oid, 0):
            moved[blob.oid] = moved.get(blob.oid, 0) + 1
        elif path in touched and blob.path not in demanded:
            found.setdefault(path, _Growth(touched[path])).new.append(blob)
    if not found:
        return []
    old = []
    for change in subject.model_changes:
        if not change.oid and moved.get(change.before):
            moved[change.before] -= 1
        elif change.before and change.before != change.oid and change.path not in demanded:
            old.append(change.old)
    subject.snapshot.measure(old)
    for blob in old:
        growth = found.get(subject.model_of(blob.path))
        if growth and blob.size > 0:
            growth.was[blob.path] = blob.size
    return [growth for growth in found.values() if growth.sum > 0]
