"""The block of files that pmgit owns in an INFO.md: read, and made anew. All else is people's."""

from __future__ import annotations

from pmgit.model.info_template import BEGIN, END, files_block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.model.describe import ModelFile

_HEADING = {"en": "## Files", "zh": "## 文件清单"}
_HEX = frozenset("0123456789abcdef")
_MARKS = tuple(mark.encode() for mark in BEGIN.values())


class BlockError(ValueError):
    """A block that has a begin and no end; the text says in which line it begins."""


class Listed:
    """A file that the block names, in `line` (from 1).

    `size` (bytes) is -1 and `sha256` is '' where the line has none.
    """

    __slots__ = ("line", "path", "sha256", "size")

    def __init__(self, path: str, line: int, size: int = -1, sha256: str = "") -> None:
        self.path = path
        self.line = line
        self.size = size
        self.sha256 = sha256


def listed(data: bytes) -> list[Listed]:
    """The files that the block of an INFO.md names; none without a block.

    Raises BlockError. Lines in the block that pmgit would not write are passed over.
    """
    if not any(mark in data for mark in _MARKS):
        return []  # as nearly all that people write
    lines = _lines(data)
    place = _place(lines)
    if place is None:
        return []
    found = (_read(lines[at], at + 1) for at in range(place[0] + 1, place[1]))
    return [one for one in found if one]


def renewed(data: bytes, files: Iterable[ModelFile], language: str) -> bytes:
    """An INFO.md whose block lists `files`; everything outside of the block stays to the byte.

    One without a block gets it at its end, with a heading in `language`. Raises BlockError.
    """
    lines = _lines(data)
    place = _place(lines)
    if place is None:
        end = "\r\n" if any(line.endswith("\r\n") for line in lines) else "\n"
        gap = "" if not lines[-1] else end
        added = ["", _HEADING[language], *files_block(files, language).split("\n"), ""]
        return _joined([*lines, gap, end.join(added)])
    begin, last = place
    own = next(name for name, mark in BEGIN.items() if mark == lines[begin].strip())
    end = "\r\n" if lines[begin].endswith("\r\n") else "\n"
    after = lines[last][len(lines[last].rstrip("\r\n")) :]
    block = end.join(files_block(files, own).split("\n"))
    return _joined([*lines[:begin], block + after, *lines[last + 1 :]])


def _lines(data: bytes) -> list[str]:
    """The lines with their ends, cut at line feeds alone; the last is '' when all of them end."""
    *whole, last = data.decode("utf-8", "surrogateescape").split("\n")
    return [*(f"{line}\n" for line in whole), last]


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode("utf-8", "surrogateescape")


def _place(lines: list[str]) -> tuple[int, int] | None:
    """The numbers, from 0, of the first and the last line of the block."""
    for begin, line in enumerate(lines):
        if line.strip() in BEGIN.values():
            for last in range(begin + 1, len(lines)):
                if lines[last].strip() == END:
                    return begin, last
            raise BlockError(f"the block that begins in line {begin + 1} never ends: add {END}")
    return None


def _read(line: str, number: int) -> Listed | None:
    """The file that one line names: - `path` (1.2 MB) - 1239748 bytes, sha256 `…`"""
    begin, found, rest = line.strip().partition("`")
    path, closed, rest = rest.partition("`")
    if begin.strip() != "-" or not (found and closed and path):
        return None
    if path.startswith('"'):
        import json

        try:
            path = str(json.loads(path))
        except ValueError:
            return None
    _, dash, facts = rest.rpartition(" - ")
    size, _, sha256 = facts.partition(" bytes, sha256 ")
    sha256 = sha256.strip("`")
    if not (dash and size.isdecimal() and len(size) < 20 and len(sha256) == 64):
        return Listed(path, number)
    return Listed(path, number, int(size), sha256) if _HEX.issuperset(sha256) else None
