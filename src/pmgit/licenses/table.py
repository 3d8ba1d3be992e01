"""What is known of each license of the Hugging Face Hub (licenses/table.tsv), and their names.

It is a hint for people who then read the text; it is no legal advice. The file has the date and the
source. It is read when somebody asks for the first license.
"""

# ruff: noqa: RUF001 - the punctuation of Chinese text is meant
from __future__ import annotations

import os

from pmgit.core.units import listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

#: What is known of commercial use.
YES, NO, CONDITIONAL, UNKNOWN = "yes", "no", "conditional", "unknown"
#: The ids of the Hub that name no license.
NONE_STATED, OTHER = "unknown", "other"

#: No name of a license is longer.
_LONGEST = 200
#: Words that do not tell licenses apart.
_NOISE = {
    "agreement", "community", "deed", "generic", "gnu", "international", "legalcode",
    "licence", "licences", "license", "licenses", "meta", "of", "software", "terms", "the",
    "universal", "unported", "use", "v", "version",
}  # fmt: skip
#: Words of names that are written out.
_SHORT = (
    ("library general public", "lgpl"), ("lesser general public", "lgpl"),
    ("affero general public", "agpl"), ("general public", "gpl"),
    ("creative commons", "cc"), ("non commercial", "nc"), ("noncommercial", "nc"),
    ("share alike", "sa"), ("sharealike", "sa"), ("no derivatives", "nd"), ("noderivatives", "nd"),
    ("no derivs", "nd"), ("noderivs", "nd"), ("attribution", "by"), ("open rail", "openrail"),
)  # fmt: skip
_CHINESE = (
    ("许可证", " "), ("许可协议", " "), ("协议", " "), ("许可", " "), ("国际", " "),
    ("知识共享", " cc "), ("署名", " by "), ("非商业性使用", " nc "), ("相同方式共享", " sa "),
    ("禁止演绎", " nd "),
)  # fmt: skip
#: What may stand between words; with any other sign (`MIT?`) a text is no plain name.
_SIGNS = frozenset(" -_.,:/'\"()+&“”’")
#: What may stand behind a version of these families; the Hub's ids do not say which of them.
_GNU = ("gpl", "lgpl", "agpl", "gfdl")
_LATER = (
    ("or", "any", "later"), ("or", "later"), ("or", "newer"), ("only",),
)  # fmt: skip


class License:
    """A row of the table, or a family of rows of which none is named.

    `id` is the Hub's, `spdx` that of SPDX ('' without one). `commercial` is one of YES, NO,
    CONDITIONAL and UNKNOWN, `conditions` a phrase for people. `families` are names that stand for
    several licenses. `is_family`: the id is such a name; which of them is meant is not known.
    """

    __slots__ = ("commercial", "conditions", "families", "id", "is_family", "spdx")

    def __init__(
        self, id: str, spdx: str, commercial: str, families: tuple[str, ...], conditions: str
    ) -> None:
        self.id = id
        self.spdx = spdx
        self.commercial = commercial
        self.families = families
        self.conditions = conditions
        self.is_family = id in families

    def __repr__(self) -> str:
        return f"License({self.id!r})"

    def may_be(self, other: License) -> bool:
        """Whether the two may be the same: they are, or one is a family of the other."""
        return (
            self.id == other.id
            or (self.is_family and self.id in other.families)
            or (other.is_family and other.id in self.families)
        )


class Table:
    """All licenses: `by_id`, and the `members` of each family by its name."""

    def __init__(self, data: str) -> None:
        self.by_id: dict[str, License] = {}
        self.members: dict[str, list[License]] = {}
        self._keys: dict[str, License] = {}
        self._spdx: dict[str, License] = {}
        self._found: dict[str, License | None] = {}
        lines = [line for line in data.split("\n") if line and line[0] != "#"]
        for line in lines[1:]:
            id, spdx, commercial, families, keys, conditions = line.split("\t")
            spdx = "" if spdx == "-" else spdx
            named = () if families == "-" else tuple(families.split(" "))
            row = License(id, spdx, commercial, named, conditions)
            self.by_id[id] = row
            if spdx:
                self._spdx[spdx.lower()] = row
            self._keys.update(dict.fromkeys(keys.split(" "), row))
            for family in named:
                if family != id:
                    self.members.setdefault(family, []).append(row)

    def find(self, text: str) -> License | None:
        """The license that a text names, or the family of several; None for any other text."""
        exact = text.strip().lower()
        found = self.by_id.get(exact) or self._spdx.get(exact)
        if found or len(exact) > _LONGEST:
            return found
        # In a repository of many models the same texts come again and again.
        if exact not in self._found:
            self._found[exact] = self._spelled(exact)
        return self._found[exact]

    def _spelled(self, exact: str) -> License | None:
        """The license that is spelled so, in lower case."""
        if not all(char.isalnum() or char in _SIGNS for char in exact):
            return None
        if exact.count("(") != exact.count(")"):
            return None
        key = key_of(exact)
        return self._keys.get(key) or self._family(key)

    def names(self) -> Iterator[str]:
        """Every id of the Hub and of SPDX, and every family."""
        yield from self.by_id
        yield from (row.spdx for row in self._spdx.values())
        yield from (family for family in self.members if family not in self.by_id)

    def _family(self, key: str) -> License | None:
        """The family of this key, and what all its members have in common known of it."""
        name = next((f for f in self.members if f.replace("-", "") == key), "")
        if not name:
            return None
        members = self.members[name]
        uses = {row.commercial for row in members}
        conditions = f"no version is named: {listed([row.id for row in members], 4)}"
        return License(
            name,
            "",
            uses.pop() if len(uses) == 1 else UNKNOWN,
            tuple(f for f in members[0].families if f == name or f in self.by_id),
            conditions,
        )


_table: list[Table] = []


def load() -> Table:
    """The table that comes with pmgit, read once."""
    if not _table:
        place = os.path.join(os.path.dirname(__file__), "table.tsv")
        with open(place, encoding="utf-8") as file:
            _table.append(Table(file.read()))
    return _table[0]


def key_of(text: str) -> str:
    """A text without what the spellings of one license differ in."""
    text = text.lower()
    if not text.isascii():
        for chinese, short in _CHINESE:
            text = text.replace(chinese, short)
    text = "".join(char if char.isalnum() or char == "+" else " " for char in text)
    words = [_without_v(word) for word in text.split() if word not in _NOISE]
    for end in _LATER:
        # `GPL-3.0-or-later`, but not `only` as the whole of it.
        if len(words) > len(end) and tuple(words[-len(end) :]) == end and _is_gnu(words):
            del words[-len(end) :]
            break
    text = " ".join(words)
    for long, short in _SHORT:
        text = text.replace(long, short)
    key = text.replace(" ", "")
    return key.rstrip("+") if key.startswith(_GNU) else key


def _is_gnu(words: list[str]) -> bool:
    text = " ".join(words)
    return text.startswith(_GNU) or "general public" in text or "free documentation" in text


def _without_v(word: str) -> str:
    """`v3` and `gplv3` without the v of a version."""
    at = word.find("v")
    while at >= 0:
        if word[at + 1 : at + 2].isdigit() and not word[at - 1 : at].isdigit():
            return word[:at] + word[at + 1 :]
        at = word.find("v", at + 1)
    return word
