"""What was inspected, for programs: plain values, which are valid JSON whatever a file holds."""

from __future__ import annotations

from pmgit.report.opinions import document as opinions_document
from pmgit.report.redact import redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.inspection.differences import Difference
    from pmgit.inspection.look import Inspected
    from pmgit.tensors.contents import ListedTensor


def of(looked: Inspected) -> dict[str, Any]:
    """All about a file; the first fields are those of a scan."""
    contents = looked.contents
    opinion = opinions_document([(looked.path, looked.opinion)])[0]
    return {
        **opinion,
        "size": looked.size if looked.could else None,
        "oid": looked.oid or None,
        "here": looked.here,
        "parameters": contents.parameters,
        "tensors": [_tensor(one) for one in contents.tensors],
        "inputs": [_value(one) for one in contents.inputs],
        "outputs": [_value(one) for one in contents.outputs],
        "metadata": {key: redact(value) for key, value in contents.metadata.items()},
        "globals": contents.globals,
        "templates": contents.templates,
        "files": contents.files,
        "notes": contents.notes,
    }


def _value(tensor: ListedTensor) -> dict[str, Any]:
    shape = [None if size < 0 else size for size in tensor.shape]
    return {"name": tensor.name, "dtype": tensor.dtype, "shape": shape}


def _tensor(tensor: ListedTensor) -> dict[str, Any]:
    return {
        **_value(tensor),
        "layout": tensor.layout or None,
        "same_as": tensor.same_as or None,
    }


def of_difference(one: Inspected, other: Inspected, found: Difference | None) -> dict[str, Any]:
    """How two files differ; `difference` is null when they could not be compared."""
    sides = {"before": one.path, "after": other.path}
    if found is None:
        return {**sides, "difference": None}
    return {
        **sides,
        "difference": {
            "compared_bytes": found.compares,
            "removed": [_tensor(tensor) for tensor in found.removed],
            "added": [_tensor(tensor) for tensor in found.added],
            "reshaped": [{"before": _tensor(a), "after": _tensor(b)} for a, b in found.reshaped],
            "changed": [_tensor(tensor) for tensor in found.changed],
            "unknown": [_tensor(tensor) for tensor in found.unknown],
            "same": found.same,
            "metadata": _pairs(found.values),
            "templates": _pairs(found.templates),
            "globals": _pairs(found.globals),
            "notes": found.notes,
        },
    }


def _pairs(values: dict[str, tuple[str | None, str | None]]) -> dict[str, Any]:
    return {
        key: {"before": before and redact(before), "after": after and redact(after)}
        for key, (before, after) in values.items()
    }
