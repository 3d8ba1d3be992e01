"""One step of a set-up: what it is, what it changes, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.init.journal import Journal


@dataclass
class SetupStep:
    """A line that says what, how each file changes (name, before, after), and doing it.

    `run` may be called again: it does what is still missing. `ready` is called before the first
    step is done: it raises PmgitError when this one will not be possible, and writes nothing into
    the repository.
    """

    what: str
    diffs: list[tuple[str, bytes | None, bytes | None]]
    run: Callable[[Journal], None]
    ready: Callable[[], None] | None = None
