"""The bar of a long command: how many bytes are done, how fast, and how long it will take."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pmgit.commands._tables import console
from pmgit.commands._terminal import has_colour, is_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress

#: Seconds: what takes less is over before anybody has read a bar.
_WORTH_A_BAR = 0.7


class _LateBar:
    """rich's bar on standard error, which appears when the work has taken a while.

    `add` may be called from any thread. Where nothing may move there is no bar at all.
    """

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = total
        self._done = 0
        self._begun = time.monotonic()
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        # click knows its context in the thread of the command alone.
        self._has_colour = has_colour(sys.stderr)

    def add(self, count: int) -> None:
        """Take note of `count` bytes; the number is negative for those that were of no use."""
        with self._lock:
            self._done += count
            if self._progress:
                self._progress.update(self._task, completed=self._done)
            elif time.monotonic() - self._begun > _WORTH_A_BAR:
                self._begin()

    def _begin(self) -> None:
        from rich import progress

        label = progress.TextColumn("{task.description}", markup=False)
        speed, left = progress.TransferSpeedColumn(), progress.TimeRemainingColumn()
        columns = (label, progress.BarColumn(), progress.DownloadColumn(), speed, left)
        out = console(sys.stderr, self._has_colour)
        self._progress = progress.Progress(*columns, console=out, transient=True)
        self._task = self._progress.add_task(self._label, total=self._total, completed=self._done)
        self._progress.start()

    def end(self) -> None:
        """Take the bar away."""
        with self._lock:
            if self._progress:
                self._progress.stop()


@contextmanager
def bytes_bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A function to call, from any thread, with the number of bytes that are done of `total`.

    It moves a bar on a terminal, after a moment; elsewhere, in CI and with --quiet, it does
    nothing. `label` is free of control characters.
    """
    if is_quiet() or not _may_move():
        yield lambda _: None
        return
    bar = _LateBar(label, total)
    try:
        yield bar.add
    finally:
        bar.end()


def _may_move() -> bool:
    """Whether standard error is a terminal on which something can move. The logs of CI are none."""
    environ = os.environ
    return sys.stderr.isatty() and environ.get("TERM") != "dumb" and not environ.get("CI")
