"""Which versions of git pmgit works with."""

from __future__ import annotations

from pmgit.errors import PmgitError

#: Git 2.34 is what Ubuntu 22.04 ships.
OLDEST_GIT = (2, 34)


def check_version(output: bytes) -> None:
    """Refuse a git that is too old, by what `git version` printed."""
    words = output.decode("ascii", "replace").split()
    numbers = words[2].split(".") if len(words) > 2 else []
    found = tuple(int(n) for n in numbers[:2] if n.isdigit())
    if len(found) == 2 and found < OLDEST_GIT:
        raise PmgitError(
            f"git {words[2]} is too old: pmgit needs git 2.34 or newer",
            "install a newer git: https://git-scm.com/downloads",
        )
