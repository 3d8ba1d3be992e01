"""The begin of a child: limits, no network, no other programs; then one job of the files beside it.

The request is one document of JSON on standard input: `job` (the name of a file), `limits` (of the
module `resource`, by name), `writes` (folders that it may write to), `closed` (folders whose code
must not run), and what the job needs. Each answer is one line of JSON on standard output. Whatever
libraries print goes to standard error.

The audit hook is no jail: code in C goes around it. It stops what Python does, and says so.
"""

from __future__ import annotations

import json
import os
import runpy
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Of Linux: flags of unshare(2) and options of prctl(2).
_NEW_USER, _NEW_NETWORK, _DEATH_SIGNAL, _NO_NEW_RIGHTS = 0x10000000, 0x40000000, 1, 38
_KILL = 9
#: Of capset(2): its version 3, and what is in force and may be: CAP_DAC_OVERRIDE and
#: CAP_DAC_READ_SEARCH.
_RIGHTS_VERSION, _RIGHTS = 0x20080522, (0b110, 0b110, 0, 0, 0, 0)

_NETWORK, _PROGRAMS, _PICKLES = "use the network", "start a program", "unpickle"
#: What the hook refuses whatever it is about, by the names of audit events.
_REFUSED = {
    **dict.fromkeys(
        (
            "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg",
            "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
            "socket.getnameinfo", "urllib.Request", "http.client.connect", "ftplib.connect",
            "smtplib.connect", "webbrowser.open",
        ),
        _NETWORK,
    ),
    **dict.fromkeys(
        (
            "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
            "os.startfile", "os.startfile/2", "pty.spawn", "subprocess.Popen",
            "_winapi.CreateProcess", "os.kill", "os.killpg", "signal.pthread_kill",
        ),
        _PROGRAMS,
    ),
    # No job needs the unpickler of Python: torch's weights_only has one of its own.
    "pickle.find_class": _PICKLES,
}  # fmt: skip
#: Events with the paths that they change among their arguments: their places, and those of the
#: folders that the paths count from.
_CHANGES = {
    "os.remove": ((0, 1),), "os.rmdir": ((0, 1),), "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)), "os.link": ((0, 2), (1, 3)), "os.symlink": ((1, 2),),
    "os.chmod": ((0, 2),), "os.chown": ((0, 3),), "os.utime": ((0, 3),), "os.truncate": ((0, -1),),
}  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class _Guard:
    """The audit hook: raises PermissionError for what a job has no business with.

    It may write below the folders `writes`; no Python file or library below `closed` runs, but
    for those that belong to the interpreter.
    """

    def __init__(self, writes: list[str], closed: list[str]) -> None:
        self._writes = _as_folders(writes)
        self._closed = _as_folders(closed)
        self._own = _as_folders([sys.prefix, sys.base_prefix, sys.exec_prefix])
        self.refused: list[str] = []

    def __call__(self, event: str, args: Any) -> None:
        if event in _REFUSED:
            self._refuse(_REFUSED[event])
        elif event == "open":
            path, _, flags = args
            if isinstance(flags, int) and flags & _WRITING:
                # Of a path that is not whole the event does not say from where it counts.
                is_whole = isinstance(path, int) or os.path.isabs(os.fsdecode(path))
                if not (is_whole and self._may_write(path, -1)):
                    self._refuse("write a file")
        elif event in _CHANGES:
            for place, folder in _CHANGES[event]:
                at = args[folder] if 0 <= folder < len(args) else -1
                if not self._may_write(args[place], at):
                    self._refuse("change a file")
        elif event == "exec":
            self._demand_known(getattr(args[0], "co_filename", ""))
        elif event == "import":
            self._demand_known(args[1])
        elif event == "ctypes.dlopen":
            self._demand_known(args[0])

    def _refuse(self, what: str) -> None:
        self.refused.append(what)
        raise PermissionError(1, f"refused: it tried to {what}")

    def _may_write(self, path: Any, folder: Any) -> bool:
        if isinstance(path, int):
            return True  # an open file: it was judged when it was opened
        if folder not in (-1, None):
            try:
                path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))
            except (OSError, TypeError):
                return False
        whole = os.path.realpath(os.fsdecode(path))
        return whole == os.devnull or f"{whole}{os.sep}".startswith(self._writes)

    def _demand_known(self, path: Any) -> None:
        if not path or not isinstance(path, (str, bytes)):
            return
        name = os.fsdecode(path)
        if not os.path.isabs(name):
            return  # code that a library has made has a name such as <string>
        whole = os.path.realpath(name)
        if whole.startswith(self._closed) and not whole.startswith(self._own):
            self._refuse("run code from this repository")


def _as_folders(paths: list[str]) -> tuple[str, ...]:
    return tuple(os.path.join(os.path.realpath(path), "") for path in paths)


def _limit(limits: dict[str, int]) -> list[str]:
    """Set the limits of this process; those that the system does not have are returned."""
    try:
        import resource
    except ImportError:  # Windows
        return sorted(limits)
    missing = []
    for name, most in limits.items():
        try:
            number = getattr(resource, name)
            hard = resource.getrlimit(number)[1]
            lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(number, (lower, lower))
        except (AttributeError, OSError, ValueError):
            missing.append(name)
    return missing


def _leave_network() -> bool:
    """Leave every network of the machine where the system lets anybody do that; whether it did.

    The child also ends with who started it, gets no rights by programs, and is the first that has
    to go when the machine runs out of memory.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        import ctypes

        libc = ctypes.CDLL(None)
        user, group = os.getuid(), os.getgid()
        left = libc.unshare(_NEW_NETWORK) == 0
        if not left and libc.unshare(_NEW_USER | _NEW_NETWORK) == 0:
            left = True
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{user} {user} 1")
            _write("/proc/self/gid_map", f"{group} {group} 1")
        _write("/proc/self/oom_score_adj", "1000")
        # After unshare, which takes this back.
        libc.prctl(_DEATH_SIGNAL, _KILL, 0, 0, 0)
        libc.prctl(_NO_NEW_RIGHTS, 1, 0, 0, 0)
        # Root keeps the right to read what it could read, and none by which it could come back.
        libc.capset(struct.pack("=Ii", _RIGHTS_VERSION, 0), struct.pack("=6I", *_RIGHTS))
    except (ImportError, OSError, AttributeError):
        return False
    return bool(left)


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    except OSError:
        pass


def main() -> None:
    """Read the request, give up what the job does not need, and answer."""
    request = json.loads(sys.stdin.buffer.read())
    # What a library prints must not look like an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n")
    os.dup2(2, 1)
    folder = os.path.dirname(os.path.abspath(__file__))
    job = runpy.run_path(os.path.join(folder, f"{request['job']}.py"))
    apart = _leave_network()
    missing = _limit(request["limits"])
    guard = _Guard(request["writes"], request["closed"])
    sys.addaudithook(guard)

    def answer(line: dict[str, Any]) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    answer({"apart": apart, "unlimited": missing, "python": sys.version.split()[0]})
    for line in job["run"](request):
        answer({**line, "refused": sorted({*guard.refused})})
        guard.refused.clear()
    # What libraries do at their end is of no interest, and may hang.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
