"""What others have pushed is judged within a time limit, and no git process outlives the judgement.

Git needs for ever for some patterns (`**/a/**/a/**/b`, before git 2.41) and some trees (ten folders
in one another, each with ten names for the same). So a look is taken at the judgement from time to
time. It ends with `OverdueError` when it has had its time, when one process has, when git prints
without end, and when nobody reads the answer any more.

A process that is killed cannot end others, so a shell waits for the end of this one and kills what
is left. It is started at the first look, when most pushes have been judged already.
"""

from __future__ import annotations

import os
import select  # an alarm must not import: it may come amid an import (a deadlock, says Python)
import time

from pmgit.git import process

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType, TracebackType
else:
    import _signal as signal  # what `signal` itself stands on; that one takes 12 ms

#: How long a push may take to judge: 150 times as long as 20,000 commits with 100,000 changes.
SECONDS = 600
#: What git may print of it: a million commits with five changes each are a gigabyte.
MOST_BYTES = 1 << 30
#: What git or pmgit may hold in memory, where the machine has twice as much.
MOST_MEMORY = 1 << 32
_FIRST_LOOK, _PAUSE = 0.1, 0.25
#: Without a line, who should write it has died: what it had started before is killed too.
_GUARD = 'read -r line || kill -s KILL -- "$@"; kill -s KILL 0'


_LESS = "push fewer commits at once"


class OverdueError(BaseException):
    """The judgement has to end now. Nothing that catches an `Exception` may go on after it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Watch:
    """The limits of one judgement, as a context; all git processes in it end with it."""

    def __init__(self) -> None:
        self._seconds = SECONDS
        self._memory = 0
        self._begun = time.monotonic()
        self._over: OverdueError | None = None
        self._left = False
        self._guard, self._line = 0, -1

    def limit(self, seconds: int) -> None:
        """Set how many seconds the judgement may take."""
        self._seconds = seconds

    def __enter__(self) -> Watch:
        process.group = 0
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._on_alarm)
            signal.setitimer(signal.ITIMER_REAL, _FIRST_LOOK)
        else:
            import _thread

            _thread.start_new_thread(self._look_again, ())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _1: BaseException | None, _2: TracebackType | None
    ) -> None:
        self._left = True
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        if kind:
            process.stop_all()
        process.group = -1
        self._dismiss(killing=bool(kind))
        if self._over:
            raise self._over

    def _on_alarm(self, _1: int, _2: FrameType | None) -> None:
        if self._left:
            return
        try:
            self._look()
        finally:
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, _PAUSE)

    def _look_again(self) -> None:
        """The same from a thread, where there are no alarms (Windows): who waits for git fails."""
        while not self._left:
            time.sleep(_PAUSE)
            try:
                self._on_alarm(0, None)
            except OverdueError as error:
                self._over = error
                process.stop_all()

    def _look(self) -> None:
        """Raise OverdueError when it is time to end."""
        self._call_guard()
        self._memory = self._memory or min(MOST_MEMORY, _memory_of_machine() // 2)
        now = time.monotonic()
        if now > self._begun + self._seconds:
            raise OverdueError(
                f"this push could not be judged within {self._seconds} s",
                f"{_LESS}; who runs the server can give it more time: git config pmgit.timeout",
            )
        there = list(process.running.values())
        for one in there:
            if one.deadline and now > one.deadline and not one.has_ended():
                raise OverdueError(*one.overdue)
            if one.printed() > MOST_BYTES:
                raise OverdueError("git has too much to say of this push", _LESS)
        if any(_memory(pid) > self._memory for pid in [os.getpid(), *(one.pid for one in there)]):
            raise OverdueError("this push takes too much memory to judge", _LESS)
        if _nobody_reads():
            raise OverdueError("nobody waits for the answer any more")

    def _call_guard(self) -> None:
        """Have a shell kill what this process leaves behind, should it be killed."""
        if self._line >= 0 or not hasattr(os, "posix_spawn"):
            return
        try:
            reader, self._line = os.pipe()
            null = os.open(os.devnull, os.O_RDWR)
        except OSError:
            return  # too few file descriptors
        there = [one.pid if one.group else -one.pid for one in process.running.values()]
        try:
            argv = ["/bin/sh", "-c", _GUARD, "sh", *map(str, there)]
            self._guard = process.spawn(argv, {}, [null, null, reader])[0]
            process.group = self._guard
        except OSError:
            pass  # a system without shells
        finally:
            os.close(reader)
            os.close(null)

    def _dismiss(self, *, killing: bool) -> None:
        if self._line < 0:
            return
        try:
            if not killing:
                os.write(self._line, b"\n")
        except OSError:
            pass  # somebody has killed it
        os.close(self._line)
        if self._guard:
            os.waitpid(self._guard, 0)


def _memory_of_machine() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 2 * MOST_MEMORY  # unknown


def _memory(pid: int) -> int:
    """How many bytes a process holds for itself; 0 where that cannot be known (not Linux)."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            _, resident, shared, *_ = file.read().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _nobody_reads() -> bool:
    """Whether the other end of standard output is closed: receive-pack has ended."""
    if not hasattr(select, "poll"):
        return False
    asked = select.poll()
    asked.register(1, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in asked.poll(0))
