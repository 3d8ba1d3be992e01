"""Changes of a baseline: free moves are followed, accepted findings added, the rest is refused."""

from __future__ import annotations

from pmgit.baseline.entries import NO_BLOB, BaselineFile, Forgiven
from pmgit.baseline.forgive import Baseline, by_verdict
from pmgit.baseline.units import LINES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pmgit.baseline.forgive import Judged
    from pmgit.baseline.units import Unit
    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

#: The reason of everything that the first baseline takes in, when no other is given.
FIRST_REASON = "there before pmgit"
#: What these say depends on the machine: that they are silent here proves nothing.
HERE_ONLY = frozenset({"ignored-info"})


class Recorder(Baseline):
    """A baseline that keeps what a judgement found, and by which entry it is forgiven."""

    judged: Sequence[Judged] = ()

    def split(
        self, findings: list[Finding], subject: Subject, precedence: Sequence[str]
    ) -> tuple[list[Finding], list[Finding]]:
        self.judged = self.judge(findings, subject, precedence)
        return by_verdict(self.judged)


class BaselineUpdate:
    """The entries of `file` as they become.

    `added` is new, `followed` are entries that go where their blob went or shrink with it,
    `dropped` are those that are no longer needed, `refused` the findings that stay unforgiven.
    `never` are those of `refused` that no baseline can forgive.
    """

    def __init__(self, file: BaselineFile, judged: Sequence[Judged]) -> None:
        self._file = file
        self._judged = judged
        self._kept: dict[tuple[str, str, str], Forgiven] = {}
        self._before: dict[tuple[str, str], list[Forgiven]] = {}
        for entry in file.entries:
            self._kept.setdefault(entry.key, entry)
            self._before.setdefault((entry.path, entry.rule), []).append(entry)
        self._used: set[tuple[str, str, str]] = set()
        self.added: list[Forgiven] = []
        self.dropped: list[Forgiven] = []
        self.followed: list[tuple[Forgiven, Forgiven]] = []
        self.refused: list[Finding] = []
        self.never: list[Finding] = []

    def run(self, accept: Collection[str] | None, reason: str) -> None:
        """Take in what is free, and the new findings at or below the paths `accept`.

        None accepts everything: that is how a baseline begins.
        """
        new = []
        for each in self._judged:
            if each.is_forgiven:
                for unit, entry in each.pairs:
                    if entry:
                        self._follow(entry, unit)
            elif each.pairs and (accept is None or each.is_at(accept)):
                new.append(each)
            else:
                self.refused.append(each.finding)
                if not each.pairs:
                    self.never.append(each.finding)
        self.refused.sort(key=lambda finding: (finding.path, finding.line, finding.rule))
        for each in new:
            for unit, entry in each.pairs:
                if entry:
                    self._follow(entry, unit)
                else:
                    self._add(unit, reason)

    def _add(self, unit: Unit, reason: str) -> None:
        entry = Forgiven(unit.path, unit.rule, unit.oid, max(unit.size, 0), reason)
        if entry.key not in self._kept:
            self.added.append(entry)
            self._kept[entry.key] = entry
        self._used.add(entry.key)
        # What stood here before is outgrown; a line of a file stands beside other lines.
        if unit.rule not in LINES:
            for old in self._before.get((unit.path, unit.rule), ()):
                if old.key != entry.key:
                    self._drop(old)

    def _follow(self, entry: Forgiven, unit: Unit) -> None:
        # An entry of a rule that takes precedence keeps its name: it forgives both.
        new = Forgiven(unit.path, entry.rule, unit.oid, max(unit.size, 0), entry.reason)
        self._used.add(new.key)
        if new.key in self._kept:
            return
        new.comments = entry.comments
        self._kept[new.key] = new
        self.followed.append((entry, new))
        if entry.key not in self._used:
            self._kept.pop(entry.key, None)

    def _drop(self, entry: Forgiven) -> None:
        if self._kept.pop(entry.key, None):
            self.dropped.append(entry)

    def prune(
        self, tree: dict[str, Blob], ran: Collection[str], known: Collection[str], *, whole: bool
    ) -> None:
        """Drop what nothing needs any more; `run` has to come first.

        That is an entry whose blob left the `tree`, and one whose fault is cured: its rule `ran`
        over everything (`whole`: no object was missing) and finds nothing. An entry whose rule is
        not among the `known` ones stays: a newer pmgit wrote it.
        """
        oids = {blob.oid for blob in tree.values()}
        folders = {path[:at] for path in tree for at, char in enumerate(path) if char == "/"}
        for entry in list(self._kept.values()):
            if entry.key in self._used or entry.rule not in known:
                continue
            cured = whole and entry.rule in ran and entry.rule not in HERE_ONLY
            if entry.oid == NO_BLOB:
                # Of a model that only lies in somebody's work tree, the tree says nothing.
                gone = cured and entry.path in folders
            else:
                gone = cured or (entry.oid not in oids and entry.rule not in LINES)
            if gone:
                self._drop(entry)

    @property
    def file(self) -> BaselineFile:
        """The baseline as it becomes."""
        return BaselineFile(list(self._kept.values()), self._file.below, self._file.line_end)

    @property
    def forgiven(self) -> int:
        """The number of today's findings that it forgives."""
        return len(self._judged) - len(self.refused)
