"""The reach of the commits of a plan: which refs have them, who else, and what may be done."""

from __future__ import annotations

from pmgit.core.finding import Fix, Step
from pmgit.core.lazy import lazy
from pmgit.core.units import counted
from pmgit.fix import for_staged
from pmgit.git.blob import LINK
from pmgit.git.names import HEADS, REMOTES, TAGS
from pmgit.git.revisions import DETACHED, Head
from pmgit.git.trees import Rewriter
from pmgit.snapshots import position
from pmgit.snapshots.position import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.finding import Finding
    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject
    from pmgit.snapshots.position import Holder, Unpushed

BACKUP = "refs/pmgit/backup/"
#: Behind the id in the backup of a tag, and of a merge that was aborted.
TAG, MERGE = "-tag", "-merge"
_AMEND = ("git", "commit", "-q", "--amend", "--no-edit", "--allow-empty", "--cleanup=verbatim")
_UNCOVERED = "uncovered-pointer"
#: So many names stand in a sentence.
_NAMED = 3


def backup_ref(ref: str, oid: str, kind: str = "") -> str:
    """The ref that keeps the old commits of a ref, which holds `oid`.

    The id comes first, so no two names collide; a tag may be called as a branch is.
    """
    kind = TAG if ref.startswith(TAGS) else kind
    return f"{BACKUP}{oid[:12]}{kind}/{short(ref) if ref != DETACHED else DETACHED}"


