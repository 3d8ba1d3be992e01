"""The fixes for pointers that are what nobody wants: one side of a conflict."""

from __future__ import annotations

from pmgit.core.finding import Fix, Step
from pmgit.fix import for_staged
from pmgit.fix.for_staged import Advice
from pmgit.git import work_tree
from pmgit.git.entries import FILES, TREE, of_tree
from pmgit.lfs import conflict, store
from pmgit.lfs.pointer import MAX_CONFLICT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.blob import Blob
    from pmgit.lfs.conflict import Side
    from pmgit.model.subject import Subject

#: Leaves the pointer itself on disk, as in every clone that has not got the object.
_NO_SMUDGE = (
    "-c", "filter.lfs.process=", "-c", "filter.lfs.smudge=", "-c", "filter.lfs.required=false",
)  # fmt: skip
#: What the two sides of a conflict may be called: of a merge, cherry-pick, rebase or revert that
#: is under way, of `git stash pop`, and of a merge that is committed already.
_NAMES = (
    "HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REBASE_HEAD", "REVERT_HEAD^", "stash@{0}",
    "HEAD^1", "HEAD^2",
)  # fmt: skip
_MOST_NAMES = 20
#: What a label may consist of to be looked up; it is text of the repository.
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")
#: So many paths are named to Git; beyond, it lists whole trees.
_FEW = 500


class Holders:
    """The commits that have the two sides of conflicts; asked of Git once for all `paths`."""

    def __init__(self, subject: Subject, paths: Sequence[str], labels: Iterable[str]) -> None:
        """`labels` are what the conflicts call their sides, such as `HEAD` or the branch."""
        self._repository = subject.repository
        self._held: dict[str, dict[str, str]] = {}
        if not subject.can_be_staged:
            return  # there is no fix then, so nobody needs a name to put there
        words = (label.partition(" ")[0] for label in labels)
        names = dict.fromkeys([*_NAMES, *(word for word in words if _WORD.issuperset(word))])
        which = ("--", *paths) if len(paths) <= _FEW else ()
        command = TREE if which else FILES
        asked = [
            (name, subject.repository.start(*command, name, *which))
            for name in [*names][:_MOST_NAMES]
            if name and name[0] != "-"
        ]
        for name, process in asked:
            code, out, _ = process.wait()
            self._held[name] = {} if code else {b.path: b.oid for b in of_tree(out)}

    def commit(self, path: str, side: Side) -> str:
        """The name of the commit that has a side; '' when it cannot be found."""
        wanted = self._repository.id_of(side.pointer.text)
        return next((n for n, held in self._held.items() if held.get(path) == wanted), "")


def take_side(subject: Subject, blob: Blob, sides: tuple[Side, ...], holders: Holders) -> Advice:
    """The fix that puts the first of two sides in the place of their conflict, or the other.

    The file on disk goes with it where it is the conflict, too; anything else that lies there is
    somebody's work.
    """
    if not subject.can_be_staged:
        return Advice(None)
    there = work_tree.compare(subject.repository, blob)
    if there == work_tree.DIFFERENT and not _is_conflict(subject, blob, sides):
        return Advice(None, "; the file on disk is neither: stage it if it is the right one")
    ours, theirs = sides
    names = [holders.commit(blob.path, side) for side in sides]
    to_disk = there != work_tree.ABSENT
    filters = () if store.find_object(subject.repository, ours.pointer.oid) else _NO_SMUDGE
    if names[0]:
        both = ("--worktree",) if to_disk else ()
        words = ("git", *filters, "restore", f"--source={names[0]}", "--staged", *both)
        steps = [Step(*words, items=(blob.path,))]
    else:
        fix = for_staged.replace_pointer(subject, blob, ours.pointer.text).fix
        steps = list(fix.steps) if fix else []
        if to_disk:
            steps.append(Step("git", *filters, "restore", items=(blob.path,)))
    if all(names):
        other = f"put {names[1]} in its place"
    else:
        pointer = theirs.pointer
        other = f"stage the pointer with oid sha256:{pointer.oid} and size {pointer.size}"
    mine, yours = (name or side.label for name, side in zip(names, sides, strict=True))
    about = f"takes the side of {mine}; for that of {yours} {other}"
    return Advice(Fix(*steps, safe=False, about=about))


def _is_conflict(subject: Subject, blob: Blob, sides: tuple[Side, ...]) -> bool:
    """Whether the file on disk is the text with these two sides."""
    data = work_tree.small(subject.repository, blob, MAX_CONFLICT)
    found = conflict.sides(data or b"")
    return [side.pointer.oid for side in found] == [side.pointer.oid for side in sides]
