"""Models of fastText: both ways to find the end of one."""

from __future__ import annotations

import struct

import pytest

from pmgit.formats import fasttext
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.reader import BytesReader
from tests.formats.assemble import fresh_caps


def model(words: int, *, dimensions: int = 1) -> bytes:
    """A model of so many words, without buckets."""
    head = fasttext.MAGIC + struct.pack("<i", 12)
    head += struct.pack("<12id", dimensions, 5, 5, 1, 5, 1, 2, 2, 0, 3, 6, 100, 1e-4)
    entries = b"".join(b"word-%d\0" % n + struct.pack("<qb", n, 0) for n in range(words))
    matrix = b"\0" + struct.pack("<qq", words, dimensions) + bytes(4 * words * dimensions)
    return head + struct.pack("<3iqq", words, words, 0, 9, -1) + entries + matrix + matrix


def walked(data: bytes) -> int:
    return fasttext._FastText(BytesReader(data)).walk(fresh_caps())


def test_the_dictionary_leads_to_the_same_end() -> None:
    for words in (1, 2, 100_000):  # which is more than is read at once
        data = model(words)
        assert fasttext._FastText(BytesReader(data)).fits()
        assert walked(data) == len(data), words
        assert not fasttext._FastText(BytesReader(data[:-1])).fits()
        with pytest.raises(BrokenError):
            walked(data[:-1])


def test_a_large_model_that_is_cut_is_not_walked_through() -> None:
    """Of two million words, as the models for each language have, the end is all that is read."""
    head = model(0)[:64]
    count = struct.pack("<3iqq", 2_000_000, 2_000_000, 0, 9, -1)
    with pytest.raises(TooMuchError):
        walked(head + count + bytes(30_000_000))
    with pytest.raises(BrokenError):
        walked(head + count)
