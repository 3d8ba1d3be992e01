"""Weights that are pointers in the work tree, and the command that brings them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pmgit.core.shell import Shell
from pmgit.doctor.check import ERROR, OK, WARNING
from tests.doctor.looking import cure, look_at
from tests.kit import Repo, isolated_environment, pointer, random_bytes
from tests.lfs_install import install_lfs, store
from tests.made_once import put_copy

if TYPE_CHECKING:
    from pathlib import Path

A, B = random_bytes(300_000, 1), random_bytes(500_000, 2)


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory, lfs_template: Path) -> Path:
    """What `clone` is a copy of; its remote lies beside it, and is only read."""
    folder = tmp_path_factory.mktemp("cloned")
    shutil.copytree(lfs_template, folder / "repo")
    repo = Repo(folder / "repo", isolated_environment(folder / "home"), init=None)
    repo.stage(".gitattributes", "*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    weights = {
        "pretrained_model/bert/model.safetensors": A,
        "pretrained_model/org/gpt 2/model.safetensors": B,
        "demo/tiny.safetensors": A,
    }
    repo.stage_blobs({path: pointer(content) for path, content in weights.items()})
    for content in (A, B):
        store(repo, content)
    repo.commit("Add weights")
    repo.add_remote()
    repo.git("push", "-q", "origin", "main")
    found = Repo(folder / "clone", repo.env, init=None)
    env = {**found.env, "GIT_LFS_SKIP_SMUDGE": "1"}
    repo.run(["git", "clone", "-q", str(folder / "remote.git"), str(found.path)], env=env)
    install_lfs(found)
    assert (found.path / "demo/tiny.safetensors").stat().st_size < 200
    return found.path


@pytest.fixture
def clone(repo: Repo, cloned: Path) -> Repo:
    """A clone without content of a repository with two models and one loose file."""
    return put_copy(repo, cloned)


def test_models_that_are_not_here(clone: Repo) -> None:
    found = look_at(clone, "weights")
    assert found.evidence == (
        "2 of 2 models are not here: 3 files are pointers in the work tree (800.0 kB);"
        " loading one fails with `invalid load key, 'v'`"
    )
    line = cure(clone, "weights", ERROR)
    assert line.startswith("git lfs pull '--include=pretrained_model/bert,")
    assert (clone.path / "pretrained_model/org/gpt 2/model.safetensors").read_bytes() == B
    assert clone.git("status", "--porcelain") == ""
    assert look_at(clone, "weights").evidence == "3 files in Git LFS, content in the work tree"


def test_only_what_is_missing_is_pulled(clone: Repo) -> None:
    clone.git("lfs", "pull", "--include=pretrained_model/bert")
    found = look_at(clone, "weights")
    assert found.evidence.startswith("1 of 2 models are not here: 2 files are pointers")
    assert found.fix is not None
    assert "bert" not in Shell().line(found.fix)


def test_names_that_are_patterns(lfs_repo: Repo) -> None:
    """Objects are here, the files are pointers: no remote is needed."""
    path = "pretrained_model/a,b [1]!/model.safetensors"
    lfs_repo.stage_blob(path, pointer(A))
    store(lfs_repo, A)
    lfs_repo.commit("Add weights")
    lfs_repo.write(path, pointer(A))
    cure(lfs_repo, "weights", ERROR)
    assert (lfs_repo.path / path).read_bytes() == A


def test_the_configuration_leaves_them_out(clone: Repo) -> None:
    clone.git("config", "lfs.fetchexclude", "*")
    assert "--exclude=" in cure(clone, "weights", ERROR)


@pytest.mark.parametrize("how", ["variable", "filter"])
def test_somebody_wished_for_pointers(how: str, clone: Repo) -> None:
    if how == "variable":
        found = look_at(clone, "weights", GIT_LFS_SKIP_SMUDGE="1")
    else:
        clone.git("lfs", "install", "--local", "--skip-repo", "--skip-smudge", "--force")
        found = look_at(clone, "weights")
    assert found.status == WARNING
    assert found.fix is not None


def test_nobody_has_the_content(lfs_repo: Repo) -> None:
    oid = "0" * 64
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 1234\n".encode()
    lfs_repo.stage("pretrained_model/bert/model.safetensors", text)
    found = look_at(lfs_repo, "weights")
    assert (found.status, found.fix) == (ERROR, None)
    assert "no remote" in found.hint


def test_a_text_that_is_a_pointer_on_purpose(lfs_repo: Repo) -> None:
    """Test data about pointers: no attribute sends it to Git LFS."""
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'1' * 64}\nsize 12345\n"
    lfs_repo.stage("tests/data/pointer.txt", text)
    assert look_at(lfs_repo, "weights").status == OK
