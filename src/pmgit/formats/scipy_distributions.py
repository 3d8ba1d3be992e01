"""Distributions of scipy in a pickle, whose state holds text that scipy runs as code.

A distribution gets its state by `__setstate__` (`rv_generic`, the same from scipy 1.9 to 1.17),
which takes over all of it, calls two methods of what it is then, and runs the text in
`_parse_arg_template`: three functions whose parameters are the shapes of the distribution. So the
state has to be a dictionary of values that cannot be called, with the very text that scipy makes
for some shapes.
"""

from __future__ import annotations

from pmgit.formats.pickle_values import (
    Box,
    ByteRange,
    GlobalName,
    Made,
    Placeholder,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The entry of the state that is run.
TEXT = "_parse_arg_template"
_MODULES = frozenset((
    "scipy.stats._continuous_distns", "scipy.stats._discrete_distns", "scipy.stats._levy_stable",
))  # fmt: skip
_OTHERS = (
    ("scipy.stats._distn_infrastructure", "rv_sample"),
    ("scipy.stats._continuous_distns", "rv_histogram"),
)
#: How the names of their classes end.
ENDINGS = ("_gen", "rv_sample", "rv_histogram")
#: numpy's class of functions that take arrays, as numpy 2 and 1 call it.
VECTORIZE = ("numpy.vectorize", "numpy.lib.function_base.vectorize")
#: What scipy fills in: `{shapes}` as 'a, b, ', and the parameters that all distributions have.
_TEMPLATE = """
def _parse_args(self, {shapes} {given}):
    return ({shapes}), {used}

def _parse_args_rvs(self, {shapes} {given}, size=None):
    return self._argcheck_rvs({shapes} {used}, size=size)

def _parse_args_stats(self, {shapes} {given}, moments='mv'):
    return ({shapes}), {used}, moments
"""
_COMMON = (("loc=0, scale=1", "loc, scale"), ("loc=0", "loc, 1"))
_BEGIN = "\ndef _parse_args(self, "
#: Calls that make numbers, arrays and their generators.
_MAKE_NUMBERS = frozenset((
    "_reconstruct", "scalar", "_frombuffer", "__randomstate_ctor", "__generator_ctor",
    "NumpyArrayWrapper",
))  # fmt: skip


def is_distribution(module: str, name: str) -> bool:
    """Whether a global is the class of a distribution."""
    return (module in _MODULES and name.endswith("_gen")) or (module, name) in _OTHERS


def runs_other_text(callee: Any, state: Any) -> bool:
    """Whether an object that gets this state may run more than scipy's own text."""
    has_text = state.__class__ is Box and TEXT in state
    named = callee.__class__ is GlobalName and callee.name.endswith(ENDINGS)
    if not has_text and not (named and is_distribution(callee.module, callee.name)):
        return False
    if state.__class__ is not Box or state.is_partial:
        return True
    values = (one for key, one in state.items() if key != "vecentropy" or not _is_entropy(one))
    return not (_is_own_text(state.get(TEXT)) and all(map(_is_value, values)))


def is_own_method(owner: Any, name: str) -> bool:
    """Whether this is the method of a distribution which the discrete ones keep."""
    named = isinstance(owner, Made) and owner.callee.__class__ is GlobalName
    return named and name == "_entropy" and is_distribution(owner.callee.module, owner.callee.name)


def _is_entropy(value: Any) -> bool:
    """Whether this is what the discrete ones keep as `vecentropy`: their own method, or that for
    many, which is made anew as soon as it is there."""
    if not isinstance(value, Made) or value.callee.__class__ is not GlobalName:
        return False
    if value.callee.name == "getattr":
        return isinstance(value.args, tuple) and len(value.args) == 2 and is_own_method(*value.args)
    return str(value.callee) in VECTORIZE


def _is_own_text(text: Any) -> bool:
    """Whether this is what scipy makes of its template."""
    if not isinstance(text, str):
        return False
    shapes = text.removeprefix(_BEGIN).partition(" loc=0")[0]
    names = shapes.removesuffix(", ").split(", ") if shapes else []
    if not all(name.isidentifier() and name.isascii() for name in names):
        return False
    given = "".join(f"{name}, " for name in names)
    return any(text == _TEMPLATE.format(shapes=given, given=a, used=b) for a, b in _COMMON)


def _is_value(value: Any) -> bool:
    """Whether this is nothing that can be called."""
    if isinstance(value, Made):
        callee = value.callee
        return (
            callee.__class__ is GlobalName
            and callee.name in _MAKE_NUMBERS
            and callee.module.partition(".")[0] in ("numpy", "joblib")
        )
    plain = (str, int, float, tuple, Box, ByteRange, Placeholder, type(None))
    return isinstance(value, plain)
