"""How far a long command is: a bar on terminals, nothing elsewhere."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pmgit.commands._terminal import is_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What takes less than this many bytes is over before anybody has read the bar.
_WORTH_IT = 200_000_000


@contextmanager
def bytes_bar(label: str, total: int) -> Iterator[Callable[[int], None] | None]:
    """A function to call with the number of bytes that are done, from any thread; None: no bar."""
    if total < _WORTH_IT or is_quiet() or not sys.stderr.isatty():
        yield None
        return
    lock = threading.Lock()
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:

        def add(count: int) -> None:
            with lock:
                bar.update(count)

        yield add
