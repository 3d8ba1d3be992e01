"""The storages of torch: how many bytes each one takes, by the ids that stand for them in a pickle.

An id is `('storage', torch.FloatStorage, key, device, number of elements)`; the bytes lie in a
member of the archive, or behind the pickles in a file of before torch 1.6.
"""

from __future__ import annotations

from pmgit.formats.dtypes import TORCH_STORAGES, WIDTHS
from pmgit.formats.pickle_values import GlobalName, Persistent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.pickle_values import PickleStream


def is_storage(identity: Any) -> bool:
    """Whether an id stands for a storage of torch."""
    return (
        isinstance(identity, tuple)
        and len(identity) >= 5
        and identity[0] == "storage"
        and isinstance(identity[1], GlobalName)
        and identity[1].name.endswith("Storage")
        and (identity[1].module == "torch" or identity[1].module.startswith("torch."))
        and isinstance(identity[2], str | int)  # a number in what torch.package writes
        and type(identity[4]) is int
        and identity[4] >= 0
    )


def is_unknown(identity: Any) -> bool:
    """Whether an id of a storage names a type that torch does not have; it gets no new ones, since
    all that is new is saved as an untyped storage."""
    of_torch = identity[1].module in ("torch", "torch.cuda")
    return of_torch and identity[1].name.removesuffix("Storage") not in TORCH_STORAGES


def is_beyond(args: tuple[Any, ...]) -> bool:
    """Whether a tensor has numbers behind the end of its storage, which torch refuses. It is made
    of a storage, the place where it begins, its shape, its strides, and more."""
    identity = args[0].identity if len(args) >= 4 and isinstance(args[0], Persistent) else ()
    if not isinstance(identity, tuple) or len(identity) < 5 or type(identity[4]) is not int:
        return False
    begin, shape, strides = args[1:4]
    if not isinstance(shape, tuple) or not isinstance(strides, tuple) or 0 in shape:
        return False
    numbers = (begin, *shape, *strides)
    if len(shape) != len(strides) or not all(type(n) is int and n >= 0 for n in numbers):
        return True
    last = begin + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    return bool(last >= identity[4])


def sizes(stream: PickleStream) -> dict[str, int | None]:
    """The bytes of each storage that a pickle refers to, by its key; None of an unknown type."""
    found: dict[str, int | None] = {}
    for identity, _ in stream.persistent:
        if is_storage(identity):
            dtype = TORCH_STORAGES.get(identity[1].name.removesuffix("Storage"), "")
            width = WIDTHS.get(dtype)
            found[identity[2]] = width and width * identity[4]
    return found
