"""Attribute files that a sparse checkout leaves out count as they do in every other clone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit import Repo, pointer, random_bytes, weights_bytes
from tests.lfs_install import install_lfs

if TYPE_CHECKING:
    from pathlib import Path

LFS = "filter=lfs diff=lfs merge=lfs -text"
MODELS = ("pretrained_model/near", "pretrained_model/far")
FAR = "pretrained_model/far/model.safetensors"
KINDS = {
    "cone": ("--cone",),
    "sparse index": ("--cone", "--sparse-index"),
    "no cone": ("--no-cone",),
}


@pytest.fixture
def sparse(repo: Repo, request: pytest.FixtureRequest) -> Repo:
    """A clone that leaves out a model whose attributes lie in its own folder."""
    install_lfs(repo)
    server = Repo(repo.path.parent / "server.git", repo.env, init=("--bare",))
    repo.git("remote", "add", "origin", str(server.path))
    repo.stage("code/a.py", "1\n")
    for model in MODELS:
        repo.add_info(model)
        repo.stage(f"{model}/.gitattributes", f"*.safetensors {LFS}\n")
        repo.stage(f"{model}/model.safetensors", weights_bytes(3000))
    repo.commit()
    repo.git("push", "-q", "-u", "origin", "main")
    repo.git("sparse-checkout", "set", *KINDS[request.param], "code", MODELS[0])
    assert not (repo.path / FAR).exists()
    return repo


@pytest.mark.parametrize("sparse", KINDS, indirect=True)
def test_every_mode_agrees(sparse: Repo, tmp_path: Path) -> None:
    assert sparse.check("--all") == []
    new = "pretrained_model/far/new.safetensors"
    sparse.stage_blob(new, pointer(random_bytes(3001)))
    sparse.stage_blob("pretrained_model/far/raw.safetensors", weights_bytes(3002))
    modes: list[tuple[str, ...]] = [(), ("--all",)]
    found = [sparse.check(*mode) for mode in modes]
    sparse.commit()
    found.append(sparse.check("--range", "HEAD~1..HEAD"))
    expected = [("missing-pointer", "pretrained_model/far/raw.safetensors")]
    for findings in found:
        assert [(f["rule"], f["path"]) for f in findings] == expected
    head = sparse.git("rev-parse", "HEAD").strip()
    lines = f"refs/heads/main {head} refs/heads/main {sparse.git('rev-parse', 'HEAD~1')}"
    pushed = sparse.hook("pre-push", "origin", "x", stdin=lines.strip().encode() + b"\n")
    assert pushed.code == 1
    assert "raw.safetensors: missing-pointer" in pushed.out + pushed.err
    assert "uncovered-pointer" not in pushed.out + pushed.err


@pytest.mark.parametrize("sparse", ["cone"], indirect=True)
def test_set_up_commands_work_there(sparse: Repo) -> None:
    for command in (("lfs-setup", "--no-proof", "--pattern", "*.onnx"), ("gitignore",)):
        done = sparse.pmgit(*command)
        assert done.code == 0, done
    assert sparse.blob(FAR).startswith(b"version")
    sparse.git("add", "--sparse", "-A")
    assert sparse.check("--all", "--select", "lfs") == []
