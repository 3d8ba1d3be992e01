"""Links below the models folders that lead out of them, or to nothing: Git keeps no weights there.

Links into the cache of the Hub are the usual ones. Once that cache is cleaned they lead to nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pmgit.model import local_weights
from pmgit.model.folder import links_on_disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pmgit.model.weights import Tiers


@dataclass(frozen=True)
class OutwardLink:
    """A link at `path` (from the top of the repository) to `target`, which may not exist."""

    path: str
    target: str
    exists: bool


def find(top: str, roots: Iterable[str], tiers: Tiers) -> list[OutwardLink]:
    """The links that stand for weights or for whole folders elsewhere, and those to nothing.

    Where a models folder is a link itself, it is the one that is named.
    """
    homes = [os.path.join(os.path.realpath(os.path.join(top, root)), "") for root in roots]
    found = []
    for path in sorted(_links(top, roots)):
        place = os.path.join(top, path)
        exists = os.path.exists(place)
        leads_out = not os.path.realpath(place).startswith(tuple(homes)) or path in roots
        if exists and not (leads_out and (os.path.isdir(place) or _is_weights(path, tiers, top))):
            continue
        found.append(OutwardLink(path, os.readlink(place), exists))
    return found


def _links(top: str, roots: Iterable[str]) -> Iterator[str]:
    for root in roots:
        if os.path.islink(os.path.join(top, root)):
            yield root
        else:
            yield from links_on_disk(top, root)


def _is_weights(path: str, tiers: Tiers, top: str) -> bool:
    return bool(local_weights.find([path], tiers, top))
