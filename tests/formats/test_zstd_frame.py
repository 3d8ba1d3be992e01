"""Zstandard frames of the real library: what comes out, damage, bombs, and no library."""

from __future__ import annotations

import random
import sys

import pytest
import zstandard

from pmgit.formats import zstd_frame
from pmgit.formats.compressed import unpack
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.reader import BytesReader
from pmgit.scan.scanned import judge_content
from pmgit.tensors.read import read
from tests.formats.assemble import fresh_caps, pickled, state_dict

NOISE = random.Random(1).randbytes(150_000)
CONTENTS = {
    "nothing": b"",
    "one": b"x",
    "text": b"hello" * 60,
    "blocks": NOISE + bytes(200_000) + NOISE[:1000] * 200,
}


def out_of(data: bytes) -> bytes:
    return unpack(BytesReader(data), "zstd", fresh_caps())


def passed_over(data: bytes) -> bytes:
    return b"\x53\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_what_comes_out(content: bytes) -> None:
    for level in (-5, 3, 19):
        for has_sum in (False, True):
            for has_size in (False, True):
                engine = zstandard.ZstdCompressor(
                    level=level, write_checksum=has_sum, write_content_size=has_size
                )
                frame = engine.compress(content)
                streamed = engine.compressobj()
                in_parts = streamed.compress(content[:99]) + streamed.compress(content[99:])
                in_parts += streamed.flush()
                for data in (frame, in_parts):
                    assert out_of(data) == content
                assert out_of(frame + in_parts) == 2 * content
                assert out_of(passed_over(b"size") + frame + passed_over(b"")) == content


def test_blocks_with_nothing_in_them_are_counted() -> None:
    begin, empty, last = b"\x28\xb5\x2f\xfd\x00\x58", b"\0\0\0", b"\1\0\0"
    assert out_of(begin + empty * 1000 + last) == b""
    with pytest.raises(TooMuchError, match="steps"):
        out_of(begin + empty * 500_000 + last)


def test_it_is_cut_at_every_place() -> None:
    engine = zstandard.ZstdCompressor(write_checksum=True)
    data = engine.compress(b"hello" + NOISE[:500])
    for end in range(4, len(data)):
        with pytest.raises(BrokenError):
            out_of(data[:end])
    for other in (data + b"x", data[:20] + b"\x00" + data[21:], data[:4] + b"\xff" + data[5:]):
        with pytest.raises((BrokenError, TooMuchError)):
            out_of(other)
    with pytest.raises(BrokenError):
        out_of(passed_over(b"1234")[:-1])


def test_a_bomb_stops_before_it_is_unpacked() -> None:
    """Of each block of four bytes come 128 KB: no more than a few blocks are unpacked at once."""
    zeros = zstandard.ZstdCompressor(level=1).compress(bytes(80_000_000))
    with pytest.raises(TooMuchError):
        out_of(zeros)
    head, block = zstd_frame.MAGIC + b"\0\x88", b"\x02\0\x10\0"
    come = zstd_frame.Frame().decompress(head + block * 60_000, 1 << 18)
    assert 1 << 18 <= len(come) <= 1 << 19


def test_a_window_that_is_too_large() -> None:
    params = zstandard.ZstdCompressionParameters.from_level(3, window_log=28, enable_ldm=True)
    streamed = zstandard.ZstdCompressor(compression_params=params).compressobj()
    data = streamed.compress(b"hello") + streamed.flush()
    with pytest.raises(TooMuchError, match="window"):
        out_of(data)


def test_it_is_inspected() -> None:
    data = zstandard.compress(pickled(b"}"))
    assert read(BytesReader(data), "pickle in zstd").notes == []


def test_without_a_library_it_is_unknown_and_says_what_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression", None)
    found = judge_content(BytesReader(zstandard.compress(state_dict())), "model.pkl.zst")
    assert (found.verdict, found.kind) == ("unknown", "zstd")
    assert "pip install zstandard" in found.findings[0].message
