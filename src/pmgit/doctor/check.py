"""The result of one check of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmgit.core.finding import Fix

OK, WARNING, ERROR = "ok", "warning", "error"


@dataclass(frozen=True)
class Check:
    """What was checked (`name`), its status, and the evidence for that.

    `fix` makes it ok when pasted; `hint` is the way out where no command can be right for
    everybody. `looked` is false when the check was not possible: the status is ERROR then.
    """

    name: str
    status: str
    evidence: str
    fix: Fix | None = None
    hint: str = ""
    looked: bool = True
