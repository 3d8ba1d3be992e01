"""The result of a judgement: findings, and the fixes that cure them.

Plain classes with `__slots__`: `dataclasses` costs 13 ms to import and these are on the path of
every commit.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

ERROR = "error"  # blocks
WARNING = "warning"  # is printed, blocks nothing


class Value:
    """A value that nobody changes once it is made; its fields are its `__slots__`."""

    __slots__: tuple[str, ...] = ()

    def but(self, **changes: Any) -> Self:
        """The same with other values, named as the slots are."""
        other = object.__new__(type(self))
        for name in self.__slots__:
            setattr(other, name, changes[name] if name in changes else getattr(self, name))
        return other


class Step(Value):
    """One command of a fix: a fixed part, and the items that grow when fixes are merged.

    `argv` is the fixed part. `items` are file names (`option` is `--`) or option values
    (`--pattern`). File names are relative to the top of the repository; how they are shown
    depends on where the command will be pasted (`core.shell`). `names` is the way:
    `pathspec` (git reads them as pathspecs), `path` (relative to the shell's folder),
    `verbatim` (no file names at all).
    """

    __slots__ = ("argv", "items", "names", "option")

    def __init__(
        self,
        *argv: str,
        items: tuple[str, ...] = (),
        option: str = "--",
        names: str = "pathspec",
    ) -> None:
        self.argv = argv
        self.items = items
        self.option = option
        self.names = names

    def key(self) -> tuple[object, ...]:
        """The key that two steps must share to be one command.

        Commands over named paths (`git mv A B`) are never merged: their items are no set.
        """
        fixed = self.items if self.names == "path" else ()
        return (self.argv, self.option, self.names, fixed)


class Fix(Value):
    """Commands that cure a finding when pasted; `safe` when nobody can lose anything by them.

    `order` sorts fixes that are pasted one after the other: what sets up comes first, what
    renames comes last, because it moves the paths that the others name. `warning` is the sentence
    about who can lose what by an unsafe fix. `parts` are the plans of a fix that has several
    (`together`). `about` is the sentence of a plan for committed content: which commits are made
    anew, and who has them.
    `shown` is the one command that people get to read instead of a screen of plumbing: it makes
    `pmgit fix` carry out the steps.
    """

    __slots__ = ("about", "order", "parts", "safe", "shown", "steps", "warning")

    SETUP, CONTENT, RECORD, MOVE = range(4)

    def __init__(
        self,
        *steps: Step,
        safe: bool = True,
        order: int = CONTENT,
        warning: str = "",
        about: str = "",
        shown: tuple[str, ...] = (),
        parts: tuple[Fix, ...] = (),
    ) -> None:
        self.steps = steps
        self.shown = shown
        self.safe = safe
        self.order = order
        self.warning = warning
        self.about = about
        self.parts = parts

    @classmethod
    def together(cls, plans: list[Fix]) -> Fix:
        """One fix that does what all of these do.

        When fixes are merged, each plan is merged by itself: a command that another finding
        needs too is pasted once.
        """
        return cls(
            *(step for plan in plans for step in plan.steps),
            order=max(plan.order for plan in plans),
            safe=all(plan.safe for plan in plans),
            warning=next((plan.warning for plan in plans if plan.warning), ""),
            parts=tuple(plans),
        )

    def key(self) -> tuple[object, ...]:
        steps = (step.key() for step in self.steps)
        return (self.order, self.safe, self.warning, self.about, self.shown, *steps)


class Finding(Value):
    """One thing that is wrong, where, and what cures it.

    `path` is relative to the top of the repository ('' is the repository itself). `line` counts
    from 1 (0: the file as a whole). `commit` is the full id of the commit that introduced it,
    when a range was judged. `content` is the id of the blob when its bytes are the fault: another
    blob at the same path is another finding.

    `fix` is right for what was judged. `pasted` is what it becomes when the fixes of all findings
    are pasted one after the other (`fix.renames.settle`); None when the others leave nothing to
    do.
    `blobs` are what has to leave the history of a range, when it is not the one blob at `path`.
    `again` are the paths that the fix takes out of the index and the next `git add` takes again:
    those that are new to Git, and those that are not.
    """

    __slots__ = (
        "again", "blobs", "commit", "content", "fix", "line", "message", "pasted", "path", "rule",
        "severity",
    )  # fmt: skip

    def __init__(
        self,
        path: str,
        message: str,
        *,
        severity: str = ERROR,
        fix: Fix | None = None,
        line: int = 0,
        commit: str = "",
        rule: str = "",
        content: str = "",
        blobs: tuple[Any, ...] = (),
    ) -> None:
        self.rule = rule
        self.severity = severity
        self.path = path
        self.message = message
        self.fix = fix
        self.pasted = fix
        self.line = line
        self.commit = commit
        self.content = content
        self.blobs = blobs
        self.again: tuple[list[str], list[str]] = ([], [])

    def with_fix(self, fix: Fix | None) -> Self:
        """The same finding, cured by another fix, which is also what is pasted."""
        return self.but(fix=fix, pasted=fix)

    def __repr__(self) -> str:
        return f"Finding({self.path!r}, {self.rule}: {self.message!r}, {self.severity})"


class Report:
    """The findings of one judgement, how many files it looked at, and what it could not see.

    `not_judged` counts what a partial clone lacks, `not_scanned` pointers without their objects:
    of these the content is not judged. `forgiven` are the findings that a baseline forgives; they
    are none of `findings`.
    """

    __slots__ = ("checked", "findings", "forgiven", "not_judged", "not_scanned")

    def __init__(
        self,
        findings: list[Finding],
        checked: int,
        not_judged: int = 0,
        forgiven: list[Finding] | None = None,
        not_scanned: int = 0,
    ) -> None:
        self.findings = findings
        self.checked = checked
        self.not_judged = not_judged
        self.not_scanned = not_scanned
        self.forgiven = forgiven or []

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == ERROR]


def together(reports: Iterable[Report]) -> Report:
    """The reports on the parts of one push as one; a finding of several of them is kept once."""
    reports = list(reports)
    return Report(
        _once(finding for report in reports for finding in report.findings),
        sum(report.checked for report in reports),
        sum(report.not_judged for report in reports),
        _once(finding for report in reports for finding in report.forgiven),
        sum(report.not_scanned for report in reports),
    )


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without those that repeat an earlier one."""
    found: dict[tuple[object, ...], Finding] = {}
    for one in findings:
        found.setdefault((one.rule, one.path, one.line, one.commit, one.message), one)
    return list(found.values())
