"""Classes that are harmless with one state and run code with another.

They are judged when an object gets its state; the class itself is none of the globals that are
looked up, as long as the pickle makes nothing else with it than an object without arguments.
"""

from __future__ import annotations

from pmgit.formats import scipy_distributions
from pmgit.formats.pickle_values import Box, GlobalName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: joblib's cache of results, which is in every HDBSCAN: in a folder it loads pickles from there.
_CACHES = frozenset((
    ("joblib.memory", "Memory"), ("sklearn.externals.joblib.memory", "Memory"),
))  # fmt: skip
#: Where such a cache says that it lies; before joblib 0.12 `cachedir`.
_PLACES = ("location", "store_backend", "cachedir")
#: Where statsmodels has a formula worked out, as 0.8 to 0.14 and 0.15 mark it, and in which module.
_FORMULA_MARKS = ("restore_design_info", "restore_model_spec")
_OF_FORMULAS = ("statsmodels.base.data",)
#: joblib's wrappers of arrays, with what they hold: they are asked for their array as soon as they
#: have their state, by a method of theirs, or by what the state has of that name.
_WRAPPERS = {
    "NumpyArrayWrapper": frozenset((
        "subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes",
    )),
    "NDArrayWrapper": frozenset(("filename", "subclass", "allow_mmap")),
    "ZNDArrayWrapper": frozenset(("filename", "state", "init_args")),
}  # fmt: skip
#: How the names of all of them end.
ENDINGS = (*scipy_distributions.ENDINGS, "Memory")


def is_judged(module: str, name: str) -> bool:
    """Whether a global is a class that is judged by its state."""
    return (module, name) in _CACHES or scipy_distributions.is_distribution(module, name)


def is_wrong(callee: Any, state: Any) -> bool:
    """Whether an object that gets this state may run code."""
    if callee.__class__ is GlobalName and (callee.module, callee.name) in _CACHES:
        is_whole = state.__class__ is Box and not state.is_partial
        return not is_whole or any(state.get(key) for key in _PLACES)
    if callee.__class__ is GlobalName and callee.name in _WRAPPERS and "joblib" in callee.module:
        if callee.name == "NumpyArrayWrapper" and (state.__class__ is not Box or state.is_partial):
            return False  # its array has no place then, and nobody goes on
        return state.__class__ is not Box or not _WRAPPERS[callee.name].issuperset(state)
    return _works_out_a_formula(callee, state) or scipy_distributions.runs_other_text(callee, state)


def _works_out_a_formula(callee: Any, state: Any) -> bool:
    """Whether an object of statsmodels gets a formula that may run code."""
    named = callee.__class__ is GlobalName and callee.module in _OF_FORMULAS
    if state.__class__ is not Box or state.is_partial:
        return named
    if not any(mark in state for mark in _FORMULA_MARKS):
        return False
    from pmgit.formats import statsmodels_formulas  # takes a pattern's 8 ms

    return not statsmodels_formulas.is_plain(state.get("formula"))
