"""Commands for which the modes of files count, also where root runs the tests."""

from __future__ import annotations

import os
import sys

#: Root reads every file. Without these two capabilities (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH) it
#: reads what the modes of files say, as anybody does: they are left out of what `exec` gives it.
_LEAVE_OUT = """\
import ctypes, os, sys
for capability in 1, 2:
    assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0, "needs CAP_SETPCAP"
os.execvp(sys.argv[1], sys.argv[1:])
"""


def as_anybody(*argv: str) -> list[str]:
    """The words of a command for which a file without read permission cannot be read."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [sys.executable, "-c", _LEAVE_OUT, *argv] if is_root else list(argv)
