"""The rule `oversized-model`."""

from __future__ import annotations

from pmgit.core.finding import Finding, Fix
from pmgit.core.option import SIZE, Option
from pmgit.core.rule import RAW, Rule
from pmgit.core.units import show_both
from pmgit.git.blob import GROWTH, UNKNOWN
from pmgit.model.folder import INFO, LOCK, find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model
    from pmgit.model.subject import Subject


class OversizedModel(Rule):
    """A model folder whose raw files are together too large for Git.

    ## What it reports

    A model folder that has grown, by what is new in it, to more than `max-model-size` of raw
    files. Pointers count as the few bytes that they are. A folder that was larger before and
    does not grow is left alone, also under a new name; INFO.md and pmgit.lock, which every model
    has, are no growth. What moves from one model to another counts for the one that receives it.

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
        large = {model.path for model in subject.models if _may_be_over(limit, model.blobs)}
        if not large:
            return
        grown = [growth for growth in _grown(subject) if growth.model.path in large]
        # Sizes are asked for all models at once: the same few processes for one and for many.
        subject.snapshot.contents.measure(blob for growth in grown for blob in growth.model.blobs)
        for growth in grown:
            total = sum(blob.size for blob in growth.model.blobs if blob.size > 0)
            if total > limit:
                yield self._finding(subject, growth, total, limit)

    def _finding(self, subject: Subject, growth: _Growth, total: int, limit: int) -> Finding:
        from pmgit.core.shell import merged
        from pmgit.fix import for_staged
        from pmgit.model.steering import steers_git

        size, most = show_both(total, limit)
        allowed = f"the limit is {most}" if limit else "where nothing may be"
        message = f"{size} of raw files in the model's folder, {allowed}"
        chosen = []
        left = total
        for blob, more in growth.largest():
            if left <= max(limit, total - growth.sum):
                break
            if not steers_git(blob.path):
                chosen.append(blob)
                left -= more
        subject.snapshot.learn_filters(blob.path for blob in chosen)
        # The advice of other rules for the same files must be the same, or two fixes would collide.
        advice = [for_staged.store(subject, blob) for blob in chosen]
        note = next((found.note for found in advice if found.note), "")
        plans = [found.fix for found in advice if found.fix]
        # Half of the files taken out would not cure it.
        whole = plans and len(plans) == len(advice)
        fix = Fix.together(merged(plans)) if whole else None
        return self.finding(growth.model.path, message + note, fix=fix, blobs=tuple(chosen))


class _Growth:
    """The growth of a model: its new files, and the bytes that each path had before (`was`)."""

    __slots__ = ("model", "new", "was")

    def __init__(self, model: Model) -> None:
        self.model = model
        self.new: list[Blob] = []
        self.was: dict[str, int] = {}

    @property
    def sum(self) -> int:
        """The bytes that the model has more than before."""
        return sum(blob.size for blob in self.new) - sum(self.was.values())

    def lose(self, old: Iterable[Blob]) -> None:
        """Count what is gone; where it has only moved, its new file adds nothing."""
        moved: dict[str, list[str]] = {}
        for blob in self.new:
            moved.setdefault(blob.oid, []).append(blob.path)
        for blob in old:
            if blob.size > 0:
                paths = moved.get(blob.oid)
                self.was[paths.pop() if paths else blob.path] = blob.size

    def largest(self) -> list[tuple[Blob, int]]:
        """Each new file with the bytes that it adds, the largest first."""
        added = [(blob, blob.size - self.was.get(blob.path, 0)) for blob in self.new]
        return sorted(added, key=lambda pair: -pair[1])


def _may_be_over(limit: int, blobs: list[Blob]) -> bool:
    """Whether blobs can be larger together than `limit`, by the sizes that are known so far.

    They may be sizes of the index: no blob has more than GROWTH times as much.
    """
    total = sum(blob.size for blob in blobs if blob.size > 0)
    return total * GROWTH > limit or any(blob.size == UNKNOWN for blob in blobs)


def _grown(subject: Subject) -> list[_Growth]:
    """The models that have grown.

    A file counts where it is: it makes the model that receives it larger, and the one that it
    leaves smaller. A pointer is no growth, nor are the two files that other rules demand.
    """
    touched = {model.path: model for model in subject.models if model.touched}
    demanded = {f"{path}/{name}" for path in touched for name in (INFO, LOCK)}
    found: dict[str, _Growth] = {}
    for blob in subject.raw_model_tip_files:
        path = subject.places.model_of(blob.path)
        if path in touched and blob.path not in demanded:
            found.setdefault(path, _Growth(touched[path])).new.append(blob)
    if not found:
        return []
    old = [
        change.old
        for change in subject.model_changes
        if change.before and change.before != change.oid and change.path not in demanded
    ]
    subject.snapshot.contents.measure(old)
    lost: dict[str, list[Blob]] = {}
    for blob in old:
        lost.setdefault(subject.places.model_of(blob.path), []).append(blob)
    for path, growth in found.items():
        growth.lose(lost.get(path, ()))
    _rename(subject, list(found.values()), lost.get("", []))
    return [growth for growth in found.values() if growth.sum > 0]


def _rename(subject: Subject, grown: Sequence[_Growth], gone: Sequence[Blob]) -> None:
    """Take a new model for the one that is `gone` and has most of its bytes there now.

    It has grown by what it has more than that one had.
    """
    new = {c.path for c in subject.model_changes if c.oid and not c.before}
    grown = [one for one in grown if new.issuperset(blob.path for blob in one.model.blobs)]
    if not grown:
        return
    former: dict[str, list[Blob]] = {}
    for root in subject.roots:
        for path in find([blob.path for blob in gone], root):
            demanded = (f"{path}/{INFO}", f"{path}/{LOCK}")
            former[path] = [
                blob
                for blob in gone
                if blob.path.startswith(f"{path}/") and blob.path not in demanded
            ]
    pairs = []
    for path, blobs in former.items():
        sizes = {blob.oid: blob.size for blob in blobs}
        for growth in grown:
            shared = sum(sizes.get(blob.oid, 0) for blob in growth.new)
            if shared > 0:
                pairs.append((-shared, path, growth.model.path, growth))
    taken: set[str] = set()
    for _, path, name, growth in sorted(pairs, key=lambda pair: pair[:3]):
        if not taken & {path, name}:
            taken |= {path, name}
            growth.lose(former[path])
