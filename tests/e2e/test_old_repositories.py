"""Repositories that were there before pmgit: raw weights, broken files, no room, no right."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kit import pointer
from tests.lfs_install import install_lfs

if TYPE_CHECKING:
    from tests.kit import Repo

BERT = "pretrained_model/bert"
LFS = "filter=lfs diff=lfs merge=lfs -text"


@pytest.fixture
def old(repo: Repo) -> Repo:
    """A repository with raw weights in its only commit."""
    repo.stage(f"{BERT}/x.bin", 3000)
    repo.stage(f"{BERT}/config.json", "{}\n")
    repo.add_info(BERT)
    repo.commit()
    return repo


def files(top: Path) -> dict[str, tuple[bytes, int]]:
    """The files of the work tree, with their modes."""
    return {
        str(file.relative_to(top)): (file.read_bytes(), file.stat().st_mode)
        for file in top.rglob("*")
        if file.is_file() and ".git" not in file.relative_to(top).parts
    }


def test_raw_weights_below_a_folder_line_with_carriage_returns(old: Repo) -> None:
    content = old.blob(f"{BERT}/x.bin")
    mine = f"*.png binary\r\npretrained_model/ {LFS}\r\n".encode()
    old.stage(".gitattributes", mine)
    old.commit()
    assert old.blob(f"{BERT}/x.bin") == content
    assert "dead-attribute" in old.rules("--all")
    result = old.pmgit("lfs-setup")
    assert result.code == 0, result
    assert "its object arrived" in result.out
    assert old.blob(f"{BERT}/x.bin") == pointer(content)
    assert (old.path / BERT / "x.bin").read_bytes() == content
    now = (old.path / ".gitattributes").read_bytes()
    assert now.startswith(mine)
    assert now.count(b"\r\n") == now.count(b"\n")
    old.paste_all("--all", "--select", "lfs")
    assert old.check("--all") == []
    assert old.git("lfs", "fsck", "--pointers").strip() == "Git LFS fsck OK"


def test_attributes_that_are_a_pointer(old: Repo) -> None:
    install_lfs(old)
    text = b"*.png binary\n"
    old.git("lfs", "clean", stdin=text)
    old.stage(".gitattributes", pointer(text))
    old.commit()
    before = files(old.path)
    refused = old.pmgit("lfs-setup")
    assert (refused.code, files(old.path)) == (3, before)
    old.sh(refused.err.split("hint: ")[1].strip())
    assert old.pmgit("lfs-setup", "--no-proof").code == 0
    assert old.blob(".gitattributes").startswith(text)
    assert old.blob(f"{BERT}/x.bin").startswith(b"version")


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
@pytest.mark.parametrize(
    ("command", "name"),
    [(("lfs-setup", "--no-proof"), ".gitattributes"), (("gitignore",), ".gitignore")],
)
def test_a_file_that_is_read_only(old: Repo, command: tuple[str, ...], name: str) -> None:
    old.stage(name, "*.mine text\n").chmod(0o444)
    before = files(old.path), old.git("ls-files", "-s")
    refused = old.pmgit(*command)
    assert refused.code == 3
    assert "is read-only" in refused.err
    assert (files(old.path), old.git("ls-files", "-s")) == before
    old.sh(refused.err.split("hint: allow it first: ")[1].strip())
    assert old.pmgit(*command).code == 0
    assert (old.path / name).read_text().startswith("*.mine text\n")


@pytest.mark.skipif(os.name != "posix", reason="ulimit")
@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("lfs-setup --no-proof", ".gitattributes"),
        ("gitignore", ".gitignore"),
        ("gitignore --nested", "pretrained_model/.gitignore"),
        ("info new gpt", "pretrained_model/gpt/INFO.md"),
    ],
)
def test_a_full_disk(old: Repo, command: str, name: str) -> None:
    if name.endswith("INFO.md"):
        for number in range(12):
            old.write(f"pretrained_model/gpt/part-{number}-of-the-weights.safetensors", 10)
    else:
        old.stage(name, "# mine\n" * 200)
    before = files(old.path), old.git("ls-files", "-s")
    # No file may become larger than 1 kB: the write fails as on a disk without room.
    # Python would leave half of what it compiles, and believe it the next time.
    env = {"PYTHONDONTWRITEBYTECODE": "1"}
    result = old.sh(f"ulimit -f 1; pmgit {command}", env=env)
    assert result.code == 3, result
    assert "Traceback" not in result.err
    assert (files(old.path), old.git("ls-files", "-s")) == before
    assert old.git("status", "--porcelain") is not None
    assert old.pmgit(*command.split()).code == 0
