"""What people write into .gitattributes and what they mean by it: the mistakes, as data.

Nothing here says that a line does nothing: that is Git's answer. These tables say why, and which
patterns would do what was meant. Each row was seen in public repositories or reports (git-lfs
issues 825, 979, 2258, 3678, 4113, 6156), or is what another program would read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from pmgit.git.attribute_text import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Mistake(NamedTuple):
    """Why a line does nothing, and the patterns that were `meant`, as the file would have them.

    `sure`: Git reads it so whatever files there are. `real_only`: a fault only where files exist
    that the patterns match.
    """

    why: str
    meant: tuple[str, ...] = ()
    sure: bool = False
    real_only: bool = False


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


def lookalikes(text: str) -> list[str]:
    """The signs in a text that look like those of Git's syntax."""
    if text.isascii():
        return []
    return [
        char for char in text if normalised(char) != char and normalised(char) in {"", *_SYNTAX}
    ]


def _looks(char: str) -> str:
    """What a sign only looks like."""
    plain = normalised(char)
    return f"{char!r} (U+{ord(char):04X}) only looks like {repr(plain) if plain else 'nothing'}"


# -- attributes -----------------------------------------------------------------------------------

#: What stands behind a pattern, and why that sends nothing to Git LFS.
_ATTRIBUTES: tuple[tuple[str, str], ...] = (
    (r"#", "a comment needs a line of its own: '#' is no attribute, so Git ignores the line"),
    (r"(?i)filter +=|filter= |filter =", "no blank may stand beside '=', so Git ignores the line"),
    (r"(?i)filter *:", "it is 'filter=lfs', with '=', so Git ignores the line"),
    (r"filter==", "it is 'filter=lfs', with one '='"),
    (r"filter=['\"]lfs['\"]", "Git takes the quotes for part of the value: it is filter=lfs"),
    (r"filter=lfs[,;|]", "blanks separate attributes: Git takes the rest for part of the value"),
    (r"(?!.*\bfilter=lfs\b)(?i:filter=lfs)\b", "the case counts: it is filter=lfs"),
    (
        r"(?i)\bfilter=(git[-_]?lfs|lsf|lf|lfss|fls|large)\b",
        "Git LFS is called lfs: it is filter=lfs",
    ),
    (
        r"(?i)(?<![-!\w])(filters|fliter|filer|fitler|fillter|filtr|filtre|fiter|flter)[= ]lfs\b",
        "the attribute is called filter",
    ),
    (r"(?i)(?<![-!\w])filter[-_. ]lfs\b", "it is 'filter=lfs', with '='"),
)
_NO_FILTER = re.compile(r"(?<![-!\w])(diff|merge)=lfs\b")
_MACRO = re.compile(r"(?<![-!\w=])lfs(?![\w=])")
_TAKES_OUT = re.compile(r"(?:^|\s)[-!]filter")
_COMPILED = [(re.compile(pattern), why) for pattern, why in _ATTRIBUTES]


def of_attributes(attributes: str) -> Mistake | None:
    """Why these attributes send nothing to Git LFS though they look so; None when they do not."""
    plain = normalised(attributes)
    if _TAKES_OUT.search(plain) and "filter=lfs" not in words_of(plain):
        return None  # it is an exception, in whatever form
    if "filter=lfs" in words_of(plain) and (odd := lookalikes(attributes)):
        return Mistake(_looks(odd[0]), sure=True)
    for pattern, why in _COMPILED:
        if pattern.search(plain):
            return Mistake(why, sure=True)
    wrong = next((word for word in words_of(attributes) if not is_attribute(word)), "")
    if wrong and re.search(r"(?i)filter", plain):
        why = f"{wrong!r} is no attribute, so Git ignores the line"
        odd = lookalikes(wrong)
        return Mistake(f"{why}: {_looks(odd[0])}" if odd else why, sure=True)
    if _MACRO.search(plain):
        return Mistake(
            "no [attr] line of the .gitattributes at the top says what lfs is", sure=True
        )
    if _NO_FILTER.search(plain) and not re.search(r"(?<![-!\w])filter", plain):
        return Mistake("filter=lfs is missing, and the other attributes send nothing", sure=True)
    return None


