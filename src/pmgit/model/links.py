"""The links of the models folders that lead to nothing once something is renamed."""

from __future__ import annotations

import os
import posixpath

from pmgit.git.blob import LINK
from pmgit.model.folder import links_on_disk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.model.subject import Subject


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
        for place in _upward(link):
            if place == highest or target.startswith("/"):
                break
            self._outward.setdefault(place, link)
        # A link outside of the models folders may lie on the way.
        inside = os.path.join(os.path.realpath(self._top), "")
        goal = os.path.realpath(os.path.join(self._top, link))
        if goal.startswith(inside):
            for place in _upward(goal[len(inside) :]):
                if not f"{link}/".startswith(f"{place}/"):
                    self._inward.setdefault(place, link)


def _upward(path: str) -> Iterator[str]:
    while path:
        yield path
        path = posixpath.dirname(path)
