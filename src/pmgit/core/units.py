"""Sizes in bytes, counts and lists, as people write them. 1 MB is 10^6 bytes, 1 MiB is 2^20."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS = {
    "": 1,
    "b": 1,
    "byte": 1,
    "bytes": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], most: int, count: int = 0) -> str:
    """The first `most` of the names, and how many more there are: `a, b and 3 more`.

    `count` is how many there are, where `names` are only the first of them.
    """
    count = count or len(names)
    more = f" and {count - most:,} more" if count > most else ""
    return ", ".join(names[:most]) + more


def show_size(size: int) -> str:
    """`size` bytes with the decimal unit that keeps it short: `130 bytes`, `3.0 MB`."""
    if size < 1000:
        return f"{size} byte" + ("" if size == 1 else "s")
    return _short(size, 1000, ("kB", "MB", "GB", "TB"))


def show_both(size: int, limit: int) -> tuple[str, str]:
    """A size and the limit that it is over, exact where rounding would make them the same."""
    one, other = show_size(size), show_size(limit)
    return (one, other) if one != other else (f"{size:,} bytes", f"{limit:,} bytes")


def show_binary_size(size: int) -> str:
    """`size` bytes with a unit of powers of 1024: `100.0 MiB`."""
    return _short(size, 1024, ("KiB", "MiB", "GiB", "TiB")) if size >= 1024 else show_size(size)


def _short(size: int, step: int, units: tuple[str, ...]) -> str:
    """`size` bytes, at least `step`, in the first of `units` that keeps it short, else the last."""
    value, power = size / step, 0
    while value >= step - 0.05 and power < len(units) - 1:
        value, power = value / step, power + 1
    return f"{value:.1f} {units[power]}"


def read_size(text: str) -> int:
    """Bytes meant by `500 kB`, `1MB`, `10 MiB` or a bare number.

    Raises ValueError when it is none of these, or negative; a unit without its B is neither.
    """
    word = text.strip().lower()
    rest = word.lstrip("0123456789.")
    number = word.removesuffix(rest)
    factor = _UNITS.get(rest.strip())
    if factor is None or not number.replace(".", "", 1).isdigit():
        raise ValueError(f"not a size: {text!r}")
    value = float(number)
    if value >= 2**63:  # also refuses inf
        raise ValueError(f"not a size: {text!r}")
    return round(value * factor)
