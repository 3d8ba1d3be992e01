"""The snapshots of a push on the server: one for every new tip, made in one batch.

One `git log` lists the new commits of all refs and what each of them changes, however many there
are; one `diff-tree` how the tips differ from what the server has, unless the commits between follow
each other and their changes can be added up.
"""

from __future__ import annotations

import os

from pmgit.git import commit_diffs
from pmgit.git.blob import Blob
from pmgit.git.commit_diffs import CommitDiff
from pmgit.git.objects import UnreadableObjectError
from pmgit.git.process import GitError
from pmgit.git.raw_diff import between
from pmgit.git.revisions import independent, merge_base
from pmgit.server.tip_snapshot import TipSnapshot
from pmgit.snapshots.base import Receiver, Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pmgit.git.cat_file import Answer, Batch
    from pmgit.git.ref_updates import RefUpdate, Walk


class Receipt:
    """A received push, with Git's walk over its commits under way."""

    def __init__(self, walk: Walk, batch: Batch) -> None:
        self.repository = walk.repository
        self.batch = batch
        self.updates = walk.updates
        self._news = walk.news
        self._walk = walk
        # Where nothing was ever uploaded by path or ssh, another server keeps the objects.
        stores = os.path.isdir(os.path.join(self.repository.common_dir, "lfs", "objects"))
        self._known = ("--all",) if stores else None
        #: Every new commit, the oldest first.
        self._commits: dict[str, CommitDiff] = {}
        #: The objects that those new ids lead to which are no new commits, tags followed.
        self._peeled: dict[str, Answer] = {}
        self._changes: dict[tuple[str, str], list[Blob]] = {}
        #: The folders of a tip that its commits have changed, where they follow each other.
        self._trees: dict[str, dict[str, str]] = {}

    def snapshots(self, groups: Iterable[Sequence[RefUpdate]]) -> list[list[TipSnapshot]]:
        """The snapshots of every group of refs: each is judged with a configuration of its own.

        Within a group the blobs of a commit are judged once, with the first tip that has it.
        """
        self._commits = commit_diffs.of_walk(self.repository, self._walk.finish())
        strange = [oid for oid in self._news if oid not in self._commits]
        if strange:
            answers = self.batch.ask([f"{oid}^{{}}" for oid in strange])
            self._peeled = dict(zip(strange, answers, strict=True))
        groups = list(groups)
        plans = [list(self._plan(group)) for group in groups]
        self._diff([tip for plan in plans for tip in plan])
        tagged = self._tagged(groups)
        return [
            [*map(self._snapshot, plan), *more] for plan, more in zip(plans, tagged, strict=True)
        ]

    def _plan(self, group: Sequence[RefUpdate]) -> Iterator[_Tip]:
        claimed: set[str] = set()
        tips: set[str] = set()
        for update in group:
            peeled = self._peeled.get(update.new)
            oid, kind = (peeled.oid, peeled.kind) if peeled else (update.new, "commit")
            if kind not in ("blob", "tree", "commit"):
                raise UnreadableObjectError(update.new, note=f", but {update.remote} names it")
            if kind != "commit" or oid not in self._commits or oid in tips:
                continue
            tips.add(oid)
            # Commits of another ref are judged with that one, but the tree of every tip is judged.
            reach = span, edges = self._reach(oid)
            base = self._base(update, oid, edges)
            yield _Tip(oid, span - claimed, reach, base, update.remote)
            claimed |= span

    def _reach(self, tip: str) -> tuple[set[str], list[str]]:
        """The new commits of a tip, and the commits behind them that are not new."""
        found, edges, waiting = {tip}, {}, [tip]
        while waiting:
            for parent in self._commits[waiting.pop()].parents:
                if parent not in self._commits:
                    edges[parent] = True
                elif parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return found, list(edges)

    def _base(self, update: RefUpdate, tip: str, edges: list[str]) -> str:
        """The commit that the tip's tree is held against; '' when every file of it is new."""
        if len(edges) < 2 or update.old in edges:
            return update.old if update.old in edges else "".join(edges)
        if update.old:
            try:
                base = merge_base(self.repository, update.old, tip)
            except GitError:
                base = ""  # a tag on a blob
            if base and base not in self._commits:
                return base
        return independent(self.repository, edges)[0]

    def _diff(self, tips: Sequence[_Tip]) -> None:
        """Find the changes of every tip against its base, by one process at the most."""
        shallow = self.repository.shallow_commits
        asked = []
        for tip in tips:
            cut = shallow & tip.span
            start = tip.base or self.repository.empty_tree
            for commit in cut:
                # At the edge of a shallow repository a commit seems to introduce its whole tree.
                parents = self._commits[commit].parents
                changes = between(self.repository, start, commit)
                self._commits[commit] = CommitDiff(commit, parents, changes)
            chain = [one for commit, one in self._commits.items() if commit in tip.span]
            if not cut and all(len(one.parents) < 2 for one in chain):
                self._changes[tip.oid, tip.base] = commit_diffs.together(chain)
                # The last one counts.
                self._trees[tip.oid] = {k: v for one in chain for k, v in one.trees.items()}
            elif tip.base:
                asked.append((tip.oid, tip.base))
            else:
                self._changes[tip.oid, ""] = between(self.repository, start, tip.oid)
        self._changes |= commit_diffs.differences(self.repository, asked)

    def _snapshot(self, tip: _Tip) -> TipSnapshot:
        mine = [one for commit, one in self._commits.items() if commit in tip.commits]
        blobs, removed = commit_diffs.contributions(mine)
        changes = self._changes[tip.oid, tip.base]
        merged = [edge for edge in tip.edges if edge != tip.base]
        span = Span(tip.oid, base=tip.base, merged=merged)
        return self._of(span, changes, blobs, removed, ref=tip.ref)

    def _of(
        self,
        span: Span,
        changes: list[Blob],
        introduced: list[Blob],
        removed: dict[tuple[str, str], list[str]] | None = None,
        *,
        ref: str = "",
        tagged: Mapping[str, str] | None = None,
    ) -> TipSnapshot:
        return TipSnapshot(
            self.repository, self.batch, span, changes, introduced,
            removed=removed or {}, trees=self._trees.get(span.tip, {}),
            receiver=Receiver(self._known, ref=ref, tagged=tagged, is_here=True),
        )  # fmt: skip

    def _tagged(self, groups: Sequence[Sequence[RefUpdate]]) -> list[list[TipSnapshot]]:
        """For every group, the snapshots of its tags on blobs and trees: no commit has them."""
        if not any(one.kind in ("tree", "blob") for one in self._peeled.values()):
            return [[] for _ in groups]
        from pmgit.git.tagged import Tagged, new_blobs  # it imports `re`, for seldom a push

        found: list[list[Tagged]] = []
        for group in groups:
            blobs: list[Blob] = []
            of_blobs: dict[str, str] = {}
            trees: dict[str, dict[str, str]] = {}
            for update in group:
                peeled = self._peeled.get(update.new)
                if peeled and peeled.kind == "blob":
                    blobs.append(Blob(update.remote, peeled.oid))
                    of_blobs[update.remote] = update.new
                elif peeled and peeled.kind == "tree":
                    trees.setdefault(peeled.oid, {})[update.remote] = update.new
            found.append([Tagged(self.repository, refs, tree) for tree, refs in trees.items()])
            if blobs:
                found[-1].append(Tagged(self.repository, of_blobs, "", blobs))
        everything = [one for each in found for one in each]
        new = iter(new_blobs(self.repository, everything, ["--all"]))
        return [
            [
                self._of(Span(one.tree), one.changes, blobs, tagged=one.refs)
                for one in each
                if (blobs := next(new))
            ]
            for each in found
        ]


class _Tip:
    """A new tip: the commits that are judged with it, and the base that its tree is compared with.

    `span` are all new commits between `edges`, which are not, and the tip; `base` is one of
    these or an older one, `ref` is where it is pushed to.
    """

    __slots__ = ("base", "commits", "edges", "oid", "ref", "span")

    def __init__(
        self, oid: str, commits: set[str], reach: tuple[set[str], list[str]], base: str, ref: str
    ) -> None:
        self.ref = ref
        self.span, self.edges = reach
        self.oid = oid
        self.commits = commits
        self.base = base
