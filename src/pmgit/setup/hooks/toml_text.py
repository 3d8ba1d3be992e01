"""Places in a TOML text, so that lines can be put in without writing the file anew.

tomllib gives values and no places, and a TOML writer would lose comments and order. prek reads
TOML 1.1, whose inline tables may span lines (`prek util yaml-to-toml` writes them so); tomllib of
Python 3.11 reads 1.0, so the same tokens also make the text that it can read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMENT, STRING, BLANK, NEWLINE, SIGN, WORD = "comment", "string", "blank", "newline", "[", "word"
_SIGNS = "[]{},="
_WORD_ENDS = frozenset(_SIGNS + "#\"' \t\r\n")


@dataclass
class Token:
    kind: str
    start: int
    end: int
    text: str


@dataclass
class Layout:
    """Where things are: indexes into the text.

    `first_table` is the begin of the first line `[…]` or `[[…]]` (the end of the text without
    one). `opening`, `closing` are the brackets of the value of the key asked for when that is a
    list of the top, else -1; `last` is the end of the last thing in it that is no comment.
    """

    first_table: int
    opening: int = -1
    closing: int = -1
    last: int = -1


def tokens(text: str) -> Iterator[Token]:
    """Every piece of the text, in order. Raises ValueError at a string without an end."""
    at = 0
    while at < len(text):
        char, start = text[at], at
        if char in "\"'":
            kind, at = STRING, _string_end(text, at)
        elif char == "#":
            kind, at = COMMENT, _find(text, "\n", at)
        elif char == "\n":
            kind, at = NEWLINE, at + 1
        elif char in _SIGNS:
            kind, at = SIGN, at + 1
        elif char in " \t\r":
            kind = BLANK
            while at < len(text) and text[at] in " \t\r":
                at += 1
        else:
            kind = WORD
            while at < len(text) and text[at] not in _WORD_ENDS:
                at += 1
        yield Token(kind, start, at, text[start:at])


def _find(text: str, what: str, at: int) -> int:
    found = text.find(what, at)
    return len(text) if found < 0 else found


def _string_end(text: str, at: int) -> int:
    quote = text[at]
    mark = quote * 3 if text.startswith(quote * 3, at) else quote
    # A backslash escapes in basic strings only; the two alternatives share no character, or a
    # string without an end would take for ever.
    escape = "\\\\.|" if quote == '"' else ""
    inside = "[^" + ("\\\\" if quote == '"' else "") + ("" if len(mark) == 3 else "\n") + "]"
    inside = "." if inside == "[^]" else inside
    # At most two more quotes may stand before the closing three.
    end = f"{mark}{quote}{{0,2}}" if len(mark) == 3 else mark
    found = re.compile(f"(?s:{mark}(?:{escape}(?!{mark}){inside})*{end})").match(text, at)
    if found is None:
        line = text.count("\n", 0, at) + 1
        raise ValueError(f"the string at line {line} has no end")
    return found.end()


def layout(text: str, key: str) -> Layout:
    """The layout of a text that is TOML, as far as `key` is concerned."""
    found = Layout(len(text))
    depth, line = 0, 0
    begun: list[str] = []  # what stands in this line at depth 0, as far as it matters
    for token in tokens(text):
        if token.kind == NEWLINE:
            line = token.end
            if depth == 0:
                begun = []
            continue
        if token.kind in (BLANK, COMMENT):
            continue
        opens, closes = token.text in ("[", "{"), token.text in ("]", "}")
        if token.kind == SIGN and opens and depth == 0:
            if not begun:
                found.first_table = line
                return found
            if begun == [key, "="] and token.text == "[" and found.opening < 0:
                found.opening = token.start
                found.last = token.end
        if depth == 0 and len(begun) < 3:
            begun.append(token.text.strip("\"'"))
        if token.kind == SIGN:
            depth += opens - closes
        if found.opening >= 0 > found.closing:
            if depth == 0:
                found.closing = token.start
            else:
                found.last = token.end
    return found


def plain(text: str) -> str:
    """The same document as TOML 1.0, for tomllib. Raises ValueError."""
    out: list[str] = []
    inside: list[str] = []
    for token in tokens(text):
        word = token.text
        in_table = inside[-1:] == ["{"]
        if token.kind == SIGN and word in "[{":
            inside.append(word)
        elif token.kind == SIGN and word in "]}":
            if inside:
                inside.pop()
            if word == "}":
                _drop_comma(out)
        elif in_table and token.kind == NEWLINE:
            word = " "
        elif in_table and token.kind == COMMENT:
            word = ""
        elif token.kind == BLANK and in_table:
            word = " "  # a carriage return is no blank for tomllib
        elif token.kind == STRING and word[0] == '"':
            word = re.sub(r"\\(\\|e|x[0-9A-Fa-f]{2}|.)", _escape, word, flags=re.DOTALL)
        out.append(word)
    return "".join(out)


def _drop_comma(out: list[str]) -> None:
    """Take the comma away that is the last thing, but for blanks."""
    at = len(out) - 1
    while at >= 0 and not out[at].strip():
        at -= 1
    if at >= 0 and out[at] == ",":
        out[at] = ""


def _escape(found: re.Match[str]) -> str:
    word = found.group(1)
    if word == "e":
        return "\\u001b"
    return f"\\u00{word[1:]}" if word[0] == "x" and len(word) == 3 else found.group(0)
