"""The moves of loose weights into a folder of their own: the fixes of `misplaced-weights`."""

from __future__ import annotations

import os

from pmgit.core.config import LFS
from pmgit.core.finding import Fix, Step
from pmgit.core.lazy import lazy
from pmgit.fix import for_staged, renames
from pmgit.fix.for_staged import Advice
from pmgit.fix.own_folders import OwnFolders
from pmgit.git import attributes
from pmgit.gitfiles.attributes import other_lines
from pmgit.lfs.pointer import Pointer
from pmgit.model.folder import INFO
from pmgit.model.weights import OTHER
from pmgit.rules.unportable_path import fault_of_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject


class FolderMoves:
    """The moves of all loose weights, which must not be in each other's way."""

    def __init__(self, subject: Subject, paths: Sequence[str]) -> None:
        self._subject = subject
        self._paths = paths
        self._names = renames.FreeNames(subject)
        self._own = OwnFolders(subject, self._names, paths, fault_of_part)
        self._has_block = False

    def of_tracked(self, blob: Blob) -> Advice:
        """The advice for staged weights, or a pointer to some."""
        subject = self._subject
        if not subject.snapshot.has_work_tree:
            return Advice(None)
        if blob.path.rpartition("/")[2].startswith(".") and subject.tiers.of(blob.path) == OTHER:
            # What it is for, it is for there.
            return for_staged.keep_out(subject, blob, ignore=False)
        note = self.hindrance(blob.path)
        is_stored = not subject.is_raw(blob) or subject.storage == LFS or subject.is_lfs(blob.path)
        if note:
            advice = Advice(None) if is_stored else for_staged.keep_out(subject, blob)
            return Advice(advice.fix, advice.note + note)
        if is_stored:
            steps = self._move(blob.path)
            target = self._targets[blob.path]
            is_pointer = isinstance(subject.pointer_of(blob), Pointer)
            if is_pointer and subject.is_lfs(blob.path) and not subject.is_lfs(target):
                if line := self._kept_out.get(target):
                    return Advice(None, other_lines.note(line))
                steps += for_staged.set_up(subject, blob.at(target)).steps
            return Advice(Fix(*steps, *self._describe(blob.path, ""), order=Fix.MOVE))
        if subject.before(blob) not in ("", blob.oid):
            return for_staged.keep_out(subject, blob)  # the commit does not change it
        advice = for_staged.keep_out(subject, blob, ignore=False)
        if advice.fix is None:
            return advice
        steps = [*advice.fix.steps, *self._move(blob.path, untracked=True)]
        steps += self._describe(blob.path, self._targets[blob.path])
        fix = Fix(*steps, order=Fix.MOVE, safe=advice.fix.safe, warning=advice.fix.warning)
        return Advice(fix, advice.note)

    def of_ignored(self, path: str) -> Advice:
        """The advice for weights that Git ignores."""
        note = self.hindrance(path)
        if note:
            return Advice(None, note)
        hidden = "" if self._subject.storage == LFS else self._targets[path]
        return Advice(Fix(*self._move(path), *self._describe(path, hidden), order=Fix.MOVE))

    def hindrance(self, path: str) -> str:
        """Why the file must not be moved by one command; '' when it may."""
        top = self._subject.repository.top
        note = f"{path}.dvc"
        if note in self._subject.places.listing or os.path.lexists(os.path.join(top, note)):
            return f"; DVC keeps it: move it with `dvc move`, to {self._own.of(path)!r}"
        return self._names.hindrance(path)

    @lazy
    def _targets(self) -> dict[str, str]:
        """The new path of each file."""
        found = {path: f"{self._own.of(path)}/{path.rpartition('/')[2]}" for path in self._paths}
        self._subject.snapshot.learn_filters(found.values())
        return found

    @lazy
    def _kept_out(self) -> dict[str, str]:
        """The new places that `pmgit lfs-setup` could not send to Git LFS, and why."""
        return other_lines.lines_against(self._subject.snapshot, list(self._targets.values()))

    @lazy
    def _ignored(self) -> dict[str, tuple[str, int, str]]:
        """The new places that ignore rules hide, each with the rule."""
        subject = self._subject
        infos = {f"{target.rpartition('/')[0]}/{INFO}" for target in self._targets.values()}
        asked = [*self._targets.values(), *sorted(infos)]
        return attributes.ignored(subject.repository, asked, untracked=bool(subject.sparse))

    def _move(self, path: str, *, untracked: bool = False) -> list[Step]:
        """The move of one file, with the index of the shards that it is one of."""
        target = self._targets[path]
        steps = list(self._names.move(path, target, untracked=untracked).steps)
        place = target.rpartition("/")[0]
        for index in self._own.indexes(path):
            to = f"{place}/{index.rpartition('/')[2]}"
            if self._names.is_free(to) and not self.hindrance(index):
                steps += [s for s in self._names.move(index, to).steps if s.argv[0] != "mkdir"]
        return steps

    def _describe(self, path: str, hidden: str) -> list[Step]:
        """The INFO.md of a folder that becomes a model; `hidden` is what Git is to ignore there."""
        subject = self._subject
        place = self._targets[path].rpartition("/")[0]
        info = f"{place}/{INFO}"
        rule = self._ignored.get(info)
        outranked = rule is not None and attributes.outranks_top(rule[0])
        steps = []
        is_seen = bool(hidden) and hidden not in self._ignored
        if not self._has_block and (is_seen or (rule and not outranked)):
            self._has_block = True
            steps += for_staged.let_in(subject)
        if place not in subject.places.every_model and self._names.is_free(info):
            # The folder is a model from now on, and a model has an INFO.md.
            add = ("git", "add", *(("-f",) if outranked else ()), *subject.sparse)
            steps.append(Step("pmgit", "info", "new", place))
            steps.append(Step(*add, items=(info,)))
            self._names.take(info)
        return steps
