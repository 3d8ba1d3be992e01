"""`pmgit info show`: every fact with where it stands, and no weights are read."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import ACTING, Repo, pointer, random_bytes

if TYPE_CHECKING:
    from tests.weights import Weights

COMMIT = "86b5e0934494bd15c9632b12f734a8a67f723594"
VAD = "pretrained_model/silero-vad"
CONFIG = {"architectures": ["Vad"], "model_type": "vad", "torch_dtype": "float16"}
CARD = "---\nlicense: mit\npipeline_tag: voice-activity-detection\nbase_model: a/b\n---\n"


@pytest.fixture
def vad(repo: Repo, weights: Weights) -> Repo:
    """A model as the Hub's client leaves it."""
    repo.write(f"{VAD}/model.safetensors", weights.safetensors)
    repo.write(f"{VAD}/config.json", json.dumps(CONFIG))
    repo.write(f"{VAD}/README.md", CARD)
    for name in ("config.json", "model.safetensors"):
        note = f"{VAD}/.cache/huggingface/download/{name}.metadata"
        repo.write(note, f"{COMMIT}\ne\n4000000000\n")
    return repo


def sheet(repo: Repo, *names: str) -> dict[str, Any]:
    shown = repo.pmgit("info", "show", "--format", "json", *names)
    assert shown.code == 0, shown
    (found,) = shown.json["models"]
    return dict(found)


def values(repo: Repo) -> dict[str, list[tuple[str, ...]]]:
    facts = sheet(repo)["facts"]
    return {name: [(f["value"], *f["from"]) for f in found] for name, found in facts.items()}


def test_what_the_folder_alone_shows(vad: Repo) -> None:
    assert values(vad) == {
        "commit": [(COMMIT, "the Hub's client")],
        "downloaded": [("2096-10-02", "the Hub's client")],
        "license": [("mit", "README.md")],
        "terms": [("commercial use: yes; keep notice and license text", "pmgit's table")],
        "parameters": [("309,633 F32", "safetensors")],
        "architecture": [("Vad (vad), float16", "config.json")],
        "task": [("voice-activity-detection", "README.md")],
        "based_on": [("a/b", "README.md")],
    }
    found = sheet(vad)
    assert found["parameters"] == {"F32": 309_633}
    assert [(f["path"], f["sha256"], f["state"]) for f in found["files"]] == [
        ("README.md", None, "here"), ("config.json", None, "here"),
        ("model.safetensors", None, "here"),
    ]  # fmt: skip
    assert found["notes"] == ["no INFO.md lies here"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_where_each_fact_stands_and_who_disagrees(vad: Repo, language: str) -> None:
    assert vad.pmgit("info", "new", "silero-vad", "--language", language).code == 0
    assert vad.pmgit("add", VAD).code == 0
    page = vad.path / VAD / "INFO.md"
    page.write_text(page.read_text("utf-8").replace("mit\n", "apache-2.0\n", 1), "utf-8")
    (vad.path / VAD / "model.safetensors").unlink()
    found = values(vad)
    assert found["license"] == [("mit", "pmgit.lock", "README.md"), ("apache-2.0", "INFO.md")]
    assert found["commit"] == [(COMMIT, "INFO.md", "the Hub's client")]
    assert found["parameters"] == [("309,633 F32", "pmgit.lock")]
    assert "source" not in found  # a placeholder says nothing
    (weights,) = [f for f in sheet(vad)["files"] if "safe" in f["path"]]
    assert (weights["size"], weights["state"]) == (1_239_748, "missing")
    shown = vad.pmgit("info", "show").out
    assert "  source        not known\n" in shown
    assert "  license       mit (pmgit.lock, README.md)\n" in shown
    assert "\n                apache-2.0 (INFO.md)\n" in shown
    assert "    missing  1.2 MB    model.safetensors  sha256 c59271c284ae…\n" in shown


def test_what_lies_in_the_place_of_a_file(lfs_repo: Repo) -> None:
    """A pointer that was not pulled, one that only Git has, other weights, a link."""
    repo, model = lfs_repo, "pretrained_model/mine"
    repo.stage_all(
        {
            ".gitattributes": "*.pt filter=lfs diff=lfs merge=lfs -text\n",
            f"{model}/changed.pt": 3000,
            f"{model}/missing.pt": 4000,
        }
    )
    assert repo.pmgit("info", "new", "mine").code == 0
    repo.write(f"{model}/changed.pt", 3001)
    os.unlink(repo.path / model / "missing.pt")
    repo.write(f"{model}/pointer.pt", pointer(random_bytes(5000)))
    (repo.path / model / "link.pt").symlink_to("/etc/hostname")
    found = {f["path"]: (f["state"], f["size"], bool(f["sha256"])) for f in sheet(repo)["files"]}
    assert found == {
        "changed.pt": ("changed", 3001, False), "missing.pt": ("missing", 4000, True),
        "pointer.pt": ("pointer", 5000, True), "link.pt": ("link", None, False),
    }  # fmt: skip


def test_no_weights_are_read(repo: Repo) -> None:
    """A terabyte of which the disk has the header alone: to read it takes hours."""
    size = 1 << 40
    header = json.dumps({"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}})
    data = len(header).to_bytes(8, "little") + header.encode()
    file = repo.write("pretrained_model/huge/model.safetensors", data)
    os.truncate(file, len(data) + size)
    assert values(repo)["parameters"] == [("1,099,511,627,776 U8", "safetensors")]
    os.truncate(file, 10 + size)
    assert any("the tensors end at" in note for note in sheet(repo)["notes"])


def test_strangers_do_not_act_on_the_terminal(repo: Repo) -> None:
    model = "pretrained_model/a\n\x1b[31m\u202e"
    repo.write(f"{model}/model.pt", 3000)
    repo.write(f"{model}/b\n\x1b]0;x\x07.pt", 3000)
    page = "# \x1b[2Jx\u202e\n\nSource: \x1b[2J\nLicense: \u2066x" + "y" * 3000
    repo.write(f"{model}/INFO.md", page)
    repo.write(f"{model}/config.json", '{"model_type": "\\u001b[2J"}')
    repo.write(f"{model}/README.md", "---\nlicense: \x1b[2J\n---\n")
    repo.write(f"{model}/pmgit.lock", "\x1b[2J")
    shown = repo.pmgit("info", "show")
    assert shown.code == 0, shown
    assert not ACTING.search(shown.out + shown.err)
    assert max(map(len, shown.out.splitlines())) < 400
    assert not ACTING.search(repo.pmgit("info", "show", "--format", "json").out)


def test_one_all_or_none(vad: Repo) -> None:
    vad.write("pretrained_model/other/config.json", "{}")
    assert sheet(vad, "other")["model"] == "pretrained_model/other"
    assert len(vad.pmgit("info", "show", "--format", "json").json["models"]) == 2
    assert vad.pmgit("info", "show").out.count("\n\n") == 1
    wrong = vad.pmgit("info", "show", "silero-vda")
    assert (wrong.code, "did you mean 'silero-vad'?" in wrong.err) == (2, True)


def test_no_model(repo: Repo) -> None:
    shown = repo.pmgit("info", "show")
    assert (shown.code, shown.out[:9]) == (0, "no model:")
    assert repo.pmgit("info", "show", "--format", "json").json == {"models": []}
