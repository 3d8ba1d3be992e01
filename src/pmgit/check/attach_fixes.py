"""The fixes of all findings of a judgement: right where the blobs are, staged or committed."""

from __future__ import annotations

from pmgit.check import short_fixes
from pmgit.core.errors import PmgitError
from pmgit.fix import renames
from pmgit.snapshots.base import RANGE, STAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.baseline.forgive import Baseline
    from pmgit.core.config import Config
    from pmgit.core.finding import Finding, Report
    from pmgit.model.subject import Subject


def attach(
    findings: list[Finding],
    config: Config,
    subject: Subject,
    baseline: Callable[[], Baseline] | None,
    judge: Callable[..., Report] | None,
) -> list[Finding]:
    """The findings, sorted by path, with the fixes that are right where they were made.

    Each step returns new findings: renames agree with each other; what is committed, or merged, has
    its plan; what the next `git add` takes again is noted; a screen of plumbing becomes one line.
    `judge` is `check.engine.judge`: some plans depend on what else is wrong. Without it the fixes
    are those for the tree that was judged, wherever its commits are.
    """
    findings = renames.settle(findings, subject)
    if judge is None:
        return findings
    if subject.origin == STAGED:
        from pmgit.fix import for_merge

        findings = for_merge.place(findings, subject)
    elif subject.origin == RANGE:
        findings = _of_range(findings, config, subject, judge)
    elif not subject.repository.bare:
        findings = _of_unpushed(findings, config, subject, judge)
    from pmgit.fix import unstaged

    findings = unstaged.noted(findings, subject)
    return short_fixes.shortened(findings, subject.snapshot, config, baseline)


def _of_range(
    findings: list[Finding], config: Config, subject: Subject, judge: Callable[..., Report]
) -> list[Finding]:
    """The findings of a range with the fixes that are right where its commits are."""
    from pmgit.fix import for_committed
    from pmgit.snapshots import tree

    def whole_tree(names: list[str]) -> list[Finding]:
        return judge(tree.take(subject.repository), config, names, plans=False).findings

    try:
        return for_committed.place(findings, subject, whole_tree)
    except PmgitError:
        # A partial clone lacks an object: there is no plan, and the findings stand.
        return findings


def _of_unpushed(
    findings: list[Finding], config: Config, subject: Subject, judge: Callable[..., Report]
) -> list[Finding]:
    """The findings of a whole tree; those that unpushed commits introduced get the plan for these.

    Without a remote nobody knows who has the commits; the fixes are the careful ones then.
    """
    from pmgit.fix.for_committed import OF_EVERY_COMMIT
    from pmgit.snapshots import position

    repository = subject.repository
    names = sorted({f.rule for f in findings if f.rule in OF_EVERY_COMMIT})
    if not names or not position.has_remotes(repository) or not position.Head(repository).oid:
        return findings
    try:
        unpushed = judge(position.unpushed(repository).snapshot(), config, names).findings
    except PmgitError:
        return findings
    planned = {(f.rule, f.path): f for f in unpushed if f.blobs and f.fix}

    def better(finding: Finding) -> Finding:
        plan = planned.get((finding.rule, finding.path))
        if plan is None:
            return finding
        return finding.but(fix=plan.fix, pasted=plan.pasted, message=plan.message)

    return [better(finding) for finding in findings]
