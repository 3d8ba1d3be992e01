"""Fixes for what is committed already, by where the commits are.

Deleting the file, or untracking it, is the wrong advice then: the blob stays in the history. The
last commit is amended, older ones are made anew by `pmgit fix`, what a remote has is left as it
is. Rules that judge only the tip of a range are served by an ordinary new commit. Every plan
begins with a command that fails when something is not committed, keeps the old commits under
`refs/pmgit/backup/`, and leaves the work tree alone.
"""

from __future__ import annotations

import os

from pmgit.core.finding import ERROR, WARNING, Fix, Step
from pmgit.core.shell import merged, quote
from pmgit.fix.commit_reach import Reach, backup_ref, names_of
from pmgit.git import work_tree
from pmgit.git.blob import LINK
from pmgit.git.names import TAGS
from pmgit.model.steering import steers_git
from pmgit.snapshots import position
from pmgit.snapshots.position import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

#: The rule on files that no storage makes right: they leave Git, also where Git LFS has weights.
UNSAFE_WEIGHTS = "unsafe-weights"
#: What judges every commit of a range: a new commit on top does not clear these. (The raw blobs
#: of missing-pointer are what the size rules say as soon as that is cured at the tip.)
OF_EVERY_COMMIT = ("oversized-blob", "tracked-weights", "oversized-model", "missing-pointer",
                   UNSAFE_WEIGHTS,
                   "host-limit")  # fmt: skip
#: What is judged at the tip and has a fix in the clone.
_CURED_BY_A_COMMIT = frozenset({
    "bad-model-name", "broken-weights", "case-collision", "ignored-info", "misplaced-weights",
    "missing-info", "text-in-lfs", "uncovered-pointer", "unportable-path",
})  # fmt: skip
_ONLY_NAMED = (UNSAFE_WEIGHTS, WARNING)
_ANEW = "in your clone, where nobody else has these commits, pmgit makes them anew"
_ON_TOP = (
    "in your clone, with this branch checked out: a new commit is enough, because this is judged"
    " at the tip"
)


def _with_blobs(findings: list[Finding], subject: Subject) -> list[Finding]:
    """The findings of a range with the raw blobs that must leave its history to cure them."""
    links = [blob for blob in subject.introduced if blob.mode == LINK]
    at_place = {(blob.path, blob.commit): blob for blob in (*links, *subject.files) if blob.commit}

    def must_leave(blob: Blob) -> bool:
        is_raw = blob.mode == LINK or subject.is_raw(blob)
        return bool(blob.commit) and is_raw and not steers_git(blob.path)

    given = []
    for finding in findings:
        own = at_place.get((finding.path, finding.commit))
        found = finding.blobs or ((own,) if own else ())
        is_judged_everywhere = finding.rule in OF_EVERY_COMMIT
        # Files of which unsafe-weights only warns, such as accepted ones, are no trouble to cure.
        is_cured = is_judged_everywhere and (finding.rule, finding.severity) != _ONLY_NAMED
        leaving = filter(must_leave, found) if is_cured else ()
        given.append(finding.but(blobs=tuple(leaving)))
    return given


def with_fixes(
    findings: list[Finding], subject: Subject, whole_tree: Callable[[list[str]], list[Finding]]
) -> list[Finding]:
    """The findings of a range with the fix that is right where its commits are.

    `whole_tree` judges the index with the named rules; its fixes are those for what is still
    there at the tip.
    """
    snapshot = subject.snapshot
    pushed = snapshot.receiver
    if pushed.tagged:
        return _without_commit(findings, pushed.tagged)
    findings = _with_blobs(findings, subject)
    has_blobs = [bool(finding.blobs) for finding in findings]
    committed = [finding for finding in findings if finding.blobs]
    is_tag = pushed.ref.startswith(TAGS)
    if is_tag and not committed:
        hint = f"; when a commit mends it, move the tag there: git tag -f {short(pushed.ref)}"
        return [f.but(message=f.message + hint) if f.severity == ERROR else f for f in findings]
    reach = Reach(subject, [blob for finding in committed for blob in finding.blobs])
    names = sorted({f.rule for f in findings if f.blobs or not f.fix})
    if reach.hindrance and committed:
        hint = f"; {reach.hindrance}"
        return [f.but(message=f.message + hint) if f.blobs else f for f in findings]
    if reach.bare:
        which = pushed.ref if is_tag else reach.tip[:12]
        if committed:
            return _with_plan(findings, has_blobs, _for_pusher(which, names, anew=True))
        # Of a push that is accepted nothing is left to fix there: warnings have no plan.
        on_top = [f.rule in _CURED_BY_A_COMMIT and f.severity == ERROR for f in findings]
        names = [finding.rule for finding, cures in zip(findings, on_top, strict=True) if cures]
        return _with_plan(findings, on_top, _for_pusher(which, names, anew=False))
    if committed and not reach.pushed and not reach.is_last:
        return _with_plan(findings, has_blobs, reach.engine(names))
    if not reach.is_here or not names:
        return _on_branch(findings, reach.elsewhere) if reach.elsewhere else findings
    cured, whole = at_tip([f for f in findings if f.blobs or not f.fix], whole_tree)
    places = {_place_of(finding) for finding in cured}
    if committed and not reach.pushed and not places.issuperset(map(_place_of, committed)):
        # What the last commit added is gone from the tip, or needs more than a command.
        return _with_plan(findings, has_blobs, reach.engine(names))
    if not whole.steps:
        return findings
    links = {blob.path for f in cured for blob in f.blobs if blob.mode == LINK}
    steps = [*_on_disk(subject, whole.steps, links), *whole.steps]
    shown = reach.shown(names)
    if committed and not reach.pushed:
        fix = reach.amend(cured, steps, shown)
    else:
        about = "a new commit is enough, because this is judged at the tip"
        if committed:
            about = (
                f"{names_of(reach.pushed)} has it already, so the history keeps it; from a new"
                " commit on it is as it should be. To take it out of the history, everybody who"
                " has a clone must agree"
            )
        fix = Fix(
            *reach.guard(cured), *steps, *commit_of(cured),
            about=about, shown=shown, safe=whole.safe and not committed, warning=whole.warning,
        )  # fmt: skip
    meant = [bool(f.blobs or not f.fix) and _place_of(f) in places for f in findings]
    return _with_plan(findings, meant, fix)


