"""Blocks that snappy has packed: put together by hand here, from the tags of its format."""

from __future__ import annotations

import pytest

from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.snappy import unpack
from tests.formats.assemble import fresh_caps

HUNDRED = bytes(range(100))


def unpacked(packed: bytes) -> bytes:
    return unpack(packed, 1000, fresh_caps())


@pytest.mark.parametrize(
    ("packed", "content"),
    [
        (b"\x00", b""),
        (b"\x03\x08abc", b"abc"),
        (b"\x64\xf0\x63" + HUNDRED, HUNDRED),
        (b"\x64\xf4\x63\x00" + HUNDRED, HUNDRED),
        # Copies with one, two and four bytes of distance, and one of what it is just writing.
        (b"\x07\x08abc\x01\x03", b"abcabca"),
        (b"\x06\x08abc\x0a\x03\x00", b"abcabc"),
        (b"\x06\x08abc\x0b\x03\x00\x00\x00", b"abcabc"),
        (b"\x0c\x00a\x1d\x01", b"a" * 12),
    ],
)
def test_what_it_packs(packed: bytes, content: bytes) -> None:
    assert unpacked(packed) == content


@pytest.mark.parametrize(
    "packed",
    [
        b"", b"\x80\x80", b"\x04\x08abc", b"\x02\x08abc", b"\x03\x08ab", b"\x05\x08abc\x01",
        b"\x07\x08abc\x01\x04", b"\x07\x08abc\x01\x00", b"\x03\xf8\xff\xff",
    ],
)  # fmt: skip
def test_what_is_none(packed: bytes) -> None:
    with pytest.raises(BrokenError):
        unpacked(packed)


def test_more_than_anybody_has_in_an_index() -> None:
    with pytest.raises(TooMuchError):
        unpacked(b"\xe9\x07" + b"\xfe\x01\x00" * 20)
