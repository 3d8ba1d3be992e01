"""Which lines of which `.gitattributes` speak about a path, and which one decides.

`git check-attr` tells the outcome, not the line. So every line is copied with an attribute of
its own in place of its attributes, and Git is asked which of these a path has.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from pmgit.git.blob import encode
from pmgit.lfs import patterns
from pmgit.setup.shadow import Shadow, attributes_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.git.repository import Repository

NAME = ".gitattributes"
INFO = ".git/info/attributes"
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
            marked[NAME] = marked.get(NAME, b"") + _mark(INFO, info.read(), lines)
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
    for line in parse(file, data):
        parts = patterns.split_line(line.text)
        if parts is not None:
            out.append(encode(f"{parts[0]} {_MARK}{len(lines)}\n"))
            lines.append(line)
    return b"".join(out)


def parse(file: str, data: bytes) -> list[Line]:
    """The lines of a file that have a pattern."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        parts = patterns.split_line(line)
        if parts is not None:
            found.append(Line(file, number, line.strip(), tuple(parts[1])))
    return found


def macros(files: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """What the macros of the files stand for, by their names; Git's own `binary` among them."""
    found: dict[str, tuple[str, ...]] = {"binary": ("-diff", "-merge", "-text")}
    for data in files.values():
        for line in data.decode("utf-8", "surrogateescape").split("\n"):
            words = line.split()
            if words and words[0].startswith("[attr]"):
                found[words[0].removeprefix("[attr]")] = tuple(words[1:])
    return found


def given(words: Iterable[str], known: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The attributes that words give, macros resolved."""
    out: list[str] = []
    waiting, seen = list(words), set[str]()
    while waiting:
        word = waiting.pop(0)
        out.append(word)
        if word in known and word not in seen:
            seen.add(word)
            waiting += known[word]
    return out


def speaks(line: Line, name: str, known: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a line says something of an attribute, itself or by a macro."""
    return any(_name(word) == name for word in given(line.attributes, known))


def deciding(
    repository: Repository, files: Mapping[str, bytes], path: str, name: str = "filter"
) -> Line | None:
    """The line that decides an attribute of a path; None when no line speaks about it."""
    known = macros(files)
    for found in reversed(matching(repository, files, [path])[path]):
        if speaks(found, name, known):
            return found
    return None


def _name(word: str) -> str:
    """The attribute that `-filter`, `!filter` or `filter=lfs` is about."""
    return word.lstrip("-!").partition("=")[0]
