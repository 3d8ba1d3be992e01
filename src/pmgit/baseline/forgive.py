"""Forgiven findings: the same blob where it was, a smaller one there, one that has moved.

A move is free once its old path is gone, for one new path; a copy is new. What grew is new.
"""

from __future__ import annotations

from pmgit.baseline.entries import NO_BLOB
from pmgit.baseline.units import MEASURED, NAMES, Units
from pmgit.core.lazy import lazy
from pmgit.git.blob import REGULAR, Blob
from pmgit.git.cat_file import demand
from pmgit.snapshots.base import TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pmgit.baseline.entries import Forgiven
    from pmgit.baseline.units import Unit
    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject

#: Rules whose findings about a blob depend on its name and place.
_BY_PLACE = frozenset({"missing-pointer", "tracked-weights", "oversized-blob"})


class Judged:
    """A finding with what it is about, and the entry (if any) that forgives each of that."""

    __slots__ = ("finding", "pairs")

    def __init__(self, finding: Finding, pairs: list[tuple[Unit, Forgiven | None]]) -> None:
        self.finding = finding
        self.pairs = pairs

    @property
    def is_forgiven(self) -> bool:
        return bool(self.pairs) and all(entry for _, entry in self.pairs)

    def is_at(self, paths: Collection[str]) -> bool:
        """Whether the finding, or what it is about, lies at or below one of these ('': the top)."""
        places = {self.finding.path, *(unit.path for unit, _ in self.pairs)}
        return any(
            place == path or not path or place.startswith(f"{path}/")
            for place in places
            for path in paths
        )


class Baseline:
    """The entries that count in a judgement. Without any, nothing is forgiven."""

    def __init__(self, entries: Iterable[Forgiven] = ()) -> None:
        self.entries = list(entries)

    @lazy
    def by_path(self) -> dict[str, list[Forgiven]]:
        return _grouped(self.entries, "path")

    @lazy
    def by_oid(self) -> dict[str, list[Forgiven]]:
        return _grouped((entry for entry in self.entries if entry.oid != NO_BLOB), "oid")

    def split(
        self, findings: list[Finding], subject: Subject, precedence: Sequence[str]
    ) -> tuple[list[Finding], list[Finding]]:
        """The findings to report, and those that are forgiven."""
        if not self.entries:
            return findings, []
        return by_verdict(self.judge(findings, subject, precedence))

    def judge(
        self, findings: list[Finding], subject: Subject, precedence: Sequence[str]
    ) -> list[Judged]:
        """Every finding with the entries that forgive it.

        Of the rules in `precedence` only the first reports a blob, and so only that is recorded:
        its entry also forgives what the later ones find wrong with the same blob.
        """
        if not findings:
            return []
        units = Units(subject).of(findings)
        whole = [unit for each in units for unit in each]
        look = _Look(self, subject, precedence)
        look.measure(whole)
        found = {(unit.rule, unit.path, unit.oid): look.in_place(unit) for unit in whole}
        look.follow_moves(whole, found)
        return [
            Judged(finding, [(unit, found[unit.rule, unit.path, unit.oid]) for unit in each])
            for finding, each in zip(findings, units, strict=True)
        ]

    def below(self, rule: str, folder: str) -> Forgiven | None:
        """An entry of a rule below a folder."""
        from bisect import bisect

        begin = f"{folder}/"
        at = bisect(self._sorted, (rule, begin), key=_place)
        entry = self._sorted[at] if at < len(self._sorted) else None
        return entry if entry and entry.rule == rule and entry.path.startswith(begin) else None

    @lazy
    def _sorted(self) -> list[Forgiven]:
        return sorted(self.entries, key=_place)


def by_verdict(judged: Sequence[Judged]) -> tuple[list[Finding], list[Finding]]:
    """The findings to report, and those that are forgiven."""
    reported = [each.finding for each in judged if not each.is_forgiven]
    return reported, [each.finding for each in judged if each.is_forgiven]


def _grouped(entries: Iterable[Forgiven], name: str) -> dict[str, list[Forgiven]]:
    found: dict[str, list[Forgiven]] = {}
    for entry in entries:
        found.setdefault(getattr(entry, name), []).append(entry)
    return found


def _place(entry: Forgiven) -> tuple[str, str]:
    return (entry.rule, entry.path)


