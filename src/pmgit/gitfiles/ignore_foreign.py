"""The lines of the ignore block for files in a models folder that are no models: code, clones.

Source code is let in, as far as the user's own lines do not hide it. Repositories of their own are
hidden: let in, `git add -A` would take each as a submodule that no clone can fetch.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pmgit.core.errors import PmgitError
from pmgit.git.blob import SUBMODULE, folders_above
from pmgit.git.names import IGNORES as NAME
from pmgit.git.names import PROBE
from pmgit.git.nested import is_repository
from pmgit.gitfiles.attributes.lfs_patterns import instance
from pmgit.lfs.patterns import literal
from pmgit.model.file_names import CODE_NAMES, CODE_SUFFIXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

#: What Git has of every model.
SEEN = ("INFO.md", "pmgit.lock")
#: The kinds of code that lie beside models everywhere; other kinds are let in where they exist.
_COMMON = (
    "*.py", "*.py[ix]", "*.ipynb", "*.sh", "*.[ch]", "*.[ch]pp", "*.cc", "*.cu", "Makefile",
    "requirements.txt",
)  # fmt: skip
#: Where downloads have code that is not the user's, beside the entries of the Hub's cache.
_NOT_OURS = (
    "models--*/*/", "datasets--*/*/", "spaces--*/*/", "transformers_modules/",
    ".ipynb_checkpoints/",
)  # fmt: skip


@dataclass(frozen=True)
class IgnoreContext:
    """What the lines of a plan depend on: the repository, its index, the files below the models
    folders, the ignore files without the block (`bare`), and which paths these hide, as `ignored`.
    """

    repository: Repository
    tracked: Mapping[str, Blob]
    below: list[str]
    bare: Mapping[str, bytes]
    hidden: Mapping[str, tuple[str, int, str]] = field(default_factory=dict)


def code_asked(context: IgnoreContext, root: str) -> list[str]:
    """The paths that `code_lines` needs to know of, whether the user's lines hide them."""
    _, probes, code = _code_below(context, root)
    folders = {path[: path.rfind("/")] for path in code}
    folders |= {above for path in folders for above in folders_above(path, root)}
    asked = [path for paths in probes.values() for path in paths]
    return [*asked, *code, *(f"{folder}/{PROBE}.py" for folder in folders)]


def code_lines(context: IgnoreContext, root: str, top: str) -> list[str]:
    """The lines, each after `top`, that let in source code which the user's lines do not hide.

    Folders whose code the user's lines hide stay closed: the block opens every folder, because
    INFO.md may lie in it.
    """
    hidden = context.hidden
    patterns, probes, code = _code_below(context, root)
    let_in = [pattern for pattern in patterns if hidden.keys().isdisjoint(probes[pattern])]
    if not let_in:
        return []
    closed: dict[str, None] = {}
    for path in code:
        if path in hidden and any(_is(path, pattern) for pattern in let_in):
            above = [*folders_above(path, root)][::-1]
            shut = next((at for at in above if f"{at}/{PROBE}.py" in hidden), "")
            source, _, pattern = hidden[path]
            if shut:
                at = top + literal(shut[len(root) :])
                lines = [f"{at}/**", f"!{at}/**/", *(f"!{at}/**/{name}" for name in SEEN)]
            elif source == NAME and top:
                lines = [pattern]  # it stands in the same file, so it means the same
            else:
                lines = [top + literal(path[len(root) :])]
            closed.update(dict.fromkeys(line for line in lines if _is_line(line)))
    return [
        *(f"!{top}/**/{pattern}" for pattern in let_in),
        *closed,
        *(f"{top}/**/{name}" for name in _NOT_OURS),
    ]


def let_in(lines: Iterable[str], root: str) -> list[str]:
    """Paths that stand for the code which these lines of a block let in."""
    patterns = [line.partition("/**/")[2] for line in lines if line.startswith("!")]
    known = [pattern for pattern in patterns if pattern in _COMMON]
    return [path for pattern in known for path in _probes(root, pattern)]


