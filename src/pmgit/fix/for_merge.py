"""Fixes in a merge: none may make it take away the other side's files.

A file that is taken out of the index then is recorded as deleted, and everybody who has it loses
it. What comes from the other side is mended where it was made: the merge is aborted, and what has
been resolved in it is kept under a ref; then `pmgit fix` mends that branch, and it is merged again.
"""

from __future__ import annotations

from pmgit.core.finding import ERROR, Fix, Step
from pmgit.fix import for_staged
from pmgit.fix.commit_reach import MERGE, backup_ref, names_of
from pmgit.git.names import HEADS
from pmgit.git.raw_diff import DIFF_INDEX, changes
from pmgit.git.revisions import DETACHED, Head
from pmgit.snapshots import merges, position
from pmgit.snapshots.position import MERGING, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject

#: The size rules report one blob by turns: where one reports it in the merge, another one may
#: report it on the branch.
_OF_BLOBS = ("missing-pointer", "oversized-blob", "tracked-weights")

#: What takes files out of the index, or takes them back to HEAD.
_TAKE = (("git", "rm"), ("git", "restore"))

#: `$1` the ref, then the words of `git commit-tree`. What is resolved on disk counts, too: after
#: `git commit -a` the index is as it was before.
_KEEP = (
    'ref=$1; shift; index=$(git rev-parse --git-path index) && cp "$index" "$index.pmgit" &&'
    ' tree=$(export GIT_INDEX_FILE="$index.pmgit"; git add -u -- :/ && git write-tree) &&'
    ' rm "$index.pmgit" && git update-ref "$ref" "$(git commit-tree "$tree" "$@")"'
)


def with_fixes(findings: list[Finding], subject: Subject) -> list[Finding]:
    """The findings of what is staged, with the fixes that are right while a merge is under way."""
    repository = subject.repository
    merged = merges.heads(repository)
    if not merged:
        return findings
    placed = list(findings)
    theirs: set[int] = set()  # which of them are about what comes from a merged commit
    has_error: dict[str, bool] = {}
    staged = {blob.path for blob in subject.introduced}
    for commit in merged:
        # What differs from it, by what it has there itself.
        code, raw, _ = repository.start(*DIFF_INDEX, commit, "--").wait()
        if code:
            continue  # what the environment names is not here
        other = {change.path: change.before for change in changes(raw)}
        for at, finding in enumerate(placed):
            paths = _files_of(finding, staged)
            if any(path not in other for path in paths):
                theirs.add(at)
                has_error[commit] = has_error.get(commit, False) or finding.severity == ERROR
            elif finding.fix and any(other[path] for path in paths):
                placed[at] = finding.with_fix(_restored(finding.fix, commit, other))
    commits = [commit for commit, is_wrong in has_error.items() if is_wrong]
    plan = _mend(subject, commits, [placed[at] for at in theirs]) if commits else None
    for at, finding in enumerate(placed):
        if at in theirs:
            placed[at] = finding.but(fix=plan if finding.severity == ERROR else None, pasted=None)
        elif plan:
            placed[at] = finding.but(pasted=None)  # there is no merge any more
    first = next((at for at in sorted(theirs) if plan and placed[at].fix), None)
    if first is not None:
        placed[first] = placed[first].but(pasted=plan)
    return placed


def _files_of(finding: Finding, staged: set[str]) -> set[str]:
    """The `staged` files that a finding is about, or that its fix takes out of the index."""
    steps = finding.fix.steps if finding.fix else ()
    paths = {path for step in steps if step.argv[:2] in _TAKE for path in step.items}
    paths |= {finding.path, *(blob.path for blob in finding.blobs)}
    return paths & staged


def _restored(fix: Fix, commit: str, other: dict[str, str]) -> Fix:
    """The fix, but what the merged commit has, too, goes back to what it is there."""
    if fix.parts:
        return Fix.together([_restored(part, commit, other) for part in fix.parts])
    steps: list[Step] = []
    for step in fix.steps:
        if step.argv[:2] != ("git", "rm"):
            steps.append(step)
            continue
        kept = tuple(path for path in step.items if other.get(path))
        gone = tuple(path for path in step.items if not other.get(path))
        if kept:
            steps.append(Step("git", "restore", "--staged", f"--source={commit}", items=kept))
        if gone:
            steps.append(Step(*step.argv, items=gone, option=step.option, names=step.names))
    return Fix(*steps, safe=fix.safe, order=fix.order, warning=fix.warning, about=fix.about)


def _mend(subject: Subject, commits: Sequence[str], findings: list[Finding]) -> Fix:
    """Abort the merge, and mend the branches that are merged."""
    repository = subject.repository
    head = Head(repository)
    steps = [Step("git", "merge", "--abort")]
    kept = ""
    if position.under_way(repository) == MERGING:
        backup = backup_ref(head.ref, head.oid, MERGE)
        parents = [word for oid in (head.oid, *merges.heads(repository)) for word in ("-p", oid)]
        keep = ("sh", "-c", _KEEP, "sh", backup, *parents, "-m", "A merge that was aborted")
        steps.insert(0, Step(*keep))
        kept = f", what has been resolved in it is kept as {backup}"
    names = {finding.rule for finding in findings}
    if names.intersection(_OF_BLOBS):
        names.update(_OF_BLOBS)
    branches, others = [], []
    for commit in commits:
        holders = position.holders(repository, [commit])
        at_tip = [h for h in holders if h.ref.startswith(HEADS) and h.oid == commit]
        found = next((h for h in at_tip if not h.folder), None)
        if found:
            branches.append(short(found.ref))
            steps.append(Step("git", "switch", "-q", branches[-1]))
            which = ("--range", position.typed(found.ref))
            again = for_staged.by_pmgit(subject.config, which, names)
            steps.append(Step(*again))
        elif at_tip:
            others.append(f"{short(at_tip[0].ref)} in {at_tip[0].folder}")
        else:
            others.append(f"{commit[:12]}, which no branch here has")
    if branches:
        back = [short(head.ref)] if head.ref != DETACHED else ["--detach", head.oid]
        steps.append(Step("git", "switch", "-q", *back))
    mended = f", and {names_of(branches)} is mended" if branches else ""
    mended += f"; mend it where it was made: {names_of(others)}" if others else ""
    about = (
        "it comes with the merge, and no remote-tracking ref has it (where a remote does: git"
        f" fetch). The merge is aborted{kept}{mended}; then merge again"
    )
    blamed = {finding.rule for finding in findings if finding.severity == ERROR}
    shown = for_staged.by_pmgit(subject.config, (), blamed) if kept else ()
    return Fix(*steps, about=about, safe=False, shown=shown)
