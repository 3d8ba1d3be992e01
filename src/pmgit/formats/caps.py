"""What judging one file may cost. A file and all that is packed in it share one set of caps.

What needs more is `unknown`: a file that is too big to judge is never ok. The numbers hold every
file under a second and 200 MB on a small machine; genuine models need a hundredth of them.
"""

from __future__ import annotations

import time

from pmgit.formats.opinion import TooMuchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.formats.opinion import Opinion
    from pmgit.formats.reader import Reader

#: Steps: opcodes of pickles, fields of protobuf messages, entries of tables.
STEPS = 1_000_000
#: Bytes that are read.
READ = 64_000_000
#: Bytes that come out of compression.
INFLATED = 80_000_000
#: Of one byte that is compressed no more than so many may come: deflate reaches 1032.
RATIO = 500
#: Containers in containers.
DEPTH = 8
#: Members of all archives.
MEMBERS = 15_000
#: Steps for each content in another one: what it is has to be found out.
_CONTENT = 100
#: After so many steps it is looked at the time, which takes as long as several of them.
_LOOK = 2_000
#: Processor seconds, for what none of the counts foresaw. The counts come first, so that the
#: verdict does not depend on the machine.
SECONDS = 5.0


class Caps:
    """What is left of each cap. `judge` judges a content that was found inside another one."""

    def __init__(self, judge: Callable[[Reader, str, Caps], Opinion], steps: int = STEPS) -> None:
        self._judge = judge
        self.steps = steps
        self.depth = 0
        self._read = READ
        self._inflated = INFLATED
        self._members = MEMBERS
        self._until = time.process_time() + SECONDS
        self._look_at = self.steps

    def step(self, count: int = 1) -> None:
        """Count steps."""
        self.steps -= count
        if self.steps < 0:
            raise TooMuchError(f"more than {STEPS:,} steps to judge it")
        if count and self.steps > self._look_at:
            return
        self._look_at = self.steps - _LOOK
        if time.process_time() > self._until:
            raise TooMuchError(f"more than {SECONDS:.0f} s to judge it")

    def reading(self, count: int) -> None:
        """Count bytes that are about to be read."""
        self._read -= count
        if self._read < 0:
            raise TooMuchError(f"more than {READ // 1_000_000} MB to read before it can be judged")

    def inflating(self, count: int) -> None:
        """Count bytes that have come out of compression."""
        self._inflated -= count
        if self._inflated < 0:
            raise TooMuchError(f"more than {INFLATED // 1_000_000} MB once it is unpacked")

    def apart(self, steps: int) -> Caps:
        """Caps for something that may fail without harm: all of these, but fewer steps."""
        return Caps(self._judge, min(steps, self.steps))

    def members(self, count: int) -> None:
        """Count members of an archive."""
        self._members -= count
        if self._members < 0:
            raise TooMuchError(f"more than {MEMBERS:,} members")

    def inside(self, reader: Reader, name: str) -> Opinion:
        """The opinion on a content inside of the one that is judged."""
        if self.depth >= DEPTH:
            raise TooMuchError(f"containers in containers, more than {DEPTH} deep")
        self.step(_CONTENT)
        self.depth += 1
        try:
            return self._judge(reader, name, self)
        finally:
            self.depth -= 1