def names_of(names: Sequence[str]) -> str:
    """Names as a sentence has them: a few, and how many more."""
    shown = list(names[:_NAMED])
    if len(names) > _NAMED:
        shown.append(f"{len(names) - _NAMED} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


class Reach:
    """The reach of the flagged commits of a range, and what may be done with them."""

    def __init__(self, subject: Subject, blobs: list[Blob]) -> None:
        self._subject = subject
        self._blobs = blobs
        flagged = {blob.commit for blob in blobs}
        repository = self._repository = subject.repository
        snapshot = subject.snapshot
        self._receiver = snapshot.receiver
        self.tip = snapshot.span.tip
        self._excluded = snapshot.span.excluded
        self._remote = snapshot.receiver.name
        self._unpushed = snapshot.receiver.lacks_all
        #: A server that receives: only the pusher, in a clone, can do something.
        self.bare = repository.bare or snapshot.receiver.is_here
        self.hindrance = ""
        self.pushed: list[str] = []
        self._holders: list[Holder] = []
        at_tip = not self.bare and bool(self.tip) and self._head.oid == self.tip
        ref = snapshot.receiver.ref
        pushed_ref = ref if ref.startswith((HEADS, TAGS)) else ""
        self.is_here = at_tip and pushed_ref in ("", self._head.ref)
        self.is_last = self.is_here and flagged == {self.tip}
        self._ref = self._head.ref if self.is_here else pushed_ref
        if self.bare or not self.tip:
            return
        if flagged:
            self._find_holders()
        busy = position.under_way(repository)
        if busy:
            self.is_here = False
            self.hindrance = f"finish or abort the {busy} that is under way, then: pmgit fix"

    def _find_holders(self) -> None:
        self._holders = position.holders(self._repository, {b.commit for b in self._blobs})
        remotes = [short(h.ref) for h in self._holders if h.ref.startswith(REMOTES)]
        if not self._unpushed:
            self.pushed = remotes
        branches = [h for h in self._holders if h.ref.startswith(HEADS)]
        if self._ref != DETACHED and self._ref not in {h.ref for h in self._holders}:
            self._ref = ""  # it is gone, or has moved meanwhile
        if not self._ref:
            best = [h.ref for h in branches if h.oid == self.tip]
            best += [h.ref for h in branches if h.ref == self._head.ref]
            self._ref = next(iter([*best, *(h.ref for h in branches)]), "")
        if not self._ref and not self.pushed:
            self.hindrance = (
                "no branch has it: make one, and push that:"
                f" git switch -c NAME {self.tip[:12]}, then: pmgit fix"
            )
        shallow = () if self.pushed else self._repository.shallow_commits
        if shallow and shallow.intersection(self._affected):
            self.hindrance = "the clone is shallow there: git fetch --unshallow, then: pmgit fix"

    @lazy
    def _head(self) -> Head:
        return self._receiver.head or Head(self._repository)

    @lazy
    def _affected(self) -> dict[str, str]:
        """The commits that would be made anew, with the new ones."""
        without = Rewriter(self._repository, {(b.path, b.oid): "" for b in self._blobs})
        return without.work_out(oid for oid, _ in self._bounded.commits).ids

    def _others(self) -> str:
        """The words of a plan about those who have the commits too."""
        parts = []
        remotes = [short(h.ref) for h in self._holders if h.ref.startswith(REMOTES)]
        others = [
            short(h.ref)
            for h in self._holders
            if h.ref.startswith((HEADS, TAGS)) and h.ref != self._ref
        ]
        if remotes:
            parts.append(f"everybody who has fetched {names_of(remotes)} keeps the old ones")
        else:
            parts.append("unpushed, so nobody else is affected")
        if others:
            one = len(others) == 1
            verbs = ("has", "stays as it is") if one else ("have", "stay as they are")
            parts.append(f"{names_of(others)} {verbs[0]} the old ones too and {verbs[1]}")
        return "; ".join(parts)

    def guard(self, cured: list[Finding]) -> list[Step]:
        """The steps that fail, and say why, unless everything is as it is in the tip."""
        # Where the attributes ask for a pointer, git may take the raw file for a changed one, and
        # where they do not any more, it does; a link whose target is too long is on no disk.
        left = {f.path for f in cured if self._subject.is_lfs(f.path) or f.rule == _UNCOVERED}
        left |= {b.path for f in cured for b in f.blobs if b.mode == LINK}
        without = (f":(top,exclude,literal){path}" for path in sorted(left))
        apart = ("--", ":/", *without) if left else ()
        diff = ("git", "diff", "--stat", "--exit-code", "--ignore-submodules=dirty")
        return [
            Step("git", "diff", "--cached", "--stat", "--exit-code", self.tip),
            Step(*diff, *apart),
        ]

    def amend(self, cured: list[Finding], steps: list[Step], shown: tuple[str, ...]) -> Fix:
        """Make the last commit anew, by plain git."""
        backup = backup_ref(self._ref, self.tip)
        about = (
            f"amends the last commit of {short(self._ref)} ({self._others()});"
            f" the old one is kept as {backup}"
        )
        return Fix(
            *self.guard(cured),
            Step("git", "update-ref", backup, self.tip),
            *steps,
            # The commit may hold nothing else; it stays, with its message.
            Step(*_AMEND),
            about=about,
            safe=False,
            shown=shown,
        )

    def engine(self, names: list[str]) -> Fix:
        """Make commits anew where plain git has no safe command for it: `pmgit fix`."""
        is_tag, value = self._ref.startswith(TAGS), self._bounded.value
        called = f"the tag {short(self._ref)}" if is_tag else short(self._ref)
        about = (
            f"makes {counted(len(self._affected), 'commit')} of {called} anew"
            f" ({self._others()}); the old ones are kept as {backup_ref(self._ref, value)}"
        )
        steps = [Step(*self.command(names))]
        if self._ref != self._head.ref and not is_tag:
            # Checked out, its weights are on disk, and stay there.
            steps.insert(0, Step("git", "switch", "-q", short(self._ref)))
            steps.append(Step("git", "checkout", "-q", "-"))
        return Fix(*steps, about=about, safe=False)

    def command(self, names: Sequence[str]) -> tuple[str, ...]:
        """`pmgit fix` for these commits and rules."""
        return for_staged.by_pmgit(self._subject.config, self._which()[0], names)

    def shown(self, names: Sequence[str]) -> tuple[str, ...]:
        """The same in place of a plan of plain git; () where it would mean other commits."""
        which, is_exact = self._which()
        return for_staged.by_pmgit(self._subject.config, which, names) if is_exact else ()

    @property
    def elsewhere(self) -> str:
        """The branch that the commits are pushed from, when another one is checked out; else ''."""
        is_other = self._ref.startswith(HEADS) and self._ref != self._head.ref
        return self._ref if is_other and not (self.bare or self.hindrance) else ""

    def _which(self) -> tuple[list[str], bool]:
        """The options that say which commits, and whether they mean just these.

        Without any, `pmgit fix` takes what is staged.
        """
        name = position.typed(self._ref)
        if self._means(name):
            return ["--range", name], True
        if self._remote and self._means(name, self._remote):
            return ["--remote", self._remote, "--range", name], True
        base = next((word[1:] for word in self._excluded if word[0] == "^"), "")
        text = f"{base}..{name}" if base else name
        return ["--range", text], bool(base) and self._means(text)

    def _means(self, name: str, remote: str = "") -> bool:
        remotes = self._receiver.remotes
        meant = position.unpushed(self._repository, name, remote, self._head, remotes)
        if meant.tip != self.tip:
            return False
        return meant.bounds == self._bounded.bounds or meant.commits == self._bounded.commits

    @lazy
    def _bounded(self) -> Unpushed:
        """The commits of the range, as those of its branch."""
        commits = self._subject.snapshot.span.commits
        return position.Unpushed(
            self._repository, self._ref, self.tip, self._excluded, commits=commits
        )
