"""What is known of a license in a short phrase, for lines and tables that show it."""

from __future__ import annotations

from pmgit.licenses.expression import OR, Named
from pmgit.licenses.table import CONDITIONAL, NO, UNKNOWN, YES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.licenses.expression import Expression, Reading

_PHRASES = {
    YES: "commercial use: yes",
    NO: "commercial use: no",
    CONDITIONAL: "commercial use: under conditions",
    UNKNOWN: "commercial use: not known",
}
_SHORT = {YES: "", NO: "non-commercial", CONDITIONAL: "conditions", UNKNOWN: "not known"}
#: From good to bad; of a choice the best counts, of a list the worst.
_ORDER = (YES, CONDITIONAL, UNKNOWN, NO)


class Terms:
    """What is known: `commercial` (YES, NO, CONDITIONAL or UNKNOWN), and `conditions` in words."""

    __slots__ = ("commercial", "conditions")

    def __init__(self, commercial: str, conditions: str) -> None:
        self.commercial = commercial
        self.conditions = conditions


def terms(reading: Reading) -> Terms:
    """What is known of a license that somebody has named, or of several."""
    if reading.expression is None:
        return Terms(UNKNOWN, "no license is named")
    return _of(reading.expression)


def phrase(reading: Reading) -> str:
    """Commercial use and conditions, as the end of a line about the license."""
    found = terms(reading)
    return f"{_PHRASES[found.commercial]}; {found.conditions}"


def cell(reading: Reading) -> str:
    """The license for a table: its id, and a word where commercial use is not simply allowed."""
    word = _SHORT[terms(reading).commercial]
    return f"{reading.shown}, {word}" if word else reading.shown


def _of(expression: Expression) -> Terms:
    if isinstance(expression, Named):
        if expression.license:
            return Terms(expression.license.commercial, expression.license.conditions)
        own = "an agreement of your own" if expression.own else "pmgit does not know its text"
        return Terms(UNKNOWN, own)
    is_choice = expression.operator == OR
    parts = [(part, _of(part)) for part in expression.parts]
    parts.sort(key=lambda pair: _ORDER.index(pair[1].commercial), reverse=not is_choice)
    # Of a list all conditions hold, that which decides first.
    words = [
        f"{part.shown}: {found.conditions}" if isinstance(part, Named) else found.conditions
        for part, found in parts[: 1 if is_choice else None]
    ]
    return Terms(parts[0][1].commercial, "; ".join(dict.fromkeys(words)))
