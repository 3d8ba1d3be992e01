"""Errors of Git LFS on a machine, and of git about it: made here, and every way out pasted."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from pmgit.symptoms import data
from tests.hf_command import hf
from tests.kit import Repo, Result, pointer, weights_bytes
from tests.lfs_install import install_lfs
from tests.symptoms.reading import explain, way

NAME = "a b.bin"
CONTENT = weights_bytes(3000)


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """A PATH on which there is git and no git-lfs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "git-receive-pack", "git-upload-pack", "sh", "cat", "sed"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    return {"PATH": str(programs), "GIT_EXEC_PATH": str(tmp_path / "none")}


def said(result: Result) -> str:
    assert result.code != 0, result
    return result.out + result.err


def test_git_lfs_is_missing(repo: Repo, without: dict[str, str]) -> None:
    repo.add_remote()
    install_lfs(repo)
    repo.stage_all({".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", NAME: CONTENT})
    repo.commit()
    repo.git("lfs", "push", "origin", "main")
    repo.write(NAME, pointer(CONTENT))
    repo.write("c.bin", 100)
    lines = set()
    for command in ("git lfs version", "git add c.bin", "git push origin main"):
        shown = explain(repo, said(repo.run(command.split(), env=without)))
        begin = "Git LFS is not installed here, or not where this program looks"
        assert shown.out.startswith(begin), command
        lines.add((way(shown, "install it"), way(shown, "it is installed")))
    # The same ways for all of them.
    [(line, installed)] = lines
    install, _, rest = line.partition(" && ")
    assert "git-lfs" in install  # it is here already, and installing takes rights
    assert repo.sh(rest).code == 0
    assert (repo.path / NAME).read_bytes() == CONTENT
    assert repo.sh(installed).code == 0


