"""`pmgit` without its start: each call is a fork of a process that has imported all of pmgit.

Starting Python and importing click costs 100 ms, `pmgit init` as much again for its own imports,
a judgement 30, and the tests call pmgit some thousand times. A fork is a process like any other: it
has the folder, environment and descriptors that it is given, an exit code, and leaves nothing
behind for the next.
What it cannot show is the start itself. So the program is run where that is what counts: in hooks,
in pasted fixes, in the end-to-end tests, and wherever the environment tells Python something.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What Python reads when it starts: a fork would not see a change of it.
READ_AT_START = ("PYTHON", "LC_", "LANG")
#: Packages that read the environment when they are imported: each fork imports them by itself.
OF_THE_ENVIRONMENT = ("huggingface_hub", "git")
TIMEOUT = 300


def _read_at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(READ_AT_START)}


#: With this a test begins (`isolated_environment`).
START = {
    name: value for name, value in _read_at_start(os.environ).items() if name[:6] != "PYTHON"
} | {"LANG": "C.UTF-8"}


class Forks:
    """The process that forks, and the socket on which it is asked to."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(TIMEOUT)
        self._socket = ours
        # -P: this folder is not on the path of the program either.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).resolve()), str(theirs.fileno())],
            env={"PATH": os.environ.get("PATH", os.defpath), **START},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        theirs.close()

    def run(
        self, argv: list[str], cwd: str | Path, env: dict[str, str]
    ) -> tuple[int, bytes, bytes]:
        """Exit code, standard output and standard error of `pmgit` when called with `argv`."""
        with (
            tempfile.TemporaryFile() as request,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            request.write(json.dumps([argv, str(cwd), env]).encode())
            request.flush()
            files = [request.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(self._socket, [b"!"], files)
            answer = self._socket.recv(16)
            assert answer, "the process that forks has died"
            for file in (out, err):
                file.seek(0)
            return int(answer), out.read(), err.read()

    def close(self) -> None:
        """End the process that forks."""
        self._socket.close()
        self._process.wait()


_forks: Forks | None = None


def run(argv: list[str], cwd: str | Path, env: dict[str, str]) -> tuple[int, bytes, bytes] | None:
    """Run `pmgit` in a fork; None where only a start of the program shows the same."""
    global _forks
    if sys.platform == "win32" or _read_at_start(env) != START:
        return None
    if _forks is None:
        _forks = Forks()
        atexit.register(_forks.close)
    return _forks.run(argv, cwd, env)


def _serve(asked: socket.socket) -> None:
    """Answer until nobody asks any more; this returns in no fork."""
    while True:
        message, files, _, _ = socket.recv_fds(asked, 1, 3)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            asked.close()
            _pmgit(*files)
        for file in files:
            os.close(file)
        _, status = os.waitpid(pid, 0)
        asked.send(str(os.waitstatus_to_exitcode(status)).encode())


def _pmgit(request: int, out: int, err: int) -> NoReturn:
    from pmgit.cli import main

    with open(request, encoding="utf-8") as file:
        file.seek(0)
        sys.argv, cwd, environ = json.load(file)
    for source, target in ((out, 1), (err, 2)):
        os.dup2(source, target)
        os.close(source)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    code: object = None
    try:
        main()
    except SystemExit as end:
        code = end.code
    # What the interpreter does at its end, without 10 ms for taking every module apart.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 99)


def _import_pmgit() -> None:
    """Import every module of pmgit but those that need one of OF_THE_ENVIRONMENT."""
    import pmgit

    for name in OF_THE_ENVIRONMENT:
        sys.modules[name] = None  # type: ignore[assignment] # importing it fails
    for module in walk_packages(pmgit.__path__, "pmgit."):
        if not module.name.endswith(".__main__"):
            with suppress(ModuleNotFoundError):
                import_module(module.name)
    for name in OF_THE_ENVIRONMENT:
        del sys.modules[name]


if __name__ == "__main__":
    _import_pmgit()
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
