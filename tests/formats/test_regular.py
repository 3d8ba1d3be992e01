"""Only regular files are opened, and nothing waits."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from typing import TYPE_CHECKING

import pytest

from pmgit.formats.regular import open_regular, pieces, read_regular

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345\r\n\x1a6")

    assert read_regular(str(tmp_path / "a"), 100) == b"12345\r\n\x1a6"
    assert read_regular(str(tmp_path / "a"), 3) == b"123"


def test_pieces_make_up_the_file_and_begin_at_a_page(tmp_path: Path) -> None:
    """Elsewhere in a page some kernels fill memory four times as slowly."""
    content = os.urandom(3_000_001)
    (tmp_path / "a").write_bytes(content)

    found = bytearray()
    with open_regular(str(tmp_path / "a")) as file:
        for piece in pieces(file):
            assert ctypes.addressof(ctypes.c_char.from_buffer(piece)) % mmap.PAGESIZE == 0
            found += piece
    assert found == content


def test_what_is_not_there(tmp_path: Path) -> None:
    assert read_regular(str(tmp_path / "absent"), 9) is None
    assert read_regular(str(tmp_path), 9) is None
    with pytest.raises(FileNotFoundError):
        open_regular(str(tmp_path / "absent"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs links, FIFOs and devices")
def test_links_pipes_and_devices(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "link").symlink_to("a")
    os.mkfifo(tmp_path / "fifo")

    assert read_regular(str(tmp_path / "link"), 9) is None
    assert read_regular("/dev/zero", 9) is None
    with pytest.raises(ValueError, match="no regular file"):
        open_regular(str(tmp_path / "fifo"))


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = os.dup(0)
    os.close(before)
    for _ in range(5):
        read_regular(str(tmp_path), 9)
        read_regular(os.devnull, 9)
    after = os.dup(0)
    os.close(after)

    assert before == after
