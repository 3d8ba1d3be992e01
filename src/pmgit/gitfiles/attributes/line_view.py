"""A line of an attribute file as the table of mistakes looks at it, and the folders around it."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property

from pmgit.git.attribute_text import is_attribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pmgit.git.attribute_text import Line

#: Nearly all patterns, of which there may be 80,000.
_COMMON = re.compile(r"[A-Za-z0-9_*/?.-]+$")
_PLAIN = frozenset({"text", "binary", "diff", "merge", "eol", "ident", "crlf", "lockable"})
WILD = frozenset("*?[\\")
#: Signs that look like those of Git's syntax, and what they look like. `NFKC` knows most others.
_LOOKALIKE = {
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2217": "*", "\u3002": ".",
    "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
}  # fmt: skip
_SYNTAX = frozenset("*?/.=-!'\"[]\\,;|{} ")


def normalised(text: str) -> str:
    """The text with plain signs in place of those that look like them, such as wide ones."""
    if text.isascii():
        return text
    out = []
    for char in text:
        plain = _LOOKALIKE.get(char)
        if plain is None:
            plain = unicodedata.normalize("NFKC", char)
            plain = plain if plain in _SYNTAX or (plain.isascii() and plain.isalnum()) else char
        out.append(plain)
    return "".join(out)


def looks(text: str) -> str:
    """The words about the first sign that only looks like Git's syntax; '' without one."""
    for char in "" if text.isascii() else text:
        plain = normalised(char)
        if plain != char and plain in {"", *_SYNTAX}:
            like = repr(plain) if plain else "nothing"
            return f"{char!r} (U+{ord(char):04X}) only looks like {like}"
    return ""


def suffix_of(name: str) -> str:
    return name[name.rfind(".") :] if "." in name else ""


class Layout:
    """The folders that hold files, what lies at the top, and the suffixes of files.

    `top` is the folder of the repository on this machine, '' where no path can name it.
    """

    def __init__(self, top: str, paths: Iterable[str], roots: Iterable[str]) -> None:
        self.top = top
        self.folders: set[str] = set()
        self.at_top: set[str] = {root.partition("/")[0] for root in roots}
        self._suffixes: dict[str, set[str]] = {}
        for path in paths:
            folder, _, name = path.rpartition("/")
            self.at_top.add(path.partition("/")[0])
            suffix = suffix_of(name)
            self._suffixes.setdefault(suffix.lower(), set()).add(suffix)
            while folder and folder not in self.folders:
                self.folders.add(folder)
                folder = folder.rpartition("/")[0]
        self.names = {folder.rpartition("/")[2] for folder in self.folders}

    def other_case(self, suffix: str) -> list[str]:
        """The suffixes of files that differ from this one in upper and lower case alone."""
        found = self._suffixes.get(suffix.lower(), set()) if suffix else set()
        return sorted(found) if suffix not in found else []


class LineView:
    """A line; `macros` are the names of those that Git knows. `glob` replaces its pattern."""

    def __init__(
        self, line: Line, macros: Collection[str], layout: Layout, glob: str | None = None
    ) -> None:
        self.line = line
        self.layout = layout
        self.glob = line.glob if glob is None else glob
        self.bare = self.glob.strip("/")
        self.above, _, self.name = self.bare.rpartition("/")
        self._macros = macros

    def instead(self, glob: str) -> LineView:
        """The same line with another pattern."""
        return LineView(self.line, self._macros, self.layout, glob)

    @cached_property
    def attributes(self) -> str:
        """The attributes behind the pattern, with plain signs."""
        return normalised(self.line.attributes)

    @property
    def looks(self) -> str:
        """The words about a sign of the pattern that only looks like Git's syntax."""
        return looks(self.glob)

    @property
    def attributes_look(self) -> str:
        """The words about a sign of the attributes that only looks like Git's syntax."""
        return looks(self.line.attributes)

    @cached_property
    def is_common(self) -> bool:
        """Whether the pattern has no sign that any mistake has."""
        glob = self.glob
        return bool(_COMMON.match(glob)) and ".*." not in glob and not glob.startswith("../")

    @cached_property
    def rest(self) -> list[str]:
        """The words behind the pattern that are no attributes: the rest of a name with blanks."""
        found: list[str] = []
        for word in self.line.words:
            plain = normalised(word)
            if "=" in plain or word[0] in "-!#" or word in _PLAIN or word in self._macros:
                return found
            if "lfs" in plain.lower() or plain.lower().startswith("filter"):
                return found
            found.append(word)
        return []

    def is_ignored(self) -> bool:
        """Whether Git ignores the line because of the rest."""
        return self.line.word.endswith("\\") or not all(map(is_attribute, self.rest))

    def may_be_attributes(self) -> bool:
        """Whether the rest may be attributes of somebody's own."""
        return not self.is_ignored() and not any("." in word for word in self.rest)

    @property
    def wrong(self) -> str:
        """The first word that is no attribute, where the line has to do with filters."""
        words = self.line.words if "filter" in self.attributes.lower() else []
        return next((word for word in words if not is_attribute(word)), "")

    @property
    def wrong_looks(self) -> str:
        """The words about such a sign in `wrong`, to be added to a sentence."""
        found = looks(self.wrong)
        return f": {found}" if found else ""

    @property
    def other_case(self) -> list[str]:
        """The suffixes of files that differ from that of the pattern in case alone."""
        return self.layout.other_case(suffix_of(self.name))

    def is_folder(self, bare: str) -> bool:
        """Whether a pattern without wildcards names a folder with files, here or at any depth."""
        if not bare or not WILD.isdisjoint(bare):
            return False
        anywhere = "/" not in self.glob.rstrip("/")
        layout = self.layout
        return self.line.folder + bare in layout.folders or (anywhere and bare in layout.names)
