"""What Git says of paths: their filter attribute, and whether ignore rules hide them.

Both are asked of Git and never worked out here: attribute patterns and ignore patterns differ
from each other, and pathspec follows neither to the letter (facts in docs/design.md).
"""

from __future__ import annotations

import os

from pmgit.git.blob import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.git.process import Process
    from pmgit.git.repository import Repository

LFS = "lfs"
#: The answers that mean that no filter touches the content.
UNSPECIFIED = "unspecified"
NO_FILTER = frozenset({UNSPECIFIED, "unset"})
_FILTER = b"\0filter\0"


def ask(repository: Repository, paths: Sequence[str], env: dict[str, str]) -> Process:
    """Start to ask for the filter attribute of `paths`, as the index has the attributes.

    `--cached`: what counts is what will be recorded, not an edit that is not staged.
    """
    stdin = encode("\0".join(paths) + "\0")
    return repository.start(
        "check-attr", "--cached", "-z", "--stdin", "filter", stdin=stdin, env=env
    )


def answers(process: Process, paths: Sequence[str]) -> dict[str, str]:
    """The filter attribute of the paths that were asked for; left out is UNSPECIFIED."""
    # path NUL "filter" NUL value NUL …
    out = process.finish()
    if not out.startswith(_FILTER[1:]) and _FILTER + _FILTER[1:] not in out:
        # Nothing but what is asked for is called so: of 50,000 paths only those have to be
        # looked at that Git LFS gets.
        pieces = out.split(_FILTER + LFS.encode() + b"\0")
        if out.count(_FILTER + UNSPECIFIED.encode() + b"\0") + len(pieces) - 1 == len(paths):
            lfs = b"\0".join([piece[piece.rfind(b"\0") + 1 :] for piece in pieces[:-1]])
            return dict.fromkeys(decode(lfs).split("\0"), LFS) if lfs else {}
    told = zip(paths, decode(out).split("\0")[2::3], strict=True)
    return {path: value for path, value in told if value != UNSPECIFIED}


def ignored(
    repository: Repository, paths: Iterable[str], *, untracked: bool = False
) -> dict[str, tuple[str, int, str]]:
    """The paths that ignore rules hide, with the file, line and pattern that decide.

    Tracked paths are answered as if they were not. With `untracked` they are never hidden, and
    Git knows the ignore files, too, that a sparse checkout leaves off disk. `-v` also names the
    pattern of paths that a `!` pattern lets in; those are left out.
    """
    # check-ignore refuses --literal-pathspecs and reads `:(…)`; `./` makes every path a path.
    stdin = b"".join(b"./" + encode(path) + b"\0" for path in paths)
    if not stdin:
        return {}
    process = repository.start(
        "check-ignore", *(() if untracked else ("--no-index",)), "-v", "-n", "-z", "--stdin",
        stdin=stdin, literal=False,
    )  # fmt: skip
    # Exit code 1: none is ignored.
    fields = process.finish(1).decode("utf-8", "surrogateescape").split("\0")
    found = {}
    for at in range(0, len(fields) - 3, 4):
        source, line, pattern, path = fields[at : at + 4]
        if pattern and not pattern.startswith("!"):
            found[path[2:]] = (source, int(line), pattern)
    return found


def outranks_top(source: str) -> bool:
    """Whether an ignore file lies in a folder, and so decides over `.gitignore` at the top."""
    return source.endswith("/.gitignore") and not os.path.isabs(source)
