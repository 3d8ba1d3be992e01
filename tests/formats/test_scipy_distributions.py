"""Distributions of scipy are ok with scipy's own text, and unsafe with any other."""

from __future__ import annotations

from tests.formats.distribution_samples import distributions, kept_functions
from tests.formats.test_judge import wrong


def test_distributions() -> None:
    assert wrong(distributions()) == []


def test_functions_that_are_only_kept() -> None:
    assert wrong(kept_functions()) == []
