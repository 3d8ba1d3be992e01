"""The rule `linked-model`."""

from __future__ import annotations

import posixpath

from pmgit.finding import Finding
from pmgit.git.blob import LINK, SUBMODULE
from pmgit.git.snapshot import RANGE
from pmgit.rule import LINKS, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pmgit.git.blob import Blob
    from pmgit.model.subject import Subject


class LinkedModel(Rule):
    """A link or a submodule in a models folder that leads to what is not in this repository.

    ## What it reports

    Inside a models folder: a symbolic link with an absolute target, one that leaves the
    repository, one that leaves the models folder for something that is not tracked, and a
    submodule. A models folder that is itself a link (to a shared drive) is left alone.

    ## Why it is bad

    The link works on one machine only. Everybody else gets a link to nothing, and nothing says
    what the weights were.

    ## Example

    `pretrained_model/bert -> /mnt/share/models/bert`

    ## What to do

    Paste the printed command: the link leaves the index and stays on disk. Record the model by
    its INFO.md instead. For a submodule, remove its section of `.gitmodules` too.
    """

    name = "linked-model"
    family = "naming"
    scope = LINKS

    def check(self, subject: Subject) -> Iterator[Finding]:
        links = [blob for blob in subject.model_introduced if blob.mode in (LINK, SUBMODULE)]
        if subject.origin == RANGE:
            # A link costs the history nothing: what counts is whether the tip has it.
            at_tip = {(change.path, change.oid) for change in subject.changes}
            links = [blob for blob in links if (blob.path, blob.oid) in at_tip]
        if not links:
            return
        targets = subject.snapshot.heads_of([blob for blob in links if blob.mode == LINK])
        faults = {}
        outward = {}
        for blob in links:
            target = targets.get(blob.oid, b"").decode("utf-8", "surrogateescape")
            goal = _goal(blob, target)
            fault = _fault(blob, target, goal)
            if fault:
                faults[blob.path] = fault
            elif not subject.in_models(goal) and goal not in (".", *subject.roots):
                outward[blob.path] = (target, goal)
        if outward:
            tracked = _with_folders(subject.snapshot.listing(*{g for _, g in outward.values()}))
            for path, (target, goal) in outward.items():
                if goal not in tracked:
                    faults[path] = (
                        f"a link out of the models folder, to {target!r}, which is not tracked"
                    )
        for blob in links:
            if blob.path in faults:
                from pmgit import fixes

                advice = fixes.keep_out(subject, blob)
                message = faults[blob.path] + advice.note
                yield Finding(blob.path, message, fix=advice.fix, commit=blob.commit)


def _goal(blob: Blob, target: str) -> str:
    """Where a relative link leads, from the top of the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(blob.path), _slashed(target)))


def _slashed(target: str) -> str:
    return target.replace("\\", "/")


def _fault(blob: Blob, target: str, goal: str) -> str:
    """What is wrong with the link as such; '' when nothing is. Nothing is opened through it."""
    if blob.mode == SUBMODULE:
        return "a submodule in a models folder"
    if _slashed(target).startswith("/") or _slashed(target)[1:3] == ":/":
        return f"a link to the absolute path {target!r}"
    if goal.startswith("../") or goal == "..":
        return f"a link out of the repository, to {target!r}"
    return ""


def _with_folders(paths: Iterable[str]) -> set[str]:
    found = set()
    for path in paths:
        at = path
        while at and at not in found:
            found.add(at)
            at = at.rpartition("/")[0]
    return found
