"""What a model folder is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.model import folder
from pmgit.model.folder import Model

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "pretrained_model"


def find(*paths: str) -> list[str]:
    return [
        path.removeprefix(f"{ROOT}/") for path in folder.find([f"{ROOT}/{p}" for p in paths], ROOT)
    ]


def test_the_shallowest_folder_with_a_file_is_the_model() -> None:
    assert find("bert/config.json", "bert/onnx/model.onnx", "bert/1_Pooling/config.json") == [
        "bert"
    ]


def test_the_order_of_the_paths_does_not_matter() -> None:
    assert find("a/b/c/deep.bin", "a/b/config.json", "a-b/x.bin") == ["a-b", "a/b"]


def test_an_organisation_is_no_model() -> None:
    assert find(
        "google/vit/model.bin", "google/README.md", "google/.gitkeep", "google/LICENSE"
    ) == ["google/vit"]


@pytest.mark.parametrize(
    "name", ["README.md", "README", "readme.txt", "LICENSE", "LICENSE.txt", "license", ".gitignore"]
)
def test_what_makes_no_model(name: str) -> None:
    assert not folder.counts(name)
    assert find(f"bert/{name}") == []


@pytest.mark.parametrize("name", ["INFO.md", "config.json", "model.bin", "NOTICE"])
def test_what_makes_a_model(name: str) -> None:
    assert folder.counts(name)
    assert find(f"bert/{name}") == ["bert"]


def test_folders_of_source_code_are_no_models() -> None:
    assert find(
        "__init__.py", "layers/conv.py", "layers/tests/data.json", "layers/tests/test_conv.py",
        "tools/Makefile", "tools/Dockerfile", "tools/requirements.txt", "tools/settings.yaml",
        "scripts/convert.SH", "nb/explore.ipynb", "kernels/src/k.cu", "kernels/k.txt",
        "docs/use.md", "docs/logo.png", "pkg/x.pyc",
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    "name", ["model.bin", "config.json", "eng.traineddata", "INFO.md", "a.mdl"]
)
def test_code_beside_a_model_is_a_part_of_it(name: str) -> None:
    assert find("bert/modeling_x.py", f"bert/{name}", "bert/onnx/model.onnx") == ["bert"]


def test_a_package_that_holds_models_is_none() -> None:
    assert find("zoo/__init__.py", "zoo/bert/model.bin", "zoo/org/gpt/model.bin") == [
        "zoo/bert", "zoo/org/gpt",
    ]  # fmt: skip


def test_text_alone_is_a_model_where_there_is_no_code() -> None:
    assert find("bert/settings.yaml", "gpt/notes.txt") == ["bert", "gpt"]
    assert find("bert/settings.yaml", "gpt/x.py", "yolo/data.yaml", "yolo/detect.py") == ["bert"]
    # What lies below is a part of it, code or not.
    assert find("yolo/data.yaml", "yolo/detect.py", "yolo/weights/best.pt") == ["yolo"]


def test_an_entry_of_the_hub_s_cache_is_one_model() -> None:
    assert find(
        "hub/models--org--bert/blobs/aa", "hub/models--org--bert/refs/main", "hub/version.txt",
        "hub/models--org--bert/snapshots/1/model.bin", "models--gpt2/snapshots/1/onnx/x.onnx",
        "hub/.locks/models--org--bert/aa.lock", "hub/datasets--org--set/blobs/aa",
        "hub/blobs/ab/cd", "xet/endpoint/chunk", "token", "hub/CACHEDIR.TAG", "blobs/shared",
        "bert/cache/models--a--b/refs/main", "bert/model.bin", "xet2/model.bin",
    ) == ["bert", "hub/models--org--bert", "models--gpt2", "xet2"]  # fmt: skip


def test_loose_files_make_no_model() -> None:
    assert find("resnet50.pth", "README.md") == []


def test_a_saved_model_is_one_model() -> None:
    assert find("bert/saved_model.pb", "bert/variables/variables.index") == ["bert"]


def test_names_that_begin_alike_are_two_models() -> None:
    assert find("bert/a.bin", "bert-large/a.bin", "bert.x/a.bin") == [
        "bert",
        "bert-large",
        "bert.x",
    ]


def test_root_of() -> None:
    roots = ("pretrained_model", "a/models")
    assert folder.root_of("pretrained_model/x", roots) == "pretrained_model"
    assert folder.root_of("a/models/x/y", roots) == "a/models"
    assert folder.root_of("pretrained_models/x", roots) == ""
    assert folder.root_of("b/pretrained_model/x", roots) == ""
    assert folder.root_of("pretrained_model", roots) == ""


def test_the_name_of_a_model_is_below_its_root() -> None:
    assert Model("a/models/google/vit", "a/models").name == "google/vit"


def test_files_on_disk(tmp_path: Path) -> None:
    for name in ("bert/a.bin", "bert/onnx/b.onnx", "loose.pt", "bert/.git/objects/x"):
        file = tmp_path / ROOT / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / ROOT / "link").symlink_to(tmp_path / ROOT / "bert")
    (tmp_path / ROOT / "file-link").symlink_to(tmp_path / ROOT / "loose.pt")

    assert sorted(folder.files_on_disk(str(tmp_path), ROOT)) == [
        f"{ROOT}/bert/a.bin",
        f"{ROOT}/bert/onnx/b.onnx",
        f"{ROOT}/loose.pt",
    ]


def git_dir(place: Path) -> None:
    for name in ("objects", "refs"):
        (place / name).mkdir(parents=True)
    (place / "HEAD").write_text("ref: refs/heads/main\n")


def test_of_a_repository_of_its_own_only_git_is_told(tmp_path: Path) -> None:
    top = tmp_path / ROOT
    git_dir(top / "clone/.git")
    git_dir(top / "org/bare.git")
    git_dir(tmp_path / "elsewhere")
    (top / "m/sub").mkdir(parents=True)
    (top / "m/sub/.git").write_text("gitdir: ../../../elsewhere\n")
    (top / "m/HEAD").write_text("no repository\n")
    for place in ("clone", "org/bare.git", "m", "m/sub"):
        (top / place / "a.bin").touch()

    assert sorted(folder.files_on_disk(str(tmp_path), ROOT)) == [
        f"{ROOT}/{path}" for path in ("clone/.git", "m/HEAD", "m/a.bin", "m/sub/.git",
                                      "org/bare.git/.git")
    ]  # fmt: skip
    git_dir(top / ".git")
    assert list(folder.files_on_disk(str(tmp_path), ROOT)) == [f"{ROOT}/.git"]
    assert list(folder.links_on_disk(str(tmp_path), ROOT)) == []


def test_of_one_model_all_is_listed_that_a_look_at_all_models_lists(tmp_path: Path) -> None:
    top = tmp_path / ROOT
    git_dir(top / "clone/.git")
    for name in ("org/m/a.bin", "org/m/sub/b.txt", "org/m2/c.bin", "clone/in/d.bin",
                 ".cache/e/f.bin", "g/hub/h", "g/xet/i/j", "k/xet/l/n"):  # fmt: skip
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()
    (top / "org/m/link.bin").symlink_to(top / "org/m/a.bin")
    (top / "link").symlink_to(top / "org/m")
    every = set(folder.files_on_disk(str(tmp_path), ROOT))
    below = [path.relative_to(tmp_path).as_posix() for path in top.rglob("*") if path.is_dir()]
    for model in (*below, f"{ROOT}/nothing"):
        expected = {path for path in every if path.startswith(f"{model}/")}
        assert set(folder.files_on_disk(str(tmp_path), ROOT, model=model)) == expected, model


def test_a_models_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "share/bert").mkdir(parents=True)
    (tmp_path / "share/bert/a.bin").touch()
    (tmp_path / ROOT).symlink_to(tmp_path / "share")

    assert list(folder.files_on_disk(str(tmp_path), ROOT)) == []


def test_no_models_folder(tmp_path: Path) -> None:
    assert list(folder.files_on_disk(str(tmp_path), ROOT)) == []


def test_the_look_at_the_disk_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path.joinpath(ROOT, *"abcdefghij")
    deep.mkdir(parents=True)
    (deep / "x.bin").touch()
    (deep.parents[3] / "y.bin").touch()
    assert list(folder.files_on_disk(str(tmp_path), ROOT)) == [f"{ROOT}/a/b/c/d/e/f/y.bin"]

    monkeypatch.setattr(folder, "MAX_FOLDERS", 3)
    assert list(folder.files_on_disk(str(tmp_path), ROOT)) == []
