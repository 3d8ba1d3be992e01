"""The one place that runs git.

Started processes run side by side: `start` returns at once, `finish` waits. `subprocess` costs
13 ms to import, so POSIX systems use `posix_spawn` and only Windows goes the long way. Input and
output that may outgrow a pipe lie in anonymous files, so that no process waits for another.
"""

from __future__ import annotations

import os
import time

from pmgit.core.errors import PmgitError, machine_error
from pmgit.git import program

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from typing import Any
else:
    import _signal as signal  # what `signal` itself stands on; that one takes 12 ms


class GitError(PmgitError):
    """A git command failed; the message is git's own."""

    def __init__(self, argv: tuple[str, ...], code: int, stderr: str) -> None:
        self.code = code
        self.stderr = stderr
        while argv[:1] == ("-c",):
            argv = argv[2:]
        words = " ".join(argv[:2])
        lines = [line for line in stderr.splitlines() if line.strip()]
        first = next((line for line in lines if line.startswith(("fatal:", "error:"))), "")
        message = first or (lines[0] if lines else f"exit code {code}")
        from pmgit.git import trouble

        message, hint = trouble.explained(message, stderr, start)
        super().__init__(f"git {words}: {message}", hint)


#: Called for every git process that has ended (`pmgit --verbose`): with its words, its exit code,
#: and the seconds from its start until pmgit waited for it.
listener: Callable[[tuple[str, ...], int, float], None] | None = None


#: The git processes that nobody has waited for yet, by their ids.
running: dict[int, Process] = {}
#: The process group that they are started in: -1 is that of pmgit, which ^C reaches, too; 0 is one
#: for each.
group = -1
#: So many seconds has a process to end by itself when it is stopped; then it is killed.
_PATIENCE = 1.0
#: The exit code of a process of which nobody knows it.
_UNKNOWN = 255
_KILL = 9  # Windows does not know it by name


class Process:
    """A git process under way; `out` and `err` are -1 when its output goes elsewhere."""

    def __init__(
        self, argv: tuple[str, ...], pid: int, out: int, err: int, popen: Any = None
    ) -> None:
        self.argv = argv
        self.pid = pid
        self.group = group
        #: The time at which it must have ended, where there is a limit (`server.watch`), with the
        #: message and the hint when it has not.
        self.deadline = 0.0
        self.overdue = ("", "")
        self._started = time.monotonic() if listener else 0.0
        self._out = out
        self._err = err
        self._popen = popen
        self._code: int | None = None
        running[pid] = self

    def within(self, seconds: float, message: str, hint: str) -> Process:
        """Limit it to so many seconds (`server.watch`), with the words for when it takes longer."""
        self.deadline = time.monotonic() + seconds
        self.overdue = (message, hint)
        return self

    def printed(self) -> int:
        """How many bytes it has printed, of output that is kept."""
        return os.fstat(self._out).st_size if self._out >= 0 else 0

    def wait(self) -> tuple[int, bytes, str]:
        """Exit code, standard output, standard error."""
        code, out, err = self.wait_for_file()
        return code, _drain(out), err

    def wait_for_file(self) -> tuple[int, int, str]:
        """As `wait`, with the standard output as a file, which the caller closes."""
        code = self._end()
        if listener:
            listener(self.argv, code, time.monotonic() - self._started)
        out, err, self._out, self._err = self._out, self._err, -1, -1
        return code, out, _drain(err).decode("utf-8", "backslashreplace")

    def _end(self) -> int:
        """Wait for its end; the exit code."""
        code = self._popen.wait() if self._popen else self._code
        if code is None:
            code = self._reap(0)
        running.pop(self.pid, None)
        return _UNKNOWN if code is None else code

    def _reap(self, options: int) -> int | None:
        """Its exit code; None as long as it runs, if it need not be waited for."""
        try:
            pid, status = os.waitpid(self.pid, options)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        except ChildProcessError:
            if self._code is None:  # else an alarm has asked meanwhile
                self._code = _UNKNOWN  # no child of ours
        return self._code

    def has_ended(self) -> bool:
        """Whether it has ended already."""
        if self._code is None and self._popen is not None:
            self._code = self._popen.poll()
        elif self._code is None:
            self._reap(os.WNOHANG)
        return self._code is not None

    def stop(self, by: float = 0.0) -> None:
        """End it now, whatever it is doing; its output is given up.

        It is asked to, because git removes its lock files then. What still runs at the time `by`
        (a second from now) is killed.
        """
        by = by or time.monotonic() + _PATIENCE
        self.ask_to_end()
        pause = 0.0002
        while not self.has_ended() and time.monotonic() < by:
            time.sleep(pause)
            pause = min(2 * pause, 0.02)
        if self.group == 0 or not self.has_ended():
            self._send(_KILL)  # what it has started itself may be left
        self._end()
        for fd in (self._out, self._err):
            if fd >= 0:
                os.close(fd)
        self._out = self._err = -1

    def ask_to_end(self) -> None:
        """Send it the signal to end; it may take its time."""
        if self._popen is not None:
            self._popen.terminate()
        elif not self.has_ended():
            self._send(signal.SIGTERM)

    def _send(self, number: int) -> None:
        try:
            if self._popen is not None:
                self._popen.kill()
            elif self.group == 0:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)
        except ProcessLookupError:
            pass  # all of it has ended

    def finish(self, *accepted: int) -> bytes:
        """Standard output; GitError unless the exit code is 0 or one of `accepted`."""
        code, out, err = self.wait()
        if code and code not in accepted:
            raise GitError(self.argv, code, err)
        return out


