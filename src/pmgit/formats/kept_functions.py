"""Functions that a pickle only keeps, and what in it may call them.

A function of a package that pmgit does not know is a warning as long as nothing calls it:
estimators and trainers keep many, alone or in a `partial`. An object may call the functions that
it is given: `ChainMap` asks a `defaultdict` for its keys, numpy asks an object for its
`__array__`, and the object may be a `Namespace`, whose attributes the file chooses. So a function
that reaches any object but the one that keeps it counts as called.

To follow a function, the scan keeps the objects that hold it, which costs time: it does so from
the first such function on. An object that the pickle had put together before may hold any of
these functions as soon as the pickle has put anything into any older object.
"""

from __future__ import annotations

from pmgit.formats import given_states
from pmgit.formats.opinion import OK, UNSAFE
from pmgit.formats.pickle_values import (
    Box,
    ByteRange,
    EscapedRange,
    GlobalName,
    Hidden,
    Made,
    OpenList,
    Persistent,
    Placeholder,
    Row,
    TextRange,
)
from pmgit.formats.policy import is_made_empty, is_of_list, of_global

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from pmgit.formats.caps import Caps

#: They keep a function, and call it when somebody calls them, or asks for a key that is not there.
KEEP = frozenset((
    ("collections", "defaultdict"), ("functools", "partial"), ("numpy", "vectorize"),
    ("numpy.lib.function_base", "vectorize"),
))  # fmt: skip
_PYTHON = ("builtins", "__builtin__", "collections")
#: What only takes out of a list what is in it, or asks each for its hash.
_LISTS, _SETS = frozenset(("list", "tuple", "deque")), frozenset(("set", "frozenset"))
#: What takes pairs out of a list or a dictionary.
_DICTIONARIES = frozenset(("dict", "OrderedDict", "Counter"))
#: How protocols 0 and 1 make an object of a class, whose base this is.
_MAKE_EMPTY, _PLAIN_BASES = ("copyreg", "copy_reg"), ("builtins.object", "__builtin__.object")
_LOOK_UP = frozenset(("getattr", "type"))
_GIVE_ATTRIBUTES = ("getattr", "_ufunc_reconstruct")
#: Packages whose classes ask what is in their state while they get it (`__setstate__`), or when
#: their own function for loading goes on. The others only keep it.
_ASK_THEIR_STATE = (
    "accelerate", "catboost", "gensim", "gym", "lightgbm", "numpy.ma", "numpy.random", "omegaconf",
    "pandas", "scipy", "sklearn.ensemble._hist_gradient_boosting", "sklearn.isotonic",
    "sklearn.tree._tree", "stable_baselines3", "statsmodels", "torch.distributed",
    "torch.distributions", "torch.nn.modules.rnn", "torch.nn.parallel", "torch.optim",
    "torch.utils", "transformers", "xgboost",
)  # fmt: skip
#: In these nothing can be hidden, and nothing in them is asked for more.
_PLAIN = frozenset((
    str, int, float, bool, type(None), Placeholder, ByteRange, TextRange, EscapedRange,
))  # fmt: skip


def is_worse_called(module: str, name: str) -> bool:
    """Whether it matters that a global is called, and with what."""
    if is_made_empty(module, name):
        return True
    if is_of_list(module, name) or _is_class(name):
        return False
    return of_global(module, name, called=True)[0] == UNSAFE


def _is_class(name: str) -> bool:
    """Whether this is the name of a class: people begin those with a capital letter."""
    return name.rpartition(".")[2].lstrip("_")[:1].isupper()


