"""Rows for `parametrize`: few of them, in which each two values meet."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def pairs(*axes: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Rows for `parametrize` in which each two values of different axes meet, in few rows.

    Where each value has to get on with each other one, and not with each two others at once, this
    sees what all combinations would see: 16 rows for 8 x 2 x 2.
    """
    rows = list(product(*(range(len(axis)) for axis in axes)))
    meet = {row: list(combinations(enumerate(row), 2)) for row in rows}
    met: Counter[Any] = Counter()

    def gain(row: tuple[int, ...]) -> tuple[int, int]:
        """How many pairs are new, and how rarely the others have met."""
        return sum(not met[pair] for pair in meet[row]), -sum(met[pair] for pair in meet[row])

    taken = []
    while gain(best := max(rows, key=gain))[0]:
        met.update(meet[best])
        taken.append(best)
    return [tuple(axis[at] for axis, at in zip(axes, row, strict=True)) for row in sorted(taken)]
