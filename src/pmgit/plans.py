"""What is right once content is committed: by where the commits are.

Deleting the file, or untracking it, is the wrong advice then: the blob stays in the history. The
last commit is amended, older ones are made anew by `pmgit fix`, what a remote has is left as it
is. Rules that judge only the tip of a range are served by an ordinary new commit. Every plan
begins with a command that fails when something is not committed, keeps the old commits under
`refs/pmgit/backup/`, and leaves the work tree alone.
"""

from __future__ import annotations

import os

from pmgit import clone_plans
from pmgit.finding import ERROR, Fix, Step
from pmgit.git.blob import LINK, encode
from pmgit.git.names import TAGS
from pmgit.git.position import short
from pmgit.model.steering import steers_git
from pmgit.plan_places import Place, backup_ref, names_of
from pmgit.report.shell import merged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from pmgit.finding import Finding
    from pmgit.model.subject import Subject

#: What judges every commit of a range: a new commit on top does not clear these. (The raw blobs
#: of missing-pointer are what the size rules say as soon as that is cured at the tip.)
OF_EVERY_COMMIT = ("oversized-blob", "tracked-weights", "oversized-model", "missing-pointer",
                   "host-limit")  # fmt: skip


def _find_blobs(findings: list[Finding], subject: Subject) -> None:
    """Tell each finding the raw blobs that must leave the history of a range to cure it."""
    links = [blob for blob in subject.introduced if blob.mode == LINK]
    brought = {(blob.path, blob.commit): blob for blob in (*links, *subject.files) if blob.commit}
    for finding in findings:
        found = finding.blobs
        if not found and (finding.path, finding.commit) in brought:
            found = (brought[finding.path, finding.commit],)
        if finding.rule not in OF_EVERY_COMMIT:
            found = ()
        finding.blobs = tuple(
            blob
            for blob in found
            if blob.commit
            and (blob.mode == LINK or subject.is_raw(blob))
            and not steers_git(blob.path)
        )


def place(
    findings: list[Finding], subject: Subject, whole_tree: Callable[[list[str]], list[Finding]]
) -> None:
    """Give the findings of a range the fix that is right where its commits are.

    `whole_tree` judges the index with the named rules; its fixes are those for what is still
    there at the tip.
    """
    snapshot = subject.snapshot
    pushed = snapshot.receiver
    if pushed.tagged:
        _without_commit(findings, pushed.tagged)
        return
    _find_blobs(findings, subject)
    committed = [finding for finding in findings if finding.blobs]
    is_tag = pushed.ref.startswith(TAGS)
    if is_tag and not committed:
        hint = f"; when a commit mends it, move the tag there: git tag -f {short(pushed.ref)}"
        for finding in findings:
            finding.message += hint if finding.severity == ERROR else ""
        return
    place = Place(subject, [blob for finding in committed for blob in finding.blobs])
    names = sorted({f.rule for f in findings if f.blobs or not f.fix})
    if place.hindrance and committed:
        for finding in committed:
            finding.message += f"; {place.hindrance}"
        return
    if place.bare:
        which = pushed.ref if is_tag else place.tip[:12]
        found, fix = clone_plans.choose(findings, committed, which, names)
        _give(found, found, fix)
        return
    if committed and not place.pushed and not place.is_last:
        _give(committed, committed, place.engine(names))
        return
    if not place.is_here or not names:
        return
    cured, whole = at_tip([f for f in findings if f.blobs or not f.fix], whole_tree)
    if committed and not place.pushed and not set(map(id, committed)) <= set(map(id, cured)):
        # What the last commit brought is not there any more, or needs more than a command.
        _give(committed, committed, place.engine(names))
        return
    if not whole.steps:
        return
    links = {blob.path for f in cured for blob in f.blobs if blob.mode == LINK}
    steps = [*_on_disk(subject, whole.steps, links), *whole.steps]
    shown = place.shown(names)
    if not committed:
        about = "a new commit is enough, because this is judged at the tip"
        fix = Fix(*place.guard(cured), *steps, *commit_of(cured), about=about, shown=shown)
        fix.safe, fix.warning = whole.safe, whole.warning
    elif place.pushed:
        about = (
            f"{names_of(place.pushed)} has it already, so the history keeps it; from a new commit"
            " on it is as it should be. To take it out of the history, everybody who has a clone"
            " must agree"
        )
        fix = Fix(*place.guard(cured), *steps, *commit_of(cured), about=about, shown=shown)
        fix.safe, fix.warning = False, whole.warning
    else:
        fix = place.amend(cured, steps, shown)
    _give(cured, cured, fix)


