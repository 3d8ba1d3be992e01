"""Formulas of statsmodels, which name columns, and those that run code."""

from __future__ import annotations

import pytest

from pmgit.formats.statsmodels_formulas import is_plain


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x", "y ~ x1 * x2 - 1", "log(y) ~ I(x ** 2) + x:g",
        "y ~ C(g, Treatment(reference='a'))",
        "np.log(y) ~ np.sqrt(x) / 2.5", "Q('a name') ~ bs(x, df=4, degree=3)", "y ~ (a + b + c)**2",
        "größe ~ x",
        "y ~ 0 + C(g, levels=['a', 'b'])", "",
    ],
)  # fmt: skip
def test_plain(formula: str) -> None:
    assert is_plain(formula)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ open('a')", "y ~ __import__('os').system('x')", "y ~ x.apply(f)", "y ~ np.load('a')",
        "y ~ np . load ('a')", "y ~ (open)('a')", "y ~ f('a')", "y ~ [open][0]('a')",
        "y ~ C (open ('a'))",
        "y ~ f'{open(1)}'", "y ~ 'a'.join(x)", "y ~ x.__class__", "y ~ np.os.system('a')",
        "y ~ C(x)('a')",
        "y ~ np.lib.npyio.np.load('a')", "y ~ `open`('a')", "y ~ eval(\"1\")",
        "y ~ {1: 2}", "y ~ C\\\n(1)",
        "y ~ \uff4fpen('a')", "y ~ open\u00a0('a')", None, 1, "x" * 30_000,
    ],
)  # fmt: skip
def test_not_plain(formula: object) -> None:
    assert not is_plain(formula)
