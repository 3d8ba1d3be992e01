"""Run commands and say how long they took: one line `seconds exit-code bytes processor`.

    python -I -S launch.py WORKERS FILE

FILE holds the commands, NUL-separated words (the first is the file for standard input), with an
empty word between two commands. At most WORKERS of them run at a time. `bytes` is the memory of
the largest single process, `processor` the seconds that all of them kept a core busy.

This is a process of its own, and a small one, because the figure for a child's memory can not get
below the size of the process that started it (Linux carries the peak over `exec`).
"""

from __future__ import annotations

import os
import sys
import time


def main() -> None:
    with open(sys.argv[2], "rb") as file:
        commands = [command.split(b"\0") for command in file.read().split(b"\0\0")]
    commands.reverse()
    workers, running, worst, peak, processor = int(sys.argv[1]), 0, 0, 0, 0.0
    begin = time.perf_counter()
    while commands or running:
        if commands and running < workers:
            stdin, *argv = commands.pop()
            actions = [
                (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
            running += 1
            continue
        _, status, usage = os.wait4(-1, 0)
        running -= 1
        worst = max(worst, abs(os.waitstatus_to_exitcode(status)))
        peak = max(peak, usage.ru_maxrss)
        processor += usage.ru_utime + usage.ru_stime
    seconds = time.perf_counter() - begin
    print(seconds, worst, peak * (1 if sys.platform == "darwin" else 1024), processor)


main()