def _without_commit(findings: list[Finding], refs: dict[str, str]) -> None:
    """The way out for tags on blobs and trees: they stay here, under another name.

    A blob is judged under the name of its ref, a tree by its files.
    """
    grouped: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        mine = (finding.path,) if finding.path in refs else tuple(refs)
        grouped.setdefault(mine, []).append(finding)
    for mine, group in grouped.items():
        if not all(ref.startswith("refs/") for ref in mine):
            continue  # a blob that is pushed by its id
        steps = []
        for ref in mine:
            words = (backup_ref(ref, refs[ref]), refs[ref])
            steps.append(Step("git", "update-ref", *words, names="verbatim"))
            steps.append(Step("git", "update-ref", "-d", ref, refs[ref], names="verbatim"))
        backups = [backup_ref(ref, refs[ref]) for ref in mine]
        about = (
            f"no commit has it: {names_of([short(ref) for ref in mine])} goes from the clone, and"
            f" is kept there as {names_of(backups)}; push without it"
        )
        _give(group, group, Fix(*steps, about=about, safe=False))


def _give(findings: list[Finding], printed: list[Finding], fix: Fix) -> None:
    """The same plan for all of them, printed once."""
    for finding in findings:
        finding.fix, finding.pasted = fix, None
    if printed:
        printed[0].pasted = fix


def at_tip(
    findings: list[Finding], whole_tree: Callable[[list[str]], list[Finding]]
) -> tuple[list[Finding], Fix]:
    """Which findings of a range can be cured where its tip is checked out, and by what."""
    wanted = {(f.rule, f.path) for f in findings}
    if not wanted:
        return [], Fix()
    judged = whole_tree(sorted({rule for rule, _ in wanted}))
    fresh = {(f.rule, f.path): f for f in judged if (f.rule, f.path) in wanted and f.fix}
    cured = [f for f in findings if (f.rule, f.path) in fresh]
    fixes = merged(f.pasted for f in fresh.values() if f.pasted)
    warning = next((fix.warning for fix in fixes if fix.warning), "")
    return cured, Fix(*unique(fixes), safe=all(fix.safe for fix in fixes), warning=warning)


def _on_disk(subject: Subject, steps: Sequence[Step], links: Collection[str]) -> list[Step]:
    """What is taken out of Git is on disk first, in a sparse checkout too; not too long `links`."""
    taken = [path for step in steps if step.argv[:2] == ("git", "rm") for path in step.items]
    top = os.fsencode(subject.repository.top)
    taken = [path for path in taken if path not in links]
    absent = [path for path in taken if not os.path.lexists(os.path.join(top, encode(path)))]
    restore = ("git", "restore", "--ignore-skip-worktree-bits")
    return [Step(*restore, items=tuple(absent))] if absent else []


def unique(fixes: Iterable[Fix]) -> list[Step]:
    """The steps of fixes, one after the other; a command that several need stands once."""
    found: list[Step] = []
    keys = set()
    for fix in fixes:
        for step in fix.steps:
            key = (step.key(), step.items)
            if key not in keys:
                keys.add(key)
                found.append(step)
    return found


def commit_of(findings: list[Finding]) -> list[Step]:
    """The new commit that holds what cures these findings."""
    rules = ", ".join(sorted({finding.rule for finding in findings}))
    return [Step("git", "commit", "-q", "-m", f"Fix {rules}", names="verbatim")]
