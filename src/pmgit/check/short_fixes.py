"""Puts one line to paste, `pmgit fix RULE`, in place of a screen of commands.

Only where `pmgit fix` will find the very same: in the same commits or the same index, by the same
rules and options. Otherwise the commands themselves are printed.
"""

from __future__ import annotations

from pmgit import rules
from pmgit.baseline import forgive
from pmgit.fix import for_staged
from pmgit.snapshots.base import RANGE, STAGED, TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pmgit.baseline.forgive import Baseline
    from pmgit.core.config import Config
    from pmgit.core.finding import Finding, Fix
    from pmgit.snapshots.base import Snapshot


def shortened(
    findings: Sequence[Finding],
    snapshot: Snapshot,
    config: Config,
    baseline: Callable[[], Baseline] | None,
) -> list[Finding]:
    """The findings, with `pmgit fix` for fixes that need a script of the shell; plans have theirs.

    Where that would not find the same, no fix keeps one. `baseline` is the one that forgives in
    place of the snapshot's; where it is none at all, the line has --no-baseline.
    """
    is_none = baseline is forgive.Baseline
    is_found = not baseline or is_none
    if not is_found or not _is_found_again(findings, snapshot, config):
        findings = _each(findings, lambda fix: _shown(fix, ()))
    elif snapshot.origin != RANGE:
        scope = ("--all",) if snapshot.origin == TREE else ()
        lines = _lines(findings, config, scope)
        findings = _each(findings, lambda fix: _shown(fix, lines.get(_key(fix), fix.shown)))
    if is_none:
        findings = _each(findings, _forgiving_nothing)
    return list(findings)


def _each(findings: Iterable[Finding], change: Callable[[Fix], Fix]) -> list[Finding]:
    """The findings with all their fixes changed."""
    return [
        f.but(fix=f.fix and change(f.fix), pasted=f.pasted and change(f.pasted)) for f in findings
    ]


def _shown(fix: Fix, line: tuple[str, ...]) -> Fix:
    """The fix, and each of its parts, shown as this line."""
    if line == fix.shown:
        return fix
    return fix.but(shown=line, parts=tuple(part.but(shown=line) for part in fix.parts))


def _forgiving_nothing(fix: Fix) -> Fix:
    """The fix with --no-baseline in each `pmgit fix`."""
    return fix.but(
        shown=_without_baseline(fix.shown),
        steps=tuple(step.but(argv=_without_baseline(step.argv)) for step in fix.steps),
        parts=tuple(map(_forgiving_nothing, fix.parts)),
    )


def _without_baseline(argv: tuple[str, ...]) -> tuple[str, ...]:
    return (*argv[:2], "--no-baseline", *argv[2:]) if argv[:2] == ("pmgit", "fix") else argv


def _lines(
    findings: Sequence[Finding], config: Config, scope: tuple[str, ...]
) -> dict[tuple[object, ...], tuple[str, ...]]:
    """The `pmgit fix` for each fix that needs a script of the shell, by `_key`."""
    rules_of: dict[tuple[object, ...], set[str]] = {}
    for finding in findings:
        fix = finding.pasted
        if fix and not fix.shown and any(step.argv[0] == "sh" for step in fix.steps):
            rules_of.setdefault(_key(fix), set()).add(finding.rule)
    return {key: for_staged.by_pmgit(config, scope, names) for key, names in rules_of.items()}


def _key(fix: Fix) -> tuple[object, ...]:
    """A key that is equal for fixes that are one and the same."""
    return (fix.key(), tuple(step.items for step in fix.steps))


def _is_found_again(findings: Sequence[Finding], snapshot: Snapshot, config: Config) -> bool:
    """Whether `pmgit fix` will judge what was judged, when the line is pasted."""
    if snapshot.origin == STAGED and for_staged.of_commit(snapshot.repository):
        return False  # this index is gone by then
    if snapshot.is_part:
        return False
    left_out = config.values["ignore"]
    names = {finding.rule for finding in findings}
    return not any(name in left_out or rules.RULES[name].family in left_out for name in names)
