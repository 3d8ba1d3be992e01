"""`uncovered-pointer`: a pointer at a path that no attribute sends to Git LFS."""

from __future__ import annotations

import os

import pytest

from tests.git.test_staged import NAMES
from tests.kit import Repo, pointer, random_bytes

RULE = "uncovered-pointer"
SELECT = ("--select", RULE)
PATH = "pretrained_model/bert/model.safetensors"
CONTENT = random_bytes(3000)
POINTER = pointer(CONTENT)


# -- reports --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PATH, "docs/a.txt", "model.bin", "a/b/c"])
def test_a_pointer_anywhere_is_reported(repo: Repo, path: str) -> None:
    repo.stage(path, POINTER)
    (finding,) = repo.check(*SELECT)
    assert finding["path"] == path
    assert finding["severity"] == "error"
    assert finding["message"] == (
        "a Git LFS pointer (to 3.0 kB) that no line of .gitattributes covers"
    )


def test_other_rules_do_not_take_it_for_weights(repo: Repo) -> None:
    repo.stage(PATH, POINTER)
    repo.add_info("pretrained_model/bert")
    assert repo.rules() == [RULE]


def test_old_pointers_when_their_line_goes(lfs_repo: Repo) -> None:
    lfs_repo.stage(PATH, CONTENT)
    lfs_repo.stage("other.txt", "x")
    lfs_repo.commit()
    assert lfs_repo.check(*SELECT) == []
    lfs_repo.git("rm", "-q", ".gitattributes")
    assert [f["path"] for f in lfs_repo.check(*SELECT)] == [PATH]
    lfs_repo.git("reset", "-q")
    lfs_repo.git("checkout", "-q", ".")
    lfs_repo.stage("pretrained_model/.gitattributes", "*.safetensors -filter\n")
    assert [f["path"] for f in lfs_repo.check(*SELECT)] == [PATH]


def test_a_line_that_was_not_staged(lfs_repo: Repo) -> None:
    lfs_repo.write(".gitattributes", "*.safetensors filter=lfs\n*.gguf filter=lfs\n")
    lfs_repo.stage("a.gguf", CONTENT)
    assert lfs_repo.blob("a.gguf") == POINTER
    assert [f["path"] for f in lfs_repo.check(*SELECT)] == ["a.gguf"]


def test_a_faulty_pointer_is_one(repo: Repo) -> None:
    repo.stage(PATH, POINTER.replace(b"\n", b"\r\n"))
    assert repo.rules() == ["malformed-pointer", "missing-info", RULE]


def test_in_a_range_and_in_the_whole_tree(repo: Repo) -> None:
    repo.stage("a.txt", "x")
    base = repo.commit()
    repo.stage(PATH, POINTER)
    tip = repo.commit()
    (finding,) = repo.check("--range", f"{base}..HEAD", *SELECT)
    assert (finding["path"], finding["commit"]) == (PATH, tip)
    assert finding["fix"]["commands"][2][:2] == ["pmgit", "lfs-setup"]
    assert [f["path"] for f in repo.check("--all", *SELECT)] == [PATH]


# -- accepts --------------------------------------------------------------------------------------


def test_covered_pointers_are_right(lfs_repo: Repo) -> None:
    lfs_repo.stage(PATH, CONTENT)
    assert lfs_repo.check(*SELECT) == []


@pytest.mark.parametrize(
    "content",
    [
        b"version https://git-lfs.github.com/spec/v1 is how a pointer begins\n",
        b"# Pointers\n\n    " + POINTER,
        b"x" * 900 + POINTER,
        POINTER + b"x" * 2000,
        b"*.bin filter=lfs diff=lfs merge=lfs -text\n",
        b"",
    ],
)
def test_texts_about_git_lfs_are_none(repo: Repo, content: bytes) -> None:
    repo.stage("docs/lfs.md", content)
    assert repo.check(*SELECT) == []


def test_an_excluded_test_file(repo: Repo) -> None:
    repo.stage(".pmgit.toml", 'exclude = ["tests/data/"]\n')
    repo.stage("tests/data/pointer.txt", POINTER)
    assert repo.check(*SELECT) == []


