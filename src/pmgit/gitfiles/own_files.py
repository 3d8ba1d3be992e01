"""The files at the top that pmgit writes: let in where the user's `.gitignore` hides almost all.

Only where pmgit is configured: nobody else needs them.
"""

from __future__ import annotations

from pmgit.core.config import BASELINE, FILE
from pmgit.git.attributes import ignore_rules
from pmgit.gitfiles.attributes.attribute_lines import NAME as ATTRIBUTES
from pmgit.gitfiles.ignore_plan import NAME
from pmgit.gitfiles.what_if import Shadow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.git.repository import Repository

_NAMES = (FILE, BASELINE, NAME, ATTRIBUTES, ".pre-commit-config.yaml")


def lines(repository: Repository, around: Mapping[str, bytes]) -> list[str]:
    """The lines of the block that let in what a pattern of the `.gitignore` at the top hides.

    `around` are the ignore files without the block. A pattern that is the very name of the file
    hides it on purpose, and what a person's own rules hide is not for others to let in.
    """
    with Shadow(repository, around) as shadow:
        found = ignore_rules(shadow, _NAMES)
    return [
        f"!/{name}"
        for name, (source, _, pattern) in found.items()
        if source == NAME and not pattern.startswith("!") and pattern.strip("/") != name
    ]
