"""The option that keeps `git lfs pull` to the files that a command has looked at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.errors import PmgitError
from pmgit.git.repository import discover
from pmgit.lfs import include

if TYPE_CHECKING:
    from collections.abc import Sequence


def option(paths: Sequence[str]) -> str:
    """`--include=…` for files named from the current folder; '' where one is in no repository."""
    try:
        top = os.path.realpath(discover().top) if paths else ""
    except PmgitError:
        return ""
    begin = os.path.join(top, "")
    places = [
        os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        for path in paths
    ]
    if not paths or not all(place.startswith(begin) for place in places):
        return ""
    return include.option(place[len(begin) :].replace(os.sep, "/") for place in places)
