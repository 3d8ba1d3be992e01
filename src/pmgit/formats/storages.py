"""The storages of torch: how many bytes each one takes, by the ids that stand for them in a pickle.

An id is `('storage', torch.FloatStorage, key, device, number of elements)`; the bytes lie in a
member of the archive, or behind the pickles in a file of before torch 1.6.
"""

from __future__ import annotations

from pmgit.formats.pickle_values import GlobalName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.pickle_values import PickleStream

_WIDTHS = {
    "ComplexDouble": 16,
    "Double": 8, "Long": 8, "ComplexFloat": 8,
    "Float": 4, "Int": 4, "QInt32": 4,
    "Half": 2, "Short": 2, "BFloat16": 2,
    "Char": 1, "Byte": 1, "Bool": 1, "QInt8": 1, "QUInt8": 1, "QUInt4x2": 1, "QUInt2x4": 1,
    "Untyped": 1,
}  # fmt: skip


def is_storage(identity: Any) -> bool:
    """Whether an id stands for a storage of torch."""
    return (
        isinstance(identity, tuple)
        and len(identity) >= 5
        and identity[0] == "storage"
        and isinstance(identity[1], GlobalName)
        and identity[1].name.endswith("Storage")
        and identity[1].module.split(".")[0] == "torch"
        and isinstance(identity[2], str)
        and type(identity[4]) is int
        and identity[4] >= 0
    )


def sizes(stream: PickleStream) -> dict[str, int | None]:
    """The bytes of each storage that a pickle refers to, by its key; None of an unknown type."""
    found: dict[str, int | None] = {}
    for identity, _ in stream.persistent:
        if is_storage(identity):
            width = _WIDTHS.get(identity[1].name.removesuffix("Storage"))
            found[identity[2]] = width and width * identity[4]
    return found
