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
from pmgit.finding import Fix, Step
from pmgit.git import position
from pmgit.git.blob import encode
from pmgit.git.position import DETACHED, HEADS, REMOTES, TAGS, short
from pmgit.git.tree import CommitSnapshot
from pmgit.git.trees import Rewriter
from pmgit.report.shell import merged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pmgit.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.git.position import Holder
    from pmgit.model.subject import Subject

BACKUP = "refs/pmgit/backup/"
#: What judges every commit of a range: a new commit on top does not clear these. (The raw blobs
#: of missing-pointer are what the size rules say as soon as that is cured at the tip.)
OF_EVERY_COMMIT = ("oversized-blob", "tracked-weights", "oversized-model", "missing-pointer",
                   "host-limit")  # fmt: skip
_AMEND = ("git", "commit", "-q", "--amend", "--no-edit", "--allow-empty", "--cleanup=verbatim")
#: So many names stand in a sentence.
_NAMED = 3


def _find_blobs(findings: list[Finding], subject: Subject) -> None:
    """Tell each finding the raw blobs that must leave the history of a range to cure it."""
    brought = {(blob.path, blob.commit): blob for blob in subject.files if blob.commit}
    for finding in findings:
        found = finding.blobs
        if not found and (finding.path, finding.commit) in brought:
            found = (brought[finding.path, finding.commit],)
        if finding.rule not in OF_EVERY_COMMIT:
            found = ()
        finding.blobs = tuple(blob for blob in found if blob.commit and subject.is_raw(blob))


def backup_ref(ref: str, oid: str) -> str:
    """Where the old commits of a branch are kept: the id comes first, so no two names collide."""
    return f"{BACKUP}{oid[:12]}/{short(ref) if ref != DETACHED else DETACHED}"


def place(
    findings: list[Finding], subject: Subject, whole_tree: Callable[[list[str]], list[Finding]]
) -> None:
    """Give the findings of a range the fix that is right where its commits are.

    `whole_tree` judges the index with the named rules; its fixes are those for what is still
    there at the tip.
    """
    _find_blobs(findings, subject)
    committed = [finding for finding in findings if finding.blobs]
    place = _Place(subject, [blob for finding in committed for blob in finding.blobs])
    names = sorted({f.rule for f in findings if f.blobs or not f.fix})
    if place.hindrance and committed:
        for finding in committed:
            finding.message += f"; {place.hindrance}"
        return
    if place.bare:
        found, fix = clone_plans.choose(findings, committed, place.tip, names)
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
    steps = [*_on_disk(subject, whole.steps), *whole.steps]
    if not committed:
        about = "a new commit is enough, because this is judged at the tip"
        fix = Fix(*place.guard(cured), *steps, *commit_of(cured), about=about)
        fix.safe, fix.warning = whole.safe, whole.warning
    elif place.pushed:
        about = (
            f"{_names(place.pushed)} has it already, so the history keeps it; from a new commit on"
            " it is as it should be. To take it out of the history, everybody who has a clone"
            " must agree"
        )
        fix = Fix(*place.guard(cured), *steps, *commit_of(cured), about=about, safe=False)
        fix.warning = whole.warning
    else:
        fix = place.amend(cured, steps)
    _give(cured, cured, fix)


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


def _on_disk(subject: Subject, steps: Sequence[Step]) -> list[Step]:
    """What is taken out of Git is on disk first, in a sparse checkout too."""
    taken = [path for step in steps if step.argv[:2] == ("git", "rm") for path in step.items]
    top = os.fsencode(subject.repository.top)
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