def test_a_link_is_no_pointer(repo: Repo) -> None:
    (repo.path / "link").symlink_to(POINTER.decode())
    repo.git("add", "link")
    assert repo.check(*SELECT) == []


# -- fixes ----------------------------------------------------------------------------------------


def covered(repo: Repo, *paths: str) -> None:
    """The pointers are what they were, and the attributes that are staged cover them."""
    for path in paths:
        assert repo.blob(path) == POINTER, path
        said = repo.git("check-attr", "--cached", "-z", "filter", "--", path)
        assert said.split("\0")[2] == "lfs", path
    assert repo.check(*SELECT) == []


@pytest.mark.parametrize("path", [PATH, "docs/a.txt", "model.bin", "no-suffix", "a b/c.d"])
@pytest.mark.parametrize("filter_is", ["configured", "not configured"])
def test_the_fix(repo: Repo, path: str, filter_is: str) -> None:
    if filter_is == "configured":
        repo.git("lfs", "install", "--local")
    repo.stage(path, POINTER)
    assert len(repo.paste_all(*SELECT)) == 1
    covered(repo, path)


def test_the_fix_keeps_the_users_own_lines(repo: Repo) -> None:
    own = "# ours\r\n*.txt text\r\n*.png binary"
    repo.stage(".gitattributes", own)
    repo.stage(PATH, POINTER)
    repo.paste_all(*SELECT)
    covered(repo, PATH)
    assert (repo.path / ".gitattributes").read_bytes().startswith(own.encode())


def test_the_fix_below_the_top(repo: Repo) -> None:
    repo.stage(PATH, POINTER)
    repo.paste_all(*SELECT, cwd="pretrained_model/bert")
    covered(repo, PATH)


def test_the_fix_of_old_pointers(lfs_repo: Repo) -> None:
    lfs_repo.stage(PATH, CONTENT)
    lfs_repo.commit()
    lfs_repo.stage(".gitattributes", "*.safetensors -filter\n")
    lfs_repo.paste_all(*SELECT)
    covered(lfs_repo, PATH)


def test_the_fix_of_a_line_that_was_not_staged(lfs_repo: Repo) -> None:
    lfs_repo.write(".gitattributes", "*.safetensors filter=lfs\n*.gguf filter=lfs\n")
    lfs_repo.stage("a.gguf", CONTENT)
    lfs_repo.paste_all(*SELECT)
    covered(lfs_repo, "a.gguf")


def test_one_command_serves_all_files(repo: Repo) -> None:
    for number in range(4):
        repo.stage(f"pretrained_model/bert/{number}.bin", POINTER)
        repo.stage(f"pretrained_model/gpt/{number}.gguf", POINTER)
    repo.stage("other", POINTER)
    result = repo.pmgit("check", *SELECT)
    assert len(result.fixes) == 1
    repo.paste(result.fixes[0])
    assert repo.check(*SELECT) == []


@pytest.mark.parametrize("cwd", ["", "m"])
def test_the_fix_with_hostile_names(repo: Repo, cwd: str) -> None:
    paths = [os.fsdecode(b"m/x/" + os.fsencode(name)) for name in NAMES]
    for path in paths:
        repo.write(path, POINTER)
    repo.git("add", "-A")
    repo.paste_all(*SELECT, cwd=cwd)
    assert not list(repo.path.rglob("PWNED"))
    covered(repo, *paths)


def test_a_text_that_lies_as_a_pointer_becomes_text_again(lfs_repo: Repo) -> None:
    text = b'{"hidden_size": 768}\n'
    lfs_repo.stage(".gitattributes", "pretrained_model/** filter=lfs\n")
    lfs_repo.stage("pretrained_model/bert/config.json", text)
    assert lfs_repo.blob("pretrained_model/bert/config.json") == pointer(text)
    lfs_repo.commit()
    lfs_repo.stage(".gitattributes", "# nothing\n")
    lfs_repo.paste_all(*SELECT)
    assert lfs_repo.blob("pretrained_model/bert/config.json") == text
