"""Renames as fixes: to names that are free, and one after the other."""

from __future__ import annotations

import os
import posixpath

from pmgit.core.finding import Fix, Step
from pmgit.core.lazy import lazy
from pmgit.git.blob import LINK, SUBMODULE, folders_above, folders_of
from pmgit.model import caches
from pmgit.model.folder import links_on_disk, root_of
from pmgit.model.naming import fold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.core.finding import Finding
    from pmgit.model.subject import Subject


class FreeNames:
    """The names that are taken and those that are free: in the index, on disk, in any case."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._top = subject.repository.top
        #: Folded path to the paths that are spelt so, of files and of folders.
        self._files: dict[str, set[str]] = {}
        self._folders: dict[str, set[str]] = {}
        self._on_disk: dict[str, dict[str, set[str]]] = {}
        self._numbers: dict[str, int] = {}
        for path in subject.places.listing:
            self.take(path)
        for folder in folders_of(subject.places.listing):
            self._folders.setdefault(fold(folder), set()).add(folder)

    def take(self, path: str) -> None:
        """From now on `path` is not free."""
        self._files.setdefault(fold(path), set()).add(path)

    def move(self, old: str, new: str, *, untracked: bool = False) -> Fix:
        """Rename a file or folder, tracked or not, to a free path, which is taken from now on.

        `untracked`: it is not tracked any more when the command is pasted.
        """
        self.take(new)
        tracked = [] if untracked else self._subject.places.tracked_below(old)
        steps = []
        absent = tuple(p for p in tracked if not os.path.lexists(os.path.join(self._top, p)))
        if absent:
            # git moves what is on disk.
            steps.append(Step("git", "restore", "--ignore-skip-worktree-bits", items=absent))
        parent = new.rpartition("/")[0]
        if parent != old.rpartition("/")[0]:
            steps.append(Step("mkdir", "-p", items=(parent,), names="path"))
        mover = ("git", "mv", *self._subject.sparse) if tracked else ("mv", "-n")
        steps.append(Step(*mover, items=(old, new), names="path"))
        return Fix(*steps, order=Fix.MOVE)

    def is_bound(self, path: str) -> bool:
        """Whether what lies at a path must stay: the Hub's cache has it, or a repository is in it.

        A submodule and a linked worktree have their path noted elsewhere.
        """
        if caches.entry_of(path, root_of(path, self._subject.roots)):
            return True
        return any(f"{place}/".startswith(f"{path}/") for place in self._repositories)

    def hindrance(self, old: str, new: str = "") -> str:
        """The link that a rename would break, in the words of `Links.hindrance`; '' for none."""
        return self._links.hindrance(old, new)

    @lazy
    def _links(self) -> Links:
        return Links(self._subject)

    @lazy
    def _repositories(self) -> list[str]:
        listing = self._subject.places.listing
        recorded = [path for path, blob in listing.items() if blob.mode == SUBMODULE]
        return [*recorded, *self._subject.places.clones, *self._subject.places.bare]

    def is_free(self, path: str, moving: str = "") -> bool:
        """Whether nothing but `moving` has this path, so that it can be renamed to it."""
        folded = fold(path)
        if (self._files.get(folded, set()) | self._folders.get(folded, set())) - {moving}:
            return False
        folder, _, name = path.rpartition("/")
        name = fold(name)
        if self._listing(folder).get(name, set()) - {moving}:
            return False
        while folder:
            # A folder cannot be made where a file is.
            if fold(folder) in self._files or os.path.isfile(os.path.join(self._top, folder)):
                return False
            folder = folder.rpartition("/")[0]
        return True

    def numbered(self, path: str) -> str:
        """A free name beside `path`: `x-2.bin` for `x.bin`."""
        folder, _, name = path.rpartition("/")
        stem, dot, suffix = name.partition(".")
        while True:
            # Not from 2 on each time: there may be thousands of names that become one.
            number = self._numbers[path] = self._numbers.get(path, 1) + 1
            target = f"{folder}/{stem}-{number}{dot}{suffix}"
            if self.is_free(target):
                return target

    def _listing(self, folder: str) -> dict[str, set[str]]:
        """The entries of a folder of the work tree: paths by their folded names."""
        if folder not in self._on_disk:
            try:
                names = os.listdir(os.path.join(self._top, folder))
            except OSError:
                names = []
            found = self._on_disk[folder] = {}
            for name in names:
                found.setdefault(fold(name), set()).add(f"{folder}/{name}")
        return self._on_disk[folder]


def _renames(step: Step) -> bool:
    return step.argv[:2] in (("git", "mv"), ("mv", "-n"))


#: So many renames are pasted one after the other; the rest is reported when they are done.
_TOGETHER = 300


def follow(steps: tuple[Step, ...], done: list[tuple[str, str]]) -> tuple[Step, ...]:
    """Adapt a rename to those done before it; empty when that leaves nothing to do, or no way."""
    if len(done) >= _TOGETHER:
        return ()
    old, new = next(step.items for step in steps if _renames(step))
    if (old, new) in done:
        return steps  # the same command, which is printed once
    begun_at = old
    for before, after in done:
        if old.startswith(f"{before}/"):
            depth = before.count("/") + 1
            new = "/".join([after, *new.split("/")[depth:]])
            old = after + old[len(before) :]
        elif old == before or _meet(new, before) or before.startswith(f"{old}/"):
            return ()
    inside = [after for _, after in done if old.startswith(f"{after}/")]
    if old == new or any(_meet(new, after) for _, after in done if after not in inside):
        return ()
    done.append((old, new))
    if begun_at == old:
        return steps
    return tuple(_moved(step, begun_at, old, new) for step in steps)


def _moved(step: Step, begun_at: str, old: str, new: str) -> Step:
    """A step of a rename, with the paths that things have by the time it is pasted."""
    if step.argv[0] == "mkdir":
        return step.but(items=(new.rpartition("/")[0],))
    if _renames(step):
        return step.but(items=(old, new))
    if step.argv[:2] == ("git", "restore"):
        return step.but(items=tuple(old + item[len(begun_at) :] for item in step.items))
    return step


def _meet(one: str, other: str) -> bool:
    """Whether two paths are the same, or one lies in the other, whatever the case."""
    one, other = fold(one), fold(other)
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def settle(findings: list[Finding], subject: Subject) -> list[Finding]:
    """Make fixes agree that are pasted one after the other, renames last.

    What another fix has taken out of the index cannot be renamed by git; what lies in a folder
    that is renamed first is found in the new folder; and no two things get the same name. A
    rename that cannot be made to agree is left out: it is printed again when the others are done.
    The findings are returned sorted by path.
    """
    in_order = sorted(findings, key=lambda f: (f.path, f.line, f.rule, f.commit))
    taken: set[str] = set()
    filled: set[str] = set()  # the folders that something is added to, at any depth
    for finding in in_order:
        fix = finding.fix
        for step in fix.steps if fix else ():
            if fix and fix.order != Fix.MOVE and step.argv[:2] == ("git", "rm"):
                taken.update(step.items)
            elif step.argv[:2] == ("git", "add"):
                filled.update(folders_of(step.items))
    done: list[tuple[str, str]] = []
    settled = []
    for finding in in_order:
        fix = finding.fix
        if fix and fix.order == Fix.MOVE:
            steps = _rename_untracked(fix, subject, taken, filled) if taken else fix.steps
            steps = follow(steps, done)
            kept = Fix(*steps, order=Fix.MOVE, safe=fix.safe, warning=fix.warning)
            settled.append(finding.but(pasted=kept if steps else None))
        else:
            settled.append(finding)
    return settled


def _rename_untracked(
    fix: Fix, subject: Subject, taken: set[str], filled: set[str]
) -> tuple[Step, ...]:
    """Use a plain `mv` for what the other fixes take out of the index as a whole."""
    steps = []
    for step in fix.steps:
        if step.argv[:2] == ("git", "mv"):
            old = step.items[0]
            gone = taken.issuperset(subject.places.tracked_below(old)) and old not in filled
            steps.append(Step("mv", "-n", items=step.items, names="path") if gone else step)
        elif step.argv[:2] in (("git", "restore"), ("git", "rm")):
            # The others are on disk by then: what took them out of the index put them there.
            left = tuple(item for item in step.items if item not in taken)
            steps += [Step(*step.argv, items=left)] if left else []
        else:
            steps.append(step)
    return tuple(steps)


class Links:
    """The links in the index and in the work tree: where they lead, and what they lead out of."""

    def __init__(self, subject: Subject) -> None:
        self._top = subject.repository.top
        #: What a link names on its way, and what it leads out of by `..`, each with one such link.
        self._inward: dict[str, str] = {}
        self._outward: dict[str, str] = {}
        for link, target in self._all(subject):
            self._note(link, target)

    def hindrance(self, old: str, new: str = "") -> str:
        """Why `old` must not be renamed by one command, as part of a message; '' when it may.

        `new`: its path afterwards; '' for one in another folder.
        """
        link = self._inward.get(old)
        if link:
            return f"; the link {link!r} leads to it: change both"
        is_near = posixpath.dirname(old) == posixpath.dirname(new)
        link = None if is_near else self._outward.get(old)
        return f"; the link {link!r} leads elsewhere from a new place: change both" if link else ""

    def _all(self, subject: Subject) -> Iterator[tuple[str, str]]:
        """Each link and its target; what the index has may differ from what is on disk."""
        blobs = [blob for blob in subject.places.listing.values() if blob.mode == LINK]
        targets = subject.snapshot.contents.heads_of(blobs) if blobs else {}
        for blob in blobs:
            yield blob.path, os.fsdecode(targets.get(blob.oid, b""))
        for root in subject.roots:
            for link in links_on_disk(self._top, root):
                yield link, os.readlink(os.path.join(self._top, link))

    def _note(self, link: str, target: str) -> None:
        at = highest = posixpath.dirname(link)
        if target.startswith("/"):
            at = highest = "/"
        for part in target.split("/"):
            at = posixpath.normpath(posixpath.join(at, part))
            if part not in ("", ".", ".."):
                self._inward.setdefault(at.removeprefix(f"{self._top}/"), link)
            elif f"{highest}/".startswith(f"{at}/") or at == "." or at.startswith(".."):
                highest = at
        for place in (link, *folders_above(link)):
            if place == highest or target.startswith("/"):
                break
            self._outward.setdefault(place, link)
        # A link outside of the models folders may lie on the way.
        inside = os.path.join(os.path.realpath(self._top), "")
        goal = os.path.realpath(os.path.join(self._top, link))
        if goal.startswith(inside):
            below = goal[len(inside) :]
            for place in (below, *folders_above(below)):
                if not f"{link}/".startswith(f"{place}/"):
                    self._inward.setdefault(place, link)