def _names(names: Sequence[str]) -> str:
    shown = list(names[:_NAMED])
    if len(names) > _NAMED:
        shown.append(f"{len(names) - _NAMED} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


class _Place:
    """Where the flagged commits of a range are, and what may be done with them."""

    def __init__(self, subject: Subject, blobs: list[Blob]) -> None:
        self._subject = subject
        self._blobs = blobs
        flagged = {blob.commit for blob in blobs}
        repository = self._repository = subject.repository
        snapshot = subject.snapshot
        known = snapshot if isinstance(snapshot, CommitSnapshot) else None
        self.tip = snapshot.tip
        self._excluded = known.excluded if known else ()
        self._unpushed = snapshot.receiver is not None or bool(known and known.unpushed)
        #: A server that receives: only the pusher, in a clone, can do something.
        self.bare = repository.bare or snapshot.received
        self.hindrance = ""
        self.pushed: list[str] = []
        self._holders: list[Holder] = []
        self._head = position.Head(repository)
        at_tip = not self.bare and bool(self.tip) and self._head.oid == self.tip
        ref = known.ref if known else ""
        pushed_ref = ref if ref.startswith(HEADS) else ""
        self.is_here = at_tip and pushed_ref in ("", self._head.ref)
        self.is_last = self.is_here and flagged == {self.tip}
        self._ref = self._head.ref if self.is_here else pushed_ref
        if self.bare or not self.tip:
            if not self.tip:
                self.hindrance = "no branch has it: delete the ref, and push without it"
            return
        if flagged:
            self._look()
        busy = position.under_way(repository)
        if busy:
            self.is_here = False
            self.hindrance = f"finish or abort the {busy} that is under way, then: pmgit fix"

    def _look(self) -> None:
        self._holders = position.holders(self._repository, {b.commit for b in self._blobs})
        remotes = [short(h.ref) for h in self._holders if h.ref.startswith(REMOTES)]
        if not self._unpushed:
            self.pushed = remotes
        branches = [h for h in self._holders if h.ref.startswith(HEADS)]
        if self._ref != DETACHED and self._ref not in {h.ref for h in branches}:
            self._ref = ""  # it is gone, or has moved meanwhile
        if not self._ref:
            best = [h.ref for h in branches if h.oid == self.tip]
            best += [h.ref for h in branches if h.ref == self._head.ref]
            self._ref = next(iter([*best, *(h.ref for h in branches)]), "")
        if not self._ref and not self.pushed:
            self.hindrance = (
                "no branch has it: make one, and push that:"
                f" git switch -c NAME {self.tip[:12]}, then: pmgit fix; a tag stays on the old"
                " commit until it is moved: git tag -f"
            )
        commits = position.Unpushed(self._repository, self._ref, self.tip, self._excluded).commits()
        self._all = {oid for oid, _ in commits}
        without = Rewriter(self._repository, {(b.path, b.oid): "" for b in self._blobs})
        self._affected = without.work_out(oid for oid, _ in commits).ids
        if not self.pushed and self._repository.shallow_commits.intersection(self._affected):
            self.hindrance = "the clone is shallow there: git fetch --unshallow, then: pmgit fix"

    def _who(self) -> str:
        """Who else has the commits, for the words of a plan."""
        said = []
        remotes = [short(h.ref) for h in self._holders if h.ref.startswith(REMOTES)]
        others = [
            short(h.ref)
            for h in self._holders
            if h.ref.startswith((HEADS, TAGS)) and h.ref != self._ref
        ]
        if remotes:
            said.append(f"whoever has fetched {_names(remotes)} keeps the old ones")
        else:
            said.append("unpushed, so nobody else is affected")
        if others:
            one = len(others) == 1
            verbs = ("has", "stays as it is") if one else ("have", "stay as they are")
            said.append(f"{_names(others)} {verbs[0]} the old ones too and {verbs[1]}")
        return "; ".join(said)

    def guard(self, cured: list[Finding]) -> list[Step]:
        """The steps that fail, and say why, unless everything is as it is in the tip."""
        # Where the attributes ask for a pointer, git may take the raw file for a changed one.
        raw = sorted({f.path for f in cured if self._subject.is_lfs(f.path)})
        apart = ("--", ":/", *(f":(top,exclude,literal){path}" for path in raw)) if raw else ()
        diff = ("git", "diff", "--stat", "--exit-code", "--ignore-submodules=dirty")
        return [
            Step("git", "diff", "--cached", "--stat", "--exit-code", self.tip, names="verbatim"),
            Step(*diff, *apart, names="verbatim"),
        ]

    def amend(self, cured: list[Finding], steps: list[Step]) -> Fix:
        """Make the last commit anew, by plain git."""
        backup = backup_ref(self._ref, self.tip)
        about = (
            f"amends the last commit of {short(self._ref)} ({self._who()});"
            f" the old one is kept as {backup}"
        )
        return Fix(
            *self.guard(cured),
            Step("git", "update-ref", backup, self.tip, names="verbatim"),
            *steps,
            # The commit may hold nothing else; it stays, with its message.
            Step(*_AMEND, names="verbatim"),
            about=about,
            safe=False,
        )

    def engine(self, names: list[str]) -> Fix:
        """Make commits anew where plain git has no safe command for it: `pmgit fix`."""
        count = len(self._affected)
        about = (
            f"makes {'1 commit' if count == 1 else f'{count} commits'} of {short(self._ref)} anew"
            f" ({self._who()}); the old ones are kept as {backup_ref(self._ref, self.tip)}"
        )
        name = short(self._ref) if self._ref != DETACHED else DETACHED
        steps = [Step("pmgit", "fix", *self._named(name), *names, names="verbatim")]
        if self._ref != self._head.ref:
            # Checked out, its weights are on disk, and stay there.
            steps.insert(0, Step("git", "switch", "-q", name, names="verbatim"))
            steps.append(Step("git", "checkout", "-q", "-", names="verbatim"))
        return Fix(*steps, about=about, safe=False)

    def _named(self, name: str) -> list[str]:
        """The option that says which commits, where `pmgit fix` alone would mean others."""
        meant = position.unpushed(self._repository, "" if self._ref == self._head.ref else name)
        base = next((word[1:] for word in self._excluded if word[0] == "^"), "")
        same = meant.tip == self.tip and {oid for oid, _ in meant.commits()} == self._all
        return [] if same or not base else ["--range", f"{base}..{name}"]
