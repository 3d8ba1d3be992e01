"""`pmgit info show`: the sheet of each model, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.core.errors import cut
from pmgit.core.units import counted, show_size
from pmgit.models.sheet import DUE, FACTS
from pmgit.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pmgit.models.sheet import Sheet

_WIDTH = max(map(len, FACTS)) + 2
#: No fact of a terminal takes a screen; JSON has all of it.
_MOST = 200


def lines(sheet: Sheet) -> Iterator[str]:
    """The lines about one model."""
    yield visible(f"{sheet.path}: {sheet.title}")
    for name in FACTS:
        found = sheet.facts.get(name, ())
        if not found and name in DUE:
            yield f"  {name:{_WIDTH}}not known"
        for at, fact in enumerate(found):
            value = cut(visible(fact.value), _MOST)
            yield f"  {'' if at else name:{_WIDTH}}{value} ({', '.join(fact.places)})"
    sizes = [show_size(sheet.size), f"{show_size(sheet.here)} here"]
    yield f"  {'files':{_WIDTH}}{counted(len(sheet.files), 'file')}, {', '.join(sizes)}"
    rows = [
        (file.state, show_size(file.size) if file.size >= 0 else "-", visible(file.path),
         f"sha256 {file.sha256[:12]}…" if file.sha256 else "")
        for file in sheet.files
    ]  # fmt: skip
    widths = [max(len(row[at]) for row in rows) for at in range(3)] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)]
        yield f"    {'  '.join([*cells, row[3]]).rstrip()}"
    for problem in sheet.problems:
        yield f"  note: {visible(problem)}"


def document(sheets: list[Sheet]) -> dict[str, Any]:
    """The same for programs: every fact with all of its values, and where each stands."""
    return {
        "models": [
            {
                "model": sheet.path,
                "title": sheet.title,
                "facts": {
                    name.replace(" ", "_"): [
                        {"value": fact.value, "from": fact.places} for fact in sheet.facts[name]
                    ]
                    for name in FACTS
                    if name in sheet.facts
                },
                "parameters": sheet.parameters,
                "size": sheet.size,
                "here": sheet.here,
                "files": [
                    {
                        "path": file.path,
                        "size": file.size if file.size >= 0 else None,
                        "sha256": file.sha256 or None,
                        "state": file.state,
                    }
                    for file in sheet.files
                ],
                "notes": sheet.problems,
            }
            for sheet in sheets
        ]
    }
