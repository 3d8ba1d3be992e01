"""The text that Git writes into a file when it cannot merge two pointers to it.

Git LFS has no merge driver of its own before 3.4, so Git merges the pointers line by line. Once
somebody stages the file as it is, its text with the `<<<<<<<` in it becomes an object of Git LFS,
and a pointer to these 250 bytes takes the place of the weights.
"""

from __future__ import annotations

from pmgit.lfs.pointer import Pointer, read

#: The begin of a line, and what the lines after it belong to.
_MARKS = {"<": "ours", "|": "base", "=": "theirs", ">": ""}
_SHORTEST = 3
#: A label may be the subject of a commit, and a subject a whole story.
_LABEL = 60


class Side:
    """One of the two versions in a conflict: the pointer, and what Git calls it (`HEAD`, …)."""

    __slots__ = ("label", "pointer")

    def __init__(self, label: str, pointer: Pointer) -> None:
        self.label = label
        self.pointer = pointer


def sides(data: bytes) -> tuple[Side, ...]:
    """The two versions that stand in a text with conflict marks, ours first.

    Empty when it is no such text, or when one of the two cannot be read as a pointer any more.
    """
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").replace("\r\n", "\n")
    whole: dict[str, list[str]] = {"ours": [], "theirs": []}
    labels: dict[str, str] = {}
    within, length = "", 0
    for line in text.split("\n"):
        mark = line[:1]
        run = len(line) - len(line.lstrip(mark)) if mark in _MARKS and mark else 0
        is_mark = run >= _SHORTEST and (not line[run:] or line[run] == " ")
        # In the common ancestor there may be conflicts of an earlier merge, with longer marks.
        if is_mark and length in (0, run):
            if mark in "<>":
                labels["ours" if mark == "<" else "theirs"] = line[run:].strip()[:_LABEL]
            within, length = _MARKS[mark], run if mark != ">" else 0
        elif within in whole:
            whole[within].append(line)
        elif not within:
            for lines in whole.values():
                lines.append(line)
    if not labels:
        return ()
    found = []
    for name, lines in whole.items():
        pointer = read("\n".join(lines).encode("utf-8", "surrogateescape"))
        if not isinstance(pointer, Pointer):
            return ()
        found.append(Side(labels.get(name) or name, pointer))
    return tuple(found)
