"""The rule `linked-model`."""

from __future__ import annotations

import posixpath

from pmgit import fixes
from pmgit.finding import Finding
from pmgit.git.snapshot import LINK, SUBMODULE
from pmgit.rule import PLACES, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.snapshot import Blob
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
    scope = PLACES

    def check(self, subject: Subject) -> Iterator[Finding]:
        links = [
            blob
            for blob in subject.introduced
            if blob.mode in (LINK, SUBMODULE) and subject.in_models(blob.path)
        ]
        if not links:
            return
        targets = subject.snapshot.heads_of([blob for blob in links if blob.mode == LINK])
        for blob in links:
            target = targets.get(blob.oid, b"").decode("utf-8", "surrogateescape")
            fault = self._fault(subject, blob, target)
            if fault:
                advice = fixes.keep_out(subject, blob)
                yield Finding(blob.path, fault + advice.note, fix=advice.fix, commit=blob.commit)

    def _fault(self, subject: Subject, blob: Blob, target: str) -> str:
        """What is wrong with the link; '' when nothing is. Nothing is opened through it."""
        if blob.mode == SUBMODULE:
            return "a submodule in a models folder"
        if target.startswith("/") or target[1:3] in (":\\", ":/") or target.startswith("\\"):
            return f"a link to the absolute path {target!r}"
        folder = posixpath.dirname(blob.path)
        goal = posixpath.normpath(posixpath.join(folder, target.replace("\\", "/")))
        if goal.startswith("../") or goal == "..":
            return f"a link out of the repository, to {target!r}"
        if not subject.in_models(goal) and goal not in subject.roots:
            if not subject.snapshot.listing(goal):
                return f"a link out of the models folder, to {target!r}, which is not tracked"
        return ""
