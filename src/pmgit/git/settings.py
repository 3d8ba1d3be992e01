"""Git's configuration, with the place that each value comes from: the one reader of `git config`.

Of a large commit `index_sizes` asks for the filters alone: it need not wait for more.
"""

from __future__ import annotations

import os

from pmgit.git.blob import decode
from pmgit.git.program import GUARDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.git.repository import Repository

#: The scope of the settings in `.lfsconfig`, which git-lfs reads and Git does not.
LFSCONFIG = ".lfsconfig"
_FALSE = frozenset({"false", "no", "off", "0", ""})
#: What pmgit sets for its own git.
_OWN = frozenset(word.lower() for word in GUARDS)


class GitSetting:
    """One value: `scope` is system, global, local, worktree, command or LFSCONFIG."""

    __slots__ = ("origin", "scope", "value")

    def __init__(self, scope: str, origin: str, value: str) -> None:
        self.scope = scope
        self.origin = origin
        self.value = value

    @property
    def place(self) -> str:
        """Where it is set, as people call it."""
        if self.scope in ("command", LFSCONFIG):
            return "the environment or command line" if self.scope == "command" else LFSCONFIG
        return f"{self.scope}: {self.origin.removeprefix('file:')}"

    @property
    def is_true(self) -> bool:
        return self.value.lower() not in _FALSE

    @property
    def is_of_repository(self) -> bool:
        """Whether it is for this repository alone."""
        return self.scope in ("local", "worktree")

    @property
    def path(self) -> str:
        """The path that it is, `~` followed."""
        return os.path.expanduser(self.value)


class GitSettings:
    """All settings that hold in a repository, without those that pmgit passes to its own git.

    Git is asked at once, and waited for when somebody wants to know. With `lfs` the settings of
    `.lfsconfig` count as well, less than all others.
    """

    def __init__(self, repository: Repository, *, lfs: bool = False) -> None:
        self._asked = repository.start("config", "-z", "--show-scope", "--show-origin", "--list")
        path = os.path.join(repository.top, LFSCONFIG)
        # A file that is no configuration stops git-lfs too, with a message of its own.
        self._of_lfs = _pairs(repository, "--file", path) if lfs and os.path.isfile(path) else ()
        self._known: dict[str, list[GitSetting]] | None = None

    @property
    def all(self) -> dict[str, list[GitSetting]]:
        """The values of each key, the one that counts last. Sections and names in lower case."""
        if self._known is None:
            self._known = {}
            for key, value in self._of_lfs:
                self._known.setdefault(key, []).append(GitSetting(LFSCONFIG, LFSCONFIG, value))
            fields = iter(decode(self._asked.finish()).split("\0")[:-1])
            for scope, origin, entry in zip(fields, fields, fields, strict=True):
                key, value = _pair(entry)
                if scope != "command" or f"{key}={value}".lower() not in _OWN:
                    self._known.setdefault(key, []).append(GitSetting(scope, origin, value))
        return self._known

    def without_lfsconfig(self) -> GitSettings:
        """The same settings, but for those that Git does not read."""
        import copy

        found = copy.copy(self)
        found._known = {
            key: own
            for key, values in self.all.items()
            if (own := [one for one in values if one.scope != LFSCONFIG])
        }
        return found

    def last(self, key: str) -> GitSetting | None:
        """The value that counts; None when there is none."""
        return self.all.get(key, [None])[-1]

    def text(self, key: str) -> str:
        """The text of the value that counts; '' when there is none."""
        found = self.last(key)
        return found.value if found else ""

    def local(self, begin: str) -> dict[str, str]:
        """The settings in the repository's own file whose keys begin so."""
        return {
            key: found[-1].value
            for key, values in self.all.items()
            if key.startswith(begin) and (found := [one for one in values if one.scope == "local"])
        }


def of_blob(repository: Repository, oid: str) -> Iterator[tuple[str, str]]:
    """Keys and values in a blob such as `.gitmodules`; none where Git cannot read it."""
    return _pairs(repository, "--blob", oid)


def _pairs(repository: Repository, *where: str) -> Iterator[tuple[str, str]]:
    code, out, _ = repository.start("config", "-z", *where, "--list").wait()
    return map(_pair, decode(out).split("\0")[:-1] if code == 0 else ())


def _pair(entry: str) -> tuple[str, str]:
    """Key and value of an entry; a key without `=` is true."""
    key, found, value = entry.partition("\n")
    return key, value if found else "true"
