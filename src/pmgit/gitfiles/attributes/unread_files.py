"""Attribute files that Git does not read, or not to their end: by their name or their encoding."""

from __future__ import annotations

import os

from pmgit.core.finding import Fix, Step
from pmgit.git.attribute_text import Line, lines_of
from pmgit.gitfiles.attributes.attribute_lines import NAME, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from pmgit.git.repository import Repository

#: What such a file is called by mistake; in other letters it is one on some systems alone.
_NEARLY = frozenset({
    ".gitattribute", "gitattributes", ".gitattributes.txt", ".git-attributes", ".git_attributes",
    ".gitatributes", ".gitattibutes", ".gitattirbutes", ".gitattribues", ".gitattributs",
})  # fmt: skip
#: What UTF-16 has more than plain text, where the text is ASCII.
_MARKS = b"\0\xfe\xff"


def is_misnamed(path: str) -> bool:
    """Whether Git would read a file if it had its right name: at the top, or in other letters."""
    name = path[path.rfind("/") + 1 :]
    return name != NAME and (name.lower() == NAME or (path == name and name.lower() in _NEARLY))


def lost_lines(file: str, data: bytes) -> list[Line]:
    """The lines from the first NUL on, where Git stops to read; none in a file without one."""
    at = data.find(b"\0")
    if at < 0:
        return []
    first = data.count(b"\n", 0, at) + 1
    return [line for line in lines_of(file, _plain(data)) if line.number >= first]


def _plain(data: bytes) -> bytes:
    return data.translate(None, _MARKS)


def as_text(repository: Repository, path: str, data: bytes) -> Fix | None:
    """The fix that turns a file in UTF-16 into the text that it holds.

    None where that is no ASCII, or where the file on disk is not `data`.
    """
    file = os.path.join(repository.top, path)
    if not _plain(data).isascii() or read(file) != data or os.path.islink(file):
        return None
    script = """LC_ALL=C tr -d '\\000\\376\\377' <"$0" >"$0.text" && mv "$0.text" "$0\""""
    return Fix(
        Step("sh", "-c", script, file),
        Step("git", "add", items=(path,)),
        order=Fix.SETUP,
    )


def renamed(path: str, tracked: Collection[str]) -> Fix | None:
    """The fix that gives a file the name that Git reads; None where a file has that name."""
    right = path[: path.rfind("/") + 1] + NAME
    if right in tracked:
        return None
    return Fix(Step("git", "mv", items=(path, right), names="path"), order=Fix.SETUP)
