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
#: How the names of all of them end.
ENDINGS = (*scipy_distributions.ENDINGS, "Memory")


def is_judged(module: str, name: str) -> bool:
    """Whether a global is a class that is judged by its state."""
    return (module, name) in _CACHES or scipy_distributions.is_distribution(module, name)


def is_wrong(callee: Any, state: Any) -> bool:
    """Whether an object that gets this state may run code."""
    if callee.__class__ is GlobalName and (callee.module, callee.name) in _CACHES:
        is_whole = state.__class__ is Box and not state.is_partial
        return not is_whole or any(state.get(key) for key in ("location", "store_backend"))
    return scipy_distributions.runs_other_text(callee, state)
