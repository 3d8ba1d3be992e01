"""The errors that pmgit tells a person about: what went wrong, and the way out.

A *finding* is about the repository and carries a fix; an *error* is about the run and carries a
hint. Exit codes are part of the interface (docs/cli.md): 2 for wrong usage or configuration, 3
when the work could not be done. Neither is ever mistaken for "clean".
"""

from __future__ import annotations

import errno
import os

CLEAN, FINDINGS, USAGE, FAILED, INTERRUPTED = 0, 1, 2, 3, 130


class PmgitError(Exception):
    """The work could not be done (git, network, unreadable object): exit code 3."""

    exit_code = FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PmgitError):
    """Wrong usage or a wrong configuration: exit code 2."""

    exit_code = USAGE


def nearest(name: str, known: list[str]) -> str:
    """The known name that `name` was probably meant to be, or an empty string."""
    # difflib costs 13 ms to import: only when somebody has mistyped.
    from difflib import get_close_matches

    found = get_close_matches(name[:100], known, n=1, cutoff=0.6)
    return found[0] if found else ""


def unknown(what: str, name: str, known: list[str]) -> UsageError:
    """The error for a name that does not exist, with the nearest one that does."""
    best = nearest(name, known)
    hint = f"did you mean {best!r}?" if best else "known: " + ", ".join(sorted(known))
    return UsageError(f"unknown {what} {cut(name)!r}", hint)


def cut(text: str) -> str:
    """`text` as short as a message can bear it."""
    return text if len(text) <= 100 else text[:100] + "…"


def fault(error: Exception) -> str:
    """What to print for an error that pmgit did not foresee: where it happened, what to do.

    The exit code is FAILED then: Python's own, 1, would say that there are findings.
    """
    if _may_open_none(error):
        # What is imported to print it has to be opened.
        os.closerange(3, 1 << 16)
        return "pmgit: too many open files\nhint: let this shell open more files: ulimit -n 1024"
    from traceback import format_exception

    return (
        "".join(format_exception(error))
        + "pmgit: this is a fault of pmgit itself; nothing was judged or finished\n"
        + "hint: report it with the lines above"
    )


def _may_open_none(error: Exception) -> bool:
    """Whether no more files can be opened; then a module is "not found", too."""
    try:
        if isinstance(error, ImportError):
            os.close(os.dup(2))
    except OSError as tried:
        error = tried
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
