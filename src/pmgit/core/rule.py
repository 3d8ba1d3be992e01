"""The base of rules: a name, a family, the options it declares, and a check over a snapshot.

The docstring of a rule class is its manual page (docs/rules.md and `pmgit explain` are made
from it); there is no second description anywhere. Options declared here become configuration
keys, `-c RULE.OPTION=VALUE`, documentation and the JSON schema.
"""

from __future__ import annotations

from pmgit.core.finding import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pmgit.core.config import Config
    from pmgit.core.option import Option

#: When a rule can have findings (`Rule.scope`); it is not even imported otherwise.
#: Of all files: LARGE: one is introduced that a limit may be for. LFS: there is a pointer or an lfs
#: attribute among them. PUSHED: the same, and somebody is to receive it. ATTRIBUTES: a
#: .gitattributes changes. HOST: somebody has chosen a host. LOADED: one is introduced that somebody
#: may load.
LARGE, LFS, PUSHED, ATTRIBUTES, HOST = "large", "lfs", "pushed", "attributes", "host"
LOADED = "loaded"
#: Below models folders: PLACES: something changes, or untracked weights lie loose. PATHS: a path is
#: new. RAW: a file comes with its own content. LINKS: a link or a submodule comes, or a clone lies
#: there. MODELS: a model is touched, or lies untracked in the work tree. LOCAL: the same, and there
#: is a work tree. LOCKS: a model with a lock is touched. LICENSES: a file changes that may state a
#: license, or a whole tree is judged. POLICY: a model is touched, and licenses have a policy.
#: SHARDS: a model is touched that may have shards. COPIES: weights of a model change.
PLACES, PATHS, RAW, LINKS = "places", "paths", "raw", "links"
MODELS, LOCAL, LOCKS = "models", "local", "locks"
LICENSES, POLICY = "licenses", "policy"
SHARDS, COPIES = "shards", "copies"


class Rule:
    """Base of all rules: one class, one module, one name."""

    name = ""
    family = ""
    #: `error`, `warning`, or both with the reason in the docstring.
    severity = "error"
    scope = ""
    options: tuple[Option, ...] = ()

    def __init__(self, config: Config) -> None:
        self.config = config

    def option(self, name: str) -> Any:
        """The configured value of one of this rule's options."""
        for option in self.options:
            if option.name == name:
                return self.config.option(self.name, option)
        raise KeyError(f"{self.name} declares no option {name!r}")

    def finding(self, path: str, message: str, **details: Any) -> Finding:
        """A finding of this rule; `details` are those of `Finding`."""
        return Finding(path, message, rule=self.name, **details)

    def about(self, blob: Any, message: str, advice: Any = None, **details: Any) -> Finding:
        """A finding about a blob, with the fix of the advice, and what that adds to the message."""
        if advice:
            message, details["fix"] = message + advice.note, advice.fix
        return self.finding(blob.path, message, commit=blob.commit, **details)

    def check(self, snapshot: Any) -> Iterator[Finding]:
        """The findings of this rule in `snapshot`."""
        raise NotImplementedError
