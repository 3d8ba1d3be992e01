"""A table of mistakes: what people write into .gitattributes, and what they mean by it.

Git answers that a line does nothing; a row has the reason, and the patterns that would do what was
meant. Each was seen in public repositories or reports (git-lfs issues 825, 979, 2258, 3678, 4113,
6156), or is what another program would read. A new mistake is a new row: the first that fits
counts.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pmgit.git.attribute_text import words_of
from pmgit.gitfiles.attributes.line_view import LineView, looks, normalised, suffix_of
from pmgit.lfs.patterns import MAX_LINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Meant = tuple[str, ...] | None
    How = Callable[[str], tuple[str, ...]]


class Mistake(NamedTuple):
    """Why a line does nothing, and the patterns that were `meant`, as the file would have them.

    `sure`: Git reads it so whatever files there are. `real_only`: a fault only where files exist
    that the patterns match.
    """

    why: str
    meant: tuple[str, ...] = ()
    sure: bool = False
    real_only: bool = False


class MistakeRow(NamedTuple):
    """A mistake of the table: its sentence, and what a line that has it means.

    `{view.…}` in the sentence is of the line. `meant` gives None for a line that has not this
    mistake. The others are as in `Mistake`, or found out of the line.
    """

    why: str
    meant: Callable[[LineView], Meant]
    sure: bool | Callable[[LineView], bool] = False
    real_only: bool | Callable[[LineView], bool] = False


def find(view: LineView, *, sends: bool) -> Mistake | None:
    """The mistake of a line that is meant to send files to Git LFS; None when it shows none.

    `sends` is Git's answer whether its attributes do.
    """
    return _first(_OF_LINES, view) or _first(_OF_PATTERNS if sends else _OF_ATTRIBUTES, view)


def _first(rows: Iterable[MistakeRow], view: LineView) -> Mistake | None:
    for why, seen, *flags in rows:
        meant = seen(view)
        if meant is not None:
            sure, real_only = (flag(view) if callable(flag) else flag for flag in flags)
            return Mistake(why.format(view=view), meant, sure, real_only) if why else None
    return None


# -- how the rows read a line ---------------------------------------------------------------------


def _glob(regex: str, how: How) -> Callable[[LineView], Meant]:
    """A function for patterns that match `regex`: `how` gets the group `it`, else the pattern."""
    compiled = re.compile(regex)

    def meant(view: LineView) -> Meant:
        match = None if view.is_common else compiled.match(view.glob)
        return how(match.groupdict().get("it", view.glob)) if match else None

    return meant


def _attributes(regex: str) -> Callable[[LineView], Meant]:
    """A function for attributes, read with plain signs, in which `regex` is found."""
    compiled = re.compile(regex)
    return lambda view: _same(view) if compiled.search(view.attributes) else None


def _same(view: LineView) -> tuple[str, ...]:
    """The pattern that stands there, or what is meant by it."""
    inner = _first(_OF_PATTERNS, view)
    return inner.meant if inner else (view.glob,)


def _nothing(_text: str) -> tuple[str, ...]:
    return ()


def _itself(text: str) -> tuple[str, ...]:
    return (text,)


def _of_command(view: LineView) -> Meant:
    match = re.match(r"\$? *git[- ]lfs +track +(?P<it>.+)$", view.line.text)
    words = re.findall(r"\"([^\"]+)\"|'([^']+)'|(\S+)", match["it"]) if match else []
    found = tuple(word for group in words for word in group if word and word[0] != "-")
    return found if match else None


def _of_list(view: LineView) -> Meant:
    """The patterns of `*.pt, *.pth`."""
    words = [view.line.word, *view.rest]
    is_list = view.rest and all("*" in word or word[-1] in ",;|" for word in words)
    return tuple(filter(None, (word.rstrip(",;|") for word in words))) if is_list else None


def _of_name(view: LineView) -> Meant:
    """The name that a pattern with blanks is."""
    whole = " ".join([view.line.word.removesuffix("\\"), *view.rest])
    inner = _first(_BY_ITSELF, view.instead(whole)) if "'" in whole else None
    return ((inner and inner.meant) or (whole,)) if view.rest else None


def _before_attributes(view: LineView) -> Meant:
    regex = r"(?i)(?P<it>[^\s=:,;]+?)[\s:,;=]+filter *[=:] *lfs\b"
    match = re.match(regex, normalised(view.glob))
    return (match["it"],) if match else None


def _behind_attributes(view: LineView) -> Meant:
    if not re.match(r"(?i)filter *[=:] *lfs\b", normalised(view.glob)):
        return None
    return tuple(word for word in view.line.words if re.match(r"[^-=]*[*./]", word))


def _of_exception(view: LineView) -> Meant:
    out = re.search(r"(^|\s)[-!]filter", view.attributes)
    return () if out and "filter=lfs" not in words_of(view.attributes) else None


def _of_odd_attributes(view: LineView) -> Meant:
    odd = "filter=lfs" in words_of(view.attributes) and looks(view.line.attributes)
    return _same(view) if odd else None


def _with_plain_signs(view: LineView) -> Meant:
    plain = normalised(view.glob)
    if not looks(view.glob):
        return None
    inner = _first(_BY_ITSELF, view.instead(plain))
    return inner.meant if inner else (plain.split(" ")[0],)


def _several(glob: str) -> tuple[str, ...]:
    """The alternatives of `*.{pt,pth}`, `*.(pt|pth)` or `*.[pt|pth]`, of all of them."""
    found = [""]
    for plain, inside in re.findall(r"([^{(\[]*)(?:[{(\[]([^})\]]*)[})\]])?", glob):
        parts = re.split(r"[,|;]", inside) if inside else [""]
        found = [begin + plain + part.strip() for begin in found for part in parts][:64]
    return tuple(dict.fromkeys(found))


def _listed(glob: str) -> tuple[str, ...]:
    """The patterns of `*.pt,*.pth`."""
    return tuple(filter(None, map(str.strip, re.split(r"[,;|]", glob))))


def _globbed(text: str) -> tuple[str, ...]:
    """The glob of a regular expression, where that is plain."""
    text = text.removeprefix("^").removesuffix("$").replace(".*", "*").replace("\\.", ".")
    if text.startswith("."):
        text = "*" + text
    groups = re.search(r"[({\[].*[|,].*[)}\]]", text)
    found = _several(text) if groups else (text,)
    return tuple(glob for glob in found if not re.search(r"[\\^$()+|]", glob))


def _slashed(glob: str) -> tuple[str, ...]:
    """A path of Windows as one of Git."""
    return (re.sub(r"\\+", "/", glob).removeprefix("./"),)


#: What paths of one machine begin with, and the first folders of absolute ones.
_BEGINS = ("/", "\\", "~", "$", "%")
_ROOTS = frozenset({
    "home", "users", "root", "mnt", "media", "volumes", "private", "usr", "content", "kaggle",
    "workspace", "workspaces", "repo", "app",
})  # fmt: skip


def _of_machine(view: LineView) -> Meant:
    """The path in the repository for a path of one machine; empty where it cannot be found out."""
    glob, top, known = view.glob, view.layout.top, view.layout.at_top
    if view.line.folder or (glob[:1] not in _BEGINS and not re.match(r"[A-Za-z]+:", glob)):
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


def _in_folder(view: LineView) -> Meant:
    """The pattern for the files in a folder; at any depth when it only lies deeper."""
    bare, is_folder = view.bare, view.is_folder(view.bare)
    if is_folder and view.line.folder + bare not in view.layout.folders:
        return (f"**/{bare}/**",)
    inside = f"/{bare}/**" if view.glob.startswith("/") else f"{bare}/**"
    return (inside,) if is_folder or view.glob.endswith("/") else None


def _behind_folder(view: LineView) -> Meant:
    first, found, _ = view.glob.partition("\\")
    is_folder = found and view.line.folder + first.strip("/") in view.layout.folders
    return (view.glob.replace("\\", "/"),) if is_folder else None


def _below_own_folder(view: LineView) -> Meant:
    folder, glob = view.line.folder, view.glob.lstrip("/")
    return (glob[len(folder) :],) if folder and glob.startswith(folder) else None


def _in_other_case(view: LineView) -> Meant:
    stem = view.glob[: -len(suffix_of(view.name))]
    return tuple(stem + suffix for suffix in view.other_case) or None


def _in_depth(view: LineView) -> Meant:
    if not view.above or "*" not in view.name or not view.name.strip("*"):
        return None
    above = view.glob[: -len(view.name)].removesuffix("**/")
    deep = f"{above}**/{view.name.replace('**', '*')}"
    return (deep,) if deep != view.glob else None


# -- the table ------------------------------------------------------------------------------------

_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb\uff02\uff07"
_OF_THE_NAME = "Git takes its quotes for part of the name"
_BLANK = "a blank ends the pattern, so {view.rest[0]!r} is read as an attribute"
_FOLDER = "it names a folder, which says nothing of the files in it"
_BACKSLASH = "'\\' is no separator of folders for Git"
_DEPTH = "'*' does not reach into folders"

#: What is wrong with a line as a whole, whether its attributes send files to Git LFS or not.
_OF_LINES = (
    MistakeRow("it is a command, and no pattern with attributes", _of_command, sure=True),
    MistakeRow(
        "Git ignores a line that begins with '!'; to keep files out of Git LFS, write '!filter'"
        " behind their pattern",
        lambda view: ("\\" + view.glob,) if view.glob.startswith("!") else None,
        sure=True,
        real_only=True,
    ),
    MistakeRow(
        "its quote is never closed",
        lambda view: (() if view.rest else (view.glob[1:],)) if view.glob[:1] == '"' else None,
    ),
    MistakeRow(_BLANK, _of_list, LineView.is_ignored),
    MistakeRow(_BLANK, _of_name, LineView.is_ignored, LineView.may_be_attributes),
    MistakeRow(
        f"Git ignores a line of more than {MAX_LINE} bytes",
        lambda view: () if view.line.size > MAX_LINE else None,
        sure=True,
    ),
)

#: What stands somewhere in attributes, read with plain signs, and why that sends nothing.
_SPELLINGS = (
    ("#", "a comment needs a line of its own: '#' is no attribute, so Git ignores the line"),
    ("(?i)filter +=|filter= |filter =", "no blank may stand beside '=', so Git ignores the line"),
    ("(?i)filter *:", "it is 'filter=lfs', with '=', so Git ignores the line"),
    ("filter==", "it is 'filter=lfs', with one '='"),
    (r"filter=['\"]lfs['\"]", "Git takes the quotes for part of the value: it is filter=lfs"),
    ("filter=lfs[,;|]", "blanks separate attributes: Git takes the rest for part of the value"),
    (r"(?!.*\bfilter=lfs\b)(?i:filter=lfs)\b", "the case counts: it is filter=lfs"),
    (
        r"(?i)\bfilter=(git[-_]?lfs|lsf|lf|lfss|fls|large)\b",
        "Git LFS is called lfs: it is filter=lfs",
    ),
    (
        r"(?i)(?<![-!\w])(filters|filer|fillter|filtre?|fliter|fitler|fiter|flter)[= ]lfs\b",
        "the attribute is called filter",
    ),
    (r"(?i)(?<![-!\w])filter[-_. ]lfs\b", "it is 'filter=lfs', with '='"),
)

#: Why attributes send nothing to Git LFS though they look so.
_OF_ATTRIBUTES = (
    MistakeRow(
        "{view.looks}",
        lambda view: _before_attributes(view) if view.looks else None,
        sure=True,
    ),
    MistakeRow("its attributes are part of the pattern for Git", _before_attributes, sure=True),
    MistakeRow("the pattern has to come first in its line", _behind_attributes, sure=True),
    MistakeRow("", _of_exception),  # no mistake, in whatever form it is written
    MistakeRow("{view.attributes_look}", _of_odd_attributes, sure=True),
    *(MistakeRow(why, _attributes(regex), sure=True) for regex, why in _SPELLINGS),
    MistakeRow(
        "{view.wrong!r} is no attribute, so Git ignores the line{view.wrong_looks}",
        lambda view: _same(view) if view.wrong else None,
        sure=True,
    ),
    MistakeRow(
        "no [attr] line of the .gitattributes at the top defines lfs",
        _attributes(r"(?<![-!\w=])lfs(?![\w=])"),
        sure=True,
    ),
    MistakeRow(
        "filter=lfs is missing, and the other attributes send nothing",
        _attributes(r"^(?!.*(?<![-!\w])filter).*(?<![-!\w])(diff|merge)=lfs\b"),
        sure=True,
    ),
)

#: What a pattern begins like, why that matches nothing, and what its group `it` means, else all.
_SHAPES: tuple[tuple[str, str, How], ...] = (
    (rf"[{_QUOTES}](?P<it>[^{_QUOTES}]+)[{_QUOTES}]?$", _OF_THE_NAME, _itself),
    (rf"(?P<it>[^{_QUOTES}]+)[{_QUOTES}]$", _OF_THE_NAME, _itself),
    (r"(:\(.*?\)|:[/!^]+)(?P<it>.*)", "a pattern of attributes has no ':(…)' in front", _itself),
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
    (
        r"\.\.(/|\\)",
        "'..' leads nowhere: the pattern speaks of what lies below its file",
        _nothing,
    ),
    (r"(~|\$\{?\w+\}?|%\w+%)[/\\]", "Git knows no home folder and no variables", _nothing),
    ("[a-z]+://", "it is an address, and no path of the repository", _nothing),
    (
        r"[A-Za-z]:[/\\]|\\\\\w",
        "it names a place on one machine; patterns begin at the top",
        _nothing,
    ),
    (r".*\\+[A-Za-z0-9_]", _BACKSLASH, _slashed),
)

#: Why a pattern matches nothing: what it shows by itself, whatever files there are.
_BY_ITSELF = (
    MistakeRow(
        "the byte order mark that the file begins with is part of the pattern in every clone",
        lambda view: (view.glob[1:],) if view.glob[:1] == "\ufeff" else None,
        sure=True,
    ),
    MistakeRow("{view.looks}", _with_plain_signs),
    *(MistakeRow(why, _glob(regex, how)) for regex, why, how in _SHAPES),
)

#: The same, and what only the folders and files of the repository show.
_OF_PATTERNS = (
    MistakeRow(
        "it is a path of one machine; patterns count from the top of the repository", _of_machine
    ),
    *_BY_ITSELF,
    MistakeRow(_FOLDER, _in_folder, sure=lambda view: view.glob.endswith("/")),
    MistakeRow(
        "no path of Git begins with './'",
        lambda view: (view.glob[2:],) if view.glob.startswith("./") else None,
    ),
    MistakeRow(_BACKSLASH, _behind_folder),
    MistakeRow(
        "patterns of this file count from its folder, {view.line.folder}",
        _below_own_folder,
        real_only=True,
    ),
    MistakeRow(
        "the case counts, and files here end in {view.other_case[0]}",
        _in_other_case,
        real_only=True,
    ),
    MistakeRow(
        _DEPTH,
        lambda view: (
            (f"{view.glob}*",) if view.name == "*" and view.is_folder(view.above) else None
        ),
    ),
    MistakeRow(_DEPTH, _in_depth, real_only=True),
)