class _Look:
    """One look of a baseline at one snapshot."""

    def __init__(self, baseline: Baseline, subject: Subject, precedence: Sequence[str]) -> None:
        self._baseline = baseline
        self._subject = subject
        self._rank = {name: rank for rank, name in enumerate(precedence)}
        self._sizes: dict[str, int] = {}

    def in_place(self, unit: Unit) -> Forgiven | None:
        """The entry that forgives a unit where it is."""
        there = self._baseline.by_path.get(unit.path, ())
        here = [entry for entry in there if self._applies_to(entry, unit)]
        for entry in here:
            if entry.oid == unit.oid or entry.rule in NAMES:
                return entry
        if unit.oid == NO_BLOB:
            # A model of which Git has no weights (any more).
            return self._baseline.below(unit.rule, unit.path)
        for entry in here:
            if entry.oid == NO_BLOB:
                continue  # of a model without weights; no blob ever had this size
            if {entry.rule, unit.rule} <= MEASURED and 0 <= unit.size <= self._size(entry):
                return entry
        return None

    def _applies_to(self, entry: Forgiven, unit: Unit) -> bool:
        if entry.rule == unit.rule:
            return True
        rank = self._rank
        return entry.rule in rank and unit.rule in rank and rank[entry.rule] < rank[unit.rule]

    def measure(self, units: list[Unit]) -> None:
        """Find the true sizes of the blobs whose place smaller ones may have taken."""
        oids = {
            entry.oid
            for unit in units
            for entry in self._baseline.by_path.get(unit.path, ())
            if entry.oid not in (unit.oid, NO_BLOB) and entry.rule in MEASURED
        }
        if oids:
            self._sizes = _sizes_here(self._subject, sorted(oids))

    def _size(self, entry: Forgiven) -> int:
        """The size that an entry allows: never more than its blob has, when that is here.

        Or a number that somebody has edited would let anything in.
        """
        return min(entry.size, self._sizes.get(entry.oid, entry.size))

    def follow_moves(
        self, units: list[Unit], found: dict[tuple[str, str, str], Forgiven | None]
    ) -> None:
        """Forgive what lies at a new path: as many paths of a blob as have gone elsewhere."""
        lost: dict[tuple[str, str], list[Unit]] = {}
        for unit in units:
            if found[unit.rule, unit.path, unit.oid] is None and unit.oid in self._baseline.by_oid:
                lost.setdefault((unit.rule, unit.oid), []).append(unit)
        if not lost:
            return
        for (rule, oid), moved in lost.items():
            entries = [e for e in self._baseline.by_oid[oid] if self._applies_to(e, moved[0])]
            gone = {entry.path: entry for entry in entries if entry.path not in self._listing}
            paths = self._came_by_move(oid, sorted({unit.path for unit in moved if unit.at_tip}))
            left = [gone[name] for name in sorted(gone)]
            at = {unit.path: unit for unit in moved}
            for path in paths:
                entry = next((entry for entry in left if self._may_move(entry, at[path])), None)
                if entry:
                    left.remove(entry)
                    found[rule, path, oid] = entry
            for unit in moved:
                # Taken away again by a later commit: the tree has no copy, the history no byte.
                if not unit.at_tip:
                    fitting = (entry for entry in entries if self._may_move(entry, unit))
                    found[rule, unit.path, oid] = next(fitting, None)

    def _may_move(self, entry: Forgiven, unit: Unit) -> bool:
        """Whether a forgiven blob is no more at its new place than it was: no text made weights."""
        if unit.rule not in _BY_PLACE:
            return True
        blob = Blob.known(unit.path, unit.oid, REGULAR[0], unit.size)
        return self._subject.moves.may_come_from(entry.path, blob)

    def _came_by_move(self, oid: str, paths: list[str]) -> list[str]:
        """Of the paths that have a blob, those that can have it by a move; the older ones first.

        A change moves a blob at most as often as it takes it away somewhere. Where it went
        without a finding (a commit of the range moved it there) counts too.
        """
        old = [path for path in paths if path not in self._changed]
        new = [path for path in paths if path in self._changed]
        if not new:
            return old
        changes = self._subject.changes
        taken = sum(change.before == oid and not change.oid for change in changes)
        came = {change.path for change in changes if change.oid == oid != change.before}
        return old + new[: max(taken - len(came.difference(new)), 0)]

    @lazy
    def _changed(self) -> frozenset[str]:
        """The paths that the change adds or alters; none without a "before": in a whole tree."""
        changes = self._subject.changes
        changed = frozenset(change.path for change in changes if change.oid)
        first = not any(change.before for change in changes)
        if self._subject.origin == TREE or (first and changed.issuperset(self._listing)):
            return frozenset()
        return changed

    @lazy
    def _listing(self) -> dict[str, Blob]:
        return self._subject.snapshot.listing()


def _sizes_here(subject: Subject, oids: list[str]) -> dict[str, int]:
    """The sizes of those blobs that are here: a shallow or partial clone lacks some.

    A whole one lacks none: a blob that is not here either has been made up, or is gone.
    """
    repository = subject.repository
    whole = not (repository.is_partial or repository.shallow_commits)
    blobs = [Blob("", oid) for oid in oids]
    here, _ = subject.snapshot.objects.split_present(blobs)
    if not here:
        return {}
    answers = demand(repository, [blob.oid for blob in here])
    found = dict.fromkeys(oids, -1) if whole else {}
    return found | {answer.oid: answer.size for answer in answers if answer.kind == "blob"}
