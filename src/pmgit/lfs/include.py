"""Commands of Git LFS for some files: without `--include` they fetch those of the whole commit."""

from __future__ import annotations

from pmgit.core.shell import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: What git-lfs reads as a pattern in --include; a comma separates patterns and cannot be quoted.
MAGIC = frozenset('*?[]\\!#,"')
#: Of more files than these the folders are named.
_MOST = 10


def option(paths: Iterable[str]) -> str:
    """`--include=…` for these files, from the top; '' when one of them cannot be written there."""
    names = sorted({*paths})
    if len(names) > _MOST:
        names = sorted({name.rpartition("/")[0] for name in names})
    if (
        not names
        or not all(names)
        or any(not n.isprintable() or not MAGIC.isdisjoint(n) for n in names)
    ):
        return ""
    return "--include=" + ",".join(f"/{name}" for name in names)


def command(verb: str, paths: Iterable[str]) -> str:
    """`git lfs VERB` for these files alone, where that can be written, to paste."""
    return " ".join(map(quote, filter(None, ("git", "lfs", verb, option(paths)))))
