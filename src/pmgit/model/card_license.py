"""The license in the front matter of a model card, read without PyYAML, for the commit hook.

PyYAML takes longer to import than Python takes to start. This reads the plain form that cards have:
keys at the margin, values on their lines, lists below their keys. At anything else, wherever in the
front matter, it gives up: a line at the margin may then be the inside of a text.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

#: A README.md that is longer is not read at all; front matter that is longer is given up.
MAX_BYTES = 1_000_000
_MAX_FRONT, _MAX_LINE, _MAX_TEXT, _MAX_ITEMS = 200_000, 10_000, 200, 20

_LICENSE, _NAME, _LINK = "license", "license_name", "license_link"
_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._+-/:,()#?=&%~@"
)
#: Signs with which YAML begins what is no plain text: anchors, tags, keys of several lines, …
_ODD = frozenset("&*!?%@`,]}")
#: Without these a line ends all that it begins.
_SIGNS = _ODD | frozenset("\"'[{")
#: What begins the text of the lines below; of `|-` and `>-` the last line has no end.
_BLOCKS = ("|", ">", "|-", ">-", "|+", ">+")
#: Of these is `{type: text-generation}`, as the results of a card have it by the hundred.
_SIMPLE = _KEY | frozenset("{}: ./")
_NOTHING = ("", "null", "Null", "NULL", "~", "=", "<<")
#: Other ends of lines, and tabs: YAML has rules for each.
_STRANGE = ("\t", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\0", "\ufeff")


class CardLicense:
    """What a card states: `ids` (of the Hub, mostly one), and `name` and `link` for `other`.

    `line` is that of the license in the file, from 1.
    """

    __slots__ = ("ids", "line", "link", "name")

    def __init__(self, ids: list[str], name: str, link: str, line: int) -> None:
        self.ids = ids
        self.name = name
        self.link = link
        self.line = line

    @property
    def text(self) -> str:
        """One line: the ids; for `other` its name and link."""
        if self.ids == ["other"]:
            return " ".join(word for word in (self.name, self.link) if word) or "other"
        return ", ".join(self.ids)


def read(data: bytes) -> CardLicense | None:
    """The license that a README.md states; None when it states none, or not in the plain form."""
    if not data.startswith((b"---", b"\xef\xbb\xbf---")) or len(data) > MAX_BYTES:
        return None
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text[:_MAX_FRONT].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ends = (at for at, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "..."))
    end = next(ends, 0) if lines[0].rstrip() == "---" else 0
    front = "\n".join(lines[1:end])
    if "\nlicense" not in f"\n{front}" or any(sign in front for sign in _STRANGE):
        return None
    found: dict[str, tuple[list[str], int]] = {}
    at = 1
    while at < end:
        line = lines[at]
        below = at + 1
        while below < end and (lines[below][:1] in ("", " ", "#") or lines[below][:2] == "- "):
            below += 1
        if not _is_empty(line):
            key, colon, value = line.partition(":")
            if not colon or not key or not _KEY.issuperset(key) or value[:1] not in ("", " "):
                return None
            texts = _texts(value.strip(" "), lines[at + 1 : below])
            if texts is None or key in found:
                return None
            if key in (_LICENSE, _NAME, _LINK):
                values = _values(value.strip(" "), texts)
                if values is None:
                    return None
                found[key] = (values, at + 1)
        elif any(not _is_empty(inner) for inner in lines[at + 1 : below]):
            return None  # something before the first key
        at = below
    ids, line_of = found.get(_LICENSE, ([], 0))
    names, links = (found.get(key, ([], 0))[0] for key in (_NAME, _LINK))
    if not ids:
        return None
    return CardLicense(ids, "".join(names[:1]), "".join(links[:1]), line_of)


def _is_empty(line: str) -> bool:
    """Whether a line has nothing, or only a comment."""
    plain = line.lstrip(" ")
    return not plain or plain[0] == "#"


def _texts(value: str, below: Sequence[str]) -> list[str] | None:
    """The lines below a key, as far as they say something; None when one may reach beyond them."""
    if value[:1] in ("|", ">"):
        is_inside = all(line[:1] in ("", " ") for line in below)
        return list(below) if value in _BLOCKS and is_inside else None
    kept = [line for line in below if not _is_empty(line)]
    marked = (line for line in (value, *kept) if not _SIGNS.isdisjoint(line))
    return kept if all(map(_is_closed, marked)) else None


def _is_closed(line: str) -> bool:
    """Whether a line ends every text and list that it begins."""
    if len(line) > _MAX_LINE:
        return False
    rest = line.strip(" ")
    while rest.startswith("- "):
        rest = rest[2:].lstrip(" ")
    if rest[:1] in ('"', "'", "[", "{"):
        return _ends_here(rest)
    if rest[:1] in _ODD:
        return False
    _, _, value = rest.partition(": ")
    value = value.lstrip(" ")
    if value[:1] in ('"', "'", "[", "{"):
        return _ends_here(value)
    return value[:1] not in _ODD or not value


def _ends_here(text: str) -> bool:
    """Whether the text or list that begins here ends, with nothing but a comment behind it."""
    if _SIMPLE.issuperset(text) and text[0] == "{" and text.find("}") == len(text) - 1:
        return text.count("{") == 1
    depth, at, is_begin = 0, 0, True
    while at < len(text):
        char = text[at]
        if char in ('"', "'") and is_begin:
            at = _end_of_text(text, at)
            if at < 0:
                return False
            is_begin = False
        elif char in "[{":
            depth, is_begin = depth + 1, True
        elif char in "]}":
            depth, is_begin = depth - 1, False
        elif depth and (char == "#" or (is_begin and char in _ODD)):
            return False
        elif char not in " ":
            is_begin = char in ",:"
        at += 1
        if not depth:
            rest = text[at:]
            return not rest.strip(" ") or (rest[0] == " " and rest.lstrip(" ")[0] == "#")
    return False


def _end_of_text(text: str, begin: int) -> int:
    """The index of the quote that ends the one at `begin`, -1 without one."""
    mark, at = text[begin], begin + 1
    while at < len(text):
        if text[at] == "\\" and mark == '"':
            at += 1
        elif text[at] == mark:
            if mark != "'" or text[at + 1 : at + 2] != "'":
                return at
            at += 1
        at += 1
    return -1


def _values(value: str, below: list[str]) -> list[str] | None:
    """The value of a key as a list of texts; None when it is not plain."""
    if value in _BLOCKS:
        texts = [line.lstrip(" ") for line in below if line.strip(" ")]
        is_one = len(texts) == 1 and value[1:] == "-" and texts[0][-1] != " "
        return _plain(texts[0], is_text=True) if is_one else None
    if below:
        # A list: its dashes stand below each other, at the margin or not.
        margins = {len(line) - len(line.lstrip(" ")) for line in below}
        dashed = all(line.lstrip(" ").startswith("- ") for line in below)
        if not _is_empty(value) or len(margins) > 1 or not dashed or len(below) > _MAX_ITEMS:
            return None
        items = [line.lstrip(" ")[2:] for line in below]
    elif value[:1] == "[":
        items = _without_comment(value)[1:-1].split(",")
        items = items if items[-1].strip(" ") else items[:-1]
        if len(items) > _MAX_ITEMS or any(not item.strip(" ") for item in items):
            return None
    else:
        items = [value]
    found = []
    for item in items:
        text = _plain(item.strip(" "))
        if text is None:
            return None
        found += text
    return found


def _without_comment(text: str) -> str:
    return text.partition(" #")[0].rstrip(" ")


def _plain(text: str, *, is_text: bool = False) -> list[str] | None:
    """One text, without its quotes, as a list; an empty list for nothing, None if not plain.

    With `is_text` nothing in it is a sign of YAML.
    """
    if not is_text:
        if text[:1] in ('"', "'"):
            end = _end_of_text(text, 0)
            inner = text[1:end]
            return None if "\\" in inner or "''" in inner else _plain(inner, is_text=True)
        text = _without_comment(" " + text).strip(" ")
        begins = text[:1] in _ODD or text[:1] in ('"', "'", "[", "{", "|", ">", "#", ":")
        if begins or text[:2] == "- " or text == "-" or ": " in text or text.endswith(":"):
            return None
        if text in _NOTHING:
            return []
    if len(text) > _MAX_TEXT or not _PLAIN.issuperset(text):
        return None
    return [text] if text else []