def clone_lines(context: IgnoreContext, root: str, top: str, old: Sequence[str]) -> list[str]:
    """The lines that hide repositories of their own.

    `old` are the lines of the block so far: of what is not here, but on a colleague's disk, a line
    stays as long as nothing of that name is tracked or lies there as a plain folder.
    """
    clones = {path for path in clones_in(context) if path.startswith(f"{root}/")}
    for line in old:
        if line.startswith(f"{top}/") and line.endswith("/") and "*" not in line:
            path = root + line[len(top) : -1].replace("\\", "")
            is_here = os.path.isdir(os.path.join(context.repository.top, path))
            if not is_here and not _is_tracked(path, context.tracked):
                clones.add(path)
    names = [path[len(root) :] for path in sorted(clones)]
    return [f"{top}{literal(name)}/" for name in names if _is_line(name)]


def clones_in(context: IgnoreContext) -> list[str]:
    """The repositories of their own below the models folders that hold nothing tracked."""
    found = {path.removesuffix("/.git") for path in context.below if path.endswith("/.git")}
    return sorted(path for path in found if not _is_tracked(path, context.tracked))


def _own_repository(repository: Repository, root: str, tracked: Mapping[str, Blob]) -> str:
    """The repository of its own that a models folder is, or lies in; '' for none."""
    for folder in (root, *folders_above(root, "")):
        there = os.path.join(repository.top, *folder.split("/"))
        if folder in tracked and tracked[folder].mode == SUBMODULE:
            return folder
        is_own = not os.path.islink(there) and is_repository(there)
        if is_own and not _is_tracked(folder, tracked):
            return folder
    return ""


def split(
    repository: Repository, roots: Sequence[str], tracked: Mapping[str, Blob], *, strict: bool
) -> tuple[list[str], list[str]]:
    """The models folders whose files Git records here, and those to hide as a whole: clones.

    A submodule is neither. Raises PmgitError when there is none of both, or (`strict`) when one
    is of a repository of its own.
    """
    own = {root: _own_repository(repository, root, tracked) for root in roots}
    ours = [root for root in roots if not own[root]]
    shut = [root for root in roots if own[root] == root and root not in tracked]
    if not (ours or shut) or (strict and len(ours) < len(roots)):
        folder = next(filter(None, own.values()))
        raise PmgitError(
            f"{folder} is a repository of its own, and this one records none of its files",
            f"run it in there: cd {folder}; or name another models folder (`models` in"
            " .pmgit.toml, pmgit init --models DIR)",
        )
    return ours, shut


def _is_tracked(path: str, tracked: Iterable[str]) -> bool:
    """Whether the index has this path, or files below it."""
    return any(f"{name}/".startswith(f"{path}/") for name in tracked)


def _code_below(
    context: IgnoreContext, root: str
) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """The patterns for source code below a models folder, the paths that stand for each, and the
    code that is there.
    """
    mine = [path for path in context.below if path.startswith(f"{root}/")]
    patterns = [*_COMMON, *_of_other_kinds(mine)]
    probes = {pattern: _probes(root, pattern) for pattern in patterns}
    return patterns, probes, [path for path in mine if any(_is(path, p) for p in patterns)]


def _of_other_kinds(paths: Iterable[str]) -> list[str]:
    """Patterns for the source code that lies there, beside the common kinds."""
    found = set()
    for path in paths:
        name = path[path.rfind("/") + 1 :]
        suffix = os.path.splitext(name)[1]
        if name in CODE_NAMES:
            found.add(name)
        elif suffix.lower() in CODE_SUFFIXES:
            found.add(f"*{suffix}")
    return sorted(p for p in found if not any(_is(p.replace("*", "x"), c) for c in _COMMON))


def _probes(root: str, pattern: str) -> list[str]:
    """Paths that a pattern lets in, at the top of a models folder and deep in it."""
    name = instance(pattern)
    return [f"{root}/{name}", f"{root}/{PROBE}/{PROBE}/{name}"]


def _is(path: str, pattern: str) -> bool:
    return fnmatchcase(path[path.rfind("/") + 1 :], pattern)


def _is_line(place: str) -> bool:
    """Whether a line of an ignore file can name this."""
    return "\n" not in place and "\r" not in place
