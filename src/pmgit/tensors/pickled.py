"""Tensors in what a pickle makes: torch's by the calls that would rebuild them, numpy's arrays.

Nothing is rebuilt: the walk through the stream has kept the arguments, and the shape, the type and
the place of the numbers are among them (`_rebuild_…` of torch._utils). A tensor is called by the
keys, attributes and numbers that lead to it; the parts of a module that hold its parameters
(`_parameters`, `_buffers`, `_modules`) have no names there, as in its state_dict.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from pmgit.formats import dtypes
from pmgit.formats.opinion import TooMuchError
from pmgit.formats.pickle_values import Box, GlobalName, Made, Persistent, Row
from pmgit.formats.storages import is_storage
from pmgit.tensors.contents import (
    LONGEST_NAME,
    MOST_DIMENSIONS,
    FileContents,
    ListedTensor,
    cut,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from pmgit.formats.caps import Caps

    #: Where the bytes of a storage begin, and how many there are, by its key; None: not here.
    Places = Callable[[str], tuple[int, int] | None]

#: Attributes of a torch module that hold what its state_dict has without their names.
_NAMELESS = frozenset(("_parameters", "_buffers", "_modules"))
#: What makes a tensor of another one, or of an array, its first argument.
_FROM_ANOTHER = frozenset((
    "_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_xla_tensor",
    "_rebuild_device_tensor_from_numpy", "_rebuild_device_tensor_from_cpu_tensor",
))  # fmt: skip
#: Values are listed that lie so deep.
_DEEPEST_VALUE = 2
_MOST_VALUES = 200
_MOST_NOTES = 20
#: Characters of all names together: one tensor may stand at many places with a long name.
_MOST_LETTERS = 20_000_000


def add_values(found: FileContents, root: Any, places: Places, caps: Caps) -> None:
    """Add the tensors below `root`, the value of a stream, and the first plain values."""
    _Listing(found, places, caps).below(root)


class _Listing:
    def __init__(self, found: FileContents, places: Places, caps: Caps) -> None:
        self._found = found
        self._places = places
        self._caps = caps
        #: The first tensor with the very same numbers.
        self._first: dict[tuple[Any, ...], str] = {}
        self._known: dict[int, ListedTensor] = {}
        self._values = 0
        self._letters = _MOST_LETTERS

    def below(self, root: Any) -> None:
        """Go through the values in their order. A container counts where it is met first."""
        seen: set[int] = set()
        # The name of what a value lies in, and its own: joined only when it is its turn.
        waiting: list[tuple[str, object, int, Any]] = [("", None, 0, root)]
        while waiting:
            above, key, depth, value = waiting.pop()
            if not isinstance(value, Made | Box | Row | tuple | Persistent):
                if depth <= _DEEPEST_VALUE and self._values < _MOST_VALUES:
                    self._value(_joined(above, key), value)
                continue
            self._caps.step()
            name = _joined(above, key)
            if self._tensor(name, value) or id(value) in seen:
                continue
            seen.add(id(value))
            inner = [(name, key, depth + 1, one) for key, one in _children(value)]
            waiting += reversed(inner)

    def _value(self, name: str, value: Any) -> None:
        if name and isinstance(value, str | int | float):
            self._values += 1
            self._found.say(name, value)

    def _tensor(self, name: str, value: Any) -> bool:
        """List a value that is a tensor; whether it is one."""
        try:
            listed = self._known.get(id(value)) or self._read(name, value)
        except (TypeError, ValueError, IndexError, AttributeError, RecursionError):
            # It is called as a tensor is, with other arguments.
            if len(self._found.notes) < _MOST_NOTES:
                self._found.notes.append(f"{name} is not listed: it is no tensor")
            return True
        if listed is None:
            return False
        if listed.name != name:
            same = listed.same_as or listed.name
            listed = replace(listed, name=name, same_as=same if listed.elements else "")
        self._known.setdefault(id(value), listed)
        self._letters -= len(name)
        if self._letters < 0:
            raise TooMuchError(f"names of more than {_MOST_LETTERS:,} characters")
        self._found.tensors.append(listed)
        return True

    def _read(self, name: str, value: Any) -> ListedTensor | None:
        if isinstance(value, Persistent):
            if not is_storage(value.identity):
                return None
            dtype, width, begin, length = self._storage(value)
            count = length // width if width else 0
            return ListedTensor(name, dtype, (count,), count, "storage", "", begin, length)
        if not isinstance(value, Made) or not isinstance(value.callee, GlobalName):
            return None
        module, function = value.callee.module, value.callee.name
        args = value.args if isinstance(value.args, tuple) else ()
        if module in ("torch._utils", "torch._tensor", "torch.nn.parameter", "torch"):
            return self._of_torch(name, function, args)
        if function == "_reconstruct" and module.startswith("numpy"):
            return _of_numpy(name, value.state)
        if function == "_frombuffer" and module.startswith("numpy"):
            shape = _sizes(args[2])
            return _unplaced(name, _dtype_of(args[1]), shape)
        if function == "NumpyArrayWrapper" and isinstance(value.state, Box):
            return _unplaced(name, _dtype_of(value.state.get("dtype")),
                             _sizes(value.state.get("shape")))  # fmt: skip
        return None

    def _of_torch(self, name: str, function: str, args: tuple[Any, ...]) -> ListedTensor | None:
        if function in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_qtensor"):
            return self._dense(name, args)
        if function == "_rebuild_tensor_v3":
            return self._dense(name, args, args[6])
        if function == "_rebuild_from_type_v2":
            return self._read(name, Made(args[0], args[2]))
        if function == "_rebuild_sparse_tensor":
            # Places, numbers, shape; newer torch adds whether each place stands there once.
            parts = args[1][:-1] if isinstance(args[1][-1], bool) else args[1]
            shape = _sizes(parts[-1])
            inner = self._read(name, parts[-2])
            if inner is None:
                raise ValueError
            return ListedTensor(name, inner.dtype, shape, inner.elements, "sparse")
        if function == "_rebuild_nested_tensor":
            inner = self._read(name, args[0])
            if inner is None:
                raise ValueError
            return ListedTensor(name, inner.dtype, inner.shape, inner.elements, "nested")
        if function == "_rebuild_meta_tensor_no_storage":
            shape = _sizes(args[1])
            return ListedTensor(name, _torch_dtype(args[0]), shape, prod(shape), "no numbers")
        if function == "_rebuild_wrapper_subclass":
            shape = _sizes(args[2])
            return ListedTensor(name, _torch_dtype(args[1]), shape, prod(shape), "a class")
        if function in _FROM_ANOTHER:
            return self._read(name, args[0])
        return None

    def _storage(self, value: Any) -> tuple[str, int, int, int]:
        """Type, bytes of one number, and the place of a storage (-1: it is not here)."""
        if not isinstance(value, Persistent) or not is_storage(value.identity):
            raise ValueError
        identity = value.identity
        kind = identity[1].name.removesuffix("Storage")
        dtype = dtypes.TORCH_STORAGES.get(kind, kind)
        width = dtypes.WIDTHS.get(dtype, 0)
        count = identity[4]
        place = self._places(identity[2])
        begin, length = place if place else (-1, count * width)
        view = identity[5] if len(identity) > 5 else None
        if begin >= 0 and isinstance(view, tuple) and len(view) == 3:
            # Before torch 1.13: a part of another storage, in numbers.
            begin, length = begin + int(view[1]) * width, int(view[2]) * width
        return dtype, width, begin, length

    def _dense(self, name: str, args: tuple[Any, ...], dtype: Any = None) -> ListedTensor:
        """A tensor that is a view: of a storage, from a number on, with a size and strides."""
        storage, offset, size, stride = args[:4]
        kind, width, begin, room = self._storage(storage)
        if dtype is not None:
            kind = _torch_dtype(dtype)
            width = dtypes.WIDTHS.get(kind, 0)
        shape, steps = _sizes(size), _sizes(stride)
        if type(offset) is not int or offset < 0 or len(shape) != len(steps):
            raise ValueError
        elements = prod(shape)
        extent = 1 + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
        extent = extent if elements else 0
        in_rows = _is_in_rows(shape, steps)
        # A view may stand for the conjugates, or the negatives, of what is stored.
        says = args[-1] if isinstance(args[-1], Box) else {}
        views = [word for word in ("conj", "neg") if says.get(word)]
        layout = " ".join([*views, *([] if in_rows else [f"strides {list(steps)}"])])
        at, length = begin + offset * width, extent * width
        if begin >= 0 and (not width or offset * width + length > room):
            layout, begin = "reaches behind its storage" if width else layout, -1
        same = (storage.identity[2], offset, shape, steps, kind, layout)
        first = self._first.setdefault(same, name) if elements else name
        return ListedTensor(
            name, kind, shape, elements, layout, "" if first == name else first,
            at if begin >= 0 else -1, length if begin >= 0 else 0,
        )  # fmt: skip


def _joined(name: str, key: object) -> str:
    if key is None:
        return name
    return cut(f"{name}.{key}" if name else f"{key}", LONGEST_NAME)


def _children(value: Any) -> Iterable[tuple[object, Any]]:
    """The values in a container or an object, each with its name; None: it has none."""
    if isinstance(value, Box):
        return [(None if key in _NAMELESS else key, one) for key, one in value.items()]
    if isinstance(value, Row | tuple):
        return list(enumerate(value))
    if not isinstance(value, Made):
        return []
    found: list[tuple[object, Any]] = []
    args = value.args if isinstance(value.args, tuple) else ()
    if len(args) == 1 and isinstance(args[0], Row) and _is_called(value, "OrderedDict"):
        # As Python 2 wrote it: a list of pairs.
        found += [(p[0], p[1]) for p in args[0] if isinstance(p, Row | tuple) and len(p) == 2]
    else:
        found += [(None if isinstance(one, Box) else at, one) for at, one in enumerate(args)]
    for part in (value.items, value.state):
        if isinstance(part, Box):
            found += _children(part)
        elif isinstance(part, Row | tuple):
            # A state of two parts: the dictionary, and that of slots.
            found += [(None if isinstance(one, Box) else at, one) for at, one in enumerate(part)]
        elif part is not None:
            found.append((None, part))
    return found


def _is_called(value: Made, name: str) -> bool:
    return isinstance(value.callee, GlobalName) and value.callee.name == name


def _sizes(value: Any) -> tuple[int, ...]:
    """A shape, or strides; torch.Size is one too. ValueError when it is none."""
    if isinstance(value, Made) and _is_called(value, "Size") and isinstance(value.args, tuple):
        value = value.args[0]
    if not isinstance(value, Row | tuple) or len(value) > MOST_DIMENSIONS:
        raise ValueError
    if not all(type(n) is int and 0 <= n < 2**63 for n in value):
        raise ValueError
    return tuple(value)


def _is_in_rows(shape: tuple[int, ...], steps: tuple[int, ...]) -> bool:
    """Whether the numbers of a view lie one behind the other, the last dimension innermost."""
    expected = 1
    for size, step in zip(reversed(shape), reversed(steps), strict=True):
        if size == 0:
            return True
        if size > 1 and step != expected:
            return False
        expected *= size
    return True


def _torch_dtype(value: Any) -> str:
    name = value.name if isinstance(value, GlobalName) else "?"
    return dtypes.TORCH.get(name, name)


def _dtype_of(value: Any) -> str:
    """The type of a pickled numpy array: `numpy.dtype('f4', False, True)`, with its byte order."""
    if not isinstance(value, Made) or not isinstance(value.args, tuple) or not value.args:
        return "?"
    code, state = value.args[0], value.state
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
    if not isinstance(code, str):
        return "?"
    if code.startswith("O"):
        return "objects"
    if code.startswith("V"):
        return "FIELDS"
    return dtypes.of_numpy((">" if order == ">" else "<") + code)


def _of_numpy(name: str, state: Any) -> ListedTensor | None:
    """An array by its state: version, shape, type, whether it lies column by column, numbers."""
    if not isinstance(state, tuple) or len(state) < 5:
        return None
    kind = _dtype_of(state[2])
    return _unplaced(name, kind, _sizes(state[1]))


def _unplaced(name: str, dtype: str, shape: tuple[int, ...]) -> ListedTensor:
    return ListedTensor(name, dtype, shape, prod(shape))