def _on_branch(findings: list[Finding], ref: str) -> list[Finding]:
    """The findings with the way to a branch that has to be checked out for a commit on top."""
    switch = f"git switch {quote(short(ref))}"
    hint = f"; on its branch: {switch} && pmgit fix --range {quote(position.typed(ref))}"
    return [
        f.but(message=f.message + hint)
        if f.severity == ERROR and f.rule in _CURED_BY_A_COMMIT
        else f
        for f in findings
    ]


def _for_pusher(which: str, names: Iterable[str], *, anew: bool) -> Fix:
    """The plan of a bare repository: what the pusher does in the clone.

    It cures what these rules found in `which`, a commit or a tag: a server knows neither the branch
    that has it there nor what is on disk, and `pmgit fix` finds both. `anew`: blobs must leave the
    commits, so these are made anew.
    """
    # The pushed branch need not be the one that is checked out there.
    step = Step("pmgit", "fix", "--range", which, *sorted(set(names)))
    return Fix(step, about=_ANEW if anew else _ON_TOP, safe=False)


def _place_of(finding: Finding) -> tuple[str, str]:
    """The rule and path that a finding of a range and one of its tip have in common."""
    return finding.rule, finding.path


def _without_commit(findings: list[Finding], refs: dict[str, str]) -> list[Finding]:
    """The way out for tags on blobs and trees: they stay here, under another name.

    A blob is judged under the name of its ref, a tree by its files.
    """

    def refs_of(finding: Finding) -> tuple[str, ...]:
        return (finding.path,) if finding.path in refs else tuple(refs)

    for mine in dict.fromkeys(map(refs_of, findings)):
        if not all(ref.startswith("refs/") for ref in mine):
            continue  # a blob that is pushed by its id
        steps = []
        for ref in mine:
            words = (backup_ref(ref, refs[ref]), refs[ref])
            steps.append(Step("git", "update-ref", *words))
            steps.append(Step("git", "update-ref", "-d", ref, refs[ref]))
        backups = [backup_ref(ref, refs[ref]) for ref in mine]
        about = (
            f"no commit has it: {names_of([short(ref) for ref in mine])} goes from the clone, and"
            f" is kept there as {names_of(backups)}; push without it"
        )
        fix = Fix(*steps, about=about, safe=False)
        findings = _with_plan(findings, [refs_of(finding) == mine for finding in findings], fix)
    return findings


def _with_plan(findings: Sequence[Finding], meant: Iterable[bool], fix: Fix) -> list[Finding]:
    """The findings, with the same plan for those that are `meant`; it is printed once."""
    given = []
    pasted: Fix | None = fix
    for finding, is_meant in zip(findings, meant, strict=True):
        if is_meant:
            given.append(finding.but(fix=fix, pasted=pasted))
            pasted = None
        else:
            given.append(finding)
    return given


def at_tip(
    findings: list[Finding], whole_tree: Callable[[list[str]], list[Finding]]
) -> tuple[list[Finding], Fix]:
    """The findings of a range that can be cured where its tip is checked out, and the fix."""
    wanted = {_place_of(finding) for finding in findings}
    if not wanted:
        return [], Fix()
    judged = whole_tree(sorted({rule for rule, _ in wanted}))
    fresh = {_place_of(f): f for f in judged if _place_of(f) in wanted and f.fix}
    cured = [finding for finding in findings if _place_of(finding) in fresh]
    fixes = merged(f.pasted for f in fresh.values() if f.pasted)
    warning = next((fix.warning for fix in fixes if fix.warning), "")
    return cured, Fix(*unique(fixes), safe=all(fix.safe for fix in fixes), warning=warning)


def _on_disk(subject: Subject, steps: Sequence[Step], links: Collection[str]) -> list[Step]:
    """The steps that put on disk what leaves Git, also where it is sparse; not too long `links`."""
    taken = [path for step in steps if step.argv[:2] == ("git", "rm") for path in step.items]
    taken = [path for path in taken if path not in links]
    repository = subject.repository
    absent = [p for p in taken if not os.path.lexists(work_tree.on_disk(repository, p))]
    restore = ("git", "restore", "--ignore-skip-worktree-bits")
    return [Step(*restore, items=tuple(absent))] if absent else []


def unique(fixes: Iterable[Fix]) -> list[Step]:
    """The steps of fixes, one after the other; a command that several need stands once."""
    found: dict[tuple[object, ...], Step] = {}
    for fix in fixes:
        for step in fix.steps:
            found.setdefault((step.key(), step.items), step)
    return list(found.values())


def commit_of(findings: list[Finding]) -> list[Step]:
    """The new commit that holds what cures these findings."""
    rules = ", ".join(sorted({finding.rule for finding in findings}))
    return [Step("git", "commit", "-q", "-m", f"Fix {rules}")]
