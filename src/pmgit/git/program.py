"""Which git is run, and what it is passed every time:

* no hooks, no file system monitor, no pager, no external diff: a repository's own configuration
  must not be able to run a command because pmgit looked at it;
* no lazy fetch and no protocol: looking at a partial clone must not download it
  (GIT_NO_LAZY_FETCH is known to git 2.39.4 and newer; with no protocol allowed, older ones stop
  too);
* no replaced objects: what is pushed is the original;
* output in UTF-8 and in English: `i18n.logOutputEncoding = UTF-16` makes even the ids of
  `git log` unreadable.
"""

from __future__ import annotations

import os
import sys

from pmgit.core.errors import PmgitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # what `signal` itself stands on; that one takes 12 ms

NO_HOOKS = "core.hooksPath=" + os.devnull
GUARDS = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    NO_HOOKS,
    "-c",
    "core.pager=cat",
    "-c",
    "i18n.logOutputEncoding=UTF-8",
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


def find() -> str:
    """The path of git, looked up once. Raises PmgitError when there is none."""
    global _git
    if not _git:
        _open_standard_streams()
        _keep_exit_codes()
        _git = path_of("git")
        if not _git:
            raise PmgitError(
                "git is not installed, or not on the PATH",
                "install git 2.34 or newer: https://git-scm.com/downloads",
            )
    return _git


_git = ""


def path_of(name: str, folders: str = "") -> str:
    """The path of a program in `folders`, else in those of the PATH; '' when it is not there.

    Only absolute folders count: an empty entry or `.` means the repository that is judged, and
    what lies there must not be run.
    """
    endings = (".exe", ".cmd", ".bat") if sys.platform == "win32" else ("",)
    for folder in (folders or os.environ.get("PATH", os.defpath)).split(os.pathsep):
        for ending in endings:
            path = os.path.join(folder, name + ending)
            if os.path.isabs(folder) and os.access(path, os.X_OK) and os.path.isfile(path):
                return path
    return ""


def _open_standard_streams() -> None:
    """Give closed standard streams to the null device, as git itself does at its start.

    Otherwise the next file that is opened gets their number, and git writes its output into it.
    """
    fd = 0
    while fd <= 2:
        fd = os.open(os.devnull, os.O_RDWR)
    os.close(fd)


def _keep_exit_codes() -> None:
    """Let the system keep exit codes, also below `trap '' CHLD`, which every process inherits.

    Otherwise it forgets a process that has ended, and nobody learns its exit code.
    """
    if hasattr(signal, "SIGCHLD") and signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
