"""What becomes of the `.gitignore` files, as data: before, after, and for which models folders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.git.blob import Blob
    from pmgit.git.repository import Repository

NAME = ".gitignore"


@dataclass
class Place:
    """Where it is planned: the repository, its index, and the files below the models folders."""

    repository: Repository
    tracked: Mapping[str, Blob]
    below: list[str]


@dataclass
class Plan:
    """The file before (None: there is none) and after, for the models folders `roots`.

    `folders` are the files of the models folders that change, in the same way; None after: it
    held nothing but the block, and goes. `code` are paths that stand for source code which is let
    in, `clones` the repositories of their own, which are hidden.
    """

    before: bytes | None
    after: bytes
    roots: list[str]
    storage: str
    keep_text: bool
    nested: bool = False
    folders: dict[str, tuple[bytes | None, bytes | None]] = field(default_factory=dict)
    code: list[str] = field(default_factory=list)
    clones: list[str] = field(default_factory=list)

    @property
    def changes(self) -> dict[str, tuple[bytes | None, bytes | None]]:
        """Every file that changes: before and after."""
        top = {} if (self.before or b"") == self.after else {NAME: (self.before, self.after)}
        return {**top, **self.folders}
