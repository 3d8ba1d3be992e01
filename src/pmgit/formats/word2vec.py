"""Vectors of words as word2vec writes them: a line with how many and how long, then each word, a
space, and its numbers of 4 bytes. word2vec ends each with a line, gensim does not."""

from __future__ import annotations

import re

from pmgit.formats import behind
from pmgit.formats.names import WORD2VEC
from pmgit.formats.opinion import BrokenError, Opinion, opinion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_SIZES = re.compile(rb"(\d{1,9}) (\d{1,5})\n")
#: A word, as long as one is, and the space behind it.
_WORD = re.compile(rb"\n?[^\0-\x20]{1,400} ")
_LONGEST_WORD = 10_000
#: Of a file with more words than these, only so many are followed.
_FOLLOWED = 50_000


def begins(head: bytes) -> bool:
    """Whether this begins with the sizes and a word."""
    sizes = _SIZES.match(head)
    return bool(sizes and int(sizes[2]) and (not int(sizes[1]) or _WORD.match(head, sizes.end())))


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Whether there are as many words as the first line says."""
    sizes = _SIZES.match(reader.read(0, 32))
    if not sizes:
        raise BrokenError("no sizes in its first line", 0)
    count, width = int(sizes[1]), 4 * int(sizes[2])
    at = sizes.end()
    for number in range(min(count, _FOLLOWED)):
        caps.step(3)
        head = reader.read(at, 128)
        end = head.find(b" ")
        if end < 0:
            end = reader.read(at, _LONGEST_WORD).find(b" ")
        at += end + 1 + width
        if end < 0 or at > reader.size:
            raise BrokenError(f"it has {number:,} whole words of {count:,}", reader.size)
    if count > _FOLLOWED:
        # Each has a letter and a space at least.
        if at + (count - _FOLLOWED) * (width + 2) > reader.size:
            raise BrokenError(f"too small for {count:,} words", reader.size)
        return Opinion(WORD2VEC)
    at += reader.read(at, 1) == b"\n"
    return opinion(WORD2VEC, behind.findings(reader, at, caps, "the words"))
