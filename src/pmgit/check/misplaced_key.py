"""A key of the configuration in a wrong place: where a key of this name belongs.

Imported when one is wrong: it asks all rules for their options.
"""

from __future__ import annotations

from pmgit import rules
from pmgit.core.config import ACCEPTED, LICENSES, SETTINGS, WEIGHTS, WrongKeyError
from pmgit.core.errors import UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_GUESS = "did you mean"
#: Hints that say already what to write.
_SURE = (_GUESS, "write ")


def with_place(error: WrongKeyError) -> UsageError:
    """The error, with the place where a key of this name is known, if there is another one."""
    place, _, name = error.key.rpartition(".")
    found = [one for one in _places().get(name, ()) if one != place]
    if found:
        where = " or ".join(_words(one, error.above) for one in found)
        return UsageError(error.message, f"{name!r} belongs {where}")
    if error.key in rules.RULES:
        return UsageError(error.message, f"write [{error.above}rules.{error.key}]")
    if not error.hint.startswith(_SURE) and (best := nearest(name, list(_places()))):
        where = " or ".join(_words(one, error.above) for one in _places()[best])
        return UsageError(error.message, f"{_GUESS} {best!r}, {where}?")
    return error


def _places() -> dict[str, list[str]]:
    """The tables in which a key of a name is known ('': outside of all), by these names."""
    found: dict[str, list[str]] = {}
    known: list[tuple[str, Iterable[str]]] = [
        ("", SETTINGS),
        ("weights", WEIGHTS),
        ("licenses", LICENSES),
    ]
    known.append(("accepted.<sha256 of the file>", ACCEPTED))
    known += [
        (f"rules.{rule}", [option.name for option in rules.load(rule).options])
        for rule in rules.RULES
    ]
    for table, names in known:
        for name in names:
            found.setdefault(name, []).append(table)
    return found


def _words(table: str, above: str) -> str:
    if table:
        return f"below [{above}{table}]"
    return f"below [{above.rstrip('.')}]" if above else "above the first table"
