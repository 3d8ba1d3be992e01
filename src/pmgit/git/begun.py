"""What the hook of a server begins while Python starts: a walk over the push, and the settings.

Python needs a third of a small push to start, and git as long for its walk. The hook that
`pmgit server install` writes reads the first ref, starts both in one process of the background and
becomes Python by `exec`, which makes that process a child of this one. Git writes into files in the
quarantine of the push, which must be gone when the push is accepted.

Where anything is not as it should be, there is no answer, and whoever asks has git do it again.
"""

from __future__ import annotations

import os

from pmgit.errors import UsageError

#: What the files are called behind what the hook tells: of the settings, and of the walk.
SETTINGS, WALK = ".settings", ".walk"


class Begun:
    """A process of the hook's shell under way.

    `words` are its id, a colon and how the paths of its files begin; `new` is the id that it walks
    to. Raises UsageError.
    """

    def __init__(self, words: str, new: str) -> None:
        pid, _, self._files = words.partition(":")
        if not (pid.isdecimal() and int(pid) > 1 and self._files):
            raise UsageError(f"not what a hook of pmgit has begun: {words[:80]!r}")
        self.new = new
        self._pid = int(pid)
        self._said: dict[str, bytes] | None = None

    def walk(self) -> bytes | None:
        """What `incoming.LOG` says of `new`; None: it has to be asked again."""
        return self._wait().get(WALK)

    def settings(self) -> bytes | None:
        """What `server_settings.ASKED` says; None: it has to be asked again."""
        return self._wait().get(SETTINGS)

    def _wait(self) -> dict[str, bytes]:
        if self._said is None:
            self._said = {}
            try:
                if os.waitpid(self._pid, 0)[1] == 0:
                    self._said = {name: _content(self._files + name) for name in (SETTINGS, WALK)}
            except OSError:
                pass  # no child of ours, or no files
            self._remove()
        return self._said

    def close(self) -> None:
        """Leave nothing behind, also when nobody has waited for it."""
        if self._said is not None:
            return
        self._said = {}
        try:
            if os.waitpid(self._pid, os.WNOHANG)[0] == 0:
                import signal

                os.kill(self._pid, signal.SIGTERM)
                os.waitpid(self._pid, 0)
        except OSError:
            pass  # no child of ours is not ours to stop
        self._remove()

    def _remove(self) -> None:
        for name in (SETTINGS, WALK):
            try:
                os.unlink(self._files + name)
            except OSError:
                pass  # it was never made


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
