"""The doctor names the weights that lie here and that nobody has described."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

ROOT = "pretrained_model"


def line_of(repo: Repo) -> str:
    shown = repo.pmgit("doctor").out
    (line,) = (line for line in shown.splitlines() if " models: " in line)
    return line


def test_what_nobody_has_described(repo: Repo, tmp_path: Path) -> None:
    repo.add_info(f"{ROOT}/bert")
    repo.stage(".gitignore", f"{ROOT}/*\n!{ROOT}/bert/\n*.bin\n")
    repo.write(f"{ROOT}/bert/model.bin", 300)
    assert line_of(repo).startswith("ok: ")
    (tmp_path / "share").mkdir()
    repo.write(f"{ROOT}/resnet50.pth", 300)
    repo.write(f"{ROOT}/vosk/am/final.mdl", 100_001)
    repo.write(f"{ROOT}/code/run.py", "x = 1\n")
    repo.git("init", "-q", f"{ROOT}/clone")
    (repo.path / ROOT / "link").symlink_to(tmp_path / "share")
    said = line_of(repo)

    assert said.startswith("warning: ")
    for name in ("resnet50.pth", "vosk/am", "clone", "link"):
        assert f"{ROOT}/{name}" in said
    assert "code" not in said


def test_what_is_excluded_or_not_asked_for(repo: Repo) -> None:
    repo.stage(".gitignore", "*.pth\n")
    repo.write(f"{ROOT}/resnet50.pth", 300)
    repo.stage(".pmgit.toml", f'exclude = ["{ROOT}/resnet50.pth"]\n')

    assert line_of(repo).startswith("ok: ")
