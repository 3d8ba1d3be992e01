"""Commits made anew without the blobs that must not be in them: the engine of `pmgit fix`.

For what plain git has no safe command: several commits, merges, branches that are not checked
out, with the work tree left alone. New commits are made and judged first; only when they are
clean the branch is moved, from where it was judged to be, and the old commits are kept.
"""

from __future__ import annotations

from pmgit.check import config_lookup, engine
from pmgit.core.errors import PmgitError
from pmgit.core.finding import Fix, Step
from pmgit.core.lazy import lazy
from pmgit.fix import commit_reach, for_committed, for_staged
from pmgit.git import attributes
from pmgit.git.blob import LINK, Blob
from pmgit.git.names import ATTRIBUTES
from pmgit.git.trees import OldObjects, Rewriter
from pmgit.gitfiles import block
from pmgit.gitfiles.attributes import renormalise
from pmgit.lfs import missing, patterns
from pmgit.model.steering import steers_git
from pmgit.model.subject import Subject
from pmgit.rewrite import move_branch
from pmgit.snapshots import position, tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pmgit.baseline.forgive import Baseline
    from pmgit.core.config import Config
    from pmgit.core.finding import Finding, Report
    from pmgit.git.repository import Repository
    from pmgit.git.revisions import Head
    from pmgit.git.trees import Rewritten
    from pmgit.snapshots.base import Snapshot
    from pmgit.snapshots.position import Unpushed

#: What is judged of the new commits besides the rules that were asked for.
_PROOF = ("missing-pointer", "uncovered-pointer", "tracked-weights", "oversized-blob")