def is_attribute(word: str) -> bool:
    """Whether Git takes a word for an attribute; it ignores the whole line otherwise."""
    name = word.lstrip("!") if word[0] == "!" else word.partition("=")[0].removeprefix("-")
    plain = name.replace("-", "").replace(".", "").replace("_", "")
    return bool(name) and name[0] != "-" and (plain.isalnum() or not plain) and name.isascii()


# -- patterns -------------------------------------------------------------------------------------


def _within(match: re.Match[str]) -> tuple[str, ...]:
    """What stands between quotes."""
    return (match["it"],)


def _several(match: re.Match[str]) -> tuple[str, ...]:
    """The alternatives of `*.{pt,pth}`, `*.(pt|pth)` or `*.[pt|pth]`, of all of them."""
    found = [""]
    for plain, inside in re.findall(r"([^{(\[]*)(?:[{(\[]([^})\]]*)[})\]])?", match.string):
        parts = re.split(r"[,|;]", inside) if inside else [""]
        found = [begin + plain + part.strip() for begin in found for part in parts][:64]
    return tuple(dict.fromkeys(found))


def _listed(match: re.Match[str]) -> tuple[str, ...]:
    """The patterns of `*.pt,*.pth`."""
    parts = [part.strip() for part in re.split(r"[,;|]", match.string)]
    return tuple(part for part in parts if part)


def _globbed(match: re.Match[str]) -> tuple[str, ...]:
    """The glob of a regular expression, where that is plain."""
    text = match.string.removeprefix("^").removesuffix("$").replace(".*", "*").replace("\\.", ".")
    if text.startswith("."):
        text = "*" + text
    groups = re.search(r"[({\[].*[|,].*[)}\]]", text)
    found = _several(groups) if groups else (text,)
    return tuple(glob for glob in found if not re.search(r"[\\^$()+|]", glob))


def _slashed(match: re.Match[str]) -> tuple[str, ...]:
    """A path of Windows as one of Git."""
    text = re.sub(r"\\+", "/", match.string)
    return (text.removeprefix("./"),)


def _without(match: re.Match[str]) -> tuple[str, ...]:
    return (match.string[match.end() :],)


_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb\uff02\uff07"
_Patterns = tuple[tuple[str, str, "Callable[[re.Match[str]], tuple[str, ...]] | None"], ...]
#: What a pattern is like, why it matches nothing, and what was meant. The first that fits counts.
_PATTERNS: _Patterns = (
    (
        rf"[{_QUOTES}](?P<it>[^{_QUOTES}]+)[{_QUOTES}]?$",
        "Git takes its quotes for part of the name",
        _within,
    ),
    (rf"(?P<it>[^{_QUOTES}]+)[{_QUOTES}]$", "Git takes its quotes for part of the name", _within),
    (r":\(.*?\)|:[/!^]+", "a pattern of attributes has no ':(…)' in front", _without),
    (
        r"\^|.*\$$|.*\.\*\\?\.|.*\(.*\|.*\)|.*\\\.\w+\$?$(?<=\$)",
        "it is a regular expression, and Git reads shell patterns",
        _globbed,
    ),
    (
        r".*\{[^{}]*\}|.*\[[^\]]*\|[^\]]*\]",
        "Git knows no braces: each pattern needs a line of its own",
        _several,
    ),
    (
        r"(?=.*[*?]).*\w[,;|]\s*[*.\w/]|.*[*?].*[,;|]$",
        "each pattern needs a line of its own, and a comma is part of a name",
        _listed,
    ),
    (r"\.\.(/|\\)", "'..' leads nowhere: the pattern speaks of what lies below its file", None),
    (r"(~|\$\{?\w+\}?|%\w+%)[/\\]", "Git knows no home folder and no variables", None),
    (r"[a-z]+://", "it is an address, and no path of the repository", None),
    (r"[A-Za-z]:[/\\]|\\\\\w", "it names a place on one machine; patterns begin at the top", None),
    (r".*\\+[A-Za-z0-9_]", "'\\' is no separator of folders for Git", _slashed),
)
_ROWS = [(re.compile(pattern), why, how) for pattern, why, how in _PATTERNS]
#: What paths of one machine begin with, and the first folders of absolute ones.
_BEGINS = ("/", "\\", "~", "$", "%")
_ROOTS = frozenset({
    "home", "users", "root", "mnt", "media", "volumes", "private", "usr", "content", "kaggle",
    "workspace", "workspaces", "repo", "app",
})  # fmt: skip


