"""This repository keeps the rules that it makes: its managed blocks are what pmgit writes."""

from __future__ import annotations

from pathlib import Path

from tests.kit import Repo

TOP = Path(__file__).resolve().parent.parent


def test_the_managed_blocks_are_what_pmgit_writes(repo: Repo) -> None:
    files = {name: (TOP / name).read_bytes() for name in (".gitattributes", ".gitignore")}
    for name, content in files.items():
        assert b"# >>> pmgit" in content
        repo.stage(name, content)
    for command in ("lfs-setup", "gitignore"):
        result = repo.pmgit(command)
        assert result.code == 0, result
    for name, content in files.items():
        assert (repo.path / name).read_bytes() == content, name
