"""Patterns such as `*.bin` and `a/**/b`, in time that grows with pattern and path, no faster.

A translation to a regular expression tries every way to share a path among the wildcards: minutes
for `*a*a*a*b`. Here all patterns of a list are one row of places, one before each character that a
pattern wants and one at its end. The places that fit what was read of a path are the bits of one
number, so a character costs one shift for all of them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    #: The characters of `[…]`: whether it is all others, and from where to where, or a class.
    Among = tuple[bool, tuple[tuple[str, str], ...]]
    #: What a place wants: one character, or one of a set; or what may be left out before it.
    Token = tuple[str, str | Among]

_ONE, _SET = "one", "set"
_STAR, _ALL, _FOLDERS = "*", "/**", "**/"
#: So many characters keep their bits: a name of a thousand different ones must not take gigabytes.
_KEPT = 256
_SPECIAL = frozenset("*?[")
#: The classes of `[[:alpha:]]`, of ASCII only, as for Git.
_CLASSES: dict[str, Callable[[str], bool]] = {
    "alnum": str.isalnum, "alpha": str.isalpha, "digit": str.isdigit, "lower": str.islower,
    "upper": str.isupper, "space": str.isspace, "print": str.isprintable,
    "blank": " \t".__contains__, "xdigit": "0123456789abcdefABCDEF".__contains__,
    "cntrl": lambda char: not char.isprintable(),
    "graph": lambda char: char.isprintable() and char != " ",
    "punct": lambda char: char.isprintable() and not char.isalnum() and char != " ",
}  # fmt: skip
#: What `?` means: all but none.
_ANY: Among = (True, ())


class PatternError(ValueError):
    """The text of a pattern is not valid."""


class NamePatterns:
    """Patterns of names, as Python's fnmatch reads them: `*`, `?`, `[abc]`, `[!a-c]`."""

    def __init__(self, patterns: Iterable[str]) -> None:
        ends = []
        self._row = _Row()
        for pattern in patterns:
            if pattern[:1] == "*" and _SPECIAL.isdisjoint(pattern[1:]):
                ends.append(pattern[1:])  # as most of them are
            else:
                self._row.add(_tokens(pattern, plain=True))
        self._ends = tuple(ends)

    def fit(self, name: str) -> bool:
        """Whether one of them fits a name."""
        if name.endswith(self._ends):
            return True
        return bool(self._row.size) and any(self._row.fitting([name]))


