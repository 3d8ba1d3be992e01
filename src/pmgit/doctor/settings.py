"""Git's configuration with the place that each value comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from pmgit.git.blob import decode
from pmgit.git.program import GUARDS

if TYPE_CHECKING:
    from pmgit.git.repository import Repository

#: The scope of the settings in `.lfsconfig`, which git-lfs reads and Git does not.
LFSCONFIG = ".lfsconfig"
_FALSE = frozenset({"false", "no", "off", "0", ""})


class GitSetting(NamedTuple):
    """One value: `scope` is system, global, local, worktree, command or LFSCONFIG."""

    scope: str
    origin: str
    value: str

    @property
    def place(self) -> str:
        """Where it is set, as people call it."""
        file = self.origin.removeprefix("file:")
        if self.scope in ("command", LFSCONFIG):
            return "the environment or command line" if self.scope == "command" else LFSCONFIG
        return f"{self.scope}: {file}"

    @property
    def is_true(self) -> bool:
        return self.value.lower() not in _FALSE


class GitSettings:
    """All settings that hold in a repository, without those that pmgit passes to its own git."""

    def __init__(self, repository: Repository) -> None:
        self._values: dict[str, list[GitSetting]] = {}
        lfsconfig = os.path.join(repository.top, LFSCONFIG)
        if os.path.isfile(lfsconfig):
            # A file that is no configuration stops git-lfs too, with a message of its own.
            code, out, _ = repository.start("config", "-z", "--file", lfsconfig, "--list").wait()
            fields = out.split(b"\0")[:-1] if code == 0 else []
            self._add([(LFSCONFIG, LFSCONFIG, decode(field)) for field in fields])
        out = repository.run("config", "-z", "--show-scope", "--show-origin", "--list")
        fields = out.split(b"\0")
        self._add(
            [
                (decode(fields[at]), decode(fields[at + 1]), decode(fields[at + 2]))
                for at in range(0, len(fields) - 2, 3)
            ]
        )

    def _add(self, entries: list[tuple[str, str, str]]) -> None:
        for scope, origin, entry in entries:
            key, _, value = entry.partition("\n")
            if "\n" not in entry:
                value = "true"  # a key without `=`
            if scope == "command" and f"{key}={value}".lower() in _OWN:
                continue
            self._values.setdefault(key, []).append(GitSetting(scope, origin, value))

    def last(self, key: str) -> GitSetting | None:
        """The value that counts; None when there is none. The key is in lower case."""
        values = self._values.get(key)
        return values[-1] if values else None


_OWN = frozenset(word.lower() for word in GUARDS)
