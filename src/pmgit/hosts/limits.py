"""The limits of a host: data files with a date and a source for every figure.

One form for those that come with pmgit (`NAMES`) and for a file of the user's own server.
Read on the way of every commit where a host is configured, so without anything slow.
"""

from __future__ import annotations

import os

from pmgit.core.config import MAX_BYTES
from pmgit.core.errors import UsageError, cut, shown, unknown
from pmgit.core.units import read_size, show_binary_size, show_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The hosts that pmgit knows, each with its file beside this module.
NAMES = ("github", "gitlab", "huggingface")

#: Every limit: what is measured, and in what.
BYTES, COUNT = "bytes", "count"
KINDS = {
    "file-size": (BYTES, "a file that is raw in Git"),
    "raw-binary-size": (BYTES, "a binary file that is raw in Git"),
    "lfs-object-size": (BYTES, "an object in Git LFS"),
    "push-size": (BYTES, "the blobs of one push together, compressed"),
    "folder-entries": (COUNT, "the entries of one folder"),
    "repository-files": (COUNT, "the files of the whole tree"),
}
QUOTA = "lfs-quota"

_TOP = ("name", "domains", *KINDS, QUOTA)
_OF_LIMIT = ("warn", "refuse", "date", "source", "note")
_OF_QUOTA = ("plan", "storage", "bandwidth", "date", "source", "note")


class Limit:
    """One limit: above `warn` the host advises against it, above `refuse` it refuses.

    Both in bytes, or a count; None where there is none. `shown` has them as the host writes them.
    """

    __slots__ = ("date", "kind", "note", "refuse", "shown", "source", "unit", "warn")

    def __init__(self, kind: str, table: dict[str, Any], read: _Reader) -> None:
        self.kind = kind
        self.unit = KINDS[kind][0]
        self.warn = read.number(table, "warn", self.unit)
        self.refuse = read.number(table, "refuse", self.unit)
        self.date, self.source, self.note = read.origin(table)
        self.shown = {key: str(table[key]) for key in ("warn", "refuse") if key in table}

    @property
    def lowest(self) -> int:
        """The lower of the two figures: what is not above it is within both."""
        return min(value for value in (self.warn, self.refuse) if value is not None)

    def refuses(self, value: int) -> bool:
        """Whether the host refuses what measures `value`."""
        return self.refuse is not None and value > self.refuse

    def verdict(self, value: int) -> str:
        """The words for what the host does about `value`, which is above a limit."""
        if self.refuses(value):
            return f"refuses more than {self.shown['refuse']}"
        return f"advises at most {self.shown['warn']}" if self.warn else "advises against it"

    def measure(self, value: int) -> str:
        """`value` in the units of this limit, exact where rounding would hide the difference."""
        if self.unit == COUNT:
            return str(value)
        text = next(iter(self.shown.values()))
        shown = show_size(value)
        if "ib" in text.lower():
            shown = show_binary_size(value)
        return f"{value} bytes" if shown in map(_tenths, self.shown.values()) else shown


class Quota:
    """The Git LFS storage and traffic that is included: bytes, None where nothing is known."""

    __slots__ = ("bandwidth", "date", "note", "plan", "shown", "source", "storage")

    def __init__(self, table: dict[str, Any], read: _Reader) -> None:
        self.plan = read.text(table, "plan")
        self.storage = read.number(table, "storage", BYTES)
        self.bandwidth = read.number(table, "bandwidth", BYTES)
        self.date, self.source, self.note = read.origin(table)
        self.shown = {key: str(table[key]) for key in ("storage", "bandwidth") if key in table}


class Host:
    """A host: its name for people, its domains, its limits by kind, and what is included."""

    __slots__ = ("domains", "limits", "name", "quota")

    def __init__(
        self, name: str, domains: list[str], limits: dict[str, Limit], quota: Quota | None
    ) -> None:
        self.name = name
        self.domains = domains
        self.limits = limits
        self.quota = quota

    @property
    def sizes(self) -> list[int]:
        """The lowest size of every limit of sizes: from there on they must be exact."""
        return [limit.lowest for limit in self.limits.values() if limit.unit == BYTES]