class PathPatterns:
    """Patterns of paths, as Git reads the lines of .gitignore. Raises PatternError."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._row = _Row()
        of_folders, lets_in = [], []
        for line in lines:
            pattern = line.rstrip(" ")
            if pattern.endswith("\\") and pattern != line:
                pattern += " "
            if not pattern or pattern[0] == "#":
                continue
            negated = pattern[0] == "!"
            pattern = pattern[negated:]
            if not pattern:
                raise PatternError(f"{line!r} is no pattern")
            of_folder = pattern[-1] == "/"
            pattern = pattern[: len(pattern) - of_folder]
            # One that names no folder fits at any depth.
            tokens: list[Token] = [] if "/" in pattern else [(_FOLDERS, "")]
            end = self._row.add(tokens + _tokens(pattern.removeprefix("/")))
            if of_folder:
                of_folders.append(end)
            if negated:
                lets_in.append(end)
        self._of_folders, self._lets_in = map(self._row.bits, (of_folders, lets_in))

    def hide(self, path: str) -> bool:
        """Whether they hide a path, or a folder that it lies in; a folder itself ends with `/`."""
        *folders, name = path.split("/")
        for depth, ends in enumerate(self._row.fitting([*folders, name] if name else folders)):
            counting = ends if depth < len(folders) else ends & ~self._of_folders
            # Of several the last one decides.
            if counting and not 1 << (counting.bit_length() - 1) & self._lets_in:
                return True
        return False


class _Row:
    """The places of all patterns of a list, numbered in the order of the patterns."""

    def __init__(self) -> None:
        self.size = 0
        #: The places that want one thing, and those before which something may be left out.
        self._places: dict[Token, list[int]] = {}
        #: Those that want more than one character.
        self._choices: dict[Among, list[int]] = {}
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._masks: tuple[int, ...] = ()
        self._wanting: dict[str, int] = {}

    def add(self, tokens: Iterable[Token]) -> int:
        """Add a pattern; the place of its end."""
        self._begins.append(self.size)
        for token in tokens:
            kind, value = token
            if isinstance(value, tuple):
                self._choices.setdefault(value, []).append(self.size)
            else:
                self._places.setdefault(token, []).append(self.size)
            self.size += kind in (_ONE, _SET)
        self._ends.append(self.size)
        self.size += 1
        return self.size - 1

    def bits(self, places: Iterable[int]) -> int:
        """A number with these bits."""
        row = bytearray(self.size // 8 + 1)  # in a number, each would be a copy of it
        for place in places:
            row[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(row, "little")

    def fitting(self, parts: list[str]) -> Iterator[int]:
        """The ends of those patterns that fit the path as far as each of its parts."""
        if not self._masks:
            loops = (self._places.get((kind, ""), ()) for kind in (_STAR, _ALL, _FOLDERS))
            self._masks = tuple(map(self.bits, (self._begins, self._ends, *loops)))
        fits, ends, stars, anything, folders = self._masks
        stars |= anything
        again = fits & folders  # where the next part may begin, whatever comes before it
        for part in parts:
            for char in part:
                fits = (fits & self._that_want(char)) << 1 | fits & stars
                again |= fits & folders
            yield fits & ends
            fits = (fits & self._that_want("/")) << 1 | fits & anything | again
            again |= fits & folders

    def _that_want(self, char: str) -> int:
        """The places that want this character."""
        found = self._wanting.get(char)
        if found is None:
            if len(self._wanting) >= _KEPT:
                self._wanting.clear()
            places = list(self._places.get((_ONE, char), ()))
            if char != "/":
                for among, more in self._choices.items():
                    if _is_in(char, among):
                        places += more
            found = self._wanting[char] = self.bits(places)
        return found


def _tokens(pattern: str, *, plain: bool = False) -> list[Token]:
    """The tokens of a pattern, in its order; `plain` without what fnmatch does not know."""
    found: list[Token] = []
    at, closed = 0, True
    while at < len(pattern):
        char, begin = pattern[at], at
        at += 1
        if char == "*":
            while pattern[at : at + 1] == "*":
                at += 1
            rest = pattern[at : at + 2]
            alone = begin == 0 or pattern[begin - 1] == "/"
            if plain or at - begin < 2 or not alone or not (rest[:1] in ("", "/") or rest == "\\/"):
                found.append((_STAR, ""))
            elif rest[:1] == "/":
                found.append((_FOLDERS, ""))
                at += 1
            else:
                found.append((_ALL, ""))
        elif char == "?":
            found.append((_SET, _ANY))
        elif char == "[" and closed:
            among, end = _set(pattern, at, plain)
            if end:
                at = end
                found.append((_SET, among))
            elif plain:
                closed = False  # nor is any later one
                found.append((_ONE, char))
            else:
                return [(_SET, (False, ()))]  # as for Git, it never fits
        elif char == "\\" and not plain:
            if at == len(pattern):
                raise PatternError(f"{pattern!r} ends with a backslash")
            found.append((_ONE, pattern[at]))
            at += 1
        else:
            found.append((_ONE, char))
    return found


def _set(pattern: str, at: int, plain: bool) -> tuple[Among, int]:
    """The set that begins with the `[` before `at`, and its end; 0 where it does not end."""
    negated = pattern[at : at + 1] in (("!",) if plain else ("!", "^"))
    first = at = at + negated
    among: list[tuple[str, str]] = []
    low = ""
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "]" and at - 1 > first:
            return (negated, tuple(among)), at
        if char == "-" and low and pattern[at : at + 1] not in ("", "]"):
            escaped = not plain and pattern[at] == "\\"
            at += 1 + escaped
            if plain:
                among.pop()  # of `[z-a]` Git takes the z, and fnmatch nothing
            among.append((low, pattern[at - 1 : at]))
            low = ""
            continue
        if not plain and char == "[" and pattern[at : at + 1] == ":":
            end = pattern.find("]", at)
            if end > at + 1 and pattern[end - 1] == ":":
                name = pattern[at + 1 : end - 1]
                if name not in _CLASSES:
                    break
                among.append((name, ""))
                at, low = end + 1, ""
                continue
        if not plain and char == "\\":
            char = pattern[at : at + 1]
            at += 1
        among.append((char, char))
        low = char
    return (negated, ()), 0


def _is_in(char: str, among: Among) -> bool:
    negated, ranges = among
    for low, high in ranges:
        if low <= char <= high if high else char.isascii() and _CLASSES[low](char):
            return not negated
    return negated
