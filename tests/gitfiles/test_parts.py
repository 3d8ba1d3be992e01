"""The parts in which two texts differ can be taken back, also when more has been changed since."""

from __future__ import annotations

import random

import pytest

from pmgit.gitfiles import parts

LINES = ["a: 1\n", "b: 2\n", "- x\n", "\n", "# 模型\n", "language: system\n", "\r\n", "end"]


@pytest.mark.parametrize(
    ("before", "after", "added", "removed"),
    [
        (b"", b"a\n", ["a\n"], [""]),
        (b"a\n", b"a\n", [], []),
        (b"a\nb\n", b"a\nx\nb\ny\n", ["x\n", "y\n"], ["", ""]),
        (b"a = [1]\n", b"a = [1, 2]\n", [", 2"], [""]),
        (b'v = "1"\n', b'v = "2"\n', ["2"], ["1"]),
        (b"a", b"a\nb", ["\nb"], [""]),
        # What goes, or stands there twice, is known by the lines around it.
        (b"a\nb\nc\n", b"a\nc\n", ["a\nc\n"], ["a\nb\nc\n"]),
        (b"x\na\nb\n", b"x\na\nx\n", ["a\nx\n"], ["a\nb\n"]),
        (b"\xff\n", b"\xff\n\xfe\n", ["\udcfe\n"], [""]),
    ],
)
def test_the_parts(before: bytes, after: bytes, added: list[str], removed: list[str]) -> None:
    assert parts.between(before, after) == (added, removed)
    assert parts.taken_back(after, added, removed) == before


def test_random_texts() -> None:
    """What was changed can always be taken back, unless nothing is left to know it by."""
    chance = random.Random(5)
    for _ in range(2000):
        old, new = (
            "".join(chance.choices(LINES, k=chance.randrange(8))).encode() for _ in range(2)
        )
        found = parts.taken_back(new, *parts.between(old, new))
        assert found == old or (found is None and not new), (old, new)


def test_what_others_have_changed_stays() -> None:
    before, after = b"a: 1\nb: 2\n", b"a: 1\nours: 3\nb: 2\nours: 4\n"
    added, removed = parts.between(before, after)
    since = b"# mine\n" + after.replace(b"b: 2", b"b: 5") + b"c: 6\n"
    assert parts.taken_back(since, added, removed) == b"# mine\na: 1\nb: 5\nc: 6\n"
    assert parts.taken_back(after.replace(b"ours: 3", b"ours: 7"), added, removed) is None
    assert parts.taken_back(after + b"ours: 3\n", added, removed) is None
