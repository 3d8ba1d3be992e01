"""Which lines of which attribute files speak about a path, and which one decides.

`git check-attr` prints the outcome, not the line. So every line is copied with an attribute of
its own in place of its attributes, and Git is asked which of these a path has.
"""

from __future__ import annotations

import os

from pmgit.formats.regular import read_regular
from pmgit.git import attributes, program
from pmgit.git.attribute_text import Line, lines_of, name_of, pattern_line
from pmgit.git.blob import decode
from pmgit.git.names import ATTRIBUTES
from pmgit.git.settings import GitSettings
from pmgit.gitfiles.what_if import shadow_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pmgit.git.repository import Repository

NAME = ATTRIBUTES
INFO = ".git/info/attributes"
_MARK = "pmgit-line-"
#: Git reads no attribute file that is larger.
_MOST = 100_000_000
#: The attribute file of the system that is built into a git, by the path of the program.
_BUILT_IN: dict[str, str] = {}


def matching(
    repository: Repository, files: Mapping[str, bytes], paths: Iterable[str], *, here: bool = False
) -> dict[str, list[Line]]:
    """The lines that match each path, the strongest last.

    `files` are the contents of the `.gitattributes` files, by path. With `here`, the lines that
    only this machine has are looked at too, and Git ignores the case where it does so here.
    """
    lines: list[Line] = []
    marked: dict[str, str] = {}
    weaker, stronger = (personal(repository), own(repository)) if here else ({}, {})
    # Patterns of the others count from the top; their marks must not hide those of the tree.
    for file, data in weaker.items():
        marked[NAME] = marked.get(NAME, "") + _mark(file, data, lines)
    # A deeper file is stronger; in a file the later line.
    for file in sorted(files, key=lambda file: file.count("/")):
        marked[file] = marked.get(file, "") + _mark(file, files[file], lines)
    for file, data in stronger.items():
        marked[NAME] = marked.get(NAME, "") + _mark(file, data, lines)
    paths = list(paths)
    texts = {file: text.encode("utf-8", "surrogateescape") for file, text in marked.items()}
    with shadow_of(repository, texts) as shadow:
        found = attributes.of_paths(shadow, paths, everywhere=not here)
    marks = {
        path: sorted(int(name[len(_MARK) :]) for name in given if name.startswith(_MARK))
        for path, given in found.items()
    }
    return {path: [lines[number] for number in numbers] for path, numbers in marks.items()}


def _mark(file: str, data: bytes, lines: list[Line]) -> str:
    """The file with a mark per line; what the lines are is added to `lines`."""
    out = []
    for line in lines_of(file, data):
        if not line.is_macro:
            out.append(line.with_attributes(f"{_MARK}{len(lines)}").padded + "\n")
            lines.append(line)
    return "".join(out)


def personal(repository: Repository, settings: GitSettings | None = None) -> dict[str, bytes]:
    """The attribute files of the system and of the user, by the name to call them by.

    `settings` are those of the repository, where they are known already.
    """
    found = {}
    for path in (_of_system(repository), _of_user(settings or GitSettings(repository))):
        data = read(os.path.join(repository.top, path)) if path else b""
        if data:
            home = os.path.join(os.path.expanduser("~"), "")
            found[f"~/{path[len(home) :]}" if path.startswith(home) else path] = data
    return found


def own(repository: Repository) -> dict[str, bytes]:
    """The attribute file that only this clone has, which is stronger than all others."""
    data = read(attributes.own_file(repository))
    return {INFO: data} if data else {}


def _of_user(settings: GitSettings) -> str:
    if found := settings.last("core.attributesfile"):
        return found.path
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return os.path.join(base, "git", "attributes")


def _of_system(repository: Repository) -> str:
    if os.environ.get("GIT_ATTR_NOSYSTEM", "0").lower() not in ("", "0", "false", "no", "off"):
        return ""
    git = program.find()
    if git not in _BUILT_IN:
        # Known to git 2.42.
        code, out, _ = repository.start("var", "GIT_ATTR_SYSTEM").wait()
        _BUILT_IN[git] = decode(out.rstrip(b"\n")) if code == 0 else "/etc/gitattributes"
    return _BUILT_IN[git]


def read(path: str) -> bytes | None:
    """An attribute file on disk, also through a link; None when there is none to be read."""
    return read_regular(os.path.realpath(path), _MOST)


def lfs_lines(data: bytes) -> int:
    """The number of lines of an attribute file that give `filter=lfs`."""
    text = decode(data.removeprefix(b"\xef\xbb\xbf"))
    lines = map(pattern_line, text.split("\n"))
    return sum(line is not None and "filter=lfs" in line.words for line in lines)


def macros(files: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """The attributes of each macro of the files, by its name; with Git's own `binary`."""
    found: dict[str, tuple[str, ...]] = {"binary": ("-diff", "-merge", "-text")}
    for file, data in files.items():
        for line in lines_of(file, data):
            if line.is_macro:
                found[line.macro] = tuple(line.words)
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
    """Whether a line sets or unsets an attribute, itself or by a macro."""
    return any(name_of(word) == name for word in given(line.words, known))


def deciders(
    repository: Repository, files: Mapping[str, bytes], paths: Iterable[str], name: str = "filter"
) -> dict[str, Line]:
    """The line that decides an attribute of each path here; paths without one are left out."""
    top = {NAME: files.get(NAME, b"")}  # in a folder Git refuses macros
    known = macros({**personal(repository), **top, **own(repository)})
    found = {}
    for path, lines in matching(repository, files, paths, here=True).items():
        for line in reversed(lines):
            if speaks(line, name, known):
                found[path] = line
                break
    return found
