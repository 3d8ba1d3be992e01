"""Formulas in the state of statsmodels' data, such as `y ~ np.log(x) + C(group)`.

Its `__setstate__` has patsy or formulaic work them out anew while a pickle is loaded, and both run
what stands between the operators as Python. So a formula may only name columns, numbers and the
functions that formulas are made of.
"""

from __future__ import annotations

import re

_FUNCTIONS = frozenset((
    "C", "I", "Q", "bs", "cc", "center", "cr", "te", "scale", "standardize", "poly", "lag",
    "Treatment", "Sum", "Poly", "Helmert", "Diff", "contr.treatment", "contr.sum", "contr.poly",
    "contr.helmert", "contr.diff", "log", "log10", "log2", "exp", "exp10", "exp2", "np.abs",
    "np.cbrt", "np.cos", "np.exp", "np.expm1", "np.log", "np.log10", "np.log1p", "np.log2",
    "np.maximum", "np.minimum", "np.power", "np.sin", "np.sqrt", "np.square", "np.tan", "np.tanh",
))  # fmt: skip
_LONGEST = 20_000
_STRING = re.compile(r"'[\w .:-]*'|\"[\w .:-]*\"")
_LETTERS = re.compile(r"[\w\s~+\-*/%:|^.,()=<>&!\[\]']*")
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\s*\.\s*\w+)*(?=\s*\()")
#: What is called is named; nothing is looked up in what has been worked out.
_CALLS_A_VALUE = re.compile(r"[)\]']\s*\(|[)\]'\w]\s*\[|[)\]'A-Za-z_]\s*\.\s*(?!\d)|\d\w*\s*\(|__")
_OF_NUMPY = re.compile(r"(?<![\w.])(?:np|contr)\s*\.")


def is_plain(formula: object) -> bool:
    """Whether a formula only names columns, numbers and the functions of formulas."""
    if not isinstance(formula, str) or len(formula) > _LONGEST:
        return False
    bare = _STRING.sub("''", formula)
    if not _LETTERS.fullmatch(bare) or bare.count("'") != 2 * bare.count("''"):
        return False
    named = {re.sub(r"\s", "", name) for name in _NAME.findall(bare)}
    return named <= _FUNCTIONS and not _CALLS_A_VALUE.search(_OF_NUMPY.sub("", bare))
