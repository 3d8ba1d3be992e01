"""A file that somebody changes while it is judged gets no verdict: it would be one on a mixture."""

from __future__ import annotations

import os
from functools import partial
from typing import IO, TYPE_CHECKING

import pytest

from pmgit.formats.reader import FileReader
from pmgit.formats.regular import open_regular
from pmgit.scan import scanned
from pmgit.scan.scanned import Scanned, scan
from tests.formats.assemble import CALL, pickled, state_dict, text, torch_zip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = torch_zip(storage=bytes(24))
_FILLED = len(state_dict()) - len(CALL) - len(pickled(b"")) - len(text("") + b"0")
#: As long as the good one.
UNSAFE = torch_zip(pickled(text("x" * _FILLED) + b"0" + CALL), storage=bytes(24))
BEFORE = 1_600_000_000


def replaced(path: Path, data: bytes) -> None:
    """Another file under the same name, as editors and Git write it."""
    other = path.with_name("other")
    other.write_bytes(data)
    os.utime(other, (BEFORE, BEFORE))
    other.replace(path)


def overwritten(path: Path, data: bytes) -> None:
    """Other bytes in the same file, which is made to look as old as it was."""
    with path.open("r+b") as file:
        file.write(data)
    os.utime(path, (BEFORE, BEFORE))


def grown(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def cut(path: Path, data: bytes) -> None:
    os.truncate(path, 40)


def cut_and_filled(path: Path, data: bytes) -> None:
    os.truncate(path, 10)
    grown(path, data[10:])


def removed(path: Path, data: bytes) -> None:
    path.unlink()


def nothing() -> None:
    pass


CHANGES: tuple[Callable[[Path, bytes], None], ...] = (
    replaced, overwritten, grown, cut, cut_and_filled, removed,
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "folder"
    found.mkdir()
    return found


def written(path: Path, data: bytes) -> None:
    """A file that has been there for long."""
    path.write_bytes(data)
    os.utime(path, (BEFORE, BEFORE))


class Changing:
    """Reads of a file, before one of which something happens to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        self.reads = 0
        self.change: Callable[[], None] = nothing
        read = FileReader.read

        def watched(reader: FileReader, offset: int, length: int) -> bytes:
            self.reads += 1
            self.left -= 1
            if self.left == 0:
                self.change()
            return read(reader, offset, length)

        monkeypatch.setattr(FileReader, "read", watched)

    def scan(self, path: Path, before: int, change: Callable[[], None]) -> Scanned:
        """The answer where `change` happens before the read of this number."""
        self.left, self.reads, self.change = before, 0, change
        (found,) = scan([str(path)])
        return found


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_a_file_that_changes_before_any_read_is_not_judged(
    change: Callable[[Path, bytes], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(GOOD) == len(UNSAFE)
    changing, path = Changing(monkeypatch), folder / "model.pt"
    for whole, other in ((GOOD, UNSAFE), (UNSAFE, GOOD)):
        written(path, whole)
        plain = changing.scan(path, -1, nothing)
        assert plain.could
        assert plain.opinion.verdict == ("ok" if whole == GOOD else "unsafe")
        count = changing.reads
        assert count >= 6
        for before in range(1, count + 1):
            written(path, whole)
            found = changing.scan(path, before, partial(change, path, other))
            assert (found.could, found.opinion.verdict) == (False, "unknown"), (before, found)


def test_a_folder_that_becomes_a_link_before_its_file_is_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("inside", "outside"):
        (folder / name).mkdir()
        written(folder / name / "model.pt", GOOD)
    opens = open_regular

    def swapped(path: str) -> IO[bytes]:
        (folder / "inside").rename(folder / "gone")
        (folder / "inside").symlink_to("outside")
        return opens(path)

    monkeypatch.setattr(scanned, "open_regular", swapped)
    (found,) = scan([str(folder / "inside")])
    assert (found.could, found.opinion.verdict) == (False, "unknown")
    assert "changed" in found.opinion.findings[0].message


def test_a_file_that_nobody_changes_is_judged_again(folder: Path) -> None:
    """Reading changes nothing of what is compared."""
    written(folder / "model.pt", GOOD)
    for _ in range(3):
        (found,) = scan([str(folder / "model.pt")])
        assert (found.could, found.opinion.verdict) == (True, "ok")
