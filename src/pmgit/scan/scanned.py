"""One file of a scan: opened once, and judged by what it holds, Git LFS pointers first."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pmgit.core.units import show_size
from pmgit.formats import claims, names
from pmgit.formats.judge import judge
from pmgit.formats.opinion import (
    BROKEN,
    POINTER,
    UNKNOWN,
    UNSAFE,
    WARN,
    FileFinding,
    Opinion,
    opinion,
)  # fmt: skip
from pmgit.formats.reader import FileReader
from pmgit.formats.regular import open_regular, reason_of
from pmgit.lfs import pointer
from pmgit.scan.paths import LINK_TO_FOLDER, LINK_TO_NOTHING, files_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.formats.reader import Reader
    from pmgit.scan.paths import Place


@dataclass(frozen=True)
class Scanned:
    """A path with the opinion on its file; `could` is whether the file could be read."""

    path: str
    opinion: Opinion
    could: bool = True


def scan(paths: Sequence[str]) -> Iterator[Scanned]:
    """The opinions on all files below the paths, in the order of the files."""
    for place in files_below(paths):
        yield _scanned(place)


def _scanned(place: Place) -> Scanned:
    """The opinion on the file at one place."""
    # Weights behind such a link are missing; elsewhere it leads to what somebody has not got.
    is_lost = place.trouble == LINK_TO_NOTHING and not claims.is_for_weights(place.path)
    if place.trouble == LINK_TO_FOLDER or is_lost:
        return Scanned(place.path, opinion("link", [FileFinding(WARN, place.trouble)]))
    if place.trouble:
        return _unreadable(place.path, place.trouble)
    try:
        with open_regular(place.opens) as file:
            # Files that lie beside it are looked for where it is named, not where a link leads.
            reader = FileReader(file, os.path.dirname(place.path) or ".")
            found = judge_content(reader, place.path)
            for state in (os.fstat(file.fileno()), os.lstat(place.opens)):
                if place.found is None or _version(state) != _version(place.found):
                    return _unreadable(place.path, "it changed while it was read")
            return Scanned(place.path, found)
    except (OSError, ValueError) as error:
        return _unreadable(place.path, reason_of(error))


def _version(state: os.stat_result) -> tuple[int, ...]:
    """What another file has in another way, and what every change of this one changes. Programs
    can set the time of the last change of the bytes back (mtime), and not that of the file."""
    times = state.st_mtime_ns, state.st_ctime_ns
    return state.st_dev, state.st_ino, state.st_size, *times


def _unreadable(path: str, why: str) -> Scanned:
    return Scanned(path, unreadable(why), could=False)


def unreadable(why: str) -> Opinion:
    """The opinion on a file that could not be read."""
    return opinion("unreadable", [FileFinding(UNKNOWN, f"it could not be read: {why}")])


def judge_content(reader: Reader, name: str) -> Opinion:
    """The opinion on a content of this name: as a pointer of Git LFS, else by its format."""
    head = reader.read(0, pointer.MAX_CONFLICT)
    if pointer.may_be(head):
        expected = claims.is_for_weights(name)
        # What is longer is cut here: it begins as a pointer and is none.
        found = pointer.read(head, expected=expected)
        if isinstance(found, pointer.Broken):
            # A pickle can hold the words of a pointer, too.
            content = judge(reader, name)
            if content.verdict == UNSAFE:
                return content
            text = f"a broken Git LFS pointer: {found.fault}"
            return opinion(names.POINTER, [FileFinding(BROKEN, text, offset=0)])
        if found is not None:
            return opinion(names.POINTER, _of_pointer(found))
    return judge(reader, name)


def _of_pointer(found: pointer.Pointer) -> list[FileFinding]:
    text = f"a Git LFS pointer: the {show_size(found.size)} that it stands for are not here"
    findings = [FileFinding(POINTER, text, f"sha256:{found.oid}")]
    if found.fault in pointer.NOT_BY_LFS:
        text = f"a Git LFS pointer that git-lfs does not read: {found.fault}"
        findings.append(FileFinding(BROKEN, text, offset=0))
    elif found.fault:
        findings.append(FileFinding(WARN, f"a pointer in another form: {found.fault}"))
    if 0 < found.size < pointer.MAX_BYTES:
        findings.append(FileFinding(WARN, "it seems to stand for another pointer"))
    return findings
