"""The rule `linked-model`."""

from __future__ import annotations

import os
import posixpath

from pmgit.core.finding import WARNING, Finding, Fix
from pmgit.core.rule import LINKS, Rule
from pmgit.git import attributes
from pmgit.git.blob import LINK, REGULAR, SUBMODULE, folders_of
from pmgit.git.nested import MODULES, is_repository
from pmgit.model import caches
from pmgit.model.folder import INFO, links_on_disk, root_of
from pmgit.snapshots.base import TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject

_UNNAMED = "a submodule that .gitmodules does not name, so no clone can have it"


class LinkedModel(Rule):
    """A link, a clone or a submodule in a models folder that leads out of this repository.

    ## What it reports

    Inside a models folder: a symbolic link with an absolute target, one that leaves the
    repository, one that leaves the models folder for something that is not tracked, a link of
    the Hub's cache to a blob that is not tracked, and a submodule that `.gitmodules` does not
    name. A submodule that it names, with an address, is a warning; so are a clone in the work
    tree (a repository of its own: Git records none of its files) and, when the whole tree is
    judged, a link in the work tree, in no model's folder, that leads out of the repository. A
    models folder that is itself a link (to a shared drive) is left alone.

    ## Why it is bad

    The link works on one machine only. Everybody else gets a link to nothing, and nothing says
    what the weights were. `git add` of an INFO.md inside of a clone does nothing, without a word.

    ## Example

    `pretrained_model/bert -> /mnt/share/models/bert`; or
    `git clone https://huggingface.co/google-bert/bert-base-uncased` in `pretrained_model/`.

    ## What to do

    Paste the printed command: the link leaves the index and stays on disk. Record the model by
    its INFO.md instead. A clone can become a submodule, `git submodule add --force ADDRESS
    pretrained_model/NAME`, where this repository is to say which commit everybody has. Or move its
    `.git` folder elsewhere: then it is a model like any other, and gets an INFO.md. To hear no
    more of a clone, name it in `exclude`.

    To have the files themselves in place of links, as those that older clients of the Hub have
    made: `cp -RL FOLDER FOLDER.new && rm -r FOLDER && mv FOLDER.new FOLDER`. That needs room for
    a second copy; what a repository of the Hub has, `pmgit add` copies from the Hub's cache.
    """

    name = "linked-model"
    family = "naming"
    severity = "error or warning"
    scope = LINKS

    def check(self, subject: Subject) -> Iterator[Finding]:
        yield from self._recorded(subject)
        yield from self._clones(subject)
        yield from self._recorded_bare(subject)
        if subject.origin == TREE and subject.snapshot.has_work_tree:
            for path, target in _outward_on_disk(subject):
                yield self.finding(
                    path,
                    f"a link to {target!r}, which is on this machine only: nobody has described"
                    " what it leads to",
                    severity=WARNING,
                )

    def _recorded(self, subject: Subject) -> Iterator[Finding]:
        """The findings about the links and submodules that are introduced."""
        # A link costs the history nothing: what counts is whether the tip has it.
        links = [blob for blob in subject.links if not subject.is_gone_again(blob)]
        if not links:
            return
        named = _submodules(subject, [blob for blob in links if blob.mode == SUBMODULE])
        faults = _faults(subject, [blob for blob in links if blob.mode == LINK])
        for blob in links:
            if blob.path in named:
                message = f"a submodule of {named[blob.path]}: its license is yours to find out"
                yield self.about(blob, message, severity=WARNING)
            elif blob.mode == SUBMODULE or blob.path in faults:
                from pmgit.fix import for_staged

                advice = for_staged.keep_out(subject, blob)
                yield self.about(blob, faults.get(blob.path, _UNNAMED), advice)

    def _clones(self, subject: Subject) -> Iterator[Finding]:
        """The repositories in the work tree; what Git would take for a submodule gets hidden."""
        if not subject.places.clones:
            return
        # Whatever lies in it stands for the folder, of which only Git knows that it is one.
        inside = {f"{place}/{INFO}": place for place in subject.places.clones}
        hidden = attributes.ignored(subject.repository, inside, untracked=bool(subject.sparse))
        for path, place in inside.items():
            fix = None
            # What lies above the models folder is for the user to hide.
            if path not in hidden and is_repository(os.path.join(subject.repository.top, place)):
                from pmgit.fix import for_staged

                fix = Fix(*for_staged.hide(subject, place), order=Fix.SETUP)
            is_bare = place in subject.places.bare
            kind = "a bare repository" if is_bare else "a repository of its own"
            message = f"{kind}: Git records none of its files here, not even an INFO.md"
            yield self.finding(place, message, severity=WARNING, fix=fix)

    def _recorded_bare(self, subject: Subject) -> Iterator[Finding]:
        """The bare repositories of which files are new to Git, which takes them for any others."""
        for place in subject.places.bare:
            new = [blob for blob in subject.model_introduced if blob.path.startswith(f"{place}/")]
            new = [blob for blob in new if not subject.before(blob)]
            if new:
                from pmgit.fix import for_staged

                advice = for_staged.keep_out(subject, new[0])
                files = "1 file" if len(new) == 1 else f"{len(new)} files"
                message = f"a bare repository: {files} of it would be recorded one by one"
                yield self.finding(place, message + advice.note, fix=advice.fix)