class Remake:
    """The commits to make anew: `out` are the blobs to take out, `stored` those for Git LFS.

    `before` are the steps that put on disk what only the index has, in a sparse checkout;
    `after` are those for what an ordinary new commit cures, with that commit.
    """

    def __init__(
        self,
        unpushed: Unpushed,
        config: Config,
        names: Sequence[str],
        report: Report,
        subject: Subject,
    ) -> None:
        self.unpushed = unpushed
        self.is_here = unpushed.is_here
        self.repository = unpushed.repository
        self.config = config
        self.names = list(names)
        self.report = report
        self.out: list[Blob] = []
        self.stored: list[Blob] = []
        self.before: list[Step] = []
        self.after: list[Step] = []
        self.backup = commit_reach.backup_ref(unpushed.ref, unpushed.value)
        self._subject = subject
        self._objects = OldObjects(self.repository)
        flagged = {b.oid for f in report.findings for b in f.blobs}
        unsafe = {
            blob.oid
            for finding in report.findings
            for blob in finding.blobs
            if finding.rule == for_committed.UNSAFE_WEIGHTS
        }
        # A file that was moved on the way is the same blob under another name.
        found = [b for b in subject.introduced if b.oid in flagged and not steers_git(b.path)]
        subject.snapshot.contents.measure(found)
        for blob in found:
            to_lfs = (
                blob.mode != LINK
                and blob.oid not in unsafe
                and for_staged.goes_to_lfs(subject, blob)
            )
            (self.stored if to_lfs else self.out).append(blob)

    @lazy
    def _tracked(self) -> Snapshot:
        """All that the index holds before anything is done."""
        return tree.take(self.repository)

    def changed_commits(self) -> list[str]:
        """The commits that will be made anew, parents first."""
        targets = {(blob.path, blob.oid): "" for blob in (*self.out, *self.stored)}
        order = [oid for oid, _ in self.unpushed.commits]
        changed = Rewriter(self.repository, targets, objects=self._objects).work_out(order).ids
        return [oid for oid in order if oid in changed]

    def replacement_of(self, blob: Blob) -> str:
        """The id of the blob that replaces one that is taken out: the one there before it grew.

        '' when there was none: only then the path leaves Git.
        """
        befores = {(b.path, b.oid): b.before for b in self.out}
        oid, seen = blob.before, {blob.oid}
        while (blob.path, oid) in befores and oid not in seen:
            seen.add(oid)
            oid = befores[blob.path, oid]
        return "" if oid in seen else oid

    def _lines(self, *, large: bool) -> list[str]:
        """The attribute lines for what goes to Git LFS: for weights and such, or for texts."""
        found = {
            for_staged.pattern(self._subject, blob)
            for blob in self.stored
            if patterns.must_be_text(blob.path) is large
        }
        return [patterns.attribute_line(pattern) for pattern in sorted(found)]

    def plan_after(self) -> None:
        """Work out the steps of the new commit: ignore rules, and what is judged at the tip."""
        rest = [f for f in self.report.findings if not f.blobs]
        at_tip = {(blob.path, blob.oid) for blob in self._tracked.introduced}
        absent = tuple(
            blob.path
            for blob in (*self.out, *self.stored)
            if blob.mode != LINK
            and (blob.path, blob.oid) in at_tip
            and not move_branch.exists(self.repository, blob.path)
        )
        if absent:
            restore = ("git", "restore", "--ignore-skip-worktree-bits")
            self.before.append(Step(*restore, items=absent))

        def whole_tree(names: list[str]) -> list[Finding]:
            return engine.judge(self._tracked, self.config, names, plans=False).findings

        hidden = attributes.ignored(self.repository, [blob.path for blob in self.out])
        ignored = [
            Fix(*for_staged.ignored(self._subject, blob))
            for blob in self.out
            if blob.path not in hidden and not self.replacement_of(blob)
        ]
        cured, whole = for_committed.at_tip(rest, whole_tree)
        if any(fix.steps for fix in ignored):
            cured = [*cured, *(f for f in self.report.findings if f.blobs)]
        steps = for_committed.unique([*ignored, whole])
        self.after = [*steps, *for_committed.commit_of(cured)] if steps else []
        if self.stored:
            # Without the filter, the files on disk would seem to be changed.
            self.after.insert(0, for_staged.INSTALL)

    def refuse(self) -> None:
        """Raise PmgitError when something is in the way; nothing has been done then."""
        repository, ref = self.repository, self.unpushed.ref
        busy = position.under_way(repository)
        if busy and self.is_here:
            raise PmgitError(f"a {busy} is under way", f"finish or abort the {busy} first")
        commits = self.unpushed.commits
        cut = repository.shallow_commits.intersection(oid for oid, _ in commits)
        if cut:
            raise PmgitError("the clone is shallow there", "git fetch --unshallow")
        if self.stored and not missing.is_installed():
            raise PmgitError("git-lfs is not installed", missing.install_hint())
        move_branch.refuse_nested(repository, self.unpushed.value, self.unpushed.tip)
        if not self.is_here:
            holders = position.holders(repository, [self.unpushed.tip])
            folder = next((h.folder for h in holders if h.ref == ref), "")
            if folder:
                raise PmgitError(
                    f"{position.short(ref)} is checked out in {folder}", "run pmgit fix there"
                )
            return
        apart = {blob.path for blob in (*self.stored, *self.out)}
        move_branch.refuse_dirty(repository, apart)
        attributes = self._tracked.listing().get(ATTRIBUTES)
        if self.stored and attributes is None and move_branch.exists(repository, ATTRIBUTES):
            raise PmgitError(
                f"{ATTRIBUTES} lies here and is not tracked; new lines go into it",
                f"git add {ATTRIBUTES} && git commit, or move it away",
            )

    def run(self) -> Rewritten:
        """Make the commits anew, prove them, move the branch; the new steps are not run."""
        targets = {(blob.path, blob.oid): self.replacement_of(blob) for blob in self.out}
        pointers: dict[str, str] = {}
        for blob in self.stored:
            if blob.oid not in pointers:
                text = renormalise.pointer_to(self.repository, blob.oid)
                pointers[blob.oid] = self.repository.store(text)
            targets[blob.path, blob.oid] = pointers[blob.oid]
        order = [oid for oid, _ in self.unpushed.commits]
        done = Rewriter(self.repository, targets, self._attributes, self._objects).run(order)
        tip = done.ids.get(self.unpushed.tip, self.unpushed.tip)
        self._prove(tip)
        value = self.unpushed.value
        new, is_unsigned = move_branch.follow_tag(self.repository, value, self.unpushed.tip, tip)
        done.signatures += is_unsigned
        move_branch.move(self.repository, self.unpushed.ref, value, new, self.backup)
        if self.is_here:
            try:
                move_branch.follow(self.repository, self.unpushed.tip, tip, (ATTRIBUTES,))
            except PmgitError:
                move_branch.move(self.repository, self.unpushed.ref, tip, self.unpushed.tip)
                raise
        return done

    def _attributes(self, oid: str) -> str:
        """The id of the new .gitattributes of a commit, with the lines for Git LFS in it.

        `oid` is what it has now, '' where there is none.
        """
        if not self.stored:
            return oid
        tip = self._subject.snapshot.listing(ATTRIBUTES).get(ATTRIBUTES)
        if tip and tip.oid == oid and all(self._subject.is_lfs(b.path) for b in self.stored):
            return oid
        text = b""
        if oid:
            blob = Blob(ATTRIBUTES, oid)
            text = self._subject.snapshot.objects.contents([blob])[oid]
        lines = block.read(text, ATTRIBUTES) or []
        first = [line for line in self._lines(large=False) if line not in lines]
        # Behind the lines that keep texts out of Git LFS: the last that matches decides.
        last = self._lines(large=True)
        new = [*first, *(line for line in lines if line not in last), *last]
        text = block.replace(text, new, where=block.HERE, name=ATTRIBUTES)
        return self.repository.store(text)

    def _prove(self, tip: str) -> None:
        snapshot = self.unpushed.snapshot(tip)
        names = list(dict.fromkeys([*self.names, *_PROOF]))
        left = engine.judge(snapshot, self.config, names).findings
        wrong = [f for f in left if f.blobs or f.rule == "uncovered-pointer"]
        if wrong:
            raise PmgitError(
                f"{wrong[0].path} would still be refused ({wrong[0].rule}:"
                f" {wrong[0].message}); nothing was changed",
                "a .gitattributes in a folder below may decide: git check-attr -a -- PATH",
            )


def plan(
    repository: Repository,
    asked: str,
    wanted: Sequence[str],
    remote: str = "",
    *,
    settings: Sequence[str] = (),
    baseline: Callable[[], Baseline] | None = None,
    head: Head | None = None,
) -> tuple[Report, Remake]:
    """Judge the unpushed commits of a branch (`A..BRANCH`, `BRANCH`, '') with the named rules.

    `remote` is the one that has not got them, where it is not the branch's own; `settings` are
    options of rules, as they are typed; `baseline` reads what is forgiven, where that is not the
    baseline of the branch; `head` is HEAD, where somebody knows it.
    """
    unpushed = position.unpushed(repository, asked, remote, head)
    snapshot = unpushed.snapshot()
    unpushed = unpushed.having(snapshot.span.commits)
    config = config_lookup.read(snapshot)
    config.override(*settings)
    names = engine.selected(config, wanted)
    report = engine.judge(snapshot, config, names, baseline)
    return report, Remake(unpushed, config, names, report, Subject(snapshot, config))
