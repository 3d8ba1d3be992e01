"""The managed block: the marked part of a line file (.gitignore, .gitattributes) that pmgit owns.

Everything outside of the markers belongs to the user and is kept to the letter: line ends, a
byte order mark, a missing last line end as long as nothing follows it.
"""

from __future__ import annotations

from pmgit.core.errors import UsageError

BEGIN = "# >>> pmgit (managed; edit above or below, not between) >>>"
END = "# <<< pmgit <<<"

#: Where the block goes: to the end of the file, or to where it already is.
LAST, HERE = "last", "here"

_BOM = b"\xef\xbb\xbf"


def read(text: bytes, name: str = "the file") -> list[str] | None:
    """The lines of the block; None when `text` has no block.

    Raises UsageError when the markers are damaged.
    """
    lines = _body(text, name)
    found = _find(lines, name)
    if found is None:
        return None
    first, last = found
    return [_strip(line).decode("utf-8", "surrogateescape") for line in lines[first + 1 : last]]


def replace(text: bytes, block: list[str], *, where: str = LAST, name: str = "the file") -> bytes:
    """`text` with these lines as its block; the same text again when it has them already.

    LAST moves the block behind lines that the user has added since: in .gitignore the last
    matching line decides. HERE leaves it where it is. Raises UsageError when the markers are
    damaged.
    """
    body = _body(text, name)
    bom = _BOM if text.startswith(_BOM) else b""
    end = line_end(text)
    new = [line.encode("utf-8", "surrogateescape") + end for line in (BEGIN, *block, END)]
    found = _find(body, name)
    above: list[bytes] = body
    below: list[bytes] = []
    if found is not None:
        first, last = found
        above, below = body[:first], body[last + 1 :]
        if not below:
            # The last line end is the user's to leave out.
            new[-1] = body[last]
    if where == LAST:
        above, below = [*above, *below], []
    if above and not above[-1].endswith(b"\n"):
        above = [*above[:-1], above[-1] + end]
    if below and not new[-1].endswith(b"\n"):
        new[-1] += end
    return bom + b"".join([*above, *new, *below])


def remove(text: bytes, name: str = "the file") -> bytes:
    """`text` without its block. Raises UsageError when the markers are damaged."""
    body = _body(text, name)
    found = _find(body, name)
    if found is None:
        return text
    first, last = found
    bom = _BOM if text.startswith(_BOM) else b""
    return bom + b"".join(body[:first] + body[last + 1 :])


def line_end(text: bytes) -> bytes:
    """The line end that most lines of `text` have."""
    return b"\r\n" if 2 * text.count(b"\r\n") > text.count(b"\n") else b"\n"


def _body(text: bytes, name: str) -> list[bytes]:
    """The lines, with their ends, of a text that pmgit can change."""
    if b"\0" in text or text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(
            f"{name} is not UTF-8 text, so Git cannot read it either",
            "save it as UTF-8 (PowerShell's > writes UTF-16), then run it again",
        )
    # A lone CR ends no line for Git.
    parts = text.removeprefix(_BOM).split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
    for at, line in enumerate(lines, 1):
        if line.startswith((b"<<<<<<< ", b">>>>>>> ")):
            raise UsageError(
                f"{name}:{at}: conflict markers of a merge",
                f"resolve the conflict in {name}, stage it, then run it again",
            )
    return lines


def _strip(line: bytes) -> bytes:
    return line.rstrip(b"\r\n")


def _find(lines: list[bytes], name: str) -> tuple[int, int] | None:
    """The numbers of the two marker lines, from 0; None without a block."""
    begin, end = BEGIN.encode(), END.encode()
    begins = [at for at, line in enumerate(lines) if _strip(line) == begin]
    ends = [at for at, line in enumerate(lines) if _strip(line) == end]
    if not begins and not ends:
        return None
    if len(begins) == len(ends) == 1 and begins[0] < ends[0]:
        return begins[0], ends[0]
    if not ends:
        at, what = begins[0], f"the block begins but has no line {END!r}"
    elif not begins:
        at, what = ends[0], f"the block ends but has no line {BEGIN!r}"
    elif len(begins) > 1:
        at, what = begins[1], "a second block begins"
    elif len(ends) > 1:
        at, what = ends[1], "the block ends a second time"
    else:
        at, what = ends[0], "the block ends before it begins"
    raise UsageError(
        f"{name}:{at + 1}: {what}",
        f"delete all lines of {name} that pmgit has marked, with the markers, then run it again",
    )
