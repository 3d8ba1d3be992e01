"""Rows of pairs are as few as they can be, and leave none out."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from tests.pairs import pairs


@pytest.mark.parametrize(
    ("axes", "most"),
    [
        (["abcdefgh", "xy", "xy"], 16),
        (["ab", "xyz", "pq", "ij"], 8),
        (["ab", "xy", "pq", "ij"], 6),
        (["ab", "xyz"], 6),
    ],
)
def test_each_two_values_meet(axes: list[str], most: int) -> None:
    rows = pairs(*axes)
    assert len(rows) == len(set(rows)) <= most
    for (one, first), (other, second) in combinations(enumerate(axes), 2):
        assert {(row[one], row[other]) for row in rows} == set(product(first, second))
