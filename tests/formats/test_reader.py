"""Ranges of files, of bytes and of parts of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pmgit.formats.reader import BytesReader, FileReader, Reader


@pytest.fixture(params=["bytes", "file"])
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reader]:
    if request.param == "bytes":
        yield BytesReader(b"0123456789")
        return
    (tmp_path / "file").write_bytes(b"0123456789")
    with (tmp_path / "file").open("rb") as file:
        yield FileReader(file, str(tmp_path))


def test_ranges(reader: Reader) -> None:
    assert reader.size == 10
    assert reader.read(2, 3) == b"234"
    assert reader.read(8, 9) == b"89"
    assert reader.read(10, 1) == reader.read(99, 1) == reader.read(1, -1) == b""


def test_a_part_shows_nothing_of_what_stands_around_it(reader: Reader) -> None:
    part = reader.part(3, 4)
    assert (part.size, part.read(0, 99), part.read(3, 9)) == (4, b"3456", b"6")
    assert part.read(4, 1) == part.read(99, 1) == b""
    assert part.part(1, 99).read(0, 99) == b"456"
    assert reader.part(8, 99).size == 2
    assert reader.part(99, 1).size == 0
