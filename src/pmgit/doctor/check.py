"""One line of what the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmgit.core.finding import Fix

OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, and by what that was told.

    `fix` makes it ok when pasted; `hint` says what to do where no command can be right for
    everybody. `looked` is false when it could not be looked at: the status is ERROR then.
    """

    name: str
    status: str
    evidence: str
    fix: Fix | None = None
    hint: str = ""
    looked: bool = True
