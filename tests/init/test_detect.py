"""What `pmgit init` sees before it writes."""

from __future__ import annotations

import os

import pytest

from pmgit.core.config import Config, parse
from pmgit.git import repository
from pmgit.init import candidates
from pmgit.init import detect as look_module
from pmgit.init.detect import Look, look
from pmgit.snapshots.base import TREE, Snapshot
from tests.kit import Repo, pointer


def seen(repo: Repo, config: Config | None = None, wanted: tuple[str, ...] = ()) -> Look:
    os.chdir(repo.path)
    snapshot = Snapshot(repository.discover(), TREE, [], [])
    return look(snapshot, config or Config(), wanted)


def test_an_empty_repository_gets_the_common_folder(repo: Repo) -> None:
    found = seen(repo)
    assert [(f.path, f.files) for f in found.taken] == [("pretrained_model", 0)]
    assert (found.offered, found.left, found.raw, found.managers) == ([], [], [], [])
    assert not found.lfs_lines
    assert found.lfs_installed


def test_common_folders_that_exist_are_taken(repo: Repo) -> None:
    repo.write("pretrained_models/a/x.pt", 10)
    assert [f.path for f in seen(repo).taken] == ["pretrained_models"]
    repo.write("pretrained_model/a/x.pt", 10)
    assert [f.path for f in seen(repo).taken] == ["pretrained_model", "pretrained_models"]


def test_common_folders_below_others_are_taken_when_they_hold_weights(repo: Repo) -> None:
    for path in ("apps/ml/pretrained_model", "my libs/模型/pretrained_models"):
        repo.write(f"{path}/bert/model.safetensors", 100)
    for path in (
        "tests/data/pretrained_model/readme.txt",  # no weights
        "node_modules/x/pretrained_model/a.pt",
        ".cache/pretrained_model/a.pt",
        "apps/ml/pretrained_model/x/pretrained_model/a.pt",
        "a/b/c/d/e/f/pretrained_model/a.pt",
        "a*/pretrained_model/a.pt",  # no name for a models folder
    ):
        repo.write(path, 100)
    Repo(repo.path / "libs/other", repo.env).write("pretrained_model/a.pt", 100)
    (repo.path / "linked").symlink_to("apps")
    found = ["apps/ml/pretrained_model", "my libs/模型/pretrained_models"]
    assert [f.path for f in seen(repo).taken] == found
    repo.write("pretrained_model/readme.txt", "ours\n")
    assert [f.path for f in seen(repo).taken] == ["pretrained_model", *found]
    done = repo.pmgit("init", "--yes", "--hooks", "none")
    assert done.code == 0, done
    assert "nothing to do" in repo.pmgit("init", "--hooks", "none").out


@pytest.mark.parametrize("name", ["weights", "checkpoints"])
def test_others_are_offered_when_they_hold_weights(repo: Repo, name: str) -> None:
    repo.write(f"{name}/notes.txt", "nothing\n")
    repo.write(f"{name}/data.bin", 100)  # could be anything
    assert seen(repo).offered == []
    repo.write(f"{name}/run/last.ckpt", 100)
    repo.write(f"{name}/big.bin", 1_000_000)
    [folder] = seen(repo).offered
    assert (folder.path, folder.files, folder.size) == (name, 2, 1_000_100)
    assert [f.path for f in seen(repo).taken] == ["pretrained_model"]


def test_models_with_source_code_is_left(repo: Repo) -> None:
    repo.write("models/net.pt", 100)
    assert [f.path for f in seen(repo).offered] == ["models"]
    repo.write("models/bert/net.py", "pass\n")
    found = seen(repo)
    assert found.offered == []
    assert [f.path for f in found.left] == ["models"]


@pytest.mark.parametrize(
    "path",
    [
        "pretrained_weights", "pretrained", "ckpt", "model_zoo", "Pretrained-Weights", "CKPTS",
        "experiments/ckpt", "src/app/model_zoo", "a/b/c/d/pretrained", "预训练模型", "Model Zoo",
        "out/run 1/checkpoints",
    ],
)  # fmt: skip
def test_folders_of_telling_names_are_offered(repo: Repo, path: str) -> None:
    """On disk, ignored, and where a sparse checkout has left them out."""
    weights = repo.stage(f"{path}/net/best.pth", 3000)
    repo.write(f"{path.partition('/')[0]}-data/x.pth", 3000)
    assert [(f.path, f.files) for f in seen(repo).offered] == [(path, 1)]
    repo.commit()
    weights.unlink()
    assert [f.path for f in seen(repo).offered] == [path]
    repo.git("rm", "-q", "-r", "--cached", ".")
    assert seen(repo).offered == []
    repo.write(f"{path}/net/best.pth", 3000)
    repo.write(".gitignore", f"/{path.partition('/')[0]}/\n")
    found = seen(repo)
    assert [f.path for f in found.offered] == [path]
    assert [f.path for f in found.taken] == ["pretrained_model"]


def test_a_name_that_says_pretrained_needs_no_weights(repo: Repo) -> None:
    repo.stage("experiments/pretrained_models/README.md", "how to get them\n")
    repo.write("pretrained/README.md", "how to get them\n")
    for name in ("ckpt", "model_zoo", "models", "weights", "x/checkpoints"):
        repo.write(f"{name}/README.md", "how to get them\n")
    (repo.path / "pretrained_weights").mkdir()
    found = seen(repo)
    assert [f.path for f in found.offered] == ["pretrained", "experiments/pretrained_models"]
    assert [f.path for f in found.taken] == ["pretrained_model"]


