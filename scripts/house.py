"""The floors of the house: which packages of pmgit may import which.

`tests/test_house.py` holds the imports to this list, and CONTRIBUTING.md shows it.
"""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "pmgit"

#: From the top down. A room imports only from floors below its own; what stands on one floor does
#: not import each other.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("hook", "commands"),
    ("doctor", "server", "rewrite", "models"),
    ("check",),
    ("rules", "baseline", "init", "symptoms"),
    ("fix", "hooks"),
    ("gitfiles", "history", "sources", "inspection"),
    ("model", "hosts", "scan"),
    ("snapshots", "lfs"),
    ("git", "report", "hub", "licenses", "tensors"),
    ("core", "formats", "child"),
)


def sentence(room: str) -> str:
    """What a room says of itself: the first line of its docstring."""
    file = SOURCE / f"{room}.py"
    tree = ast.parse((file if file.is_file() else SOURCE / room / "__init__.py").read_bytes())
    return (ast.get_docstring(tree) or "").partition("\n")[0]


def table() -> str:
    """The floors with what lives there, as a table of Markdown."""
    lines = ["| floor | what lives there |", "|---|---|"]
    for number, rooms in zip(range(len(FLOORS), 0, -1), FLOORS, strict=True):
        for room in rooms:
            slash = "" if (SOURCE / f"{room}.py").is_file() else "/"
            lines.append(f"| {number} `{room}{slash}` | {sentence(room)} |")
    return "\n".join([*lines, ""])
