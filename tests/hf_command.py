"""`hf`, the command of huggingface_hub, several times in one process: half a second to start."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.kit import BIN

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Runs a program of Python with several lists of words; form feeds stand between what it prints.
_SEVERAL = """\
import runpy, sys
program, *several = sys.argv[1:]
for number, words in enumerate(several):
    if number:
        print("\\f")
    sys.argv = ["hf", *words.split()]
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        assert not end.code, (words, end.code)
    sys.stdout.flush()
"""


def hf(*several: str, env: Mapping[str, str] | None = None) -> list[str]:
    """What `hf` prints when called with each of these words; each must exit with 0."""
    argv = [sys.executable, "-c", _SEVERAL, str(BIN / "hf"), *several]
    return subprocess.check_output(argv, text=True, env=env).split("\f\n")
