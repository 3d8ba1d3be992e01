"""LZ4 frames, put together by hand: literals, copies, blocks, and damage."""

from __future__ import annotations

import pytest

from pmgit.formats.lz4_frame import MAGIC, unpack
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.reader import BytesReader
from pmgit.scan.scanned import judge_content
from tests.formats.assemble import CALL, fresh_caps, pickled


def frame(*blocks: bytes, plain: bool = False) -> bytes:
    """A frame of these blocks, without checksums."""
    sizes = (len(block) | (1 << 31 if plain else 0) for block in blocks)
    body = b"".join(
        size.to_bytes(4, "little") + block for size, block in zip(sizes, blocks, strict=True)
    )
    return MAGIC + b"\x60\x70\x73" + body + bytes(4)


def out_of(data: bytes) -> bytes:
    return unpack(BytesReader(data), fresh_caps())


def test_what_comes_out() -> None:
    assert out_of(frame(b"\x50hello")) == b"hello"
    assert out_of(frame(b"hello", plain=True)) == b"hello"
    # A copy of what was written, further than it was, then more literals.
    assert out_of(frame(b"\x35abc\x03\x00\x10!")) == b"abcabcabcabc!"
    assert out_of(frame(b"\x1fa\x01\x00\xff\x05\x10b")) == b"a" * (1 + 15 + 255 + 5 + 4) + b"b"
    # A block goes on where the one before it ended.
    assert out_of(frame(b"\x30abc", b"\x02\x03\x00\x10d")) == b"abcabcabcd"
    assert out_of(frame(b"\xf0\x02" + b"x" * 17)) == b"x" * 17


@pytest.mark.parametrize(
    "data",
    [
        frame(b"\x50hell"), frame(b"\x04\x01\x00"), frame(b"\x14a\x02\x00"),
        frame(b"\x14a\x00\x00"), frame(b"\x1f"), frame(b"\x50hello")[:-1],
        frame(b"\x50hello")[:-6], frame() + b"x",
        MAGIC, MAGIC + b"\xe0\x70\x73" + bytes(4), MAGIC + b"\x60\x70\x73\xff\xff\xff\x7f",
    ],
)  # fmt: skip
def test_damage(data: bytes) -> None:
    with pytest.raises(BrokenError):
        out_of(data)


def test_blocks_with_nothing_in_them_are_counted() -> None:
    assert out_of(frame(*[b""] * 1000, plain=True)) == b""
    with pytest.raises(TooMuchError, match="steps"):
        out_of(frame(*[b""] * 150_000, plain=True))


def test_a_bomb() -> None:
    with pytest.raises(TooMuchError):
        out_of(frame(*[b"\x1fa\x01\x00" + b"\xff" * 200_000 + b"\x05\x10b"] * 4))


def test_a_pickle_in_a_frame() -> None:
    for body, verdict in ((CALL, "unsafe"), (b"}", "ok")):
        data = pickled(body)
        block = bytes((0xF0, len(data) - 15)) + data if len(data) >= 15 else b"\x40" + data
        opinion = judge_content(BytesReader(frame(block)), "model.lz4")
        assert (opinion.kind, opinion.verdict) == ("pickle in lz4", verdict)