def load(name: str) -> Host:
    """The limits of one of `NAMES`."""
    with open(os.path.join(os.path.dirname(__file__), f"{name}.toml"), "rb") as file:
        return parse(file.read(), f"{name}.toml")


def parse(data: bytes, source: str) -> Host:
    """The host that the bytes of a file describe.

    Raises UsageError, with the place and the nearest name, for whatever is not as it should be.
    """
    from pmgit.core import toml_subset

    document = toml_subset.read(data, source, MAX_BYTES)
    read = _Reader(source)
    read.known(document, "", _TOP)
    name, domains = read.text(document, "name"), read.names(document, "domains")
    limits = {}
    for kind in KINDS:
        table = read.table(document, kind, _OF_LIMIT)
        if table is None:
            continue
        limits[kind] = limit = Limit(kind, table, read)
        if limit.warn is None and limit.refuse is None:
            raise read.error(f"[{kind}] has neither 'warn' nor 'refuse'")
        if limit.warn is not None and limit.refuse is not None and limit.warn >= limit.refuse:
            raise read.error(f"[{kind}]: 'warn' is not below 'refuse'")
    table = read.table(document, QUOTA, _OF_QUOTA)
    quota = Quota(table, read) if table is not None else None
    if not limits and quota is None:
        raise read.error("no limit", f"known: {', '.join(KINDS)}")
    return Host(name, domains, limits, quota)


class _Reader:
    """Reads values of a document, and says where one is wrong."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.place = ""

    def error(self, message: str, hint: str = "") -> UsageError:
        return UsageError(f"{self.source}: {message}", hint or "its form: docs/hosts.md")

    def known(self, table: dict[str, Any], place: str, names: tuple[str, ...]) -> None:
        self.place = place
        for key in table:
            if key not in names:
                found = unknown("key", place + key, [place + name for name in names])
                raise UsageError(f"{self.source}: {found.message}", found.hint)

    def table(
        self, document: dict[str, Any], name: str, names: tuple[str, ...]
    ) -> dict[str, Any] | None:
        if name not in document:
            return None
        table = document[name]
        if not isinstance(table, dict):
            raise self.error(f"{name!r} is {shown(table)}, not a table", f"write [{name}]")
        self.known(table, f"{name}.", names)
        return table

    def text(self, table: dict[str, Any], key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            what = "missing" if key not in table else f"{shown(value)}, not text"
            raise self.error(f"{self.place + key!r} is {what}")
        return cut(value) if key == "name" else value

    def names(self, table: dict[str, Any], key: str) -> list[str]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        raise self.error(f"{key!r} is {shown(value)}, not a list of text")

    def number(self, table: dict[str, Any], key: str, unit: str) -> int | None:
        if key not in table:
            return None
        value = table[key]
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if unit == BYTES and isinstance(value, str):
            try:
                return read_size(value)
            except ValueError:
                pass
        wanted = 'a size, such as "100 MiB"' if unit == BYTES else "a number"
        raise self.error(f"{self.place + key!r} is {shown(value)}, not {wanted}")

    def origin(self, table: dict[str, Any]) -> tuple[str, str, str]:
        """Date, source and note; a figure without the first two is worth nothing in a year."""
        date = table.get("date")
        if not _is_date(str(date)):
            what = "missing" if date is None else f"{shown(date)}, not a day"
            raise self.error(f"{self.place}date is {what}", 'for example: date = "2026-11-23"')
        note = self.text(table, "note") if "note" in table else ""
        return str(date), self.text(table, "source"), note


def _is_date(text: str) -> bool:
    """Whether a text is YYYY-MM-DD. (tomllib makes a date of one without quotes: as good.)"""
    parts = text.split("-")
    if [len(part) for part in parts] != [4, 2, 2] or not all(map(_is_number, parts)):
        return False
    return 1 <= int(parts[1]) <= 12 and 1 <= int(parts[2]) <= 31


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _tenths(text: str) -> str:
    """A limit as a measure would be shown: `100.0 MiB` for `100 MiB`."""
    try:
        size = read_size(text)
    except ValueError:
        return text
    return show_binary_size(size) if "ib" in text.lower() else show_size(size)
