"""A user's file is written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from pmgit.core.errors import PmgitError
from pmgit.gitfiles import user_files
from pmgit.gitfiles.user_files import write_whole

if TYPE_CHECKING:
    from pathlib import Path


def only(folder: Path, *names: str) -> None:
    """Nothing else lies in the folder: no temporary file was left behind."""
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "box"
    folder.mkdir()
    return folder


def test_writes_a_new_file_and_replaces_an_old_one(box: Path) -> None:
    write_whole(str(box / "a"), b"one\r\n")
    assert (box / "a").read_bytes() == b"one\r\n"
    write_whole(str(box / "a"), b"two")
    assert (box / "a").read_bytes() == b"two"
    only(box, "a")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_keeps_the_mode_and_honours_the_umask(box: Path) -> None:
    (box / "a").write_bytes(b"")
    (box / "a").chmod(0o750)
    write_whole(str(box / "a"), b"x")
    assert (box / "a").stat().st_mode & 0o777 == 0o750
    before = os.umask(0o027)
    try:
        write_whole(str(box / "b"), b"x")
    finally:
        os.umask(before)
    assert (box / "b").stat().st_mode & 0o777 == 0o640


def test_new_refuses_what_exists(box: Path) -> None:
    write_whole(str(box / "a"), b"one", new=True)
    with pytest.raises(PmgitError, match="exists"):
        write_whole(str(box / "a"), b"two", new=True)
    assert (box / "a").read_bytes() == b"one"
    only(box, "a")


def test_new_has_one_winner(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the early look, only what happens in the one step decides.
    monkeypatch.setattr(os.path, "lexists", lambda path: False)
    won: list[bytes] = []
    gate = threading.Barrier(8)

    def write(content: bytes) -> None:
        gate.wait()
        try:
            write_whole(str(box / "a"), content, new=True)
        except PmgitError:
            return
        won.append(content)

    threads = [threading.Thread(target=write, args=(b"%d" % n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [(box / "a").read_bytes()]
    only(box, "a")


def test_new_works_without_hard_links(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_whole(str(box / "a"), b"one", new=True)
    with pytest.raises(PmgitError, match="exists"):
        write_whole(str(box / "a"), b"two", new=True)
    assert (box / "a").read_bytes() == b"one"
    only(box, "a")


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_refuses_a_link(box: Path, target: str) -> None:
    (box / "there").write_bytes(b"old")
    (box / "a").symlink_to(box / target)
    with pytest.raises(PmgitError, match="symbolic link") as caught:
        write_whole(str(box / "a"), b"new")
    assert caught.value.hint
    with pytest.raises(PmgitError, match="symbolic link"):
        user_files.read(str(box / "a"))
    assert (box / "there").read_bytes() == b"old"
    only(box, "a", "there")


def test_refuses_a_read_only_file(box: Path) -> None:
    (box / "a").write_bytes(b"old")
    (box / "a").chmod(0o444)
    with pytest.raises(PmgitError, match="read-only") as caught:
        write_whole(str(box / "a"), b"new")
    assert "chmod" in caught.value.hint
    assert (box / "a").read_bytes() == b"old"
    only(box, "a")


@pytest.mark.skipif(os.name != "posix", reason="the bit means nothing on Windows")
def test_refuses_a_read_only_folder(box: Path) -> None:
    box.chmod(0o555)
    try:
        with pytest.raises(PmgitError, match="read-only"):
            write_whole(str(box / "a"), b"new")
        only(box)
    finally:
        box.chmod(0o755)


def test_refuses_a_folder_and_a_missing_folder(box: Path) -> None:
    (box / "a").mkdir()
    with pytest.raises(PmgitError, match="not a file"):
        write_whole(str(box / "a"), b"new")
    with pytest.raises(PmgitError, match="could not be written") as caught:
        write_whole(str(box / "b" / "a"), b"new")
    assert caught.value.hint
    only(box, "a")


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX")
def test_a_full_disk_leaves_the_old_file(box: Path) -> None:
    """A limit on the size of files stands for the full disk: the write stops in the middle."""
    (box / "a").write_bytes(b"old")
    code = (
        "import resource, sys\n"
        "from pmgit.core.errors import PmgitError\n"
        "from pmgit.gitfiles.user_files import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    write_whole(sys.argv[1], b'x' * 100000)\n"
        "except PmgitError as error:\n    print(error.message, '|', error.hint)\n"
    )
    argv = [sys.executable, "-c", code, str(box / "a")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert "could not be written" in done.stdout
    assert "ulimit" in done.stdout
    assert (box / "a").read_bytes() == b"old"
    only(box, "a")


def test_reads_what_is_there(box: Path) -> None:
    assert user_files.read(str(box / "a")) is None
    (box / "a").write_bytes(b"\r\n")
    assert user_files.read(str(box / "a")) == b"\r\n"
    with pytest.raises(PmgitError):
        user_files.read(str(box))