#: Nearly all patterns, of which there may be 80,000.
_COMMON = re.compile(r"[A-Za-z0-9_*/?.-]+$")


def of_pattern(glob: str) -> Mistake | None:
    """The mistake that a pattern shows by itself; None when it shows none."""
    if _COMMON.match(glob) and ".*." not in glob and not glob.startswith("../"):
        return None
    odd = lookalikes(glob)
    if odd and odd[0] == "\ufeff":
        why = "the byte order mark that the file begins with is part of the pattern in every clone"
        return Mistake(why, (glob[1:],), sure=True)
    if odd:
        plain = normalised(glob)
        inner = of_pattern(plain)
        meant = inner.meant if inner else (plain.split(" ")[0],)
        return Mistake(_looks(odd[0]), meant)
    for pattern, why, how in _ROWS:
        match = pattern.match(glob)
        if match:
            return Mistake(why, how(match) if how else ())
    return None


def machine_path(glob: str, top: str, known: set[str]) -> tuple[str, ...] | None:
    """What a path of one machine means in the repository; None when it is none.

    `top` is the folder of the repository here ('' for none), `known` what lies at its top.
    """
    if glob[:1] not in _BEGINS and not re.match(r"[A-Za-z]+:", glob):
        return None
    text = re.sub(r"\\+", "/", glob)
    text = re.sub(r"^[A-Za-z]:(?=/)|^(~|\$\{?\w+\}?|%\w+%)(?=/)", "", text)
    here = top.replace("\\", "/").rstrip("/") + "/"
    if top and text.startswith(here):
        return ("/" + text[len(here) :],)
    parts = text.strip("/").split("/")
    if not text.startswith("/") or len(parts) < 2 or parts[0] in known or "*" in parts[0]:
        return None
    inner = next((at for at, part in enumerate(parts) if at and part in known), 0)
    of_roots = parts[0].lower() in _ROOTS or text != glob
    if inner and (inner > 1 or of_roots or parts[0] == here.rstrip("/").rpartition("/")[2]):
        return ("/" + "/".join(parts[inner:]),)
    return () if of_roots and len(parts) > 2 else None


def command(text: str) -> Mistake | None:
    """The mistake of a line that is a command of git-lfs."""
    match = re.match(r"\$? *git[- ]lfs +track +(?P<it>.+)$", text)
    if not match:
        return None
    words = re.findall(r"\"([^\"]+)\"|'([^']+)'|(\S+)", match["it"])
    found = tuple(word for group in words for word in group if word and word[0] != "-")
    return Mistake("it is a command, and no pattern with attributes", found, sure=True)


def whole_line(glob: str, attributes: str) -> Mistake | None:
    """The mistake of a pattern that has swallowed its attributes, or stands behind them."""
    plain = normalised(glob)
    match = re.match(r"(?P<it>[^\s=:,;]+?)[\s:,;=]+filter *[=:] *lfs\b", plain, re.IGNORECASE)
    if match:
        odd = lookalikes(glob)
        why = _looks(odd[0]) if odd else "its attributes are part of the pattern for Git"
        return Mistake(why, (match["it"],), sure=True)
    if re.match(r"filter *[=:] *lfs\b", plain, re.IGNORECASE):
        meant = [word for word in words_of(attributes) if re.match(r"[^-=]*[*./]", word)]
        return Mistake("the pattern has to come first in its line", tuple(meant), sure=True)
    return None
