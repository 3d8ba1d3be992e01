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
_INT, _LONG, _FLOAT = 0x49, 0x4C, 0x46
#: Whole numbers as Python and C write them.
_WHOLE = rb"[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9_]+)"
#: Of what numbers consist.
LETTERS = b"0123456789abcdefABCDEFxXoO+-._ \t\r\v\f\0L"
#: Python's own limit, since 3.11 (sys.set_int_max_str_digits); before, it took hours for more.
_MOST_DIGITS = 4300


class StreamError(BrokenError):
    """The stream cannot be read on."""


def name(line: bytes) -> str:
    """A part of the name of a global."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise StreamError("a name in it is not UTF-8") from None


def number(line: bytes, op: int, *, keeps: bool, is_cut: bool) -> Any:
    """The value of a number: whole ones of a usual length, a placeholder else; of one that `is_cut`
    only the begin is here.

    Python's unpickler in C takes all that C or Python takes for a number, and what is behind a NUL
    for nothing. What is refused here and not there would hide what stands behind it.
    """
    line, nul, _ = line.partition(b"\0")
    if op == _INT and nul and not line:
        return 0
    digits = line.strip()
    if op == _INT and line in (b"00", b"01"):
        return line == b"01"
    if op == _FLOAT:
        if is_cut:
            return ANY
        try:
            found = float(digits)
        except ValueError:
            raise StreamError("a number in it is no number") from None
        return found if keeps else ANY
    digits = digits.removesuffix(b"L").rstrip() if op == _LONG else digits
    is_plain = digits.removeprefix(b"-").isdigit()
    if is_plain and len(digits.lstrip(b"-0")) > _MOST_DIGITS:
        raise StreamError("a number in it has more digits than Python reads")
    if is_cut:
        return ANY
    if is_plain:
        return int(digits) if len(digits) < 20 else ANY
    import re  # takes 8 ms of a commit whose weights have no such number

    if not re.fullmatch(_WHOLE, digits):
        raise StreamError("a number in it is no number")
    return ANY


def key(line: bytes) -> int:
    """A number of the memo."""
    try:
        found = int(line.partition(b"\0")[0])
    except ValueError:
        raise StreamError("a number of its memo is no number") from None
    if found < 0:
        raise StreamError("a number of its memo is below zero")
    return found


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
