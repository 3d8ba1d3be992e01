"""The commits that a remote is known to have, without asking it: by the refs that fetches write.

The one answer for pushes, for ranges that pre-commit names, and for `pmgit fix`. Names alone are
not enough: `refs/remotes/origin/fork/main` is of `origin/fork` where there is a remote of this
name, and a fetch may be configured to write elsewhere.
"""

from __future__ import annotations

from pmgit.git.names import HEADS, REMOTES, TAGS
from pmgit.git.settings import GitSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.git.repository import Repository

#: What stands for every remote: with a bare address nothing is known of it alone.
ANY = ("--remotes",)
#: Here people write themselves: what is in these is not known to be anywhere else.
_OWN = (HEADS, TAGS)


class Remotes:
    """The configured remotes; Git is asked at once, and waited for when somebody wants to know."""

    def __init__(self, repository: Repository) -> None:
        self._settings = GitSettings(repository)

    @property
    def names(self) -> list[str]:
        """The names of all remotes that have an address."""
        keys = (key for key in self._settings.all if key.endswith((".url", ".pushurl")))
        found = (k[7:].rpartition(".")[0] for k in keys if k.startswith("remote."))
        return [name for name in dict.fromkeys(found) if name]

    def at(self, name: str) -> list[str]:
        """The addresses of a remote, those for pushes too."""
        keys = (f"remote.{name}.url", f"remote.{name}.pushurl")
        return [found.value for key in keys for found in self._settings.all.get(key, ())]

    def of_branch(self, branch: str) -> str:
        """The remote that a branch is pushed to, as `git push` finds it; '' when there is none."""
        names = self.names
        for key in (f"branch.{branch}.pushremote", "remote.pushdefault", f"branch.{branch}.remote"):
            value = self._settings.text(key)
            if value in names:
                return value
        if "origin" in names:
            return "origin"
        return names[0] if len(names) == 1 else ""

    def known(self, *remotes: str) -> list[str]:
        """The revision arguments for what these remotes are known to have, by name or address.

        What any remote has counts where one of them is neither.
        """
        called = [self._names_of(remote) for remote in remotes]
        if not all(called):
            return list(ANY)
        ours = {name for names in called for name in names}
        others = {p for name in self.names if name not in ours for p in self._fetched_refs(name)}
        found = []
        for pattern in sorted({pattern for name in ours for pattern in self._fetched_refs(name)}):
            below = sorted(other for other in others if _is_below(other, pattern))
            found += [f"--exclude={_glob(other)}" for other in below]
            found.append(f"--glob={_glob(pattern)}")
        return found

    def has_others_below(self, remote: str) -> bool:
        """Whether `--remotes=NAME`, as hook tools ask it, also means refs of other remotes."""
        found = self.known(remote)
        return found != list(ANY) and (
            f"--glob={REMOTES}{remote}/*" not in found
            or any(word.startswith("--exclude=") for word in found)
        )

    def _names_of(self, remote: str) -> list[str]:
        """The names of the remotes that a name or an address stands for."""
        if remote in self.names:
            return [remote]
        return [name for name in self.names if remote in self.at(name)]

    def _fetched_refs(self, name: str) -> list[tuple[str, ...]]:
        """The refs that a fetch from a remote writes: each one, or what stands around a `*`."""
        default = (f"{REMOTES}{name}/", "")
        found = []
        for spec in self._settings.all.get(f"remote.{name}.fetch", []):
            source, _, target = spec.value.removeprefix("+").partition(":")
            begin = target.partition("*")[0]
            # A pattern may also mean the branches of this clone, which nobody has fetched.
            is_own = target.startswith(_OWN) or (
                "*" in target and any(own.startswith(begin) for own in _OWN)
            )
            if target.startswith("refs/") and not is_own and target != source:
                found.append(tuple(target.split("*", 1)))
        if all(_is_below(target, default) for target in found):
            # The clone of a single branch: others were fetched by hand to where they belong.
            return [default]
        return found


def _is_below(pattern: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether all that a pattern stands for is a part of what the other stands for."""
    return len(other) > 1 and pattern[0] != other[0] and pattern[0].startswith(other[0])


def _glob(pattern: tuple[str, ...]) -> str:
    """A pattern as Git reads it after `--glob`: without special characters it would add `/*`."""
    parts = ["".join(f"\\{c}" if c in "*?[\\" else c for c in part) for part in pattern]
    if len(parts) > 1:
        return "*".join(parts)
    name = parts[0]
    at = max(at for at, character in enumerate(name) if character.isalnum())
    return f"{name[:at]}[{name[at]}]{name[at + 1 :]}"
