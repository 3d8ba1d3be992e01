"""The one place that runs git.

Started processes run side by side: `start` returns at once, `finish` waits. `subprocess` costs
13 ms to import, so POSIX systems use `posix_spawn` and only Windows goes the long way. Input and
output that may outgrow a pipe lie in anonymous files, so that no process waits for another.

What is passed to git is the same every time:

* no hooks, no file system monitor, no pager, no external diff: a repository's own configuration
  must not be able to run a command because pmgit looked at it;
* no lazy fetch and no protocol: looking at a partial clone must not download it
  (GIT_NO_LAZY_FETCH is known to git 2.39.4 and newer; with no protocol allowed, older ones stop
  too);
* no replaced objects: what is pushed is the original.
"""

from __future__ import annotations

import os
import sys
import time

from pmgit.errors import PmgitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NO_HOOKS = "core.hooksPath=" + os.devnull
GUARDS = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    _NO_HOOKS,
    "-c",
    "core.pager=cat",
    "--no-optional-locks",
    "--literal-pathspecs",
)

READ_ONLY = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
    # `git --icase-pathspecs commit` hands these to its hooks, and they exclude each other.
    "GIT_LITERAL_PATHSPECS": "0",
    "GIT_GLOB_PATHSPECS": "0",
    "GIT_NOGLOB_PATHSPECS": "0",
    "GIT_ICASE_PATHSPECS": "0",
}


class GitMissingError(PmgitError):
    """There is no git on the PATH."""

    def __init__(self) -> None:
        super().__init__(
            "git is not installed, or not on the PATH",
            "install git 2.34 or newer: https://git-scm.com/downloads",
        )


class GitError(PmgitError):
    """A git command failed; the message is git's own."""

    def __init__(self, argv: tuple[str, ...], code: int, stderr: str) -> None:
        self.code = code
        self.stderr = stderr
        while argv[:1] == ("-c",):
            argv = argv[2:]
        words = " ".join(argv[:2])
        said = [line for line in stderr.splitlines() if line.strip()]
        first = next((line for line in said if line.startswith(("fatal:", "error:"))), "")
        told = first or (said[0] if said else f"exit code {code}")
        from pmgit.git import trouble

        told, hint = trouble.explained(told, stderr, start)
        super().__init__(f"git {words}: {told}", hint)


