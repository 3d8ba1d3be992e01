"""Which lines of which `.gitattributes` speak about a path, and which one decides.

`git check-attr` tells the outcome, not the line. So every line is copied with an attribute of
its own in place of its attributes, and Git is asked which of these a path has.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from pmgit.git.objects import encode
from pmgit.lfs import patterns
from pmgit.setup.shadow import Shadow, attributes_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.git.repository import Repository

NAME = ".gitattributes"
_INFO = ".git/info/attributes"
_MARK = "pmgit-line-"


class Line(NamedTuple):
    """A line of a file: where it is (from 1), and the attributes it gives."""

    file: str
    number: int
    text: str
    attributes: tuple[str, ...]


def matching(
    repository: Repository, files: Mapping[str, bytes], paths: Iterable[str]
) -> dict[str, list[Line]]:
    """The lines that match each path, the strongest last.

    `files` are the contents of the `.gitattributes` files, by path. The repository's own
    `info/attributes`, which is stronger than all of them, is looked at too.
    """
    lines: list[Line] = []
    marked: dict[str, bytes] = {}
    # A deeper file is stronger; in a file the later line.
    for file in sorted(files, key=lambda file: file.count("/")):
        marked[file] = _mark(file, files[file], lines)
    try:
        with open(os.path.join(repository.common_dir, "info", "attributes"), "rb") as info:
            # Its patterns count from the top; its own marks must not hide those of the others.
            marked[NAME] = marked.get(NAME, b"") + _mark(_INFO, info.read(), lines)
    except OSError:
        pass
    paths = list(paths)
    with Shadow(repository, marked) as shadow:
        found = attributes_of(shadow, paths)
    marks = {
        path: sorted(int(name[len(_MARK) :]) for name in given if name.startswith(_MARK))
        for path, given in found.items()
    }
    return {path: [lines[number] for number in numbers] for path, numbers in marks.items()}


def _mark(file: str, data: bytes, lines: list[Line]) -> bytes:
    """The file with a mark per line; what the lines are is added to `lines`."""
    out = []
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n"), 1):
        parts = patterns.split_line(line)
        if parts is not None:
            out.append(encode(f"{parts[0]} {_MARK}{len(lines)}\n"))
            lines.append(Line(file, number, line.strip(), tuple(parts[1])))
    return b"".join(out)


def deciding(
    repository: Repository, files: Mapping[str, bytes], path: str, name: str = "filter"
) -> Line | None:
    """The line that decides an attribute of a path; None when no line speaks about it."""
    macros = {"binary"} if name in ("diff", "merge", "text") else set[str]()
    for data in files.values():
        for line in data.decode("utf-8", "surrogateescape").split("\n"):
            words = line.split()
            if words and words[0].startswith("[attr]") and name in map(_name, words[1:]):
                macros.add(words[0].removeprefix("[attr]"))
    for found in reversed(matching(repository, files, [path])[path]):
        if any(_name(word) == name or _name(word) in macros for word in found.attributes):
            return found
    return None


def _name(word: str) -> str:
    """The attribute that `-filter`, `!filter` or `filter=lfs` is about."""
    return word.lstrip("-!").partition("=")[0]
