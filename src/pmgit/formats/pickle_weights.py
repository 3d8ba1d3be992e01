"""How much there is in tuples when what is in them is counted as often as it stands there.

A tuple of the same tuple twice, thirty times over, is a few hundred bytes of a pickle. Whatever
goes through it (its hash as a key, a comparison, its text) never ends.
"""

from __future__ import annotations

from pmgit.formats.pickle_values import Hidden

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps

#: More than a pickle of so many steps as pmgit follows can hold without a tuple in two places.
MOST = 10_000_000


class SharedTuple(tuple[object, ...]):
    """A tuple that stands in more than one place, with its weight."""

    weight = 0


class LongTuple(Hidden):
    """A tuple of too many items to keep, in which there are other tuples."""

    __slots__ = ("weight",)

    def __init__(self, weight: int) -> None:
        self.weight = weight


def weight_of(whole: tuple[Any, ...], caps: Caps) -> int:
    """How many values and tuples there are in a tuple; at most one more than MOST.

    What stands in several places is SharedTuple, so each other tuple is looked at once.
    """
    weight, waiting = 0, [whole]
    while waiting:
        one = waiting.pop()
        weight += 1  # an empty one has a hash, too
        caps.step(1 + len(one) // 8)
        for item in one:
            if item.__class__ is tuple:
                waiting.append(item)
            else:
                weight += item.weight if item.__class__ in (SharedTuple, LongTuple) else 1
    return min(weight, MOST + 1)


def weighed(value: tuple[Any, ...], caps: Caps) -> SharedTuple:
    """The same tuple with its weight."""
    found = SharedTuple(value)
    found.weight = weight_of(value, caps)
    return found
