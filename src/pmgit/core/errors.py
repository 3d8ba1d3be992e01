"""The errors that pmgit reports to a person: what went wrong, and the way out.

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


def nearest(name: str, known: list[str], cutoff: float = 0.6) -> str:
    """The known name that `name` was probably meant to be, or an empty string.

    From `cutoff` on (1.0: the same) two names count as near.
    """
    # difflib costs 13 ms to import: only when somebody has mistyped.
    from difflib import get_close_matches

    found = get_close_matches(name[:100], known, n=1, cutoff=cutoff)
    return found[0] if found else ""


def unknown(what: str, name: str, known: list[str]) -> UsageError:
    """The error for a name that does not exist, with the nearest one that does."""
    best = nearest(name, known)
    hint = f"did you mean {best!r}?" if best else "known: " + ", ".join(sorted(known))
    return UsageError(f"unknown {what} {cut(name)!r}", hint)


def cut(text: str, most: int = 100) -> str:
    """The first `most` characters of `text`, for a message."""
    return text if len(text) <= most else text[:most] + "…"


def shown(value: object) -> str:
    """A value of a configuration, cut to 100 characters, for a message."""
    try:
        return cut(repr(value))
    except (ValueError, RecursionError):
        return "too large to show"  # Python writes no number of more than 4,300 digits


def machine_error(error: Exception) -> PmgitError | None:
    """The PmgitError for what the machine refused, such as memory or a file; None for others."""
    # Python's own code in C reports too little memory in these ways, too.
    unmapped = isinstance(error, ImportError) and "failed to map" in str(error)
    if unmapped or isinstance(error, MemoryError | SystemError):
        return PmgitError("there is not enough memory", _HINTS["ENOMEM"])
    if isinstance(error, ImportError):
        try:
            os.close(os.dup(2))
        except OSError as tried:  # where no more files can be opened, a module is "not found"
            error = tried
    if not isinstance(error, OSError) or error.errno is None:
        return None
    name = errno.errorcode.get(error.errno, "")
    if name == "ENOENT" and not error.filename:
        name = "no temporary folder"  # of `tempfile`
    if name not in _HINTS:
        return None
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return PmgitError(f"{where}{error.strerror}", _HINTS[name])


ROOM = "free some space on the disk, then run it again"
_RIGHTS = "see who may read and write it, and run it as that user"
_HINTS = {
    "ENOMEM": "see what limits it: ulimit -v",
    "EMFILE": "let this shell open more files: ulimit -n 1024",
    "ENFILE": "this machine has as many files open as it may; end what else holds many",
    "EAGAIN": "too many processes run already: ulimit -u",
    "ENOSPC": ROOM,
    "EDQUOT": ROOM,
    "EFBIG": "see what limits the size of files: ulimit -f",
    "EROFS": _RIGHTS,
    "EACCES": _RIGHTS,
    "EPERM": _RIGHTS,
    "EIO": "the disk may be damaged: see the messages of the system",
    "no temporary folder": "set TMPDIR to a folder that may be written to",
}


def lines_and_exit_code(error: Exception) -> tuple[list[str], int]:
    """The lines to print for an error, whatever it is, and the exit code."""
    known = error if isinstance(error, PmgitError) else machine_error(error)
    if known is None:
        return _fault(error).split("\n"), FAILED
    hints = [f"hint: {known.hint}"] if known.hint else []
    return [f"pmgit: {known.message}", *hints], known.exit_code


def _fault(error: Exception) -> str:
    """The text for an error that pmgit did not foresee: where it happened, what to do.

    The exit code is FAILED then: Python's own, 1, would mean findings.
    """
    from traceback import format_exception

    return (
        "".join(format_exception(error))
        + "pmgit: this is a fault of pmgit itself; nothing was judged or finished\n"
        + "hint: report it with the lines above"
    )
