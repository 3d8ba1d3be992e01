"""What a shell or a Git hook runs in place of `pmgit`, and asks for a fork of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.forked import PYTHON, READ_AT_START, START

#: The numbers of all limits that a process has, here and on macOS.
LIMITS = 16 if sys.platform == "linux" else 9
#: Behind how many words of a command with PYTHON those for the program begin.
WORDS = {"pre-commit": 2, "pmgit": 4}

#: What a shell runs as `pmgit`: no import that takes time (that of `os` is a fifth), the program
#: itself where a fork is not the same: another Python, limits (`ulimit`, `umask`), a folder or a
#: file that is not there.
CLIENT = """\
#!{python} -IS
import posix, resource, sys, _socket
def text(data): return data.decode("utf-8", "surrogateescape")
argv = [{program!r}, *sys.argv[{words}:]]
environ = posix.environ.items()
given = {{text(n): text(v) for n, v in environ if text(n).startswith({read_at_start!r})}}
if {is_in_hooks}:
    # So `pmgit init` tries hooks; Python reads and prints UTF-8 then as it does in C.UTF-8.
    given = {{n: v for n, v in given.items() if (n, v) != ("LC_ALL", "C")}}
limits = [resource.getrlimit(number) for number in range({count})]
posix.umask(mask := posix.umask(0))
try:
    here = posix.getcwd()
    are_open = all(map(posix.fstat, (0, 1, 2)))
except OSError:
    here = ""
if not here or (given, limits, mask) != {usual!r}:
    posix.execv(argv[0], argv)
asked = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
asked.connect({address!r})
files = b"".join(file.to_bytes(4, sys.byteorder) for file in (0, 1, 2))
asked.sendmsg([b"!"], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
words = [word.encode("utf-8", "surrogateescape") for word in (str(len(argv)), *argv, here)]
asked.sendall(b"\\0".join([*words, *(name + b"=" + value for name, value in environ)]))
asked.shutdown(_socket.SHUT_WR)
sys.exit(int(asked.recv(16) or b"99"))
"""


def client_of(name: str, address: str, program: str) -> str:
    """The text of `name`, which asks for a fork of `program`, or for one of its hook."""
    import resource

    limits = [resource.getrlimit(number) for number in range(LIMITS)]
    os.umask(mask := os.umask(0))
    return CLIENT.format(
        python=sys.executable,
        program=str(Path(sys.executable).parent / (program if name == PYTHON else name)),
        words=WORDS[program] if name == PYTHON else 1,
        address=address, read_at_start=READ_AT_START,
        count=len(limits), is_in_hooks=name != "pmgit", usual=(START, limits, mask),
    )  # fmt: skip
