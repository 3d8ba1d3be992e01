"""Lines of .gitattributes that send nothing to Git LFS."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pmgit.doctor.check import ERROR, OK, WARNING
from tests.doctor.looking import cure, look_at
from tests.kit import pointer, random_bytes, weights_bytes
from tests.lfs_install import stage_sent

if TYPE_CHECKING:
    from tests.kit import Repo

LFS = "filter=lfs diff=lfs merge=lfs -text"
FILE = "pretrained_model/bert/model.safetensors"
CONTENT = weights_bytes(2000)


def test_lines_that_work(lfs_repo: Repo) -> None:
    stage_sent(lfs_repo, FILE, CONTENT)
    found = look_at(lfs_repo, "attributes")
    assert (found.status, found.evidence) == (OK, "1 line sends files to Git LFS")


def test_a_pattern_for_files_that_may_come_is_no_fault(lfs_repo: Repo) -> None:
    lfs_repo.stage(".gitattributes", f"*.gguf {LFS}\n*.onnx {LFS}\n")
    assert look_at(lfs_repo, "attributes").status == OK


def test_a_pattern_that_names_a_folder(lfs_repo: Repo) -> None:
    stage_sent(lfs_repo, FILE, CONTENT)
    lfs_repo.stage(".gitattributes", f"pretrained_model/ {LFS}\n")
    assert ".gitattributes:1: " in look_at(lfs_repo, "attributes").evidence
    line = cure(lfs_repo, "attributes", WARNING)
    assert line.startswith("pmgit lfs-setup --pattern ")
    assert lfs_repo.blob(FILE) == pointer((lfs_repo.path / FILE).read_bytes())


def test_a_line_that_is_overridden(lfs_repo: Repo) -> None:
    lfs_repo.stage(".gitattributes", f"*.safetensors {LFS}\n*.safetensors -filter\n")
    stage_sent(lfs_repo, FILE, CONTENT)
    found = look_at(lfs_repo, "attributes")
    assert found.status == WARNING
    assert ".gitattributes:2" in found.evidence  # the line that decides


def test_what_is_on_disk_counts_also_when_it_is_not_staged(lfs_repo: Repo) -> None:
    stage_sent(lfs_repo, FILE, CONTENT)
    lfs_repo.write("pretrained_model/.gitattributes", "*.safetensors -filter\n")
    assert "pretrained_model/.gitattributes:1" in look_at(lfs_repo, "attributes").evidence


def test_what_lies_behind_a_link_counts_as_little_as_for_git(lfs_repo: Repo) -> None:
    lfs_repo.write("elsewhere", f"pretrained_model/ {LFS}\n")
    (lfs_repo.path / "pretrained_model").mkdir()
    (lfs_repo.path / "pretrained_model/.gitattributes").symlink_to("../elsewhere")
    assert look_at(lfs_repo, "attributes").status == OK


def test_attributes_that_are_a_pointer(lfs_repo: Repo) -> None:
    lfs_repo.write(".gitattributes", pointer(random_bytes(300)))
    found = look_at(lfs_repo, "attributes")
    assert (found.status, found.fix) == (ERROR, None)
    assert "itself a Git LFS pointer" in found.evidence
    assert "write .gitattributes anew" in found.hint


def test_attributes_that_are_a_pointer_to_what_is_here(lfs_repo: Repo) -> None:
    text = f"*.safetensors {LFS}\n"
    made = lfs_repo.run(["git", "lfs", "clean"], stdin=text.encode())
    lfs_repo.write(".gitattributes", made.out)
    lfs_repo.write("one", made.out)  # pasting loses no content: the pointer is still somewhere
    cure(lfs_repo, "attributes", ERROR)
    assert (lfs_repo.path / ".gitattributes").read_text() == text
    assert not (lfs_repo.path / ".gitattributes.text").exists()


def test_the_repository_without_a_file(repo: Repo) -> None:
    assert look_at(repo, "attributes").status == OK


OVERRIDDEN = {
    "below": {".gitattributes": f"*.safetensors {LFS}\n*.safetensors -filter\n"},
    "in a folder": {
        ".gitattributes": f"*.safetensors {LFS}\n",
        "pretrained_model/.gitattributes": "*.safetensors !filter",  # without a line end
    },
    "in a folder, by a path": {
        ".gitattributes": f"/pretrained_model/**/*.safetensors {LFS}\n",
        "pretrained_model/.gitattributes": "* -filter\n*.md text\n",
    },
    "in the git directory": {
        ".gitattributes": f"*.safetensors {LFS}\n",
        ".git/info/attributes": "*.safetensors -filter\n",
    },
}


@pytest.mark.parametrize("name", OVERRIDDEN)
def test_overridden_lines_count_again(name: str, lfs_repo: Repo) -> None:
    stage_sent(lfs_repo, FILE, CONTENT)
    lfs_repo.stage("data/notes.csv", 2000)
    for path, text in OVERRIDDEN[name].items():
        (lfs_repo.write if path.startswith(".git/") else lfs_repo.stage)(path, text)
    before = [(lfs_repo.path / path).read_text() for path in OVERRIDDEN[name]]
    line = cure(lfs_repo, "attributes", WARNING)
    assert "pmgit lfs-setup --pattern " in line
    assert line.startswith("sh -c ") == (name != "below")
    for path, text in zip(OVERRIDDEN[name], before, strict=True):
        now = (lfs_repo.path / path).read_text()
        assert now.splitlines()[: len(text.splitlines())] == text.splitlines()
    assert lfs_repo.blob(FILE) == pointer((lfs_repo.path / FILE).read_bytes())
    assert not lfs_repo.blob("data/notes.csv").startswith(b"version")


def test_a_line_behind_the_block_of_pmgit(lfs_repo: Repo) -> None:
    """`pmgit lfs-setup` alone leaves its block where it is, and would be refused."""
    stage_sent(lfs_repo, FILE, CONTENT)
    assert lfs_repo.pmgit("lfs-setup", "--no-proof", "--pattern", "*.safetensors").code == 0
    with open(lfs_repo.path / ".gitattributes", "a") as file:
        file.write("*.safetensors -filter")
    assert "sh -c " in cure(lfs_repo, "attributes", WARNING)
    assert look_at(lfs_repo, "lfs-filter").status == OK


def test_what_only_a_person_can_repair_is_named_with_its_place(lfs_repo: Repo) -> None:
    """And a command that would be refused is not printed: why it would be is said instead."""
    stage_sent(lfs_repo, FILE, CONTENT)
    lfs_repo.stage(".gitattributes", f'"a b {LFS}\nbert/ {LFS}\n')
    lfs_repo.write(".gitignore", "bert/\n")
    lfs_repo.git("rm", "-q", "-f", "--cached", FILE)
    found = look_at(lfs_repo, "attributes")
    assert (found.status, found.fix) == (WARNING, None)
    assert ".gitignore:1 (bert/) hides all files" in found.hint
    assert "repair .gitattributes:1, or take it out" in found.hint


def test_attributes_that_are_a_pointer_to_what_the_remote_has(lfs_repo: Repo) -> None:
    text = f"*.safetensors {LFS}\n"
    made = lfs_repo.run(["git", "lfs", "clean"], stdin=text.encode()).out
    lfs_repo.stage_blob("kept", made.encode())
    lfs_repo.stage_blob(".gitattributes", made.encode())
    lfs_repo.commit("Broken")
    lfs_repo.add_remote()
    lfs_repo.git("push", "-q", "origin", "main")
    shutil.rmtree(lfs_repo.path / ".git/lfs/objects")
    (lfs_repo.path / ".gitattributes").unlink()
    line = cure(lfs_repo, "attributes", ERROR)
    assert line.startswith("git checkout -- .gitattributes && ")
    assert (lfs_repo.path / ".gitattributes").read_text() == text
