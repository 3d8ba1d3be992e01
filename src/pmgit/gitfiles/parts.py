"""The parts in which two versions of a text differ, so that one part can be taken back later."""

from __future__ import annotations

from difflib import SequenceMatcher

from pmgit.git.blob import decode, encode


def between(before: bytes, after: bytes) -> tuple[list[str], list[str]]:
    """The texts that are new in `after`, and what stood in the place of each in `before`.

    Several short ones where each stands in `after` only once; else one that holds them all, with
    as many lines around as make it the only one.
    """
    old, new = (decode(data).splitlines(keepends=True) for data in (before, after))
    codes = SequenceMatcher(None, old, new).get_opcodes()
    changes = [code[1:] for code in codes if code[0] != "equal"]
    pairs = [_shortened("".join(old[a:b]), "".join(new[c:d])) for a, b, c, d in changes]
    added, removed = [now for _, now in pairs], [was for was, _ in pairs]
    if not changes:
        return [], []
    above, below = changes[0][2], len(new) - changes[-1][3]  # so many lines stay as they were
    while taken_back(after, added, removed) != before:
        added = ["".join(new[above : len(new) - below])]
        removed = ["".join(old[above : len(old) - below])]
        if not above and not below:
            break
        above, below = max(above - 1, 0), max(below - 1, 0)
    return added, removed


def taken_back(text: bytes, added: list[str], removed: list[str]) -> bytes | None:
    """`text` without what was added, and with what stood in its place ([]: nothing); None when
    what was added is not there, or not only once.
    """
    found = decode(text)
    for part, instead in reversed(list(zip(added, removed or [""] * len(added), strict=True))):
        if not part or found.count(part) != 1:
            return None
        found = found.replace(part, instead)
    return encode(found)


def _shortened(was: str, now: str) -> tuple[str, str]:
    """Two texts without what both begin and end with."""
    begin = _common(was, now)
    was, now = was[begin:], now[begin:]
    end = _common(was[::-1], now[::-1])
    return was[: len(was) - end], now[: len(now) - end]


def _common(one: str, other: str) -> int:
    """The number of characters that both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
