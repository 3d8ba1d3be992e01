"""What the disk knows about a model: genuine weights, traces of a download, hostile folders."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.core.config import Config
from pmgit.core.errors import PmgitError
from pmgit.model import describe as module
from pmgit.model import info_template, traces
from pmgit.model.weights import Tiers
from tests.bounds import FOR_EVER
from tests.kit import pointer, random_bytes, weights_bytes
from tests.weights import Weights, sha256

if TYPE_CHECKING:
    from pathlib import Path

    from pmgit.model.describe import Description

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"
#: 2026-01-13 12:00 UTC.
THEN = 1_768_305_600.0


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "bert"
    folder.mkdir()
    return folder


def write(folder: Path, path: str, content: bytes | str) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(file, (THEN, THEN))
    return file


def describe(folder: Path, name: str = "") -> Description:
    return module.describe(str(folder), name or folder.name, Tiers(Config()))


def note(folder: Path, path: str, commit: str = COMMIT, when: Any = THEN) -> None:
    """What huggingface_hub leaves beside a file that it has downloaded."""
    write(folder, f".cache/huggingface/download/{path}.metadata", f"{commit}\netag\n{when}\n")


def test_genuine_weights(model: Path, weights: Weights) -> None:
    shutil.copy(weights.path("silero_vad_16k.safetensors"), model / "model.safetensors")
    shutil.copy(weights.path("silero_vad.onnx"), model / "model.onnx")
    shutil.copy(weights.path("alex.pth"), model / "alex.pth")
    write(model, "config.json", "{}")
    found = describe(model)

    assert [file.path for file in found.files] == [
        "alex.pth", "config.json", "model.onnx", "model.safetensors",
    ]  # fmt: skip
    whole = {file.path: (file.size, file.sha256) for file in found.files}
    assert whole["model.safetensors"] == (1_239_748, sha256(weights.safetensors))
    assert whole["alex.pth"] == (len(weights["alex.pth"]), sha256(weights["alex.pth"]))
    assert whole["config.json"] == (-1, "")
    assert found.parameters == {"F32": 309_633}
    assert found.problems == []


def test_a_pointer_tells_without_a_download(model: Path, weights: Weights) -> None:
    write(model, "model.safetensors", pointer(weights.safetensors))
    found = describe(model)

    assert [(f.size, f.sha256) for f in found.files] == [(1_239_748, sha256(weights.safetensors))]
    assert (found.parameters, found.problems) == ({}, [])


def test_what_is_no_part_of_the_model(model: Path) -> None:
    for path in (
        ".cache/x/y", ".git/config", ".gitattributes", ".gitignore", "__pycache__/a.pyc",
        "model.bin.incomplete", "INFO.md", "pmgit.lock", "onnx/.cache/x",
    ):  # fmt: skip
        write(model, path, "x")
    write(model, "onnx/model.onnx", random_bytes(100))
    write(model, "vocab.txt", "a\r\nb")

    assert [file.path for file in describe(model).files] == ["onnx/model.onnx", "vocab.txt"]


def test_the_architecture_and_what_it_was_made_from(model: Path) -> None:
    config = {"architectures": ["BertForMaskedLM"], "model_type": "bert", "torch_dtype": "float16"}
    write(model, "config.json", json.dumps(config))
    write(model, "README.md", "---\nbase_model: a/b\ntags:\n- x\n- license:mit\n---\n")
    found = describe(model)
    assert found.license == "mit"
    for language, lines in (
        ("en", "- Architecture: BertForMaskedLM (bert), float16\n- Based on: a/b\n"),
        ("zh", "- 架构：BertForMaskedLM (bert), float16\n- 基础模型：a/b\n"),
    ):
        assert lines in info_template.write("bert", found, language).decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_an_entry_of_the_hubs_cache(tmp_path: Path, weights: Weights) -> None:
    """As huggingface_hub lays it out: the names are links to what lies in `blobs`."""
    entry = tmp_path / "hub/models--google--vit"
    write(entry, f"blobs/{sha256(weights.safetensors)}", weights.safetensors)
    write(entry, "blobs/abc", "---\nlicense: mit\n---\n")
    write(entry, "blobs/def", '{"model_type": "vit"}')
    write(entry, "refs/main", COMMIT)
    snapshot = entry / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    names = (("model.safetensors", sha256(weights.safetensors)), ("README.md", "abc"))
    for name, blob in (*names, ("config.json", "def")):
        (snapshot / name).symlink_to(f"../../blobs/{blob}")
    (tmp_path / "secret").write_text("---\nlicense: stolen\n---\n")
    (snapshot / "LICENSE").symlink_to(tmp_path / "secret")
    found = describe(entry, "hub/models--google--vit")

    assert (found.repo_id, found.commit, found.license) == ("google/vit", COMMIT, "mit")
    assert [file.path for file in found.files] == ["README.md", "config.json", "model.safetensors"]
    assert (found.parameters, found.config.model_type) == ({"F32": 309_633}, "vit")

    # Links to it, from a model's folder of another name.
    folder = tmp_path / "vit"
    folder.mkdir()
    (folder / "model.safetensors").symlink_to(snapshot / "model.safetensors")
    found = describe(folder)
    assert (found.repo_id, found.commit, found.files) == ("google/vit", COMMIT, [])
    assert found.problems == ["1 link not followed, and not listed"]
    # Beside weights of its own, a link says nothing of these.
    write(folder, "tuned.safetensors", weights.safetensors)
    found = describe(folder)
    assert (found.repo_id, found.commit, found.links) == ("", "", 1)


def test_look_reads_no_weights(
    model: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(weights.path("silero_vad_16k.safetensors"), model / "model.safetensors")
    note(model, "model.safetensors", when=4_000_000_000)
    monkeypatch.setattr(module, "_hash_each", None)
    found = module.look(str(model), "bert")
    assert (found.parameters, found.commit, found.files) == ({"F32": 309_633}, COMMIT, [])


def test_traces_of_a_download(model: Path) -> None:
    for path in ("config.json", "onnx/model.onnx"):
        write(model, path, "{}")
    note(model, "config.json")
    note(model, "onnx/model.onnx", when=THEN + 86_400)
    found = describe(model)

    assert (found.commit, found.downloaded) == (COMMIT, "2026-01-14")


def test_traces_that_disagree_tell_nothing(model: Path) -> None:
    for path in ("a.json", "b.json"):
        write(model, path, "{}")
        note(model, path, commit=path[0] * 40)

    assert (describe(model).commit, describe(model).downloaded) == ("", "")


def test_traces_of_files_that_are_gone_or_changed_do_not_count(model: Path) -> None:
    note(model, "gone.json", "a" * 40)
    os.utime(write(model, "changed.json", "{}"), (THEN + 60, THEN + 60))
    note(model, "changed.json", "b" * 40)
    assert describe(model).commit == ""

    write(model, "config.json", "{}")
    note(model, "config.json")
    assert describe(model).commit == COMMIT


@pytest.mark.parametrize(
    ("commit", "when"),
    [
        ("main", THEN), (COMMIT[:-1], THEN), (COMMIT, "nan"), (COMMIT, "inf"), (COMMIT, "1e400"),
        (COMMIT, "-1"), (COMMIT, "x"), (COMMIT, 1e15), ("\0" * 5000, THEN), ("é", "é"),
    ],
)  # fmt: skip
def test_hostile_traces(model: Path, commit: str, when: Any) -> None:
    write(model, "config.json", "{}")
    note(model, "config.json", commit, when)

    assert (describe(model).commit, describe(model).downloaded) == ("", "")


@pytest.mark.parametrize(
    ("noted", "name", "repo_id", "guess"),
    [
        ("google-bert/bert", "bert", "google-bert/bert", ""),
        ("google-bert/BERT", "bert", "google-bert/BERT", ""),
        ("bert", "bert", "bert", ""),
        # Perhaps what it was tuned from.
        ("google-bert/bert-base-uncased", "bert", "", "google-bert/bert-base-uncased"),
        ("bert-base-uncased", "bert", "", ""),
        ("/home/me/bert", "bert", "", ""),
        ("../bert", "bert", "", ""),
        ("./bert", "bert", "", ""),
        ("", "google/bert", "", "google/bert"),
        (["a/b"], "bert", "", ""),
        (None, "bert", "", ""),
    ],
)
def test_where_a_model_comes_from(
    model: Path, noted: Any, name: str, repo_id: str, guess: str
) -> None:
    write(model, "config.json", json.dumps({"_name_or_path": noted}))
    found = describe(model, name)

    assert (found.repo_id, found.guess) == (repo_id, guess)


@pytest.mark.parametrize("config", ["", "[]", "{", '{"a":' * 200_000, "\xff", "1" * 5000])
def test_hostile_configurations(model: Path, config: str) -> None:
    begin = time.process_time()
    write(model, "config.json", config.encode("latin-1"))

    assert describe(model).repo_id == ""
    assert time.process_time() - begin < FOR_EVER


def test_the_model_card(model: Path) -> None:
    write(
        model, "README.md", "---\nlicense: mit\ndatasets:\n- wiki\npipeline_tag: fill-mask\n---\n"
    )
    found = describe(model)

    assert found.license == "mit"
    assert (found.card["datasets"], found.card["pipeline_tag"]) == (["wiki"], ["fill-mask"])


def test_parameters_of_shards_are_added_up(model: Path, weights: Weights) -> None:
    for number in (1, 2):
        write(model, f"model-{number:05}-of-00002.safetensors", weights.safetensors)
    assert describe(model).parameters == {"F32": 2 * 309_633}

    (model / "model-00001-of-00002.safetensors").unlink()
    assert describe(model).parameters == {}


def test_a_missing_shard_leaves_the_number_open(model: Path, weights: Weights) -> None:
    for number in (1, 3):
        write(model, f"model-{number:05}-of-00003.safetensors", weights.safetensors)

    assert describe(model).parameters == {}


def test_variants_are_not_added_up(model: Path, weights: Weights) -> None:
    write(model, "a.safetensors", weights.safetensors)
    write(model, "b.safetensors", weights.safetensors)
    assert describe(model).parameters == {}

    write(model, "model.safetensors", weights.safetensors)
    assert describe(model).parameters == {"F32": 309_633}


def test_broken_weights_are_named(model: Path, weights: Weights) -> None:
    write(model, "model.safetensors", weights.safetensors[:-1])
    found = describe(model)

    assert found.parameters == {}
    assert found.problems[0].startswith("'model.safetensors': the tensors end at")
    assert [file.size for file in found.files] == [1_239_747]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links, FIFOs and any byte in a name")
def test_nothing_outside_is_read_and_nothing_hangs(model: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "README.md", "---\nlicense: secret\n---\n")
    write(outside, "config.json", json.dumps({"_name_or_path": "a/bert"}))
    write(outside, "download/vocab.txt.metadata", f"{COMMIT}\ne\n{THEN}\n")
    for name in ("README.md", "config.json"):
        (model / name).symlink_to(outside / name)
    (model / "folder").symlink_to(outside)
    (model / ".cache").mkdir()
    (model / ".cache/huggingface").symlink_to(outside)
    os.mkfifo(model / "fifo.bin")
    write(model, "vocab.txt", "a")
    write(model, "w\udcff.bin", weights_bytes(9))
    found = describe(model)

    assert [file.path for file in found.files] == ["vocab.txt", "w\udcff.bin"]
    assert (found.license, found.repo_id, found.guess, found.commit) == ("", "", "", "")
    assert found.problems == ["3 links not followed, and not listed"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links")
def test_a_link_below_the_traces_is_not_followed(model: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside", "model.onnx.metadata", f"{COMMIT}\ne\n{THEN}\n")
    write(model, "onnx/model.onnx", "x")
    (model / ".cache/huggingface/download").mkdir(parents=True)
    (model / ".cache/huggingface/download/onnx").symlink_to(tmp_path / "outside")

    assert describe(model).commit == ""


def test_a_header_that_claims_ten_gigabytes(model: Path) -> None:
    file = write(model, "model.safetensors", (10_000_000_000).to_bytes(8, "little") + b"{}")
    os.truncate(file, 12_000_000_000)  # sparse
    found = module.look(str(model), "bert")
    assert found.parameters == {}
    assert "10,000,000,000 bytes is over 16,000,000" in found.problems[0]


def test_too_many_files(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "MAX_FILES", 3)
    for number in range(4):
        write(model, f"{number}.txt", "x")

    with pytest.raises(PmgitError, match="over 3 files"):
        describe(model)
    (model.parent / "models--a--b/snapshots").mkdir(parents=True)
    model.rename(model.parent / "models--a--b/snapshots/1")
    with pytest.raises(PmgitError, match="over 3 files"):
        describe(model.parent / "models--a--b")


def test_an_unreadable_file_is_an_error(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(model, "model.bin", b"\0")

    def refuse(path: str) -> None:  # root would be allowed to read it
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(module, "open_regular", refuse)
    with pytest.raises(PmgitError, match=r"model\.bin.*Permission denied"):
        describe(model)
