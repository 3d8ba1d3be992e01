"""`pmgit add` to `pmgit update` with ModelScope and with the address of a file, in real clones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from tests.file_server import Fault, FileServer
from tests.kit import Repo, weights_bytes, weights_for
from tests.modelscope_server import ModelScopeServer

ID = "qwen/tiny"
CHECKPOINT = weights_for("m.pth", 50_000)
NEWER = weights_for("m.pth", 60_000)
SHA256 = hashlib.sha256(CHECKPOINT).hexdigest()


@pytest.fixture
def web(repo: Repo) -> Iterator[FileServer]:
    repo.env["HF_HUB_OFFLINE"] = "0"
    with FileServer() as server:
        yield server


@pytest.fixture
def scope(repo: Repo) -> Iterator[ModelScopeServer]:
    with ModelScopeServer() as server:
        repo.env |= {"HF_HUB_OFFLINE": "0", "MODELSCOPE_ENDPOINT": server.url}
        yield server


def clone_of(repo: Repo, model: str) -> Repo:
    """A clone by somebody else of a repository that has a model, whose weights are ignored."""
    assert repo.pmgit("gitignore").code == 0
    repo.git("add", "--", ".gitignore", f"{model}/INFO.md", f"{model}/pmgit.lock")
    judged = repo.pmgit("check")
    assert (judged.code, "no findings" in judged.out) == (0, True), judged
    repo.commit("model")
    other = repo.path.parent / "clone"
    repo.git("clone", "-q", str(repo.path), str(other))
    return Repo(other, {**repo.env, "HF_HOME": str(repo.path.parent / "other-hf")}, init=None)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_file_behind_an_address(repo: Repo, web: FileServer, language: str) -> None:
    repo.write(".pmgit.toml", f'language = "{language}"\n')
    web.files = {"/m.pth": CHECKPOINT}
    shown = repo.pmgit("add", f"{web.url}/m.pth", "--license", "MIT", "--yes")
    assert shown.code == 0, shown
    assert "\nlicense: MIT (commercial use: yes" in shown.out
    assert "none is named" not in shown.out
    assert "the sha256 of this first use is recorded" in shown.out + shown.err
    # Nothing is left to fill in: an address has no commit.
    other = clone_of(repo, "pretrained_model/m")
    shown = other.pmgit("pull")
    assert (shown.code, "1 from url" in shown.out) == (0, True), shown
    assert (other.path / "pretrained_model/m/m.pth").read_bytes() == CHECKPOINT
    assert other.pmgit("verify").code == 0
    # Other bytes at the address are no reason to have other bytes here.
    (other.path / "pretrained_model/m/m.pth").unlink()
    web.files = {"/m.pth": NEWER}
    shown = other.pmgit("pull")
    assert (shown.code, (other.path / "pretrained_model/m/m.pth").exists()) == (3, False), shown
    assert other.pmgit("outdated").code == 1
    shown = other.pmgit("update", "m", "--yes")
    assert shown.code == 0, shown
    assert (other.path / "pretrained_model/m/m.pth").read_bytes() == NEWER
    assert other.pmgit("verify").code == 0
    assert other.pmgit("outdated").code == 0


def test_a_hash_is_held_against_the_bytes(repo: Repo, web: FileServer) -> None:
    wrong, right = f"{web.url}/m-{'0' * 8}.pth", f"{web.url}/m-{SHA256[:8]}.pth"
    web.files = {f"/m-{'0' * 8}.pth": CHECKPOINT, f"/m-{SHA256[:8]}.pth": CHECKPOINT}
    for source in ([wrong], [right, "--sha256", SHA256[::-1]]):
        shown = repo.pmgit("add", *source, "--name", "m", "--yes")
        assert shown.code in (2, 3), shown
        assert not (repo.path / "pretrained_model/m").exists()
    shown = repo.pmgit("add", right, "--name", "m", "--sha256", SHA256, "--yes")
    assert (shown.code, "first use" in shown.out) == (0, False), shown


def test_a_model_of_modelscope(repo: Repo, scope: ModelScopeServer) -> None:
    files = {"model.safetensors": weights_bytes(3000), "config.json": b'{"model_type": "bert"}\n'}
    commit = scope.add(ID, files)
    shown = repo.pmgit("add", f"modelscope:{ID}", "--yes")
    assert (shown.code, "license: Apache License 2.0" in shown.out) == (0, True), shown
    model = "pretrained_model/tiny"
    assert commit in (repo.path / model / "INFO.md").read_text(encoding="utf-8")
    other = clone_of(repo, model)
    newer = {**files, "model.safetensors": weights_bytes(4000)}
    scope.add(ID, newer)
    shown = other.pmgit("pull", "tiny")
    assert (shown.code, "from modelscope" in shown.out) == (0, True), shown
    weights = other.path / model / "model.safetensors"
    assert weights.read_bytes() == files["model.safetensors"]
    assert other.pmgit("verify", "--remote").code == 0
    assert other.pmgit("outdated").code == 1
    shown = other.pmgit("update", "tiny", "--yes")
    assert shown.code == 0, shown
    assert weights.read_bytes() == newer["model.safetensors"]
    assert other.pmgit("verify").code == 0


@pytest.mark.parametrize("kind", ["truncate", "reset", "corrupt", "page"])
def test_faults_on_the_way(repo: Repo, web: FileServer, kind: str) -> None:
    web.files = {"/m.pth": CHECKPOINT}
    assert repo.pmgit("add", f"{web.url}/m.pth", "--yes").code == 0
    file = repo.path / "pretrained_model/m/m.pth"
    file.unlink()
    web.faults["/m.pth"] = [Fault(kind, 20_000)]
    shown = repo.pmgit("pull", "m")
    if shown.code:
        assert not file.exists()
        assert (shown.code, repo.pmgit("pull", "m").code) == (3, 0), shown
    assert file.read_bytes() == CHECKPOINT


def test_what_no_source_has_is_said_once_for_each_model(repo: Repo, web: FileServer) -> None:
    web.files = {"/m.pth": CHECKPOINT}
    assert repo.pmgit("add", f"{web.url}/m.pth", "--yes").code == 0
    for name in ("alone", "here"):
        repo.write(f"pretrained_model/{name}/x.pt", 3000 + len(name))
        assert repo.pmgit("add", f"pretrained_model/{name}").code == 0
    (repo.path / "pretrained_model/m/m.pth").unlink()
    (repo.path / "pretrained_model/alone/x.pt").unlink()
    shown = repo.pmgit("pull", "--dry-run")
    assert "alone: would look for 1 file (3.0 kB) on this machine" in shown.out, shown
    shown = repo.pmgit("pull")
    assert shown.code == 3, shown
    assert shown.err.count("names no source") == 1
    assert "hint: it was made or added" in shown.err
    assert shown.err.endswith("pmgit: 1 model of 3 not restored\n")
    assert (repo.path / "pretrained_model/m/m.pth").read_bytes() == CHECKPOINT
    # Each way out is printed once, beside the first model that it is for.
    (repo.path / "pretrained_model/here/x.pt").unlink()
    (repo.path / "pretrained_model/m/m.pth").unlink()
    (repo.path / "pretrained_model/m/m.pth").mkdir()
    shown = repo.pmgit("pull")
    assert shown.code == 3, shown
    lines = shown.err.splitlines()
    hints = [line for line in lines if line.startswith("hint: ")]
    assert len(hints) == 2, shown.err
    assert lines.index(hints[0]) == 1 + lines.index(next(x for x in lines if "/alone: " in x))
    assert lines.index(hints[1]) == 1 + lines.index(next(x for x in lines if "/m: " in x))
