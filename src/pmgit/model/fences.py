"""The fences that begin and end a block of code in Markdown: three or more ``` or ~~~."""

from __future__ import annotations


def opened_by(line: str) -> str:
    """The fence that a line opens, where none is open; '' for none."""
    text = line.strip()
    if not text.startswith(("```", "~~~")):
        return ""
    mark = text[0]
    rest = text.lstrip(mark)
    return mark * (len(text) - len(rest)) if mark == "~" or "`" not in rest else ""


def is_closed_by(line: str, fence: str) -> bool:
    """Whether a line closes an open fence."""
    text = line.strip()
    return text.startswith(fence) and not text.strip(fence[0])
