"""Texts that belong into Git: `pmgit lfs-setup` keeps them out of Git LFS, and puts them right."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.commands.test_lfs_setup import BERT, FILTER, attributes, setup, state
from tests.kit import pointer
from tests.lfs_install import install_lfs

if TYPE_CHECKING:
    from tests.kit import Repo


def test_a_pattern_that_catches_texts(repo: Repo) -> None:
    for name in ("config.json", "INFO.md", "model.safetensors.index.json", "data.json"):
        repo.stage(f"{BERT}/{name}", f'"{name}"\n')
    repo.stage(f"{BERT}/Readme.md", "r\n")
    repo.stage("docs/README.md", "r\n")
    setup(repo, "pretrained_model/**")
    assert repo.blob(f"{BERT}/data.json").startswith(b"version")
    for name in ("config.json", "INFO.md", "model.safetensors.index.json"):
        assert repo.blob(f"{BERT}/{name}") == f'"{name}"\n'.encode()
    assert repo.blob(f"{BERT}/Readme.md") == b"r\n"
    lines = attributes(repo)
    assert "/pretrained_model/**/config.json !filter !diff !merge !text" in lines
    assert f"/{BERT}/Readme.md !filter !diff !merge !text" in lines
    assert "config.json !filter !diff !merge !text" not in lines
    before = state(repo)
    setup(repo, "pretrained_model/**")
    assert state(repo) == before


def test_everything_in_lfs_is_put_right(repo: Repo) -> None:
    """`git lfs track '*'`, and then all was added."""
    install_lfs(repo)
    repo.git("lfs", "track", "*")
    repo.write("README.md", "hello\n")
    repo.write(f"{BERT}/config.json", "{}\n")
    repo.write(f"{BERT}/x.bin", 300)
    repo.git("add", "-A")
    assert repo.blob("README.md").startswith(b"version")
    assert repo.blob(".gitattributes").startswith(b"version")
    # As a clone without the content has it.
    repo.write(f"{BERT}/config.json", pointer(b"{}\n"))
    result = setup(repo)
    assert repo.blob("README.md") == b"hello\n"
    assert repo.blob(f"{BERT}/config.json") == b"{}\n"
    assert (repo.path / BERT / "config.json").read_bytes() == b"{}\n"
    assert repo.blob(".gitattributes").startswith(b"* filter=lfs")
    assert repo.blob(f"{BERT}/x.bin").startswith(b"version")
    assert "staged the text of: README.md" in result.out
    assert "text-in-lfs" not in repo.rules("--all")
    assert "uncovered-pointer" not in repo.rules("--all")


def test_a_text_that_was_edited_stays_on_disk(repo: Repo) -> None:
    install_lfs(repo)
    repo.git("lfs", "clean", stdin=b"{}\n")
    repo.stage_blob(f"{BERT}/config.json", pointer(b"{}\n"))
    repo.write(f"{BERT}/config.json", '{"mine": 1}\n')
    setup(repo)
    assert repo.blob(f"{BERT}/config.json") == b"{}\n"
    assert (repo.path / BERT / "config.json").read_text() == '{"mine": 1}\n'


def test_a_text_that_is_not_here_is_told(repo: Repo) -> None:
    repo.stage_blob(f"{BERT}/config.json", pointer(b"{}\n"))
    before = repo.contents()
    result = setup(repo, code=3)
    assert f"not on this machine: {BERT}/config.json" in result.err
    then = "pmgit lfs-setup"
    assert f"hint: git lfs fetch --include=/{BERT}/config.json && {then}\n" in result.err
    assert repo.blob(f"{BERT}/config.json") == pointer(b"{}\n")
    assert repo.contents() == before


def test_a_damaged_object_is_no_text(repo: Repo) -> None:
    repo.stage_blob(f"{BERT}/config.json", pointer(b"{}\n"))
    oid = hashlib.sha256(b"{}\n").hexdigest()
    repo.write(f".git/lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", "{]\n")
    setup(repo, code=3)
    assert repo.blob(f"{BERT}/config.json") == pointer(b"{}\n")


def test_a_text_too_large_for_git_stays_in_lfs(repo: Repo) -> None:
    install_lfs(repo)
    repo.stage(".gitattributes", f"*.json {FILTER}\n")
    repo.stage(f"{BERT}/big.index.json", b"x" * 10_000_001)
    repo.stage(f"{BERT}/small.index.json", b"x" * 10)
    for _ in range(2):
        setup(repo)
        assert repo.blob(f"{BERT}/big.index.json").startswith(b"version")
        assert repo.blob(f"{BERT}/small.index.json") == b"x" * 10
        out = repo.git("check-attr", "filter", f"{BERT}/big.index.json", f"{BERT}/small.index.json")
        assert out.splitlines()[0].endswith(": lfs")
        assert out.splitlines()[1].endswith(": unspecified")


def test_the_configured_size_of_a_text(repo: Repo) -> None:
    install_lfs(repo)
    repo.write(".pmgit.toml", '[rules.text-in-lfs]\nmax-text-size = "2 kB"\n')
    repo.stage(".gitattributes", f"*.json {FILTER}\n")
    repo.stage(f"{BERT}/a.index.json", b"x" * 2001)
    repo.stage(f"{BERT}/b.index.json", b"x" * 2000)
    setup(repo)
    assert repo.blob(f"{BERT}/a.index.json").startswith(b"version")
    assert repo.blob(f"{BERT}/b.index.json") == b"x" * 2000
    repo.git("add", ".pmgit.toml")
    assert "text-in-lfs" not in repo.rules("--all")
