"""Bytes behind the end of what a file holds: padding, or what its readers pass over.

numpy, pickle and torch take what they need and leave the rest unread, so that anything can travel
behind weights without a trace. Writers leave zeros there at most.
"""

from __future__ import annotations

from pmgit.formats.opinion import BROKEN, UNSAFE, WARN, FileFinding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_PORTION = 1 << 20
BLANKS = b"\0 \t\r\n"


def findings(reader: Reader, begin: int, caps: Caps, what: str) -> list[FileFinding]:
    """What is wrong with the bytes from `begin` on, which lie behind `what`; blanks only warn."""
    left = reader.size - begin
    if left <= 0:
        return []
    text = f"{left:,} {'byte' if left == 1 else 'bytes'} behind {what}"
    if not reader.read(begin, 4096).strip(BLANKS) and _is_blank(reader, begin, caps):
        return [FileFinding(WARN, f"{text}, with nothing in them", offset=begin)]
    inside = caps.inside(reader.part(begin, left), "")
    found = [one for one in inside.findings if one.verdict == UNSAFE]
    return [FileFinding(BROKEN, f"{text}, which no reader looks at", offset=begin), *found]


def _is_blank(reader: Reader, begin: int, caps: Caps) -> bool:
    while begin < reader.size:
        caps.reading(min(_PORTION, reader.size - begin))
        caps.step(0)
        if reader.read(begin, _PORTION).strip(BLANKS):
            return False
        begin += _PORTION
    return True
