"""Which license the text in a LICENSE file is, by its title and its length.

A text that is not surely one of the table is none of them: many begin as a known license and go on
with terms of their own.
"""

from __future__ import annotations

from pmgit.licenses import expression, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.licenses.table import License

#: The GPL, the longest of those that are known, has 35 kB.
MAX_BYTES = 100_000
#: A title has few lines, above it may stand a line or two of copyright.
_LINES, _TITLE = 12, 3
_COPYRIGHT = ("copyright", "(c)", "©", "all rights reserved")
#: So many words may stand behind a text, such as its address.
_AFTER = 6
_MONTHS = {
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december", "date", "dated", "effective", "release", "released",
}  # fmt: skip


class _Short:
    """A text that people change: how it begins and ends, its id, and how many words it may have.

    Around it may stand a title and lines of copyright. The numbers of words are those of most
    texts in Python packages and Debian's documentation, which differ in the name of the holder.
    """

    __slots__ = ("begin", "end", "id", "least", "most")

    def __init__(self, id: str, begin: str, end: str, least: int, most: int) -> None:
        self.id = id
        self.begin = begin
        self.end = end
        self.least = least
        self.most = most


_SHORT = (
    _Short(
        "mit",
        "permission is hereby granted, free of charge, to any person obtaining a copy",
        "dealings in the software.",
        *(156, 163),
    ),
    _Short(
        "isc",
        "permission to use, copy, modify, and/or distribute this software for any purpose",
        "performance of this software.",
        *(106, 110),
    ),
    _Short(
        "bsd",
        "redistribution and use in source and binary forms, with or without modification",
        "possibility of such damage.",
        *(178, 245),
    ),
    _Short(
        "unlicense",
        "this is free and unencumbered software released into the public domain",
        "dealings in the software.",
        *(187, 193),
    ),
)
#: With its appendix the Apache License 2.0 has 1,581 words, without it 1,408.
_APACHE = (1_390, 1_610)
#: Who adds terms to a license gives them a name, or begins so.
_ADDED = ("commons clause", "additional terms", "additional restriction", "with the following mod")


def recognised(data: bytes) -> License | None:
    """The license whose text this is; None for any other text, and where it is not sure."""
    if len(data) > MAX_BYTES or b"\0" in data:
        return None
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    flat = " ".join(text.lower().split())
    if any(phrase in flat[:2000] or phrase in flat[-2000:] for phrase in _ADDED):
        return None
    for short in _SHORT:
        if short.begin in flat:
            return _license_of(short, text, flat)
    lines = _head(text.split("\n", _LINES)[:_LINES])
    found = _of_title(lines, flat)
    if found is None or found.is_family or found.id in (table.OTHER, table.NONE_STATED):
        return None
    if found.id in ("mit", "isc", "unlicense", "apache-2.0") or "bsd" in found.families:
        # Below the title is not the text that belongs to it, unless there is nothing.
        is_alone = expression.one_license(" ".join(lines)) is found
        is_apache = found.id == "apache-2.0" and _APACHE[0] < flat.count(" ") < _APACHE[1]
        return found if is_alone or is_apache else None
    return found


def _license_of(short: _Short, text: str, flat: str) -> License | None:
    """The license of a text with one of the beginnings, if there is nothing else in the text."""
    body, found, rest = flat[flat.index(short.begin) :].partition(short.end)
    if not found or not short.least <= body.count(" ") + 1 <= short.most:
        return None
    if len(rest.split()) > _AFTER or flat.count(short.begin) > 1:
        return None
    lines = text.split("\n")
    first = " ".join(short.begin.split()[:3])
    at = next((n for n, line in enumerate(lines) if first in " ".join(line.lower().split())), 0)
    title = " ".join(_head(lines[:at]))
    license = table.load().find(_bsd(body) if short.id == "bsd" else short.id)
    named = expression.one_license(title)
    is_it = not title or (named is not None and license is not None and named.may_be(license))
    return license if is_it else None


def _head(lines: list[str]) -> list[str]:
    """The lines without the marks of Markdown, and without those of copyright and empty ones."""
    plain = [" ".join(line.strip(" \t\r#*=-_/<>").split()) for line in lines]
    return [line for line in plain if line and not line.lower().startswith(_COPYRIGHT)]


def _of_title(lines: list[str], flat: str) -> License | None:
    """The license that the first lines name, as a whole."""
    known = table.load()
    is_cc = "creative commons" in flat[:3000]
    if lines and lines[0].lower() == "creative commons legal code":
        del lines[0]
    best = None
    for count in range(1, min(_TITLE, len(lines)) + 1):
        name = _without_date(" ".join(lines[:count]))
        found = expression.one_license(name) or (known.find(f"cc {name}") if is_cc else None)
        # `GNU GENERAL PUBLIC LICENSE`, and its version in the next line.
        best = found if found and (best is None or best.is_family) else best
    return best


def _without_date(title: str) -> str:
    """A title without the date of its version: `Version 2.0, January 2004`."""
    words = title.replace(",", " ").split()
    kept = [
        word
        for at, word in enumerate(words)
        if word.lower().strip(":") not in _MONTHS
        and not (word.isdigit() and len(word) == 4 and word[:2] in ("19", "20"))
        and not (
            _is_day(word, words[at - 1 : at])
            and words[at + 1 : at + 2]
            and words[at + 1].lower() in _MONTHS
        )
    ]
    return " ".join(kept)


def _is_day(word: str, before: list[str]) -> bool:
    """Whether this is the day of a date, not the number of a version."""
    return word.isdigit() and [one.lower() for one in before] != ["version"]


def _bsd(flat: str) -> str:
    """The id of a text of the BSD family, by its clauses; '' for one with others."""
    if "no express or implied licenses to any party's patent rights" in flat:
        return "bsd-3-clause-clear"
    words = flat.count(" ") + 1
    if "endorse or promote" in flat:
        return "bsd-3-clause" if 200 <= words <= 220 else ""
    return "bsd-2-clause" if words <= 187 else ""
