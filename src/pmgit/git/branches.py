"""Files of branches that are not checked out, by the refs of this clone."""

from __future__ import annotations

from pmgit.git.blob import encode
from pmgit.git.names import HEADS, REMOTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pmgit.git.repository import Repository

#: So many tips are asked, the newest first: what nobody has touched since then is not at work.
_MOST = 200


def only_in_others(repository: Repository, paths: Iterable[str]) -> set[str]:
    """Those of the paths that another branch has, of this clone or of a remote, and HEAD has not.

    Two processes, for however many paths and branches.
    """
    asked = [path for path in paths if "\n" not in path]  # git 2.38 is the first with -z
    newest = ("--sort=-committerdate", f"--count={_MOST}")
    out = repository.run("for-each-ref", *newest, "--format=%(objectname)", HEADS, REMOTES)
    tips = ["HEAD", *dict.fromkeys(out.decode("ascii").split())]
    names = [encode(f"{tip}:{path}\n") for tip in tips for path in asked]
    out = repository.run("cat-file", "--batch-check=%(objectname)", stdin=b"".join(names))
    # What is not there is answered by its name and "missing".
    there = [b" " not in line for line in out.splitlines()]
    answers = [there[at : at + len(asked)] for at in range(0, len(there), len(asked) or 1)]
    return {
        path
        for path, (here, *elsewhere) in zip(asked, zip(*answers, strict=True), strict=True)
        if any(elsewhere) and not here
    }
