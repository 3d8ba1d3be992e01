"""The block of files that pmgit owns in an INFO.md: read, and made anew. All else is people's."""

# ruff: noqa: RUF001 - the punctuation of Chinese text is meant
from __future__ import annotations

from pmgit.core.units import show_size
from pmgit.model import fences

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.model.describe import ModelFile

#: The managed block; the end mark is the same in both languages.
BEGIN = {
    "en": "<!-- pmgit:files (written by pmgit; your own words go outside of this block) -->",
    "zh": "<!-- pmgit:files（由 pmgit 生成；自己的说明请写在此块之外） -->",
}
END = "<!-- /pmgit:files -->"
#: An INFO.md stays readable, and under its 1 MB.
MAX_LISTED = 1000
#: How the line behind those begins.
_MORE = "- …"
#: What the marks of a begin have in common, in both languages.
_BEGIN = "<!-- pmgit:files"
_HEADING = {"en": "## Files", "zh": "## 文件清单"}
_HEX = frozenset("0123456789abcdef")


class BlockError(ValueError):
    """Marks that enclose no one block; the text says what is wrong, with the lines."""


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
    if b"pmgit:files" not in data:
        return []  # as in nearly all that people write by hand
    lines = _lines(data)
    place = _place(lines)
    if place is None:
        return []
    found = (_read(lines[at], at + 1) for at in range(place[0] + 1, place[1]))
    return [one for one in found if one]


def lists_until(data: bytes, files: list[Listed]) -> str:
    """The last of the listed `files` of a block that has no room for more weights; else ''.

    The weights of a model whose paths come behind it are counted in the block, and not listed.
    """
    is_full = len(files) >= MAX_LISTED and all(file.sha256 for file in files)
    return files[-1].path if is_full and _MORE.encode() in data else ""


def renewed(data: bytes, files: Iterable[ModelFile], language: str) -> bytes:
    """An INFO.md whose block lists `files`; everything outside of the block stays to the byte.

    One without a block gets it below the heading of the files, or else at its end with one in
    `language`. Raises BlockError.
    """
    lines = _lines(data)
    place = _place(lines)
    if place is None:
        end = "\r\n" if any(line.endswith("\r\n") for line in lines) else "\n"
        at = _below_heading(lines)
        text, rest = lines[: at or None], lines[at:] if at else []
        gap = "" if not text[-1] or text[-1].endswith("\n") else end
        heading = [] if at else [_HEADING[language]]
        block = end.join([*heading, *files_block(files, language).split("\n"), ""])
        return _joined([*text, gap, end, block, *rest])
    begin, last = place
    end = "\r\n" if lines[begin].endswith("\r\n") else "\n"
    first = lines[begin][: lines[begin].index(_BEGIN)]
    after = lines[last][len(lines[last].rstrip("\r\n")) :]
    block = end.join(files_block(files, _language_of(lines[begin])).split("\n"))
    return _joined([*lines[:begin], first + block + after, *lines[last + 1 :]])


def files_block(files: Iterable[ModelFile], language: str) -> str:
    """The block that pmgit owns: one line per file, with size and sha256 of weights."""
    # Weights first to be listed when there are too many, then all in the order of their paths.
    ranked = sorted(files, key=lambda file: (not file.sha256, file.path))
    kept = sorted(ranked[:MAX_LISTED], key=lambda file: file.path)
    lines = [BEGIN[language], *map(_line, kept)]
    if len(ranked) > len(kept):
        more = len(ranked) - len(kept)
        rest = f"（另有 {more} 个文件）" if language == "zh" else f" and {more} more files"
        lines.append(_MORE + rest)
    return "\n".join([*lines, END])


def _line(file: ModelFile) -> str:
    name = f"- `{_code(file.path)}`"
    if not file.sha256:
        return name
    rounded = f" ({show_size(file.size)})" if file.size >= 1000 else ""
    return f"{name}{rounded} - {file.size} bytes, sha256 `{file.sha256}`"


def _code(path: str) -> str:
    """A path as it may stand between backticks on a line; an odd one as a JSON string."""
    if path.isprintable() and not any(char in path for char in '`<>"\\'):
        return path
    import json

    return json.dumps(path).replace("`", "\\u0060").replace("<", "\\u003c").replace(">", "\\u003e")


def _below_heading(lines: list[str]) -> int:
    """The number of the line behind the section of files that people have written; 0: none.

    0 also where code or a comment may have begun, in which nobody would see a block.
    """
    headings = [at for at, line in enumerate(lines) if line.strip() in _HEADING.values()]
    if len(headings) != 1:
        return 0
    at = headings[0] + 1
    while at < len(lines) and not lines[at].startswith("#"):
        at += 1
    while not lines[at - 1].strip():
        at -= 1
    hidden = any(mark in line for line in lines[:at] for mark in ("```", "~~~", "<!--"))
    return 0 if hidden else at


def _lines(data: bytes) -> list[str]:
    """The lines with their ends, cut at line feeds alone; the last is '' when all of them end."""
    *whole, last = data.decode("utf-8", "surrogateescape").split("\n")
    return [*(f"{line}\n" for line in whole), last]


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode("utf-8", "surrogateescape")


def _place(lines: list[str]) -> tuple[int, int] | None:
    """The numbers, from 0, of the first and the last line of the block; None without marks.

    Marks in a block of code are an example. Raises BlockError unless there is one pair of others,
    each alone on its line: what stands between any others may be people's words.
    """
    begins = [at for at, line in enumerate(lines) if _BEGIN in line]
    ends = [at for at, line in enumerate(lines) if END in line]
    if begins or ends:
        code = _of_code(lines)
        begins = [at for at in begins if at not in code]
        ends = [at for at in ends if at not in code]
    for at in sorted([*begins, *ends]):
        if not (_is_begin(lines[at]) or lines[at].strip() == END):
            raise BlockError(f"the mark in line {at + 1} does not stand alone: move the rest away")
    if not begins and not ends:
        return None
    if not begins:
        raise BlockError(f"a block ends in line {ends[0] + 1} and begins nowhere: delete that line")
    if len(begins) > 1:
        numbers = " and ".join(str(at + 1) for at in begins[:2])
        raise BlockError(f"blocks begin in lines {numbers}: delete one, with its marks")
    if not ends or ends[-1] < begins[0]:
        raise BlockError(f"the block that begins in line {begins[0] + 1} never ends: add {END}")
    if len(ends) > 1:
        numbers = " and ".join(str(at + 1) for at in ends[:2])
        raise BlockError(f"the block ends in lines {numbers}: delete one of these marks")
    return begins[0], ends[0]


def _of_code(lines: list[str]) -> set[int]:
    """The numbers of the lines in blocks of code; one that never ends is none."""
    found: set[int] = set()
    fence, begin = "", 0
    for at, line in enumerate(lines):
        if not fence:
            fence, begin = fences.opened_by(line), at
        elif fences.is_closed_by(line, fence):
            found.update(range(begin, at))
            fence = ""
    return found


def _is_begin(line: str) -> bool:
    """Whether a line is the mark of a begin, whatever words somebody has given it."""
    text = line.strip().removeprefix("\ufeff")
    return text.startswith(_BEGIN) and text.find("-->") == len(text) - 3


def _language_of(mark: str) -> str:
    return "en" if mark.strip().removeprefix("\ufeff").isascii() else "zh"


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
