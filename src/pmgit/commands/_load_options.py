"""The options of commands that load models in a child: which Python, how long, how much."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pmgit.core.errors import UsageError
from pmgit.core.units import read_size, show_size

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pmgit.models.load import How

#: Python itself needs as much, in bytes.
_LEAST_MEMORY = 50_000_000


def python_option(what: str) -> Callable[[Any], Any]:
    """--python; `what` says which Python it is."""
    return click.option(
        "--python",
        metavar="PATH",
        help=f"{what} (not given: that of the active environment, else pmgit's own).",
    )


def timeout_option(words: str) -> Callable[[Any], Any]:
    """--timeout, with its help."""
    return click.option(
        "--timeout", type=click.FloatRange(min=1, max=100_000), metavar="SECONDS", help=words
    )


def memory_option(words: str) -> Callable[[Any], Any]:
    """--memory, with its help."""
    return click.option("--memory", metavar="SIZE", help=words)


def how(python: str | None, timeout: float | None, memory: str | None, seconds: float) -> How:
    """The options together; `seconds` is the time that holds without --timeout.

    Raises UsageError.
    """
    # 30 of the 100 ms that it takes `pmgit verify` to start, which seldom loads anything.
    from pmgit.models import child
    from pmgit.models.load import How

    try:
        most = read_size(memory) if memory is not None else 0
    except ValueError:
        raise UsageError(f"--memory: no size: {memory!r}", "for example: --memory 8GB") from None
    if memory is not None and most < _LEAST_MEMORY:
        raise UsageError(
            f"--memory: less than {show_size(_LEAST_MEMORY)}", "Python itself needs as much"
        )
    return How(child.interpreter(python, os.environ), timeout or seconds, most)
