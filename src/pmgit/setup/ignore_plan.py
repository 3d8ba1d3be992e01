"""What becomes of the `.gitignore` files, as data: before, after, and for which models folders."""

from __future__ import annotations

from dataclasses import dataclass, field

NAME = ".gitignore"


@dataclass
class Plan:
    """The file before (None: there is none) and after, for the models folders `roots`.

    `folders` are the files of the models folders that change, in the same way; None after: it
    held nothing but the block, and goes.
    """

    before: bytes | None
    after: bytes
    roots: list[str]
    storage: str
    keep_text: bool
    nested: bool = False
    folders: dict[str, tuple[bytes | None, bytes | None]] = field(default_factory=dict)

    @property
    def changes(self) -> dict[str, tuple[bytes | None, bytes | None]]:
        """Every file that changes: before and after."""
        top = {} if (self.before or b"") == self.after else {NAME: (self.before, self.after)}
        return {**top, **self.folders}