def test_a_clean_filter_that_failed(repo: Repo) -> None:
    repo.stage(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.git("config", "filter.lfs.clean", "false")
    repo.git("config", "filter.lfs.required", "true")
    repo.write(NAME, CONTENT)
    failed = said(repo.run(["git", "add", NAME]))
    repo.git("config", "--remove-section", "filter.lfs")
    shown = explain(repo, failed)
    assert shown.out.startswith("Git LFS could not store the content of a file that was added\n")
    assert repo.sh(way(shown, "once the lines above")).code == 0
    assert repo.blob(NAME) == pointer(CONTENT)


def test_attributes_that_are_a_pointer(repo: Repo, tmp_path: Path) -> None:
    install_lfs(repo)
    repo.git("lfs", "track", "*")
    repo.stage("a.txt", "text\n")
    repo.git("add", "-A")
    repo.git("rm", "-q", "-f", "--cached", ".gitattributes")
    repo.git("add", ".gitattributes")
    repo.add_info("pretrained_model/bert")
    repo.commit()
    repo.git("clone", "-q", str(repo.path), str(tmp_path / "clone"))
    clone = Repo(tmp_path / "clone", repo.env, init=None)
    shown = explain(clone, clone.run(["git", "check-attr", "-a", "a.txt"]).err)
    assert shown.out.startswith(".gitattributes is a pointer of Git LFS itself")
    assert ".gitattributes: uncovered-pointer: " in clone.sh(way(shown, "see more")).out
    done = clone.sh(way(shown, "at the top"))
    assert done.code == 0, done
    assert clone.blob(".gitattributes", "HEAD").startswith(b"* filter=lfs")
    assert clone.check("--all", "--select", "text-in-lfs") == []


def test_a_conflict_in_a_pointer(lfs_repo: Repo) -> None:
    path = "pretrained_model/bert/model.safetensors"
    lfs_repo.push_first("pretrained_model/bert")
    lfs_repo.stage(path, CONTENT)
    first = lfs_repo.commit()
    other = weights_bytes(3001)
    lines = [pointer(content).decode().split("\n", 1)[1] for content in (CONTENT, other)]
    text = "version https://git-lfs.github.com/spec/v1\n<<<<<<< HEAD\n"
    text += f"{lines[0]}=======\n{lines[1]}>>>>>>> side\n"
    lfs_repo.stage_blob(path, text.encode())
    lfs_repo.write(path, text)
    lfs_repo.commit()
    shown = explain(lfs_repo, "pointer parsing: Expected key oid, got <<<<<<<\n")
    assert "(sha256 " in lfs_repo.sh(way(shown, "see more")).out
    done = lfs_repo.sh_at_terminal(way(shown, "in commits that are not pushed"))
    assert done.code == 0, done
    assert lfs_repo.blob(path, "HEAD") == pointer(CONTENT)
    assert lfs_repo.git("rev-parse", "HEAD~2").strip() == first


def test_a_migration_over_what_is_not_committed(repo: Repo) -> None:
    repo.stage("a.bin", CONTENT)
    repo.commit()
    repo.write("mine.txt", "work\n")
    refused = repo.run(["git", "lfs", "migrate", "import", "--include=*.bin"], stdin=b"n\n")
    shown = explain(repo, said(refused))
    assert shown.out.startswith("git lfs migrate would throw away what is not committed\n")
    assert repo.sh(way(shown, "see more")).out == "?? mine.txt\n"
    assert repo.sh(way(shown, "for commits that are not pushed")).code == 0
    assert repo.sh(way(shown, "set it all aside")).code == 0
    assert repo.git("status", "--porcelain") == ""
    repo.git("lfs", "migrate", "import", "--include=*.bin")
    repo.git("stash", "pop", "-q")
    assert (repo.path / "mine.txt").read_text() == "work\n"


def test_a_clone_inside(repo: Repo) -> None:
    path = "pretrained_model/a b"
    inner = Repo(repo.path / path, repo.env)
    inner.stage("config.json", "{}\n")
    inner.commit()
    shown = explain(repo, repo.run(["git", "add", "."]).err)
    assert f"\n  {path}\n" in shown.out
    assert repo.sh(way(shown, "take it out of the index")).code == 0
    assert repo.staged() == []
    assert (repo.path / path / "config.json").exists()
    repo.git("add", ".")
    line = way(shown, "keep it as a submodule").replace("ADDRESS", shlex.quote(str(inner.path)))
    done = repo.sh(f"git config protocol.file.allow always && {line}")
    assert done.code == 0, done
    assert ".gitmodules" in repo.staged()


def test_old_objects_that_fill_the_disk(lfs_repo: Repo) -> None:
    lfs_repo.push_first("pretrained_model/bert")
    path = "pretrained_model/bert/model.safetensors"
    for size in (3000, 3001):
        lfs_repo.stage(path, weights_bytes(size))
        lfs_repo.commit()
    lfs_repo.git("push", "-q")
    shown = explain(lfs_repo, "write /x/.git/lfs/tmp/y: no space left on device")
    assert lfs_repo.sh(way(shown, "see more")).code == 0
    assert lfs_repo.sh(way(shown, "delete the copies")).code == 0
    assert (lfs_repo.path / path).read_bytes() == weights_bytes(3001)


def test_files_of_over_four_gigabytes(repo: Repo) -> None:
    shown = explain(repo, "Possibly malformed smudge on Windows: see `git lfs help smudge`")
    assert repo.sh(way(shown, "nobody uses")).code == 0
    assert repo.git("config", "lfs.largefilewarning") == "false\n"


def test_weights_that_nothing_can_read(lfs_repo: Repo) -> None:
    """The first bytes tell which it is: a pointer, or a file that was cut off."""
    path = "pretrained_model/bert/model.safetensors"
    lfs_repo.push_first("pretrained_model/bert")
    lfs_repo.stage(path, CONTENT)
    lfs_repo.commit()
    lfs_repo.git("push", "-q")
    lfs_repo.write(path, pointer(CONTENT))
    text = f"INVALID_PROTOBUF : Load model from {path} failed:Protobuf parsing failed."
    shown = explain(lfs_repo, text)
    assert lfs_repo.sh(way(shown, "see more")).out == pointer(CONTENT).decode()
    assert lfs_repo.sh(way(shown, "it begins with `version")).code == 0
    assert (lfs_repo.path / path).read_bytes() == CONTENT

    os.truncate(lfs_repo.path / path, 100)
    shown = explain(lfs_repo, "Error while deserializing header: MetadataIncompleteBuffer")
    assert lfs_repo.sh(way(shown, "see more")).code == 0
    line = way(shown, "it is from a clone").replace("FILE", path)
    assert lfs_repo.sh(line).code == 0
    assert (lfs_repo.path / path).read_bytes() == CONTENT


def test_hf_has_the_commands_that_are_named() -> None:
    named = {
        tuple(word for word in way.run.split()[1:3] if word.islower())
        for symptom in data.load()
        for way in (*symptom.fix, data.Way("", symptom.find))
        if way.run.startswith("hf ")
    }
    assert len(named) > 3
    firsts = sorted({words[:-1] for words in named})
    shown = hf(*(" ".join([*words, "--help"]) for words in firsts))
    for first, text in zip(firsts, shown, strict=True):
        for words in named:
            if words[:-1] == first:
                assert f"\n  {words[-1]} " in text, words
