"""A child: a Python of the user's that does one job with limits, and cannot reach this process.

It runs only files of `pmgit.child`, in an empty folder, with an environment of its own (no tokens,
no PYTHONPATH), and is ended with all that it has started when its time is up.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pmgit.child
from pmgit.core.errors import PmgitError, UsageError
from pmgit.git.program import path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import IO, Any

#: Of what a child prints beside its answers so many last bytes are kept; of its answers, so many.
_PRINTED = 4000
_ANSWERS = 50_000_000
#: So often it is looked whether a child that says nothing has ended, in seconds.
_LOOK = 0.1
#: So long its pipes may take to end after it.
_LAST = 2.0
#: Libraries map their own files: so much address space they may take beside the limit of memory.
_LIBRARIES = 16 << 30
#: Memory for the libraries themselves, in bytes, and how often files may be in memory besides: as
#: they are read, and as they are used.
_IMPORTS, _COPIES = 4_000_000_000, 2
#: So much libraries may write for themselves, in bytes.
_NOTES = 64_000_000
#: Variables that a child keeps: how to find libraries, and the words of the system.
_KEPT = (
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
    "SYSTEMROOT", "WINDIR", "SYSTEMDRIVE", "PATHEXT", "NUMBER_OF_PROCESSORS",
)  # fmt: skip
#: Nothing is fetched, nothing is sent, and one thread works: what it takes can be limited.
_SET = {
    "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false",
    "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1", "NO_COLOR": "1",
}  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """What a child may take: `seconds` for each of its answers, and `memory` in bytes.

    `mapped` are the bytes of the files that it may map beside it; `written` those of the largest
    file that it is asked to write.
    """

    seconds: float
    memory: int
    mapped: int = 0
    written: int = 0

    def as_numbers(self, answers: int) -> dict[str, int]:
        """The limits of the system for a child that gives so many answers."""
        return {
            "RLIMIT_DATA": self.memory,
            "RLIMIT_AS": self.memory + self.mapped + _LIBRARIES,
            "RLIMIT_CPU": int((self.seconds + 5) * max(answers, 1)),
            "RLIMIT_FSIZE": self.written + _NOTES,
            "RLIMIT_CORE": 0,
        }


def memory_for(size: int) -> int:
    """The memory for a job that has files of so many bytes: never more than the machine has."""
    wanted = _IMPORTS + _COPIES * size
    try:
        return min(wanted, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # Windows
        return wanted


@dataclass
class Ended:
    """How a child ended: in time (`seconds`) or not, its exit code, the end of what it printed."""

    seconds: float
    late: bool = False
    code: int = 0
    printed: str = ""
    #: Its first answer: `apart` (from every network), `unlimited`, `python` (its version).
    guard: dict[str, Any] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """In words, why it gave no more answers."""
        if self.late:
            return f"it took longer than {self.seconds:g} s (--timeout)"
        if self.code < 0:
            return f"it was ended by {_name_of_signal(-self.code)}"
        last = self.printed.strip().rpartition("\n")[2]
        return f"it ended with exit code {self.code}" + (f": {last[-300:]}" if last else "")


def _name_of_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def interpreter(wanted: str | None, environ: Mapping[str, str]) -> str:
    """The path of the Python that children run in: the wanted one, else that of the active
    environment, else the one that runs pmgit.

    Raises UsageError for one that cannot be run.
    """
    if wanted is not None:
        is_name = not {os.sep, os.altsep} & set(wanted)
        found = path_of(wanted) if is_name else os.path.abspath(wanted)
        if found and os.path.isdir(found):
            found = _python_of(found)
        if not found or not (os.path.isfile(found) and os.access(found, os.X_OK)):
            raise UsageError(
                f"--python: {wanted!r} is no program", "give the path of a Python: --python PATH"
            )
        return found
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(name, "")
        found = _python_of(folder) if os.path.isabs(folder) else ""
        if found:
            return found
    return sys.executable


def _python_of(folder: str) -> str:
    """The Python of an environment in this folder; '' when there is none."""
    parts = ("python.exe",) if sys.platform == "win32" else ("bin", "python")
    names = [os.path.join(folder, *parts), os.path.join(folder, "Scripts", "python.exe")]
    return next((name for name in names if os.access(name, os.X_OK)), "")


def run(
    python: str,
    job: str,
    request: Mapping[str, Any],
    limits: Limits,
    *,
    answers: int = 1,
    writes: Sequence[str] = (),
    closed: Sequence[str] = (),
) -> Iterator[dict[str, Any] | Ended]:
    """Run a job of `pmgit.child`; each of its answers as it comes, and at last how it ended.

    It may write below the folders `writes`, and runs no code below `closed`. Raises PmgitError
    when the Python cannot be started.
    """
    # What the child leaves may resist: a folder without rights, for instance.
    with TemporaryDirectory(prefix="pmgit-child-", ignore_cleanup_errors=True) as home:
        whole = {
            **request, "job": job, "limits": limits.as_numbers(answers),
            "writes": [home, *writes], "closed": list(closed),
        }  # fmt: skip
        child = _Child(python, home, json.dumps(whole).encode("ascii"))
        try:
            yield from child.answers(limits.seconds)
        finally:
            child.end()


class _Child:
    """A process with its two pipes, each read by a thread so that none can fill up."""

    def __init__(self, python: str, home: str, request: bytes) -> None:
        script = os.path.join(pmgit.child.__path__[0], "start.py")
        # -I: no PYTHON* variable, no user's folder and no current folder on the path of modules.
        argv = [python, "-I", "-B", "-X", "utf8", script]
        try:
            self._process = subprocess.Popen(
                argv, cwd=home, env=_environment(home), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True, # a group of its own, to be ended as a whole
            )  # fmt: skip
        except OSError as error:
            why = error.strerror or "unknown error"
            hint = "give the path of a Python: --python PATH"
            raise PmgitError(f"{python} could not be started: {why}", hint) from error
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._printed = b""
        self._threads: list[tuple[threading.Thread, IO[bytes]]] = []
        self._start(lambda stream: _send(stream, request), self._process.stdin)
        self._start(self._read_answers, self._process.stdout)
        self._start(self._read_printed, self._process.stderr)

    def _start(self, work: Callable[[IO[bytes]], None], stream: IO[bytes] | None) -> None:
        if stream is not None:
            thread = threading.Thread(target=work, args=(stream,), daemon=True)
            self._threads.append((thread, stream))
            thread.start()

    def answers(self, seconds: float) -> Iterator[dict[str, Any] | Ended]:
        """The answers, each in its time; then how it ended."""
        ended = Ended(seconds)
        until = time.monotonic() + seconds
        has_ended = False
        while True:
            try:
                line = self._lines.get(timeout=_LAST if has_ended else min(_LOOK, seconds))
            except Empty:
                if has_ended:
                    break
                has_ended = self._has_ended()
                if has_ended:
                    # What it has started may hold its pipe open, and then nothing says the end.
                    self._end_group()
                elif time.monotonic() > until:
                    ended.late = True
                    break
                continue
            until = time.monotonic() + seconds
            found = _document(line) if line else None
            if found is None:
                break
            if not ended.guard:
                ended.guard = found
            yield found
        while not ended.late and not self._has_ended():
            ended.late = time.monotonic() > until
            time.sleep(0.005)
        self.end()
        ended.code = self._process.returncode or 0
        ended.printed = self._printed.decode("utf-8", "replace")
        yield ended

    def _has_ended(self) -> bool:
        """Whether the process has ended; where that can be asked, the system still knows it."""
        if self._process.returncode is not None:
            return True
        if not hasattr(os, "waitid"):  # Windows; macOS before Python 3.13
            return self._process.poll() is not None
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, flags) is not None

    def _end_group(self) -> None:
        """End the process and all of its group; not when the system has forgotten the process,
        because its number may be another group's then."""
        if self._process.returncode is not None:
            return
        if sys.platform != "win32":
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        self._process.kill()

    def end(self) -> None:
        """End the process and all of its group, and wait for it."""
        self._end_group()
        self._process.wait()
        until = time.monotonic() + _LAST
        for thread, stream in self._threads:
            # Who has left the group may hold a pipe open; nobody waits for that.
            thread.join(max(0.0, until - time.monotonic()))
            if not thread.is_alive():
                stream.close()

    def _read_answers(self, stream: IO[bytes]) -> None:
        left = _ANSWERS
        while left > 0 and (line := stream.readline(left)):
            left -= len(line)
            self._lines.put(line)
        self._lines.put(b"")
        _drain(stream)

    def _read_printed(self, stream: IO[bytes]) -> None:
        while some := _some(stream):
            self._printed = (self._printed + some)[-_PRINTED:]


def _some(stream: IO[bytes]) -> bytes:
    try:
        return os.read(stream.fileno(), 65536)
    except (OSError, ValueError):
        return b""


def _drain(stream: IO[bytes]) -> None:
    while _some(stream):
        pass


def _send(stream: IO[bytes], request: bytes) -> None:
    try:
        with stream:
            stream.write(request)
    except OSError:
        pass  # it has ended already, which its exit code says


def _document(line: bytes) -> dict[str, Any] | None:
    """An answer; None for what is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _environment(home: str) -> dict[str, str]:
    """The environment of a child: its own folders for all that it may want to keep."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    folders = (
        "HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "HF_HOME", "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TORCH_HOME", "MPLCONFIGDIR", "TORCHINDUCTOR_CACHE_DIR",
    )  # fmt: skip
    return {**kept, **_SET, **dict.fromkeys(folders, home)}
