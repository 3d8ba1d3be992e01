"""pmgit's entry in the configuration of pre-commit or prek, as data.

An entry names the place that the framework gets pmgit from: a package index, a Git repository, or
the PATH of each user. `yaml_config` and `prek_config` write it into a file.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pmgit.hooks.names import COMMIT_STAGES

#: Where pmgit comes from: the PATH of each user, a package index, a Git repository.
SYSTEM, INDEX, GIT = "system", "index", "git"

_STAGES = [*COMMIT_STAGES, "manual"]
_LOCAL = "local"


class HookEntry(NamedTuple):
    """One way to write the entry.

    `version` is that of the package, or the commit of the repository at `address`. `python` is the
    `language_version` ('' leaves it to the framework).
    """

    kind: str
    version: str = ""
    address: str = ""
    python: str = ""

    @property
    def item(self) -> dict[str, Any]:
        """The item of the list `repos`."""
        python = {"language_version": self.python} if self.python else {}
        if self.kind == GIT:
            # All other keys are in .pre-commit-hooks.yaml of that commit.
            hook: dict[str, Any] = {"id": "pmgit", **python, "stages": _STAGES}
            return {"repo": self.address, "rev": self.version, "hooks": [hook]}
        language: dict[str, Any] = {"language": "system"}
        if self.kind == INDEX:
            package = f"pmgit=={self.version}"
            language = {"language": "python", **python, "additional_dependencies": [package]}
        hook = {
            "id": "pmgit", "name": "pmgit", "entry": "pmgit-hook", **language, "always_run": True,
            "pass_filenames": False, "require_serial": True, "stages": _STAGES,
        }  # fmt: skip
        return {"repo": _LOCAL, "hooks": [hook]}

    @property
    def described(self) -> str:
        """Where pmgit comes from, in words."""
        if self.kind == GIT:
            return f"pmgit at {self.version[:12]} of {self.address}"
        if self.kind == INDEX:
            return f"pmgit {self.version} of the package index"
        return "the pmgit on the PATH of each user"


def from_item(item: Any) -> HookEntry | None:
    """The entry for an item of `repos`; None when it is not as pmgit writes one."""
    hooks = item.get("hooks") if isinstance(item, dict) else None
    if not isinstance(hooks, list) or len(hooks) != 1 or not isinstance(hooks[0], dict):
        return None
    hook = hooks[0]
    python = str(hook.get("language_version", ""))
    packages = hook.get("additional_dependencies")
    if item.get("repo") != _LOCAL:
        found = HookEntry(GIT, str(item.get("rev")), str(item.get("repo")), python)
    elif isinstance(packages, list) and len(packages) == 1:
        found = HookEntry(INDEX, str(packages[0]).removeprefix("pmgit=="), python=python)
    else:
        found = HookEntry(SYSTEM)
    return found if found.item == item else None
