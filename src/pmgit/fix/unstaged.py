"""Which files a fix takes out of the index that the next `git add` would bring back: they stay on
disk, and Git does not know that they are not wanted.
"""

from __future__ import annotations

from pmgit.core.errors import PmgitError
from pmgit.git import attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject


def with_returning_files(findings: list[Finding], subject: Subject) -> list[Finding]:
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
        elif step.argv[:3] == ("git", "restore", "--staged"):
            changed += step.items
        elif step.argv[:2] == ("pmgit", "fix"):  # it has the rules of models written, too
            paths = dict.fromkeys(blob.path for blob in finding.blobs)
            removed += [p for p in paths if not (subject.in_models(p) or subject.is_lfs(p))]
    return removed, changed
