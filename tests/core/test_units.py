"""Sizes, written and read."""

from __future__ import annotations

import random

import pytest

from pmgit.core.units import read_size, show_both, show_size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"), (1, "1 byte"), (2, "2 bytes"), (999, "999 bytes"), (1000, "1.0 kB"),
        (1499, "1.5 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (1_000_000, "1.0 MB"),
        (1_200_000, "1.2 MB"), (999_999_999, "1.0 GB"), (10**12, "1.0 TB"),
        (10**18, "1000000.0 TB"),
    ],
)  # fmt: skip
def test_sizes_are_shown(size: int, text: str) -> None:
    assert show_size(size) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("500", 500), ("500 kB", 500_000), ("1MB", 10**6), ("1 mb", 10**6),
        ("1.5 MB", 1_500_000), ("10 MiB", 10 * 2**20), ("1 KiB", 1024), ("2GiB", 2 * 2**30),
        ("1 TB", 10**12), ("1 TiB", 2**40), ("100 B", 100),
        (" 7 kB ", 7000), ("1. MB", 10**6), (".5 MB", 500_000), ("007", 7),
        ("0 bytes", 0), ("1 byte", 1),
    ],
)  # fmt: skip
def test_sizes_are_read(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["", " ", "MB", "-1", "-1 MB", "1 MBB", "1 XB", "1 MB 2", "nan", "inf", "1e999", "1e400 MB",
     "٣ MB", "1 bytes!", "1 kbytes", "0x10", "1,5 MB", "--1", "1 2", "9" * 400, "1" * 5000,
     "NaN kB",
     "1 bM", "1 ki", "5M", "100 k", "1e3", "1_000", "_1", "1_ MB", ".", "1.2.3", "1 k b"],
)  # fmt: skip
def test_not_a_size(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        read_size(text)


def test_what_is_shown_is_read_back_as_nearly_the_same() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        size = int(10 ** chance.uniform(0, 15))
        assert abs(read_size(show_size(size)) - size) <= 0.051 * size


def test_what_is_over_a_limit_looks_larger() -> None:
    assert show_both(3_000_000, 1_000_000) == ("3.0 MB", "1.0 MB")
    assert show_both(1_000_001, 1_000_000) == ("1,000,001 bytes", "1,000,000 bytes")
