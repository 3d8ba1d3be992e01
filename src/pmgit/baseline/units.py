"""The things that findings are about, as a baseline records them: rule, path, blob id, size.

Most findings are about one blob. One about a model is about each of its weights: weights that
are added make it a new finding, and two branches that each accept some merge line by line.
"""

from __future__ import annotations

from pmgit.baseline.entries import NO_BLOB
from pmgit.core.lazy import lazy
from pmgit.model.folder import INFO
from pmgit.model.weights import BINARY_BYTES
from pmgit.snapshots.base import RANGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.model.folder import Model
    from pmgit.model.subject import Subject

#: What is wrong is bytes: a smaller blob at the same path is forgiven too.
MEASURED = frozenset(
    {"oversized-blob", "oversized-model", "tracked-weights", "missing-pointer", "misplaced-weights"}
)
#: What is wrong is the name: whatever the content becomes.
NAMES = frozenset({"unportable-path", "case-collision"})
#: What is wrong is one line of a file, wherever in it; the other lines may change.
LINES = frozenset({"dead-attribute"})
#: What may lie in the work tree only: then it is the path that is forgiven.
UNTRACKED = frozenset({"misplaced-weights", "linked-model", "missing-shard"})
#: Not ours to forgive: the receiver refuses it, or has nothing in the end.
NEVER = frozenset({"absent-object", "host-limit"})


class Unit:
    """One thing that a finding is about; `size` is below 0 where it is not known.

    `at_tip`: it is part of the tree that is judged. In a range of commits, a later commit may
    have taken it away again.
    """

    __slots__ = ("at_tip", "oid", "path", "rule", "size")

    def __init__(self, rule: str, path: str, oid: str, size: int, at_tip: bool = True) -> None:
        self.rule = rule
        self.path = path
        self.oid = oid
        self.size = size
        self.at_tip = at_tip


class Units:
    """The units of all findings of one judgement."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._lines: dict[str, list[bytes]] = {}

    def of(self, findings: list[Finding]) -> list[list[Unit]]:
        """The units of each finding; none where it cannot be forgiven."""
        found = [self._blobs(finding) for finding in findings]
        self._subject.snapshot.contents.measure(blob for blobs in found for blob in blobs or ())
        return [self._units(finding, blobs) for finding, blobs in zip(findings, found, strict=True)]

    def _units(self, finding: Finding, blobs: list[Blob] | None) -> list[Unit]:
        if blobs is None:
            return []
        if not blobs:
            return [Unit(finding.rule, finding.path, NO_BLOB, 0)]
        if finding.rule in LINES:
            oid, size = self._line(blobs[0], finding.line)
            return [Unit(finding.rule, finding.path, oid, size)]
        return [
            Unit(finding.rule, blob.path, blob.oid, blob.size, self._at_tip(blob)) for blob in blobs
        ]

    def _blobs(self, finding: Finding) -> list[Blob] | None:
        """The blobs that a finding is about; None when it cannot be forgiven."""
        if finding.rule in NEVER:
            return None
        blob = self._introduced.get((finding.path, finding.commit))
        if blob is None and not finding.commit:
            blob = self._subject.places.listing.get(finding.path)
            model = None if blob else self._model(finding.path)
            if model is not None:
                # INFO.md that is taken away is a new fault of a model, whatever it was before.
                removed = finding.rule == "missing-info" and model.info_removed
                return None if removed else self._of_model(finding, model)
            blob = blob or self._subject.snapshot.listing().get(finding.path)
            if blob is None and finding.rule in UNTRACKED:
                return []
        return [blob] if blob else None

    def _model(self, path: str) -> Model | None:
        """The model at a path, or the one that lacks the INFO.md of this path."""
        return self._models.get(path) or self._models.get(path.removesuffix(f"/{INFO}"))

    def _of_model(self, finding: Finding, model: Model) -> list[Blob]:
        if finding.rule != "oversized-model":
            return model.weights
        # Its texts may grow: an INFO.md that is written at last is no fault.
        weights = {blob.path for blob in model.weights}
        self._subject.snapshot.contents.measure(model.blobs)
        return [b for b in model.blobs if b.size > BINARY_BYTES or b.path in weights]

    @lazy
    def _models(self) -> dict[str, Model]:
        return {model.path: model for model in self._subject.models}

    @lazy
    def _introduced(self) -> dict[tuple[str, str], Blob]:
        """The new blobs by path and commit; without the commit, as the tip has them."""
        found = {(blob.path, blob.commit): blob for blob in self._subject.introduced}
        if self._subject.origin == RANGE:
            found.update({(blob.path, ""): blob for blob in self._subject.tip_files})
        return found

    def _at_tip(self, blob: Blob) -> bool:
        if self._subject.origin != RANGE:
            return True
        there = self._subject.snapshot.listing().get(blob.path)
        return there is not None and there.oid == blob.oid

    def _line(self, blob: Blob, number: int) -> tuple[str, int]:
        """The id that a line of a blob would have as a blob of its own, and its length."""
        if blob.oid not in self._lines:
            self._lines[blob.oid] = self._subject.snapshot.contents.content_of(blob).split(b"\n")
        lines = self._lines[blob.oid]
        line = lines[number - 1].strip() if 0 < number <= len(lines) else b""
        return self._subject.repository.id_of(line), len(line)
