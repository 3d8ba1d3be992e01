"""The patterns that `git lfs migrate --include` is given, and writes into .gitattributes.

A comma ends a pattern, a line break would begin another line of .gitattributes, and bytes that
are no UTF-8 are read differently by git and by git-lfs: `?` and `*` stand for all of these.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=./-")
#: Above so many folders, the patterns name the folder above them.
FOLDERS = 8


def glob(path: str) -> str:
    """A pattern that matches `path`, and nothing that differs in a plain character."""
    out = []
    for char in path:
        if char in _PLAIN:
            out.append(char)
        elif char.isascii():
            out.append("?")
        elif out[-1:] != ["*"]:
            out.append("*")
    return "".join(out)


def exact(path: str) -> str:
    """The pattern for this path from the top of the repository."""
    return "/" + glob(path)


def suffix_of(path: str) -> str:
    """The last suffix of a path, with its dot, when it can stand in a pattern; else ''."""
    name = path[path.rfind("/") + 1 :]
    stem, dot, last = name.rpartition(".")
    return dot + last if stem and last.isascii() and last.isalnum() else ""


def includes(
    paths: Iterable[str], anywhere: Callable[[str], bool], in_folder: Callable[[str], bool]
) -> list[str]:
    """Patterns for all `paths`, as few as are safe.

    `anywhere`: whether all files with a suffix belong into Git LFS; `in_folder`: whether they
    do where one of them lies. What has neither suffix is named by its path.
    """
    found: set[str] = set()
    folders: dict[str, set[str]] = {}
    for path in paths:
        suffix = suffix_of(path)
        if suffix and anywhere(suffix):
            found.add(f"*{suffix}")
        elif suffix and in_folder(suffix):
            folders.setdefault(suffix, set()).add(path.rpartition("/")[0])
        else:
            found.add(exact(path))
    for suffix, places in folders.items():
        if len(places) <= FOLDERS:
            found.update(exact(f"{place}/" if place else "") + f"*{suffix}" for place in places)
        else:
            tops = {place.partition("/")[0] for place in places}
            found.update(f"/{glob(top)}/**/*{suffix}" if top else f"/*{suffix}" for top in tops)
    return sorted(found)
