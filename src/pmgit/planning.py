"""The fixes of all findings of a judgement: right where the blobs are, staged or committed."""

from __future__ import annotations

from pmgit.errors import PmgitError
from pmgit.git.snapshot import RANGE, STAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.config import Config
    from pmgit.finding import Finding, Report
    from pmgit.model.subject import Subject


def plan(
    findings: list[Finding], config: Config, subject: Subject, judge: Callable[..., Report]
) -> None:
    """Give the findings the fixes that are right where they were made.

    `judge` is `checker.judge`: some plans depend on what else is wrong.
    """
    origin = subject.origin
    if origin == STAGED:
        from pmgit import merge_plans

        merge_plans.place(findings, subject)
    elif origin == RANGE:
        _place(findings, config, subject, judge)
    elif not subject.repository.bare:
        _place_unpushed(findings, config, subject, judge)
    from pmgit.setup import unstaged

    unstaged.look(findings, subject)


def _place(
    findings: list[Finding], config: Config, subject: Subject, judge: Callable[..., Report]
) -> None:
    """Give the findings of a range the fixes that are right where its commits are."""
    from pmgit import plans
    from pmgit.git import tree

    def whole_tree(names: list[str]) -> list[Finding]:
        return judge(tree.take(subject.repository), config, names, plans=False).findings

    try:
        plans.place(findings, subject, whole_tree)
    except PmgitError:
        return  # an object that a partial clone lacks: there is no plan, and the findings stand


def _place_unpushed(
    findings: list[Finding], config: Config, subject: Subject, judge: Callable[..., Report]
) -> None:
    """Of a whole tree: what unpushed commits brought in gets their plan.

    Without a remote nobody can tell who has the commits; the fixes are the careful ones then.
    """
    from pmgit.git import position
    from pmgit.plans import OF_EVERY_COMMIT

    repository = subject.repository
    names = sorted({f.rule for f in findings if f.rule in OF_EVERY_COMMIT})
    if not names or not position.has_remotes(repository) or not position.Head(repository).oid:
        return
    try:
        unpushed = judge(position.unpushed(repository).snapshot(), config, names).findings
    except PmgitError:
        return
    placed = {(f.rule, f.path): f for f in unpushed if f.blobs and f.fix}
    for finding in findings:
        better = placed.get((finding.rule, finding.path))
        if better:
            finding.fix, finding.pasted = better.fix, better.pasted
            finding.message = better.message
