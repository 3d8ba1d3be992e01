"""Whether models load: each in a child, by the libraries that their files belong to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from pmgit.child.load import ABSENT, MEMORY, OWN_CODE, speaks_of_memory
from pmgit.core.units import show_size
from pmgit.models import child
from pmgit.models.child import Ended, Limits
from pmgit.models.load_plan import FAILS, LOADS, NOT_TRIED, WRONG, Attempt, Loaded, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pmgit.git.repository import Repository
    from pmgit.models.account import Account

#: Of these endings the limit of memory is the likely cause: libraries in C abort.
_CRASHED = ("SIGABRT", "SIGSEGV", "SIGBUS")


@dataclass(frozen=True)
class How:
    """How to load: the `python` to do it with, `seconds` for each file, `memory` in bytes (0: by
    the size of the model)."""

    python: str
    seconds: float
    memory: int = 0


@dataclass
class Result:
    """What became of the parts of a model, and what the child has said of itself ({}: none ran)."""

    parts: list[Loaded] = field(default_factory=list)
    guard: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The worst of the parts: FAILS, else NOT_TRIED, else LOADS."""
        states = {part.state for part in self.parts}
        if not states.isdisjoint(WRONG):
            return FAILS
        return LOADS if LOADS in states and NOT_TRIED not in states else NOT_TRIED


def load(
    repository: Repository, models: Sequence[Account], how: How
) -> Iterator[tuple[Account, Result]]:
    """Load models of the repository, one after the other; nothing of them is changed.

    They share a child, whose libraries take longer to import than most models to load. PmgitError
    when there is no Python to start.
    """
    plans = [(model, plan(repository.top, model)) for model in models]
    children = _Children(repository.top, how, max((made.size for _, made in plans), default=0))
    attempts = [
        (os.path.join(repository.top, model.path, one.path), one)
        for model, made in plans
        for one in made.attempts
    ]
    found = children.run(attempts)
    for model, made in plans:
        parts = [*made.decided, *islice(found, len(made.attempts))]
        yield model, Result(parts, children.guard if made.attempts else {})


class _Children:
    """The children that load models of at most `size` bytes: a new one where one has ended.

    `guard` is what the last one has said of itself.
    """

    def __init__(self, top: str, how: How, size: int) -> None:
        self._top = top
        self._how = how
        self._size = size
        self._memory = how.memory or child.memory_for(size)
        self.guard: dict[str, Any] = {}

    def run(self, attempts: list[tuple[str, Attempt]]) -> Iterator[Loaded]:
        """What becomes of the attempts, each with its whole path; one for each, in their order."""
        while attempts:
            done = 0
            for loaded in self._run(attempts):
                done += 1
                yield loaded
            attempts = attempts[done:]

    def _run(self, attempts: list[tuple[str, Attempt]]) -> Iterator[Loaded]:
        """What becomes of the attempts up to the one that ends the child; of one at least."""
        limits = Limits(self._how.seconds, self._memory, mapped=self._size)
        request = {
            "checks": [{"by": one.by, "path": path} for path, one in attempts],
            "weights": self._size,
            "memory": self._memory,
        }
        left = [one for _, one in attempts]
        for answer in child.run(
            self._how.python, "load", request, limits, answers=len(left), closed=[self._top]
        ):
            if isinstance(answer, Ended):
                self.guard = answer.guard or self.guard
                if left:
                    yield _ended(left[0], answer, self._how, self._memory)
            elif "apart" in answer and len(left) == len(attempts):
                self.guard = answer
            elif "check" in answer and left:
                yield _answered(left.pop(0), answer, self._memory)


def _answered(check: Attempt, answer: dict[str, Any], memory: int) -> Loaded:
    state, note = str(answer.get("state")), str(answer.get("note"))
    library = str(answer.get("library"))
    refused = answer.get("refused")
    refused = tuple(map(str, refused)) if isinstance(refused, list) else ()
    if state == ABSENT and check.by == "gguf":
        # What scan has looked at is the whole structure of the file.
        return Loaded(check.path, "", LOADS, f"its structure is right; {note}")
    if state in (ABSENT, OWN_CODE):
        state = NOT_TRIED
    elif state == MEMORY:
        state, note = NOT_TRIED, f"{_too_little(memory)}: {note}"
    elif state != LOADS:
        state = FAILS
    return Loaded(check.path, check.by, state, note, library, refused)


def _ended(check: Attempt, ended: Ended, how: How, memory: int) -> Loaded:
    """What became of the check in which the child ended."""
    if ended.late:
        return Loaded(check.path, check.by, NOT_TRIED, ended.why)
    by_memory = speaks_of_memory(ended.printed) or ended.why.endswith("SIGKILL")
    if by_memory or (ended.why.endswith(_CRASHED) and "memory" in ended.printed.lower()):
        note = f"{_too_little(memory)}: {ended.why}"
        return Loaded(check.path, check.by, NOT_TRIED, note)
    if ended.why.endswith("SIGXCPU"):
        note = f"it took more than {how.seconds:g} s of a processor (--timeout)"
        return Loaded(check.path, check.by, NOT_TRIED, note)
    if not ended.guard:
        # It did not even begin: that is no word about the model.
        return Loaded(check.path, check.by, NOT_TRIED, f"{how.python}: {ended.why}")
    return Loaded(check.path, check.by, FAILS, ended.why)


def _too_little(memory: int) -> str:
    return f"more than {show_size(memory)} of memory (--memory)"
