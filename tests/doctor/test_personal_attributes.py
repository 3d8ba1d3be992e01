"""Attributes that only this machine has, where they change what goes to Git LFS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmgit.doctor.check import OK, WARNING
from tests.doctor.looking import cure, look
from tests.kit import pointer

if TYPE_CHECKING:
    from tests.kit import Repo

LFS = "filter=lfs diff=lfs merge=lfs -text"
NAME = "personal-attributes"
FILE = "pretrained_model/bert/model.safetensors"
INFO = ".git/info/attributes"


def test_a_clone_without_any(lfs_repo: Repo) -> None:
    lfs_repo.stage(FILE, 2000)
    assert look(lfs_repo)[NAME].status == OK


def test_such_as_change_nothing(lfs_repo: Repo) -> None:
    lfs_repo.stage(FILE, 2000)
    lfs_repo.personal(f"*.safetensors {LFS}\n*.py diff=python\n")
    lfs_repo.git("config", "core.ignoreCase", "true")
    assert look(lfs_repo)[NAME].status == OK


def test_what_only_this_machine_sends_gets_lines_for_all(lfs_repo: Repo) -> None:
    lfs_repo.personal(f"*.onnx {LFS}\n")
    lfs_repo.git("config", "core.ignoreCase", "true")
    for name in ("a.onnx", "b.onnx", "c.SAFETENSORS"):
        lfs_repo.stage(f"pretrained_model/bert/{name}", 2000)
    told = look(lfs_repo)[NAME].evidence
    assert f"here ~/my-attributes:1 (*.onnx {LFS}) sends it to Git LFS" in told
    assert "2 files, the first is pretrained_model/bert/a.onnx" in told
    assert "core.ignoreCase lets .gitattributes:1" in told
    cure(lfs_repo, NAME, WARNING)
    for name in ("a.onnx", "c.SAFETENSORS"):
        path = f"pretrained_model/bert/{name}"
        assert lfs_repo.blob(path) == pointer((lfs_repo.path / path).read_bytes())


def test_what_only_this_machine_keeps_raw_is_named(lfs_repo: Repo) -> None:
    lfs_repo.stage(FILE, 2000)
    lfs_repo.write(INFO, "*.safetensors -filter\n")
    found = look(lfs_repo)[NAME]
    line = f"{INFO}:1 (*.safetensors -filter)"
    assert (found.status, found.fix) == (WARNING, None)
    assert found.evidence == f"here {line} keeps raw what other clones send: {FILE}"
    assert found.hint == f"take out {line}"
