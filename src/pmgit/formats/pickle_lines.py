"""Names, numbers and texts of a pickle, in lines of protocol 0 and later: as Python reads them."""

from __future__ import annotations

import codecs

from pmgit.formats.opinion import BrokenError
from pmgit.formats.pickle_values import ANY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: A text that is longer names nothing, and is not kept; where values are, its begin is.
LONGEST_TEXT = 1000


class StreamError(BrokenError):
    """The stream cannot be read on."""


def name(line: bytes) -> str:
    """A part of the name of a global."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise StreamError("a name in it is not UTF-8") from None


def number(line: bytes, op: int, *, keeps: bool) -> Any:
    """The value of a number in text: whole ones of a usual length, a placeholder else."""
    digits = line.strip().removesuffix(b"L") if op == 0x4C else line.strip()
    if op == 0x49 and line in (b"00", b"01"):
        return line == b"01"
    if op == 0x46:
        try:
            found = float(digits)
        except ValueError:
            raise StreamError("a number in it is no number") from None
        return found if keeps else ANY
    if not digits.removeprefix(b"-").isdigit():
        raise StreamError("a number in it is no number")
    return int(digits) if len(digits) < 20 else ANY


def text(line: bytes, quoted: bool) -> Any:
    """A text: one of ASCII that is not long, a placeholder else."""
    if len(line) > 4 * LONGEST_TEXT:
        return ANY
    if not quoted:
        try:
            found = line.decode("raw-unicode-escape")
        except UnicodeDecodeError:
            raise StreamError("a text in it has a bad escape") from None
        return found if found.isascii() else ANY
    line = line.strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise StreamError("a text in it has no quotes")
    try:
        raw = codecs.escape_decode(line[1:-1])[0]
    except ValueError:
        raise StreamError("a text in it has a bad escape") from None
    return raw.decode("ascii") if raw.isascii() else ANY


def prove(raw: bytes) -> None:
    """Fail where a text is none."""
    try:
        raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise StreamError("a text in it is not UTF-8") from None
