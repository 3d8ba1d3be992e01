"""`pmgit gitignore`: weights are hidden, INFO.md is not, and Git says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.gitfiles.block import BEGIN, END
from pmgit.gitfiles.ignore_block import lines_for_ignored

if TYPE_CHECKING:
    from tests.kit import Repo, Result

BERT = "pretrained_model/bert"
CODE = [
    *("!/**/*.py", "!/**/*.py[ix]", "!/**/*.ipynb", "!/**/*.sh", "!/**/*.[ch]", "!/**/*.[ch]pp"),
    *("!/**/*.cc", "!/**/*.cu", "!/**/Makefile", "!/**/requirements.txt"),
    *("/**/models--*/*/", "/**/datasets--*/*/", "/**/spaces--*/*/"),
    *("/**/transformers_modules/", "/**/.ipynb_checkpoints/"),
]


def block(*, code: bool = True) -> list[str]:
    """The block of `pretrained_model/`, where nothing special is in it."""
    lines = ["/**", "!/**/", "!/README.md", "!/.gitkeep", "!/**/INFO.md", "!/**/pmgit.lock"]
    lines += CODE if code else []
    return [BEGIN, *(line.replace("/", "/pretrained_model/", 1) for line in lines), END]


BLOCK = block()
WEIGHTS = ["x.bin", f"{BERT[17:]}/x.safetensors", "org/name/onnx/deep/x.onnx", "bert/.cache/x"]
SEEN = ["README.md", ".gitkeep", "bert/INFO.md", "bert/pmgit.lock", "org/name/INFO.md"]
TEXT = ["bert/config.json", "bert/tokenizer.json", "bert/vocab.txt", "org/name/LICENSE"]
TEXT += ["bert/README.md", "bert/model.safetensors.index.json", "org/name/1_Pooling/config.json"]


def run(repo: Repo, *args: str, code: int = 0, cwd: str = "") -> Result:
    result = repo.pmgit("gitignore", *args, cwd=cwd)
    assert result.code == code, result
    assert "Traceback" not in result.err
    return result


def lines(repo: Repo) -> list[str]:
    return (repo.path / ".gitignore").read_text().splitlines()


def added(repo: Repo, folder: str = "pretrained_model") -> set[str]:
    """What `git add -A` takes of a folder that holds all kinds of files."""
    for name in (*WEIGHTS, *SEEN, *TEXT):
        repo.write(f"{folder}/{name}", f"{name}\n")
    repo.git("add", "-A")
    return {path[len(folder) + 1 :] for path in repo.staged() if path.startswith(f"{folder}/")}


def test_weights_stay_out_and_info_comes_in(repo: Repo) -> None:
    result = run(repo)
    assert lines(repo) == BLOCK
    assert "proved: weights below pretrained_model/ are hidden from Git" in result.out
    assert added(repo) == set(SEEN)


def test_keep_text_and_its_memory(repo: Repo) -> None:
    run(repo, "--keep-text")
    with_text = lines(repo)
    assert added(repo) == {*SEEN, *TEXT}
    assert "nothing to do" in run(repo).out
    assert lines(repo) == with_text
    run(repo, "--no-keep-text")
    assert lines(repo) == BLOCK


@pytest.mark.parametrize("args", [(), ("--keep-text",)])
def test_twice_changes_nothing(repo: Repo, args: tuple[str, ...]) -> None:
    repo.write(".gitignore", "*.log")
    run(repo, *args)
    before = (repo.path / ".gitignore").read_bytes()
    assert "nothing to do" in run(repo, *args).out
    assert (repo.path / ".gitignore").read_bytes() == before


def test_dry_run(repo: Repo) -> None:
    repo.write(".gitignore", "*.log\n")
    result = run(repo, "--dry-run")
    assert "+!/pretrained_model/**/INFO.md" in result.out
    assert lines(repo) == ["*.log"]
    run(repo)
    assert "nothing to change" in run(repo, "--dry-run").out


@pytest.mark.parametrize(
    ("mine", "opens", "code"),
    [
        (
            "pretrained_model/*\n!pretrained_model/README.md\n!pretrained_model/.gitkeep\n",
            False,
            False,
        ),
        ("*.md\n", False, True),
        # These shut the folder itself, and no `!` reaches into a folder that is shut.
        ("pretrained_model/\n", True, False),
        ("*\n", True, False),
    ],
)
def test_broader_lines_above_do_no_harm(repo: Repo, mine: str, opens: bool, code: bool) -> None:
    repo.write(".gitignore", mine)
    run(repo)
    first, *others = block(code=code)
    opened = ["!/pretrained_model/"] if opens else []
    assert lines(repo) == [*mine.splitlines(), first, *opened, *others]
    assert added(repo) == set(SEEN)
    assert "nothing to do" in run(repo).out


def test_the_block_goes_below_lines_added_since(repo: Repo) -> None:
    run(repo)
    repo.write(".gitignore", "\n".join([*BLOCK, "*.md", ""]))
    run(repo)
    assert lines(repo) == ["*.md", *BLOCK]


@pytest.mark.parametrize("text", [b"*.log\r\n*.tmp\r\n", b"\xef\xbb\xbf*.log\n", b"# \xff\n"])
def test_lines_of_the_user_are_kept(repo: Repo, text: bytes) -> None:
    repo.write(".gitignore", text)
    run(repo)
    now = (repo.path / ".gitignore").read_bytes()
    assert now.startswith(text)
    assert now.endswith(b"\r\n") == text.endswith(b"\r\n")
    assert added(repo) == set(SEEN)


def test_a_nested_rule_is_named(repo: Repo) -> None:
    repo.write(f"{BERT}/.gitignore", "# mine\n*.md\n")
    repo.write(f"{BERT}/x.bin", 10)
    result = run(repo, code=3)
    assert f"{BERT}/.gitignore:2 (*.md) hides {BERT}/INFO.md from Git" in result.err
    assert f"hint: remove or change line 2 of {BERT}/.gitignore" in result.err
    assert not (repo.path / ".gitignore").exists()


def test_a_nested_rule_that_lets_weights_in_is_named(repo: Repo) -> None:
    repo.write("pretrained_model/.gitignore", "!*.bin\n")
    result = run(repo, code=3)
    assert "pretrained_model/.gitignore:1 (!*.bin) lets" in result.err


def test_an_excluded_parent_is_named(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'models = ["a/models"]\n')
    repo.write(".gitignore", "a/\n")
    assert ".gitignore:1 (a/) hides a/models/" in run(repo, code=3).err
    assert lines(repo) == ["a/"]


@pytest.mark.parametrize("name", ["my models", "#m", "!m", "a/b", "模型", "end "])
def test_folders_with_special_names(repo: Repo, name: str) -> None:
    repo.write(".pmgit.toml", f'models = ["{name}"]\n')
    run(repo)
    assert added(repo, name) == set(SEEN)


@pytest.mark.parametrize("name", ["m[1]", "st*r", "b\\s", "q?"])
def test_lines_mean_the_folder_and_no_pattern(repo: Repo, name: str) -> None:
    """The configuration takes no such name today; the lines would be right all the same."""
    repo.write(".gitignore", "\n".join(lines_for_ignored(name, keep_text=False)) + "\n")
    assert added(repo, name) == set(SEEN)
    for other in ("m1/x.bin", "star/x.bin", "qq/x.bin"):
        repo.write(other, 10)
        repo.git("add", other)


def test_several_models_folders(repo: Repo) -> None:
    repo.write("pretrained_models/x/y.bin", 10)
    repo.write("pretrained_model/x/y.bin", 10)
    result = run(repo)
    assert result.out.count("proved") == 2
    assert added(repo) == set(SEEN)
    assert added(repo, "pretrained_models") == set(SEEN)


def test_from_a_subfolder(repo: Repo) -> None:
    repo.write("code/a.py", "")
    run(repo, cwd="code")
    assert lines(repo) == BLOCK


def test_lfs_hides_only_caches(repo: Repo) -> None:
    repo.write(".pmgit.toml", 'storage = "lfs"\n')
    run(repo)
    repo.write(f"{BERT}/.cache/huggingface/x", 10)
    repo.write(f"{BERT}/y.incomplete", 10)
    assert added(repo) == {*WEIGHTS, *SEEN, *TEXT}
    assert f"{BERT}/y.incomplete" not in repo.staged()
    assert not any("huggingface" in path for path in repo.staged())


@pytest.mark.parametrize(
    "mine",
    [
        "*.bin\n*.safetensors\n*.onnx\n",
        "pretrained_model/\n",
        "/pretrained_model/**\n",
        "pretrained_model/**/*.md\n*.json\n",
        "*.bin\r\n*.onnx\r\n",
    ],
)
def test_lfs_lets_in_what_the_user_s_lines_hide(repo: Repo, mine: str) -> None:
    repo.write(".pmgit.toml", 'storage = "lfs"\n')
    repo.write(".gitignore", mine)
    run(repo)
    assert added(repo) >= {*WEIGHTS, *SEEN, *TEXT}
    repo.write(f"{BERT}/y.incomplete", 10)
    repo.git("add", "-A")
    assert f"{BERT}/y.incomplete" not in repo.staged()
    before = (repo.path / ".gitignore").read_bytes()
    run(repo)
    assert (repo.path / ".gitignore").read_bytes() == before


def test_from_ignore_to_lfs_and_back(repo: Repo) -> None:
    run(repo)
    repo.write(".pmgit.toml", 'storage = "lfs"\n')
    run(repo)
    assert "/pretrained_model/**" not in lines(repo)
    repo.write(".pmgit.toml", 'storage = "ignore"\n')
    run(repo)
    assert lines(repo) == BLOCK


def test_a_repository_with_lfs_lines_is_in_lfs(lfs_repo: Repo) -> None:
    run(lfs_repo)
    assert "/pretrained_model/**" not in lines(lfs_repo)


def test_what_cannot_be_written(repo: Repo) -> None:
    (repo.path / ".gitignore").symlink_to("elsewhere")
    assert "symbolic link" in run(repo, code=3).err
    (repo.path / ".gitignore").unlink()
    repo.write(".gitignore", f"{BEGIN}\nx\n")
    assert ".gitignore:1: the block begins" in run(repo, code=2).err
    repo.write(".gitignore", "<<<<<<< HEAD\n=======\n>>>>>>> x\n")
    assert "conflict" in run(repo, code=2).err
    assert (repo.path / ".gitignore").read_text().startswith("<<<<<<<")