def scratch() -> int:
    """A file descriptor of an empty file that has no name and vanishes with it."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("pmgit")
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _environment(extra: dict[str, str] | None) -> dict[str, str]:
    return {**os.environ, **READ_ONLY, **(extra or {})}


#: Told of every git process that has ended (`pmgit --verbose`): its words, its exit code, and
#: the seconds from its start until somebody waited for it.
listener: Callable[[tuple[str, ...], int, float], None] | None = None


class Process:
    """A git process under way; `out` is -1 when its output goes elsewhere."""

    def __init__(self, argv: tuple[str, ...], pid: int, out: int, err: int, popen: Any) -> None:
        self.argv = argv
        self._started = time.monotonic() if listener else 0.0
        self._pid = pid
        self._out = out
        self._err = err
        self._popen = popen

    def wait(self) -> tuple[int, bytes, str]:
        """Exit code, standard output, standard error."""
        if self._popen is not None:
            self._popen.wait()
            code = self._popen.returncode
        else:
            _, status = os.waitpid(self._pid, 0)
            code = os.waitstatus_to_exitcode(status)
        if listener:
            listener(self.argv, code, time.monotonic() - self._started)
        out = _drain(self._out) if self._out >= 0 else b""
        err = _drain(self._err)
        return code, out, err.decode("utf-8", "backslashreplace")

    def stop(self) -> None:
        """End it now, whatever it is doing; its output is given up. Only reading git is stopped."""
        import signal

        if self._popen is not None:
            self._popen.terminate()
        else:
            os.kill(self._pid, signal.SIGTERM)
        self.wait()

    def finish(self, *accepted: int) -> bytes:
        """Standard output; GitError unless the exit code is 0 or one of `accepted`."""
        code, out, err = self.wait()
        if code and code not in accepted:
            raise GitError(self.argv, code, err)
        return out


def _drain(fd: int) -> bytes:
    try:
        size = os.fstat(fd).st_size
        os.lseek(fd, 0, os.SEEK_SET)
        parts = []
        while size > 0:
            part = os.read(fd, size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(fd)


def _find_git() -> str:
    """The path of git, looked up once.

    Only absolute folders of the PATH count: an empty entry or `.` means the repository that is
    judged, and what lies there must not be run.
    """
    global _git
    if not _git:
        _open_standard_streams()
        name = "git.exe" if sys.platform == "win32" else "git"
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
            path = os.path.join(folder, name)
            if os.path.isabs(folder) and os.access(path, os.X_OK) and os.path.isfile(path):
                _git = path
                break
        else:
            raise GitMissingError
    return _git


_git = ""


def _open_standard_streams() -> None:
    """Give closed standard streams to the null device, as git itself does at its start.

    Otherwise the next file that is opened gets their number, and git writes its output into it.
    """
    global _spare
    while _spare <= 2:
        _spare = os.open(os.devnull, os.O_RDWR)


#: A file descriptor that is given back when there are no more: saying so takes one.
_spare = 0


def _not_started(error: OSError) -> PmgitError:
    global _spare
    if _spare > 2:
        os.close(_spare)
        _spare = sys.maxsize
    from pmgit.git import trouble

    told = error.strerror or "the system gives no reason"
    return PmgitError(f"git could not be started: {told}", trouble.hint(told))


def no_temporary_files(error: OSError) -> PmgitError:
    """The error that there is no room for what git has to read."""
    return PmgitError(
        f"no temporary files could be made: {error.strerror}",
        "free some space there, or name another folder in TMPDIR",
    )


def pipe() -> tuple[int, int]:
    """Two ends of a pipe, to read from and to write to."""
    try:
        return os.pipe()
    except OSError as error:
        raise _not_started(error) from error


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
    git = _find_git()
    full = [git, *(GUARDS if literal else GUARDS[:-1])]
    if own_hooks:
        at = full.index(_NO_HOOKS)
        del full[at - 1 : at + 1]
    if top:
        full += ["-C", top]
    full += argv
    environment = _environment(env)
    try:
        out, err = scratch() if into < 0 else os.dup(into), scratch()
        source = os.dup(source) if source >= 0 else _input(stdin)
        try:
            if hasattr(os, "posix_spawn"):
                actions = [
                    (os.POSIX_SPAWN_DUP2, source, 0),
                    (os.POSIX_SPAWN_DUP2, out, 1),
                    (os.POSIX_SPAWN_DUP2, err, 2),
                ]
                pid, popen = os.posix_spawn(git, full, environment, file_actions=actions), None
            else:
                import subprocess

                popen = subprocess.Popen(
                    full, stdin=source, stdout=out, stderr=err, env=environment
                )
                pid = popen.pid
        finally:
            os.close(source)
    except OSError as error:
        raise _not_started(error) from error
    if into >= 0:
        # Whoever reads the other end must see it end when git does.
        os.close(out)
        out = -1
    return Process(argv, pid, out, err, popen)


def _input(stdin: bytes) -> int:
    """A file descriptor to read `stdin` from."""
    if not stdin:
        return os.open(os.devnull, os.O_RDONLY)
    source = scratch()
    view = memoryview(stdin)
    while view:
        view = view[os.write(source, view) :]
    os.lseek(source, 0, os.SEEK_SET)
    return source


def run(*argv: str, stdin: bytes = b"", top: str = "", env: dict[str, str] | None = None) -> bytes:
    """The standard output of `git <argv>`; GitError when it fails."""
    return start(*argv, stdin=stdin, top=top, env=env).finish()
