"""What `--dry-run` shows of a file."""

from __future__ import annotations

import difflib

from pmgit.report.text import visible


def difference(before: bytes, after: bytes, name: str) -> str:
    """A unified diff of two versions of a line file; '' when they are the same."""
    old, new = (
        data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if data else []
        for data in (before, after)
    )
    lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{visible(line)}\n" for line in lines)
