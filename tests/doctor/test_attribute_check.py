"""Lines of .gitattributes that send nothing to Git LFS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.doctor.check import ERROR, OK, WARNING
from tests.doctor.looking import cure, look
from tests.kit import pointer, random_bytes

if TYPE_CHECKING:
    from tests.kit import Repo

LFS = "filter=lfs diff=lfs merge=lfs -text"
FILE = "pretrained_model/bert/model.safetensors"


def test_lines_that_work(lfs_repo: Repo) -> None:
    lfs_repo.stage(FILE, 2000)
    found = look(lfs_repo)["attributes"]
    assert (found.status, found.evidence) == (OK, "1 line sends files to Git LFS")


def test_a_pattern_for_files_that_may_come_is_no_fault(lfs_repo: Repo) -> None:
    lfs_repo.stage(".gitattributes", f"*.gguf {LFS}\n*.onnx {LFS}\n")
    assert look(lfs_repo)["attributes"].status == OK


def test_a_pattern_that_names_a_folder(lfs_repo: Repo) -> None:
    lfs_repo.stage(FILE, 2000)
    lfs_repo.stage(".gitattributes", f"pretrained_model/ {LFS}\n")
    assert ".gitattributes:1: " in look(lfs_repo)["attributes"].evidence
    line = cure(lfs_repo, "attributes", WARNING)
    assert line.startswith("pmgit lfs-setup --pattern ")
    assert lfs_repo.blob(FILE) == pointer((lfs_repo.path / FILE).read_bytes())


def test_a_line_that_is_overridden(lfs_repo: Repo) -> None:
    lfs_repo.stage(".gitattributes", f"*.safetensors {LFS}\n*.safetensors -filter\n")
    lfs_repo.stage(FILE, 2000)
    found = look(lfs_repo)["attributes"]
    assert found.status == WARNING
    assert ".gitattributes:2" in found.evidence  # the line that decides


def test_what_is_on_disk_counts_also_when_it_is_not_staged(lfs_repo: Repo) -> None:
    lfs_repo.stage(FILE, 2000)
    lfs_repo.write("pretrained_model/.gitattributes", "*.safetensors -filter\n")
    assert "pretrained_model/.gitattributes:1" in look(lfs_repo)["attributes"].evidence


def test_attributes_that_are_a_pointer(lfs_repo: Repo) -> None:
    lfs_repo.write(".gitattributes", pointer(random_bytes(300)))
    found = look(lfs_repo)["attributes"]
    assert (found.status, found.fix) == (ERROR, None)
    assert "itself a Git LFS pointer" in found.evidence
    assert "git lfs fetch" in found.hint


def test_attributes_that_are_a_pointer_to_what_is_here(lfs_repo: Repo) -> None:
    text = f"*.safetensors {LFS}\n"
    made = lfs_repo.run(["git", "lfs", "clean"], stdin=text.encode())
    lfs_repo.write(".gitattributes", made.out)
    lfs_repo.write("one", made.out)  # pasting loses no content: the pointer is still somewhere
    cure(lfs_repo, "attributes", ERROR)
    assert (lfs_repo.path / ".gitattributes").read_text() == text
    assert not (lfs_repo.path / ".gitattributes.text").exists()


def test_the_repository_without_a_file(repo: Repo) -> None:
    assert look(repo)["attributes"].status == OK