class Kept:
    """The functions that a stream keeps, and whether anything has been put into anything since the
    first one was there."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self.functions: list[GlobalName] = []
        self.is_changed = False
        #: So many of them have been taken for called, all together.
        self._called = 0

    def is_plain(self, value: Any) -> bool:
        """Whether there can be no function in a value."""
        kind = value.__class__
        return kind in _PLAIN or (kind is GlobalName and not value.is_kept)

    def change(self, target: Any, items: Iterable[Any]) -> None:
        """Note that items are put into something."""
        held = [one for one in items if not self.is_plain(one)]
        if not held:
            return
        self._caps.step(len(held))
        self.is_changed = True
        if isinstance(target, Made | Box | OpenList):
            if target.held is None:
                target.held = held
            else:
                target.held += held

    def may_be_called(self, values: Iterable[Any]) -> None:
        """Take all functions in these values for called."""
        for one in self._in(values):
            one.called = one.is_called_later = True

    def _in(self, values: Iterable[Any]) -> list[GlobalName]:
        waiting = [one for one in values if not self.is_plain(one)]
        seen: set[int] = set()
        found: list[GlobalName] = []
        while waiting:
            one = waiting.pop()
            self._caps.step(3)  # it takes as long as so many opcodes
            if one.__class__ is GlobalName:
                found.append(one)
                continue
            if id(one) in seen:
                continue
            seen.add(id(one))
            is_hidden = isinstance(one, Hidden) or (self.is_changed and _has_more(one))
            if is_hidden:  # nobody knows what is in it
                begin, self._called = self._called, len(self.functions)
                return self.functions[begin:]
            inner = _inner(one)
            self._caps.step(len(inner) // 16)
            waiting += [value for value in inner if not self.is_plain(value)]
        return found

    # --- what a stream does

    def called(self, callee: GlobalName, args: Any, *, is_new: bool) -> None:
        """Look at a call: `is_new` where it only makes an object of a class."""
        self._caps.step(2)
        if _keeps(callee, args, is_new=is_new):
            return
        self.may_be_called(args if isinstance(args, tuple) else (args,))

    def filled(self, target: Any, items: list[Any], *, pairs: bool) -> None:
        """Look at items that are put into something: its own methods do that."""
        self._caps.step(2)
        if pairs:
            # A key is asked for its hash, and by some classes that asks what is in it.
            self.may_be_called(one for one in items[::2] if one.__class__ in (Made, tuple))
        if not isinstance(target, Made) or _is_plain_container(target, pairs=pairs):
            return
        unknown = not _is_known(class_of(target))
        self.may_be_called((target,) if unknown else (target, *items))

    def built(self, target: Made, state: Any) -> None:
        """Look at a state that is set on an object."""
        callee = class_of(target)
        if isinstance(callee, GlobalName) and (callee.module, callee.name) in KEEP:
            return
        if not isinstance(callee, GlobalName):
            self.may_be_called((target, state))
        elif isinstance(state, Made) and not _is_plain_container(state, pairs=True):
            self.may_be_called((state,))
        elif _is_plain_container(target, pairs=True):
            return
        elif _is_known(callee) or callee.module.startswith(_ASK_THEIR_STATE):
            self.may_be_called(one for one in _inner(target) if one is not state)
            if callee.module.startswith(_ASK_THEIR_STATE):
                values = _inner(state) if isinstance(state, Box | tuple) else (state,)
                if _has_more(state):
                    values = (state,)
                if state.__class__ is Box and given_states.is_judged(callee.module, callee.name):
                    values = [one for key, one in state.items() if key != "vecentropy"]
                self.may_be_called(one for one in values if one.__class__ is not GlobalName)


def _has_more(value: Any) -> bool:
    """Whether there is something in a value that nobody has kept."""
    return isinstance(value, Made | Box | OpenList) and value.has_more


def _inner(value: Any) -> Sequence[Any]:
    """What is known to be directly in a value."""
    if isinstance(value, Made):
        args = value.args if class_of(value) is value.callee else ()
        return (*_handed_out(value), args, value.state, value.items, *(value.held or ()))
    if isinstance(value, Box):
        return (*value.values(), *(value.held or ()))
    if isinstance(value, OpenList):
        return value.held or ()
    if isinstance(value, Persistent):
        return (value.identity,)
    return value if isinstance(value, tuple | Row) else ()


def _handed_out(made: Made) -> tuple[Any, ...]:
    """What a call hands out that is no new object: an attribute, which may be a function, and the
    class of an object."""
    callee, args = made.callee, made.args
    if not isinstance(callee, GlobalName):
        return (callee,)
    if callee.name == "type" and isinstance(args, tuple):
        return tuple(one.callee for one in args if isinstance(one, Made))
    return (callee,) if callee.name in _GIVE_ATTRIBUTES else ()


def class_of(made: Made) -> Any:
    """The class of an object that a call has made."""
    callee, args = made.callee, made.args
    makes = isinstance(callee, GlobalName) and callee.module in _MAKE_EMPTY
    if makes and isinstance(args, tuple) and _makes_empty(callee.name, args):
        return args[0]
    return callee


def _is_known(callee: Any) -> bool:
    """Whether pmgit knows what is called, so that no finding warns of it."""
    if not isinstance(callee, GlobalName):
        return False
    if callee.is_known is None:
        callee.is_known = (
            given_states.is_judged(callee.module, callee.name)
            or of_global(callee.module, callee.name)[0] == OK
        )
    return callee.is_known


def _is_plain_container(made: Made, *, pairs: bool) -> bool:
    """Whether a call has made a container of Python's own, which puts in what it gets."""
    callee = made.callee
    if not isinstance(callee, GlobalName):
        return False
    if (callee.module, callee.name) in KEEP:
        return True
    kinds = _DICTIONARIES if pairs else _LISTS | _SETS
    return (callee.module in _PYTHON and callee.name in kinds) or (
        pairs and callee.name == "Bunch" and callee.module.startswith("sklearn.utils")
    )


def _keeps(callee: GlobalName, args: Any, *, is_new: bool) -> bool:
    """Whether a call does no more with what it gets than to keep it."""
    if (callee.module, callee.name) in KEEP:
        return True
    if callee.module in _PYTHON and isinstance(args, tuple):
        if callee.name in _LOOK_UP:
            owner = args[0] if args else None
            return not isinstance(owner, Made) or not _is_known(owner.callee)
        if callee.name in _LISTS | _SETS | _DICTIONARIES:
            return not _has_made(args, 0 if callee.name in _LISTS else 1)
    if callee.module in _MAKE_EMPTY and isinstance(args, tuple):
        return _makes_empty(callee.name, args)
    return is_new and _is_class(callee.name) and not _is_known(callee)


def _makes_empty(name: str, args: tuple[Any, ...]) -> bool:
    """Whether a function of Python only makes an object of a class, without arguments."""
    if not args or args[0].__class__ is not GlobalName or not _is_class(args[0].name):
        return False
    if name == "_reconstructor":
        base = args[1] if len(args) == 3 else None
        is_plain = base.__class__ is GlobalName and str(base) in _PLAIN_BASES
        return is_plain and args[2] is None
    return name == "__newobj__" and len(args) == 1


def _has_made(values: Iterable[Any], deep: int) -> bool:
    """Whether there is an object, or what nobody knows, in these values or the lists in them, which
    are asked for more than that they are there."""
    for one in values:
        if one.__class__ is Made:
            return True
        if deep and isinstance(one, Hidden):
            return True
        if deep and isinstance(one, OpenList | tuple | Row):
            if _has_more(one):
                return True
            inner = _inner(one)
            if _has_made(inner, deep - 1):
                return True
    return False