def test_another_spelling_of_the_common_name_is_taken(repo: Repo) -> None:
    repo.write("Pretrained_Model/README.md", "ours\n")
    assert [f.path for f in seen(repo).taken] == ["Pretrained_Model"]
    repo.write("libs/Pretrained-Models/a/x.pt", 100)
    repo.write("docs/PRETRAINED_MODELS/notes.txt", "x\n")
    found = seen(repo)
    assert [f.path for f in found.taken] == ["Pretrained_Model", "libs/Pretrained-Models"]
    assert [f.path for f in found.offered] == ["docs/PRETRAINED_MODELS"]
    # One of code is not, and nothing is made that would be the same folder on some disks.
    repo.write("Pretrained_Model/net.py", "pass\n")
    (repo.path / "libs/Pretrained-Models/a/x.pt").unlink()
    assert [f.path for f in seen(repo).taken] == ["pretrained_models"]


def test_how_much_of_a_name_that_may_be_anything_counts(repo: Repo) -> None:
    for name in ("models", "assets/models", "pretrained_weights", "ckpt"):
        repo.write(f"{name}/x.bin", 200_000)
    assert [f.path for f in seen(repo).offered] == ["pretrained_weights", "ckpt"]
    repo.write("models/x.bin", 1_000_000)
    assert [f.path for f in seen(repo).offered] == ["pretrained_weights", "ckpt", "models"]


def test_what_lies_around_and_inside(repo: Repo) -> None:
    for path in (
        "models/net.py", "models/weights/x.pt",  # code, and a folder in it
        "checkpoints/a/ckpt/x.pt",  # one in another
        "zoo/models/pretrained_model/x.pt", "zoo/models/y.pt",  # around one that is taken
    ):  # fmt: skip
        repo.write(path, 100)
    found = seen(repo)
    assert [f.path for f in found.taken] == ["zoo/models/pretrained_model"]
    assert [f.path for f in found.offered] == ["checkpoints", "models/weights"]
    assert [f.path for f in found.left] == ["models"]
    config = parse(b'models = ["models/weights"]\n', ".pmgit.toml")
    found = seen(repo, config)
    assert [f.path for f in found.offered] == ["checkpoints", "zoo/models"]
    assert found.left == []


def test_a_repository_of_its_own_is_left(repo: Repo) -> None:
    for name in ("pretrained", "ckpt"):
        Repo(repo.path / name, repo.env).write("model.pt", 100)
    Repo(repo.path / "sub", repo.env).write("weights/model.pt", 100)
    found = seen(repo)
    assert [f.path for f in found.left] == ["pretrained", "ckpt"]
    assert found.offered == []
    assert "ckpt/ (1 file of weights, 100 bytes) is not taken: it is a repository of its own\n" in (
        repo.pmgit("init", "--dry-run").out
    )


def test_the_look_is_bounded(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (
        "my env/pyvenv.cfg", "my env/lib/weights/x.pt",
        "node_modules/x/ckpt/x.pt", "data/zz/ckpt/x.pt", "late/ckpt/x.pt",
    ):  # fmt: skip
        repo.write(path, 100)
    for number in range(201):
        (repo.path / f"data/{number}").mkdir()
    repo.write("data/weights/x.pt", 100)
    assert [f.path for f in seen(repo).offered] == ["data/weights", "late/ckpt"]
    monkeypatch.setattr(candidates, "_MOST_FOLDERS", 2)
    assert [f.path for f in seen(repo).offered] == ["data/weights"]
    monkeypatch.undo()
    monkeypatch.setattr(look_module, "_MOST_WEIGHED", 1)
    found = seen(repo)
    assert ([f.path for f in found.offered], found.more) == (["data/weights"], 1)


def test_what_a_person_names_and_what_is_configured_is_taken(repo: Repo) -> None:
    repo.write("weights/net.pt", 100)
    assert [f.path for f in seen(repo, wanted=("weights", "nets")).taken] == ["weights", "nets"]
    config = parse(b'models = ["weights", "gone"]\n', ".pmgit.toml")
    assert [f.path for f in seen(repo, config).taken] == ["weights"]
    assert seen(repo, config).offered == []


def test_raw_weights_are_found_and_pointers_are_none(repo: Repo) -> None:
    repo.stage("pretrained_model/a/x.bin", 50)
    repo.stage("elsewhere/y.safetensors", 50)
    repo.stage("elsewhere/z.bin", 50)
    repo.stage("pretrained_model/a/p.safetensors", pointer(b"x" * 2000))
    repo.stage("pretrained_model/a/config.json", "{}\n")
    raw = {blob.path for blob in seen(repo).raw}
    assert raw == {"pretrained_model/a/x.bin", "elsewhere/y.safetensors"}


@pytest.mark.parametrize(
    ("file", "manager"),
    [
        (".husky/pre-commit", "husky"),
        ("lefthook.yml", "lefthook"),
        (".lefthook.toml", "lefthook"),
        ("prek.toml", "prek"),
        (".pre-commit-config.yaml", "pre-commit"),
    ],
)
def test_hook_managers(repo: Repo, file: str, manager: str) -> None:
    repo.write(file, "\n")
    assert seen(repo).managers == [manager]


def test_git_lfs_in_use(lfs_repo: Repo) -> None:
    found = seen(lfs_repo)
    assert found.lfs_lines
