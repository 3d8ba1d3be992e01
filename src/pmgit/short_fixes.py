"""The one line that people get to paste in place of a screen of plumbing: `pmgit fix RULE`.

It is printed only where `pmgit fix` will find the very same: in the same commits or the same index,
by the same rules and options. Otherwise the commands themselves are printed.
"""

from __future__ import annotations

from pmgit import fixes, rules
from pmgit.baseline import forgive
from pmgit.git.snapshot import RANGE, STAGED, TREE
from pmgit.git.tree import CommitSnapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pmgit.baseline.forgive import Baseline
    from pmgit.config import Config
    from pmgit.finding import Finding
    from pmgit.git.snapshot import Snapshot


def shorten(
    findings: Sequence[Finding],
    snapshot: Snapshot,
    config: Config,
    baseline: Callable[[], Baseline] | None,
) -> None:
    """Give the fixes that need a script of the shell their `pmgit fix`; plans have theirs already.

    Where that would not find the same, no fix keeps one. `baseline` is what forgives in place of
    that of the snapshot; none at all is typed again.
    """
    plans = {id(fix): fix for f in findings for fix in (f.fix, f.pasted) if fix}
    parts = {id(part): part for plan in plans.values() for part in (plan, *plan.parts)}
    is_none = baseline is forgive.Baseline
    is_found = not baseline or is_none
    if not is_found or not _is_found_again(findings, snapshot, config):
        for part in parts.values():
            part.shown = ()
    elif snapshot.origin != RANGE:
        _shorten(findings, config, ("--all",) if snapshot.origin == TREE else ())
    if is_none:
        for part in parts.values():
            part.shown = _forgiving_nothing(part.shown)
        for step in {id(step): step for plan in plans.values() for step in plan.steps}.values():
            step.argv = _forgiving_nothing(step.argv)


def _forgiving_nothing(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A command with --no-baseline, when it is `pmgit fix`."""
    return (*argv[:2], "--no-baseline", *argv[2:]) if argv[:2] == ("pmgit", "fix") else argv


def _shorten(findings: Sequence[Finding], config: Config, scope: tuple[str, ...]) -> None:
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        fix = finding.pasted
        if fix and not fix.shown and any(step.argv[0] == "sh" for step in fix.steps):
            items = tuple(step.items for step in fix.steps)
            groups.setdefault((fix.key(), items), []).append(finding)
    for group in groups.values():
        line = fixes.by_pmgit(config, scope, {finding.rule for finding in group})
        for pasted in [finding.pasted for finding in group if finding.pasted]:
            for part in (pasted, *pasted.parts):
                part.shown = line


def _is_found_again(findings: Sequence[Finding], snapshot: Snapshot, config: Config) -> bool:
    """Whether `pmgit fix` will judge what was judged, when the line is pasted."""
    if snapshot.origin == STAGED and fixes.of_commit(snapshot.repository):
        return False  # this index is gone by then
    if isinstance(snapshot, CommitSnapshot) and snapshot.is_part:
        return False
    left_out = config.values["ignore"]
    names = {finding.rule for finding in findings}
    return not any(name in left_out or rules.RULES[name].family in left_out for name in names)
