"""What the hook of a server begins while Python starts: git's walk over the push.

Python needs a third of a small push to start, and git as long for its walk. The hook that
`pmgit server install` writes reads the first ref, starts the walk in the background and becomes
Python by `exec`, which makes git a child of this process. Git writes into a file in the quarantine
of the push, which must be gone when the push is accepted.

Where anything is not as it should be, there is no answer, and whoever asks has git do it again.
"""

from __future__ import annotations

import os

from pmgit.errors import UsageError
from pmgit.git.process import Process


class Begun:
    """A `git log` of the hook's shell under way, as `incoming.LOG` asks for it.

    `words` are the id of its process, a colon and the path of its output; `new` is the id that it
    walks to. Raises UsageError.
    """

    def __init__(self, words: str, new: str) -> None:
        pid, _, self._path = words.partition(":")
        if not (pid.isdecimal() and int(pid) > 1 and self._path):
            raise UsageError(f"not what a hook of pmgit has begun: {words[:80]!r}")
        self.new = new
        self._process: _Printing | None = _Printing(int(pid), self._path)
        self._process.has_ended()  # what is no child of ours is not ours to stop

    def walk(self) -> bytes | None:
        """All that Git says; None: it has to be asked again."""
        process, self._process = self._process, None
        try:
            if process is not None and process.wait()[0] == 0:
                with open(self._path, "rb") as file:
                    return file.read()
        except OSError:
            pass  # no file
        finally:
            self._remove()
        return None

    def close(self) -> None:
        """Leave nothing behind, also when nobody has waited for it."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        self._remove()

    def _remove(self) -> None:
        try:
            os.unlink(self._path)
        except OSError:
            pass  # it was never made


class _Printing(Process):
    """The process, which prints into a file."""

    def __init__(self, pid: int, path: str) -> None:
        super().__init__(("log",), pid, -1, -1)
        self._path = path

    def printed(self) -> int:
        try:
            return os.stat(self._path).st_size
        except OSError:
            return 0
