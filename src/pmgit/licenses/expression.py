"""A license as people and programs write it: one name, a list, an expression of SPDX, an address.

What is not understood as a whole is not understood at all: `MIT, but not for sale` is no MIT.
"""

# ruff: noqa: RUF001 - the punctuation of Chinese text is meant
from __future__ import annotations

from pmgit.licenses import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pmgit.licenses.table import License

#: A longer text is prose, and is not read.
MAX_TEXT = 1000
#: So deep may brackets lie in each other, so many names may an expression have.
_DEEPEST, _MOST = 10, 50

#: A license that only this project has a name for, as SPDX writes it.
OWN = "LicenseRef-"

AND, OR = "and", "or"
#: What stands in brackets behind a license may change what it is, if it does not begin so.
_HARMLESS = (
    "see ", "as ", "per ", "according to ", "same as ", "matches ", "inherited from ", "详见",
    "参见", "见",
)  # fmt: skip
#: All that a person writes beside an address.
_AROUND = frozenset(("see", "license", "licence", "许可证", "见", "详见"))
_SEPARATORS = ",;，；、"


class Named:
    """One name in an expression: the `text`, and the `license` that the table has for it, or None.

    `own` is the name behind `LicenseRef-`, for one that only this project knows.
    """

    __slots__ = ("license", "own", "text")

    def __init__(self, text: str, license: License | None = None, own: str = "") -> None:
        self.text = text
        self.license = license
        self.own = own

    def __repr__(self) -> str:
        return f"Named({self.text!r}, {self.license!r})"

    @property
    def shown(self) -> str:
        """The Hub's id, or the text."""
        return self.license.id if self.license else self.text


class Several:
    """Licenses that all count (AND), or of which one may be chosen (OR)."""

    __slots__ = ("operator", "parts")

    def __init__(self, operator: str, parts: Sequence[Expression]) -> None:
        self.operator = operator
        self.parts = parts

    def __repr__(self) -> str:
        return f"Several({self.operator!r}, {self.parts!r})"


Expression = Named | Several


class Reading:
    """A text about a license, read.

    `expression` is None where the text names nothing. `link` is the address or the file with the
    text of the license, '' without one.
    """

    __slots__ = ("expression", "link", "text")

    def __init__(self, text: str, expression: Expression | None, link: str) -> None:
        self.text = text
        self.expression = expression
        self.link = link

    @property
    def names(self) -> list[Named]:
        """The names in the expression."""
        return list(names_of(self.expression)) if self.expression else []

    @property
    def is_known(self) -> bool:
        """Whether the table knows every name, and each of them names a license."""
        found = self.names
        return bool(found) and all(
            name.license and name.license.id not in (table.OTHER, table.NONE_STATED)
            for name in found
        )

    @property
    def shown(self) -> str:
        """The expression as it is understood, with the ids of the Hub."""
        return _shown(self.expression) if self.expression else self.text


def one_license(text: str) -> License | None:
    """The license that a text names, when it is nothing but that name."""
    found = _name(text)
    return found.license if found else None


def is_vaguer(one: Reading, than: Reading) -> bool:
    """Whether a text says no more than that there is some license, which another text names.

    `other` says nothing beside a name, `gpl` nothing beside `gpl-3.0`.
    """
    named = [name for name in than.names if not _is_nothing(name)]
    return bool(named) and all(
        _is_nothing(name) or any(_is_family_of(name, other) for other in named)
        for name in one.names
    )


def _is_nothing(name: Named) -> bool:
    return name.license is not None and name.license.id in (table.OTHER, table.NONE_STATED)


def _is_family_of(name: Named, other: Named) -> bool:
    one, license = name.license, other.license
    if one is None or license is None:
        return False
    return one.is_family and one.id != license.id and one.id in license.families


def names_of(expression: Expression) -> Iterator[Named]:
    """The names in an expression, from left to right."""
    if isinstance(expression, Named):
        yield expression
    else:
        for part in expression.parts:
            yield from names_of(part)


def _shown(expression: Expression, *, inside: bool = False) -> str:
    if isinstance(expression, Named):
        return expression.shown
    text = f" {expression.operator.upper()} ".join(
        _shown(part, inside=True) for part in expression.parts
    )
    return f"({text})" if inside else text


