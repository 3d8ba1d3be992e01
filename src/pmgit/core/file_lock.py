"""A file that one process holds at a time; the hold ends with the process, however that ends."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import msvcrt

    #: Windows locks bytes, and nobody else can read these: far behind the end of any file.
    _FAR = 1 << 60

    def take(fd: int) -> bool:
        """Hold the open file, from its begin; False when another one has it."""
        os.lseek(fd, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(fd, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def take(fd: int) -> bool:
        """Hold the open file, from its begin; False when another one has it."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