def stop_all() -> None:
    """End every git process that is under way, so that none outlives who is interrupted."""
    by = time.monotonic() + _PATIENCE
    left = list(running.values())
    for process in left:
        process.ask_to_end()
    for process in left:
        process.stop(by)


def start(
    *argv: str,
    stdin: bytes = b"",
    top: str = "",
    env: dict[str, str] | None = None,
    literal: bool = True,
    own_hooks: bool = False,
    into: int = -1,
    source: int = -1,
) -> Process:
    """Start `git <argv>` in the folder `top` (here, when empty) and return at once.

    `literal=False` lets git read pathspec magic; `own_hooks` leaves core.hooksPath as the user
    has it, to ask where hooks are. `into` and `source` are file descriptors for the output and
    the input, such as the ends of a pipe.
    """
    git = program.find()
    full = [git, *(program.GUARDS if literal else program.GUARDS[:-1])]
    if own_hooks:
        at = full.index(program.NO_HOOKS)
        del full[at - 1 : at + 1]
    if top:
        full += ["-C", top]
    full += argv
    files: list[int] = []
    mask = None
    try:
        files.append(_empty() if into < 0 else os.dup(into))
        files.append(_empty())
        files.append(_holding(stdin) if source < 0 else os.dup(source))
        # No signal may come between its start and the entry of it in `running`.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING) if _ENDING else None
        whole = {**os.environ, **program.READ_ONLY, **(env or {})}
        pid, popen = spawn(full, whole, files, mask)
        process = Process(argv, pid, -1 if into >= 0 else files[0], files[1], popen)
    except OSError as error:
        for file in files:
            os.close(file)
        known = machine_error(error)
        hint = known.hint if known else ""
        raise PmgitError(f"git could not be started: {error.strerror}", hint) from error
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.close(files[2])
    if into >= 0:
        os.close(files[0])  # the reader of the other end must see it end when git does
    return process


#: The signals that end a judgement.
_ENDING = (
    (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
    if hasattr(signal, "pthread_sigmask")
    else ()
)


def spawn(
    argv: list[str], env: dict[str, str], files: list[int], mask: set[Any] | None = None
) -> tuple[int, Any]:
    """Start a program with these files for output, errors and input; its id, and on Windows it."""
    out, err, source = files
    if not hasattr(os, "posix_spawn"):
        import subprocess

        popen = subprocess.Popen(argv, stdin=source, stdout=out, stderr=err, env=env)
        return popen.pid, popen
    actions = [(os.POSIX_SPAWN_DUP2, file, at) for file, at in ((source, 0), (out, 1), (err, 2))]
    more: dict[str, Any] = {} if mask is None else {"setsigmask": mask}
    if group >= 0:
        more["setpgroup"] = group
    return os.posix_spawn(argv[0], argv, env, file_actions=actions, **more), None


def run(*argv: str, stdin: bytes = b"", top: str = "", env: dict[str, str] | None = None) -> bytes:
    """The standard output of `git <argv>`; GitError when it fails."""
    return start(*argv, stdin=stdin, top=top, env=env).finish()


def _empty() -> int:
    """A file descriptor of an empty file that has no name and vanishes with it."""
    try:
        return os.memfd_create("pmgit")
    except (AttributeError, OSError):
        pass  # another system, or one that forbids it
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _holding(data: bytes) -> int:
    """A file descriptor to read `data` from."""
    if not data:
        return os.open(os.devnull, os.O_RDONLY)
    file = _empty()
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.lseek(file, 0, os.SEEK_SET)
    except OSError:
        os.close(file)
        raise
    return file


def _drain(fd: int) -> bytes:
    """All that is in a file, which is closed; nothing for -1."""
    if fd < 0:
        return b""
    with open(fd, "rb", buffering=0) as file:
        file.seek(0)
        return file.read()


def no_temporary_files(error: OSError) -> PmgitError:
    """The error that there is no room for what git has to read."""
    return PmgitError(
        f"no temporary files could be made: {error.strerror}",
        "free some space there, or name another folder in TMPDIR",
    )
