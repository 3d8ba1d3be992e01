"""The fixes of all findings of a judgement: right where the blobs are, staged or committed.

One line to paste, `pmgit fix RULE`, takes the place of a screen of commands, but only where it will
find the very same: in the same commits or the same index, by the same rules and options.
"""

from __future__ import annotations

from pmgit import rules
from pmgit.baseline import forgive
from pmgit.core.errors import PmgitError
from pmgit.fix import for_staged, renames
from pmgit.git import attributes
from pmgit.gitfiles import models_folders
from pmgit.snapshots.base import RANGE, STAGED, TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pmgit.baseline.forgive import Baseline
    from pmgit.core.config import Config
    from pmgit.core.finding import Finding, Fix, Report
    from pmgit.model.subject import Subject
    from pmgit.snapshots.base import Snapshot


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

        findings = for_merge.with_fixes(findings, subject)
    elif subject.origin == RANGE:
        findings = _of_range(findings, config, subject, judge)
    elif not subject.repository.bare:
        findings = _of_unpushed(findings, config, subject, judge)
    findings = _with_returning_files(findings, subject)
    return _shortened(findings, subject.snapshot, config, baseline)


def _of_range(
    findings: list[Finding], config: Config, subject: Subject, judge: Callable[..., Report]
) -> list[Finding]:
    """The findings of a range with the fixes that are right where its commits are."""
    from pmgit.fix import for_committed
    from pmgit.snapshots import tree

    def whole_tree(names: list[str]) -> list[Finding]:
        return judge(tree.take(subject.repository), config, names, plans=False).findings

    try:
        return for_committed.with_fixes(findings, subject, whole_tree)
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
    from pmgit.git.revisions import Head
    from pmgit.snapshots import position

    repository = subject.repository
    names = sorted({f.rule for f in findings if f.rule in OF_EVERY_COMMIT})
    if not names or not position.has_remotes(repository):
        return findings
    head = Head(repository)
    if not head.oid:
        return findings
    try:
        snapshot = position.unpushed(repository, head=head).snapshot()
        unpushed = judge(snapshot, config, names).findings
    except PmgitError:
        return findings
    planned = {(f.rule, f.path): f for f in unpushed if f.blobs and f.fix}

    def better(finding: Finding) -> Finding:
        plan = planned.get((finding.rule, finding.path))
        if plan is None:
            return finding
        return finding.but(fix=plan.fix, pasted=plan.pasted, message=plan.message)

    return [better(finding) for finding in findings]


def _shortened(
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


def _with_returning_files(findings: list[Finding], subject: Subject) -> list[Finding]:
    """The findings, each with the files that its fix leaves on disk and that come again.

    None where ignore rules hide them already, or the fix itself writes rules that do.
    """
    if subject.repository.bare:
        return findings
    written = any(_writes_rules(finding) for finding in findings) and _would_change(subject)
    taken = [
        (finding, *(([], []) if written and _writes_rules(finding) else _taken(finding, subject)))
        for finding in findings
    ]
    removed = dict.fromkeys(path for _, out, _ in taken for path in out)
    hidden = attributes.ignored(subject.repository, removed)
    return [
        finding.but(again=([path for path in out if path not in hidden], changed))
        for finding, out, changed in taken
    ]


def _writes_rules(finding: Finding) -> bool:
    """Whether the fix has ignore rules written."""
    steps = finding.fix.steps if finding.fix else ()
    return any(step.argv[:2] == ("pmgit", "gitignore") for step in steps)


def _would_change(subject: Subject) -> bool:
    """Whether `pmgit gitignore` would write anything: what stands there already hides no more."""
    from pmgit.gitfiles import ignore_block

    if not models_folders.ignore_blocks(subject.repository, subject.roots):
        return True  # no need to work out the block where there is none
    try:
        return bool(ignore_block.plan(subject.repository, subject.config, None).changes)
    except PmgitError:
        return True  # it will say itself what is in its way


def _taken(finding: Finding, subject: Subject) -> tuple[list[str], list[str]]:
    """The files that the fix takes out of Git, and those that it only takes out of the change."""
    steps = finding.fix.steps if finding.fix else ()
    removed: list[str] = []
    changed: list[str] = []
    for step in steps:
        if step.argv[:3] == ("git", "rm", "--cached"):
            removed += step.items
        elif step.argv[:3] == ("git", "restore", "--staged") and "--worktree" not in step.argv:
            changed += step.items
        elif step.argv[:2] == ("pmgit", "fix"):  # it has the rules of models written, too
            paths = dict.fromkeys(blob.path for blob in finding.blobs)
            removed += [p for p in paths if not (subject.in_models(p) or subject.is_lfs(p))]
    return removed, changed
