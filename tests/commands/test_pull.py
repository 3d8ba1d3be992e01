"""`pmgit pull` where no source is needed or can help; with sources: tests/e2e/test_models.py."""

from __future__ import annotations

import shutil

import pytest

from tests.anybody import as_anybody
from tests.kit import BIN, Repo, pointer, random_bytes

MODEL = "pretrained_model/bert"
WEIGHTS = f"{MODEL}/model.safetensors"


def test_what_is_right_stays_and_says_so(repo: Repo) -> None:
    file = repo.write(WEIGHTS, 3000)
    assert repo.pmgit("add", MODEL).code == 0
    before = file.stat()
    shown = repo.pmgit("pull")
    assert (shown.code, f"{MODEL}: 1 file right" in shown.out) == (0, True), shown
    assert file.stat() == before


#: Runs pmgit, and prints how many folders were listed, and how often the memory was read.
COUNTING = """
import os, sys
from pmgit.cli import main
listed, read = [], []
def count(event, args):
    if event == "os.scandir":
        listed.append(args[0])
    elif event == "open" and "hashes-" in str(args[0]) and "w" not in str(args[1]):
        read.append(args[0])
sys.addaudithook(count)
sys.argv = ["pmgit", "--quiet", "pull"]
try:
    main()
finally:
    print(len(listed), len(read), file=sys.stderr)
"""


def test_what_each_model_costs_does_not_grow_with_their_number(repo: Repo) -> None:
    """With 1,000 models `pmgit pull` took 47 s: it listed all of them for each of them."""
    counts = []
    for begin, end in ((0, 4), (4, 16)):
        for number in range(begin, end):
            repo.write(f"pretrained_model/m{number}/model.bin", 500 + number)
            assert repo.pmgit("add", f"m{number}").code == 0
        done = repo.run([str(BIN / "python"), "-c", COUNTING])
        assert done.code == 0, done
        counts.append([int(word) for word in done.err.split()])
    (few, once), (many, again) = counts
    assert many - few <= 12 * few // 4
    assert once <= again <= 2


def test_a_git_directory_that_nobody_may_write_is_no_reason_to_fail(repo: Repo) -> None:
    """An image, or a checkout by somebody else: what is right is right there, too."""
    for name in ("bert", "mine"):
        repo.write(f"pretrained_model/{name}/model.bin", 5000)
        assert repo.pmgit("add", name).code == 0
    git_dir = repo.path / ".git"
    shutil.rmtree(git_dir / "pmgit", ignore_errors=True)
    git_dir.chmod(0o555)
    try:
        shown = repo.run(as_anybody("pmgit", "pull"))
        assert shown.code == 0, shown
        (repo.path / "pretrained_model/bert/model.bin").unlink()
        assert repo.run(as_anybody("pmgit", "pull", "--dry-run")).code == 0
        shown = repo.run(as_anybody("pmgit", "pull"))
    finally:
        git_dir.chmod(0o755)
    assert (shown.code, ".git/pmgit" in shown.err) == (3, True), shown
    assert "mine: 1 file right" in shown.out  # the others are done all the same


def test_a_model_of_one_disk_alone_cannot_be_brought_back(repo: Repo) -> None:
    file = repo.write(WEIGHTS, 3000)
    assert repo.pmgit("add", MODEL).code == 0
    file.unlink()
    shown = repo.pmgit("pull")
    assert shown.code == 3, shown
    assert "ask who has it, or keep it with Git LFS" in shown.err


@pytest.mark.parametrize("way", ["to a new work tree", "back to the first"])
def test_ignored_weights_come_from_another_work_tree(repo: Repo, way: str) -> None:
    """`git worktree add` brings tracked files alone; the weights lie next door."""
    repo.write(".gitignore", "*.safetensors\n")
    data = repo.write(WEIGHTS, 3000).read_bytes()
    assert repo.pmgit("add", MODEL).code == 0
    repo.git("add", ".")
    repo.commit()
    side = repo.path.parent / "side tree"
    repo.git("worktree", "add", "-q", str(side), "-b", "side")
    repo.git("worktree", "add", "-q", str(repo.path.parent / "gone"), "-b", "gone")
    repo.sh("rm -r ../gone")
    other = Repo(side, repo.env, init=None)
    assert other.pmgit("pull").out == f"{MODEL}: restored 1 file (3.0 kB): 1 from this machine\n"
    assert (side / WEIGHTS).read_bytes() == data
    if way == "back to the first":
        repo.write(WEIGHTS, random_bytes(3000, 7))
        assert repo.pmgit("pull", "--replace").code == 0
        assert (repo.path / WEIGHTS).read_bytes() == data
    # What has other bytes there is no help.
    (side / WEIGHTS).unlink()
    repo.write(WEIGHTS, random_bytes(3000, 7))
    done = other.pmgit("pull")
    assert (done.code, "names no source" in done.err) == (3, True), done
    assert not (side / WEIGHTS).exists()


def test_a_model_without_a_lock_is_named_with_the_command(repo: Repo) -> None:
    repo.write(WEIGHTS, 3000)
    shown = repo.pmgit("pull")
    assert (shown.code, f"pmgit add {MODEL}" in shown.out) == (1, True), shown


def test_a_pointer_in_the_work_tree_is_replaced_from_another_model(repo: Repo) -> None:
    data = repo.write(WEIGHTS, 3000).read_bytes()
    repo.write("pretrained_model/copy/model.safetensors", data)
    for model in (MODEL, "pretrained_model/copy"):
        assert repo.pmgit("add", model).code == 0
    (repo.path / WEIGHTS).write_bytes(pointer(data))
    assert repo.pmgit("pull", "--dry-run").code == 0
    assert (repo.path / WEIGHTS).read_bytes() == pointer(data)
    shown = repo.pmgit("pull", "bert")
    assert shown.code == 0, shown
    assert (repo.path / WEIGHTS).read_bytes() == data


def test_one_model_that_fails_does_not_stop_the_others(repo: Repo) -> None:
    data = repo.write(WEIGHTS, 3000).read_bytes()
    repo.write("pretrained_model/copy/model.safetensors", data)
    repo.write("pretrained_model/alone/model.pt", 5000)
    for model in (MODEL, "pretrained_model/copy", "pretrained_model/alone"):
        assert repo.pmgit("add", model).code == 0
    (repo.path / "pretrained_model/alone/model.pt").unlink()
    (repo.path / WEIGHTS).unlink()
    shown = repo.pmgit("pull")
    assert shown.code != 0
    assert (repo.path / WEIGHTS).read_bytes() == data
