"""The ignore block in its two places, and what downloads leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.gitfiles.block import BEGIN, END
from tests.commands.test_gitignore import BERT, BLOCK, CODE, SEEN, TEXT, WEIGHTS, added, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit import Repo

ROOT = "pretrained_model"
NESTED = [
    BEGIN,
    "/**",
    "!/**/",
    "!/README.md",
    "!/.gitkeep",
    "!/**/INFO.md",
    "!/**/pmgit.lock",
    "!/.gitignore",
    *CODE,
    END,
]
LEFT = [
    ".cache/huggingface/download/config.json.metadata",
    ".cache/huggingface/download/README.md.lock",
    "bert/.cache/huggingface/download/LICENSE.lock",
    "bert/.cache/huggingface/download/README.md.metadata",
    "bert/.huggingface/download/LICENSE.metadata",
    "org/name/README.md.incomplete",
    "org/name/x.safetensors.incomplete",
]


def lines(repo: Repo, file: str) -> list[str]:
    return (repo.path / file).read_text().splitlines()


# -- what downloads leave behind ------------------------------------------------------------------


@pytest.mark.parametrize("nested", ["--nested", "--no-nested"])
@pytest.mark.parametrize("storage", ["ignore", "lfs"])
def test_left_behind_by_downloads(repo: Repo, storage: str, nested: str) -> None:
    repo.write(".pmgit.toml", f'storage = "{storage}"\n')
    run(repo, "--keep-text", nested)
    for name in LEFT:
        repo.write(f"{ROOT}/{name}", "x\n")
    own = {".gitignore"} if nested == "--nested" else set()
    expected = {*SEEN, *TEXT, *own, *(WEIGHTS if storage == "lfs" else ())}
    assert added(repo) == expected


def test_a_line_that_lets_them_in_is_named(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'storage = "lfs"\n')
    repo.write(f"{ROOT}/.gitignore", "# mine\n!*.incomplete\n")
    result = run(repo, code=3)
    assert f"{ROOT}/.gitignore:2 (!*.incomplete) lets {ROOT}/" in result.err


# -- in a file of the models folder ---------------------------------------------------------------


def test_nested_writes_into_the_models_folder(repo: Repo) -> None:
    out = run(repo, "--nested").out
    assert f"wrote {ROOT}/.gitignore" in out
    assert "proved: weights below pretrained_model/ are hidden from Git" in out
    assert lines(repo, f"{ROOT}/.gitignore") == NESTED
    assert not (repo.path / ".gitignore").exists()
    assert added(repo) == {*SEEN, ".gitignore"}


def test_it_decides_over_lines_at_the_top(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'storage = "lfs"\n')
    mine = "*.bin\n*.md\n/pretrained_model/**/*.onnx\n*.json\nLICENSE\n*.lock\n"
    repo.write(".gitignore", mine)
    run(repo, "--nested")
    assert (repo.path / ".gitignore").read_text() == mine
    assert added(repo) == {*SEEN, *TEXT, *WEIGHTS, ".gitignore"}


@pytest.mark.parametrize("storage", ["ignore", "lfs"])
@pytest.mark.parametrize("line", ["pretrained_model/", "/pretrained_model", "*"])
def test_a_line_that_shuts_the_folder_is_named(repo: Repo, storage: str, line: str) -> None:
    repo.write(".pmgit.toml", f'storage = "{storage}"\n')
    repo.write(".gitignore", f"# mine\n{line}\n")
    result = run(repo, "--nested", code=3)
    assert f".gitignore:2 ({line}) hides pretrained_model/" in result.err
    assert "hint: remove or change line 2 of .gitignore" in result.err
    assert not (repo.path / ROOT).exists()
    run(repo, "--no-nested")


def test_it_stays_where_it_is_and_as_it_is(repo: Repo) -> None:
    repo.write(f"{ROOT}/.gitignore", "*.log\r\n")
    run(repo, "--nested", "--keep-text")
    before = (repo.path / ROOT / ".gitignore").read_bytes()
    assert before.startswith(b"*.log\r\n# >>> pmgit")
    assert b"!/**/config.json\r\n" in before
    for args in ((), ("--nested",), ("--keep-text",)):
        assert "nothing to do" in run(repo, *args).out
    assert "nothing to change" in run(repo, "--dry-run").out
    assert (repo.path / ROOT / ".gitignore").read_bytes() == before
    assert not (repo.path / ".gitignore").exists()


def test_a_line_added_since_is_moved_above(repo: Repo) -> None:
    run(repo, "--nested")
    repo.write(f"{ROOT}/.gitignore", "\n".join([*NESTED, "*.md", "!*.bin", ""]))
    run(repo)
    assert lines(repo, f"{ROOT}/.gitignore") == ["*.md", "!*.bin", *NESTED]
    assert added(repo) == {*SEEN, ".gitignore"}


def test_from_the_top_into_the_folder_and_back(repo: Repo) -> None:
    repo.write(".gitignore", "*.log\n")
    run(repo)
    assert "-/pretrained_model/**" in run(repo, "--nested", "--dry-run").out
    run(repo, "--nested")
    assert lines(repo, ".gitignore") == ["*.log"]
    assert lines(repo, f"{ROOT}/.gitignore") == NESTED
    assert f"removed {ROOT}/.gitignore" in run(repo, "--no-nested").out
    assert lines(repo, ".gitignore") == ["*.log", *BLOCK]
    assert not (repo.path / ROOT / ".gitignore").exists()
    run(repo, "--nested")
    with (repo.path / ROOT / ".gitignore").open("a") as file:
        file.write("*.tmp\n")
    run(repo, "--no-nested")
    assert lines(repo, f"{ROOT}/.gitignore") == ["*.tmp"]


def test_two_folders_and_a_deeper_line_that_defeats_it(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["my models", "b/nets"]\n')
    repo.write("my models/x/INFO.md", "x\n")
    repo.write("b/nets/x/INFO.md", "x\n")
    run(repo, "--nested")
    assert lines(repo, "my models/.gitignore") == lines(repo, "b/nets/.gitignore") == NESTED
    repo.write("b/nets/x/.gitignore", "\n!*.safetensors\n")
    assert "b/nets/x/.gitignore:2 (!*.safetensors) lets b/nets/x/" in run(repo, code=3).err


def test_a_folder_that_is_a_link(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "drive").mkdir()
    (repo.path / ROOT).symlink_to(tmp_path / "drive")
    result = run(repo, "--nested", code=3)
    assert "pretrained_model is a link" in result.err
    assert list((tmp_path / "drive").iterdir()) == []
    run(repo)


def test_fixes_where_the_block_is_nested(repo: Repo) -> None:
    run(repo, "--nested")
    repo.git("add", "-A")
    repo.commit()
    repo.stage(f"{BERT}/x.bin", 300)
    repo.add_info(BERT)
    repo.paste_all()
    assert f"{BERT}/x.bin" not in repo.staged()
    assert repo.check() == []
    # Nothing inside of the folder helps against this.
    repo.write(".gitignore", "pretrained_model/\n")
    repo.write("pretrained_model/gpt/x.bin", 300)
    repo.git("rm", "-q", "--cached", f"{BERT}/INFO.md")
    assert "ignored-info" in repo.rules()
    repo.paste_all("--select", "ignored-info")
    assert "ignored-info" not in repo.rules()