def _submodules(subject: Subject, blobs: list[Blob]) -> dict[str, str]:
    """The addresses that `.gitmodules` has for these submodules, by their paths."""
    files = subject.snapshot.listing(MODULES) if blobs else {}
    if MODULES not in files or files[MODULES].mode not in REGULAR:
        return {}
    settings: dict[str, dict[str, str]] = {}
    from pmgit.git.settings import of_blob  # seldom is there a submodule

    for name, value in of_blob(subject.repository, files[MODULES].oid):
        section, _, key = name.rpartition(".")
        settings.setdefault(section, {})[key] = value
    addresses = {each.get("path", ""): each.get("url", "") for each in settings.values()}
    return {b.path: addresses[b.path] for b in blobs if addresses.get(b.path)}


def _faults(subject: Subject, links: list[Blob]) -> dict[str, str]:
    """The faults of these links, by their paths."""
    targets = subject.snapshot.contents.heads_of(links)
    faults = {}
    outward = {}
    for blob in links:
        target = targets.get(blob.oid, b"").decode("utf-8", "surrogateescape")
        beside = posixpath.join(posixpath.dirname(blob.path), _slashed(target))
        goal = posixpath.normpath(beside)
        fault = _fault(target, goal)
        root = root_of(blob.path, subject.roots)
        if fault:
            faults[blob.path] = fault
        elif caches.entry_of(blob.path, root):
            if not subject.places.tracked_below(goal):
                faults[blob.path] = f"a link of the Hub's cache to {target!r}, which is not tracked"
        elif not subject.in_models(goal) and goal not in (".", *subject.roots):
            outward[blob.path] = (target, goal)
    if outward:
        listed = subject.snapshot.listing(*{g for _, g in outward.values()})
        tracked = folders_of(listed).union(listed)
        for path, (target, goal) in outward.items():
            if goal not in tracked:
                fault = f"a link out of the models folder, to {target!r}, which is not tracked"
                faults[path] = fault
    return faults


def _outward_on_disk(subject: Subject) -> Iterator[tuple[str, str]]:
    """The untracked links in the work tree that lead out of the repository, and their targets.

    Those that lead to nothing hide no weights, and those of a model are described with it.
    """
    top = subject.repository.top
    inside = os.path.join(os.path.realpath(top), "")
    for root in subject.roots:
        for path in links_on_disk(top, root):
            file = os.path.join(top, path)
            if subject.places.model_of(path) or path in subject.places.listing:
                continue
            if not os.path.realpath(file).startswith(inside) and os.path.exists(file):
                yield path, os.readlink(file)


def _slashed(target: str) -> str:
    return target.replace("\\", "/")


def _fault(target: str, goal: str) -> str:
    """The fault of a link as such; '' when it has none. Nothing is opened through it."""
    if _slashed(target).startswith("/") or _slashed(target)[1:3] == ":/":
        return f"a link to the absolute path {target!r}"
    if goal.startswith("../") or goal == "..":
        return f"a link out of the repository, to {target!r}"
    return ""