def read(text: str) -> Reading:
    """What a text says about a license; it is one line of INFO.md, of a lock or of a model card."""
    whole = text.strip().strip("`*_\"'").strip()
    if not whole or len(whole) > MAX_TEXT:
        return Reading(whole[:MAX_TEXT], Named(whole[:MAX_TEXT]) if whole else None, "")
    rest, links = _without_links(whole)
    found = _read(rest) if rest else None
    link = links[0] if links else ""
    if not _understood(found):
        by_link = next((row for one in links if (row := of_address(one))), None)
        words = rest.split()
        if by_link and (not rest or rest.lower() in _AROUND):
            found = Named(by_link.id, by_link)
        elif not link and len(words) > 1 and _is_file(words[-1]):
            link = words[-1]
            found = _read(" ".join(words[:-1]))
    if found is None and link:
        found = Named(whole)
    return Reading(whole, found, link)


def _understood(found: Expression | None) -> bool:
    return found is not None and all(name.license or name.own for name in names_of(found))


def _is_file(word: str) -> bool:
    """Whether a word is the name of a file with a license."""
    name = word.rpartition("/")[2]
    return name.startswith(("LICENSE", "LICENCE", "COPYING")) and name.isascii()


def _without_links(text: str) -> tuple[str, list[str]]:
    """A text without its addresses, and these; of a link of Markdown the words stay."""
    links = []
    at = _next_link(text, 0)
    while at >= 0:
        end = at
        while end < len(text) and text[end] not in " \t<>\"'`)]，；、）":
            end += 1
        link = text[at:end].rstrip(".,;")
        links.append(link)
        before, after = text[:at], text[end:]
        if before.endswith("](") and after.startswith(")"):
            words = before[:-2]
            begin = words.rfind("[")
            before = f"{words[:begin]} {words[begin + 1 :]}" if begin >= 0 else words
            after = after[1:]
        elif before.endswith(("(", "<", "（")) and after.startswith((")", ">", "）")):
            before, after = before[:-1], after[1:]
        text = f"{before} {after}"
        at = _next_link(text, len(before))
    return " ".join(text.split()).strip("`*_\"' :-;,：").strip(), links


def _next_link(text: str, begin: int) -> int:
    found = [at for at in (text.find("https://", begin), text.find("http://", begin)) if at >= 0]
    return min(found, default=-1)


def of_address(address: str) -> License | None:
    """The license whose text an address is known to lead to."""
    rest = address.partition("://")[2].lower().partition("#")[0].partition("?")[0].rstrip("/")
    host, _, path = rest.removeprefix("www.").partition("/")
    name = path.rpartition("/")[2]
    for end in (".html", ".txt", ".md", ".php", ".en"):
        name = name.removesuffix(end)
    find = table.load().find
    if host in ("opensource.org", "spdx.org", "choosealicense.com"):
        return find(name.removesuffix("-license"))
    if host == "gnu.org":
        return find(name)
    if host == "apache.org":
        return find(f"apache {name}") if name.startswith("license-") else None
    if host == "creativecommons.org":
        parts = path.split("/")
        if parts[0] == "licenses" and len(parts) > 2:
            return find(f"cc-{parts[1]}-{parts[2]}")
        return find("cc0-1.0") if parts[:3] == ["publicdomain", "zero", "1.0"] else None
    known = {
        "ai.google.dev/gemma/terms": "gemma", "ai.meta.com/llama/license": "llama2",
        "llama.meta.com/llama3/license": "llama3", "llama.meta.com/llama3_1/license": "llama3.1",
        "llama.com/llama3/license": "llama3", "llama.com/llama3_1/license": "llama3.1",
        "llama.com/llama3_2/license": "llama3.2", "llama.com/llama3_3/license": "llama3.3",
        "llama.com/llama4/license": "llama4", "mozilla.org/en-us/mpl/2.0": "mpl-2.0",
        "mozilla.org/mpl/2.0": "mpl-2.0", "unlicense.org": "unlicense",
        "openmdw.ai/license/1-0": "openmdw-1.0", "openmdw.ai/license/1-1": "openmdw-1.1",
    }  # fmt: skip
    return table.load().by_id.get(known.get(rest.removeprefix("www."), ""))


