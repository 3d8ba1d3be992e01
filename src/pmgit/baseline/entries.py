"""The file `.pmgit-baseline`: one line for each thing that is forgiven.

    "pretrained_model/bert/x.bin" tracked-weights <blob id> 3000 "there before pmgit"

Path, rule, blob id, size in bytes, reason. There are no counters and no order that means
something, so lines can be merged, repeated and sorted in any way (`merge=union` in .gitattributes
does it). Paths and reasons are quoted as Git quotes paths, in octal where they are not printable:
the file is UTF-8 whatever the names are, and no name can begin a line of its own.
"""

from __future__ import annotations

import re
from sys import intern

from pmgit.core.config import BASELINE
from pmgit.core.errors import UsageError, cut

#: 40,000 entries take 5 MB. What is larger than `oversized-blob` allows is a mistake or an attack.
MAX_BYTES = 10_000_000
#: Of real entries no more fit into as many bytes, and none is as long.
MAX_LINES, MAX_LINE = 200_000, 20_000
#: A reason is a sentence with a ticket, not a document.
MAX_REASON = 500

#: Stands for the blob id where Git has no blob of the thing: a model without tracked weights.
NO_BLOB = "-"

HEADER = "# What pmgit forgives; written by `pmgit baseline` (lines may be sorted, merged, deleted)"

_FEWER = "are read; leave out whole folders instead: 'exclude' in .pmgit.toml"

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_ENTRY = re.compile(
    rf"{_QUOTED}[ \t]+([a-z][a-z0-9-]*)[ \t]+([0-9a-f]{{40}}|[0-9a-f]{{64}}|-)[ \t]+([0-9]{{1,18}})"
    rf"(?:[ \t]+{_QUOTED})?"
)
_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})( |$)")
_ESCAPE = re.compile(r"\\(?:([0-3][0-7]{2})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"\\": b"\\", '"': b'"', "n": b"\n", "t": b"\t", "r": b"\r"}


class Forgiven:
    """One line: `rule` is forgiven at `path` for the blob `oid` of `size` bytes, and why.

    `comments` are the lines above it that are no entries; they go where it goes.
    """

    __slots__ = ("comments", "oid", "path", "reason", "rule", "size")

    def __init__(
        self,
        path: str,
        rule: str,
        oid: str,
        size: int,
        reason: str,
    ) -> None:
        self.path = path
        self.rule = rule
        self.oid = oid
        self.size = size
        self.reason = reason
        self.comments: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Path, rule and blob id; entries that have them in common forgive the same."""
        return (self.path, self.rule, self.oid)

    @property
    def line(self) -> str:
        return f"{quote(self.path)} {self.rule} {self.oid} {self.size} {quote(self.reason)}"


class BaselineFile:
    """Everything in a baseline: the entries, the comments below the last one, the line end."""

    __slots__ = ("below", "entries", "line_end")

    def __init__(
        self, entries: list[Forgiven], below: tuple[str, ...] = (), line_end: str = "\n"
    ) -> None:
        self.entries = entries
        self.below = below
        self.line_end = line_end


def parse(data: bytes) -> BaselineFile:
    """The entries in `data`. Raises UsageError, with the line, for what is none."""
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"{BASELINE}: {len(data)} bytes is too large for a baseline",
            f"at most {MAX_BYTES} {_FEWER}",
        )
    if data.startswith(b"version https://git-lfs.github.com/spec/"):
        raise UsageError(
            f"{BASELINE} is a Git LFS pointer, which nobody can read in Git",
            "take it out of Git LFS: pmgit lfs-setup",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{BASELINE}: not UTF-8 ({error.reason} at byte {error.start})",
            "save it as UTF-8 (PowerShell's > writes UTF-16)",
        ) from None
    lines = text.count("\n")
    if lines > MAX_LINES:
        raise UsageError(
            f"{BASELINE}: {lines} lines are too many for a baseline",
            f"at most {MAX_LINES} {_FEWER}",
        )
    entries: list[Forgiven] = []
    comments: list[str] = []
    # Not splitlines: a form feed or U+2028 ends no line.
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole.strip(" \t\r")
        if not line:
            continue
        if line[0] == "#":
            if line != HEADER:
                comments.append(line)
            continue
        entry = _entry(line, number)
        entry.comments = tuple(comments)
        comments.clear()
        entries.append(entry)
    crlf = 2 * data.count(b"\r\n") > data.count(b"\n")
    return BaselineFile(entries, tuple(comments), "\r\n" if crlf else "\n")


def _entry(line: str, number: int) -> Forgiven:
    where = f"{BASELINE}: line {number}"
    if _CONFLICT.match(line):
        raise UsageError(
            f"{where}: an unresolved merge conflict",
            "keep the lines of both sides and delete the markers: what is repeated or out of"
            f" order does no harm; then: git add -- {BASELINE}",
        )
    found = _ENTRY.fullmatch(line) if len(line) <= MAX_LINE else None
    if not found:
        raise UsageError(
            f"{where} is no entry: {cut(line)!r}",
            'an entry is: "path" rule blob-id size "reason"; delete the line, or let pmgit write'
            " it: pmgit baseline --accept PATH --reason TEXT",
        )
    path, rule, oid, size, reason = found.groups()
    try:
        why = intern(_unquote(reason or ""))  # 100,000 entries have a few reasons
        entry = Forgiven(_unquote(path), intern(rule), oid, int(size), why)
    except ValueError as error:
        raise UsageError(f"{where}: {error}", "Git quotes paths like this: git ls-files") from None
    if not why.strip():
        raise UsageError(
            f"{where} gives no reason",
            "write why it is forgiven, in quotes, at the end of the line; or let pmgit write it:"
            " pmgit baseline --accept PATH --reason TEXT",
        )
    return entry


def render(file: BaselineFile) -> bytes:
    """The file, sorted and without repetitions: the same entries give the same bytes."""
    kept: dict[tuple[str, str, str], Forgiven] = {}
    for entry in sorted(file.entries, key=lambda entry: entry.line):
        kept.setdefault(entry.key, entry)
    lines = [HEADER]
    for entry in kept.values():
        lines += [*entry.comments, entry.line]
    return "".join(line + file.line_end for line in (*lines, *file.below)).encode("utf-8")


def quote(text: str) -> str:
    """`text` in double quotes, on one line and printable, whatever is in it."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char.isprintable():
            out.append(char)
        else:
            out += [f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape")]
    return '"' + "".join(out) + '"'


def _unquote(text: str) -> str:
    """The text that `quote` has made `text` of. Raises ValueError."""
    if "\\" not in text:
        return text
    out = []
    at = 0
    for found in _ESCAPE.finditer(text):
        out.append(text[at : found.start()].encode("utf-8"))
        octal, char = found.groups()
        if octal:
            out.append(bytes([int(octal, 8)]))
        elif char in _PLAIN_ESCAPES:
            out.append(_PLAIN_ESCAPES[char])
        else:
            raise ValueError(f"unknown escape {found.group()!r}")
        at = found.end()
    out.append(text[at:].encode("utf-8"))
    return b"".join(out).decode("utf-8", "surrogateescape")
