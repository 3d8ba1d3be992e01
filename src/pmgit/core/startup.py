"""The first steps of every program of pmgit."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType
    from typing import NoReturn
else:
    import _signal as signal  # what `signal` itself stands on; that one takes 12 ms


def begin() -> None:
    """Have Python read paths as UTF-8, and end what pmgit has started when a signal ends pmgit."""
    # Git's paths are bytes, mostly UTF-8. In a locale such as zh_CN.GBK, Python would give other
    # bytes to git and to the system: no file of a Chinese name would be found.
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    # What pmgit has started ends with it. Python itself makes an exception of ^C only.
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _: FrameType | None) -> NoReturn:
    # The exit code that a shell gives a process which such a signal has ended.
    raise SystemExit(128 + number)