def _read(text: str) -> Expression:
    """The expression in a text without addresses; of one that is not understood, its name."""
    for mark in (", copyright", " copyright (c)", " ©"):
        # `LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved.`
        at = text.lower().find(mark)
        text = text[:at] if at > 0 else text
    found: Expression | None = _name(text)
    if found is None and any(sign in text for sign in _SEPARATORS):
        found = _list(text)
    if found is None:
        found = _Parser(text).expression()
    return found or Named(text)


def _name(text: str) -> Named | None:
    """A text that is one name, with a word in brackets behind it that changes nothing."""
    text = text.strip(" .。`*_\"'").strip()
    if text[: len(OWN)].lower() == OWN.lower():
        row = table.load().find(text[len(OWN) :])
        is_own = text.count(" ") == 0 and len(text) > len(OWN)
        return Named(text, row, "" if row else text[len(OWN) :]) if is_own else None
    found = table.load().find(text)
    if found:
        return Named(text, found)
    before, bracket, inside = text.replace("（", "(").replace("）", ")").partition("(")
    if not bracket or not inside.endswith(")") or "(" in inside:
        return None
    outer, inner = table.load().find(before), table.load().find(inside[:-1])
    if outer and inner:
        return Named(before.strip(), outer) if outer.may_be(inner) else None
    if outer and inside.lower().startswith(_HARMLESS):
        return Named(before.strip(), outer)
    return None


def _list(text: str) -> Expression | None:
    """A list: all of its licenses count. None when one of them is not understood."""
    for sign in _SEPARATORS:
        text = text.replace(sign, ",")
    items = [item.strip().removeprefix("and ").strip() for item in text.split(",")]
    items = [item for item in items if item and not item.lower().startswith("see ")]
    if not items or len(items) > _MOST:
        return None
    parts = [_name(item) or _Parser(item).expression() for item in items]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    return found[0] if len(found) == 1 else Several(AND, found)


class _Parser:
    """An expression of SPDX: names, AND, OR, WITH and brackets.

    AND binds closer than OR, WITH closest. The name of an exception is passed over: it only adds to
    what the license allows.
    """

    def __init__(self, text: str) -> None:
        spaced = text.replace("(", " ( ").replace(")", " ) ")
        for sign, word in (
            ("/", " AND "),
            (" & ", " AND "),
            (" + ", " AND "),
            ("和", " AND "),
            ("或", " OR "),
        ):
            spaced = spaced.replace(sign, word)
        self._words = spaced.split()
        self._at = 0

    def expression(self) -> Expression | None:
        """The expression; None when the text is none, or has a name that nobody knows."""
        if len(self._words) > _MOST * 4:
            return None
        found = self._either(0)
        return found if self._at == len(self._words) else None

    def _next(self) -> str:
        return self._words[self._at].lower() if self._at < len(self._words) else ""

    def _either(self, depth: int) -> Expression | None:
        return self._joined(OR, depth)

    def _joined(self, operator: str, depth: int) -> Expression | None:
        """Parts that are joined by the operator; what binds closer is read first."""
        parts = []
        while True:
            part = self._joined(AND, depth) if operator == OR else self._one(depth)
            if part is None:
                return None
            parts.append(part)
            if self._next() != operator:
                return parts[0] if len(parts) == 1 else Several(operator, parts)
            self._at += 1

    def _one(self, depth: int) -> Expression | None:
        """A name with its exception, or what stands in brackets."""
        if self._next() == "(":
            self._at += 1
            found = self._either(depth + 1) if depth < _DEEPEST else None
            if self._next() != ")":
                return None
            self._at += 1
            return found
        begin = self._at
        while self._next() not in ("", "(", ")", AND, OR, "with"):
            self._at += 1
        name = _name(" ".join(self._words[begin : self._at])) if self._at > begin else None
        if name is not None and self._next() == "with":
            self._at += 2  # WITH and the name of the exception
            if self._at > len(self._words) or self._words[self._at - 1] in ("(", ")"):
                return None
        return name
