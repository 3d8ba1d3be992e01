"""How two files of weights differ: tensors by name, their types, shapes and content, and metadata.

The bytes of tensors are compared, not their values: the same number in another type is a change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pmgit.inspection.digests import MOST_HASHED, are_same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.inspection.look import Inspected
    from pmgit.tensors.contents import ListedTensor


@dataclass
class Difference:
    """How one file differs from another.

    `reshaped` are the tensors with another type, shape or layout, before and after; `changed`
    those with other numbers; `unknown` those whose numbers could not be compared, `same` counts
    the rest. `values` are metadata, by key, before and after (None: it is not there), `templates`
    and `globals` the names of what differs. `compares` says whether the content was looked at.
    """

    compares: bool = True
    added: list[ListedTensor] = field(default_factory=list)
    removed: list[ListedTensor] = field(default_factory=list)
    reshaped: list[tuple[ListedTensor, ListedTensor]] = field(default_factory=list)
    changed: list[ListedTensor] = field(default_factory=list)
    unknown: list[ListedTensor] = field(default_factory=list)
    same: int = 0
    values: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    templates: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    globals: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def is_any(self) -> bool:
        """Whether there is a difference that is known."""
        return bool(
            self.added or self.removed or self.reshaped or self.changed or self.values
            or self.templates or self.globals
        )  # fmt: skip


def difference(one: Inspected, other: Inspected, *, compares: bool) -> Difference:
    """How `other` differs from `one`; `compares`: also in the content of its tensors."""
    found = Difference(compares)
    if _are_equal(one, other, compares=compares):
        found.same = len(one.contents.tensors)
        return found
    _tensors(found, one, other)
    found.templates = _values(one.contents.templates, other.contents.templates)
    if one.opinion.kind == other.opinion.kind:
        found.values = _values(one.contents.metadata, other.contents.metadata)
        found.globals = _values(
            dict.fromkeys(one.contents.globals, ""), dict.fromkeys(other.contents.globals, "")
        )
    else:
        kinds = f"{one.opinion.kind} and {other.opinion.kind}"
        found.notes.append(f"of {kinds} the tensors are compared, not the metadata")
    return found


def _are_equal(one: Inspected, other: Inspected, *, compares: bool) -> bool:
    """Whether the two are known to be the same bytes."""
    if one.oid and one.oid == other.oid:
        return True
    if not compares or one.reader is None or other.reader is None or one.size != other.size:
        return False
    return one.size <= MOST_HASHED and are_same(one.reader, 0, other.reader, 0, one.size)


def _tensors(found: Difference, one: Inspected, other: Inspected) -> None:
    before = _by_name(one.contents.tensors)
    after = _by_name(other.contents.tensors)
    found.removed = [tensor for name, tensor in before.items() if name not in after]
    found.added = [tensor for name, tensor in after.items() if name not in before]
    left = MOST_HASHED
    for name, tensor in after.items():
        old = before.get(name)
        if old is None:
            continue
        if (old.dtype, old.shape, old.layout) != (tensor.dtype, tensor.shape, tensor.layout):
            found.reshaped.append((old, tensor))
            continue
        left -= tensor.length
        same = _same_numbers(old, tensor, one, other) if found.compares and left >= 0 else None
        if same is False:
            found.changed.append(tensor)
        elif same or not found.compares:
            found.same += 1
        else:
            found.unknown.append(tensor)


def _by_name(tensors: list[ListedTensor]) -> dict[str, ListedTensor]:
    """The tensors by name; of several with one name each has its number."""
    found: dict[str, ListedTensor] = {}
    again: dict[str, int] = {}
    for tensor in tensors:
        name = tensor.name
        if name in found:
            again[name] = again.get(name, 1) + 1
            name = f"{name} #{again[name]}"
        found[name] = tensor
    return found


def _same_numbers(
    old: ListedTensor, new: ListedTensor, one: Inspected, other: Inspected
) -> bool | None:
    """Whether two tensors have the same bytes; None when that cannot be known."""
    if old.elements == new.elements == 0:
        return True
    if old.begin >= 0 and new.begin >= 0 and one.reader and other.reader:
        if old.length != new.length:
            return False
        return are_same(one.reader, old.begin, other.reader, new.begin, new.length)
    if old.mark and new.mark:
        return old.mark == new.mark
    return None


def _values(
    before: dict[str, str], after: dict[str, str]
) -> dict[str, tuple[str | None, str | None]]:
    keys = dict.fromkeys([*before, *after])
    pairs = {key: (before.get(key), after.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
