"""`pmgit verify --load` with the real libraries: torch, transformers, onnxruntime."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from safetensors.torch import load_file, save_file  # noqa: E402

from tests.formats import assemble  # noqa: E402
from tests.kit import Repo, isolated_environment  # noqa: E402

ROOT = "pretrained_model"


def config(**more: Any) -> Any:
    return transformers.BertConfig(
        vocab_size=12, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, max_position_embeddings=8, **more,
    )  # fmt: skip


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT with 8 numbers in a row, as transformers writes it, with its tokenizer."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    transformers.BertForMaskedLM(config()).save_pretrained(folder)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b"]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def write(repo: Repo, bert: Path, name: str, **config: Any) -> Path:
    """Put a copy of the model into the repository; `config` is added to its config.json."""
    for file in bert.iterdir():
        repo.write(f"{ROOT}/{name}/{file.name}", file.read_bytes())
    folder = repo.path / ROOT / name
    text = json.loads((folder / "config.json").read_text()) | config
    (folder / "config.json").write_text(json.dumps(text))
    return folder


def change(folder: Path, without: tuple[str, ...] = (), **more: Any) -> None:
    """Take tensors out of a model, and put others in."""
    tensors = {**load_file(folder / "model.safetensors"), **more}
    for name in without:
        del tensors[name]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


@pytest.fixture(scope="session")
def found(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of each part of many models, which one run has loaded: by model and path, or
    by model and library."""
    top = tmp_path_factory.mktemp("many")
    repo = Repo(top / "repo", isolated_environment(top / "home"))
    write(repo, bert, "good")
    word, kind = "bert.embeddings.word_embeddings.weight", "bert.embeddings.token_type_embeddings"
    change(write(repo, bert, "lacking"), (word, f"{kind}.weight"))
    change(write(repo, bert, "more"), **{"x.extra": torch.zeros(2)})
    write(repo, bert, "larger", hidden_size=16)
    ran = top / "RAN"
    for name, of in (("code", "mine"), ("both", "bert")):
        folder = write(repo, bert, name, model_type=of, auto_map={"AutoModel": "modeling_x.X"})
        (folder / "modeling_x.py").write_text(f"open({str(ran)!r}, 'w')\n")
    tensors = load_file(bert / "model.safetensors")
    folder = write(repo, bert, "pt")
    (folder / "model.safetensors").unlink()
    torch.save(tensors, folder / "pytorch_model.bin")
    for name in ("new", "old", "module"):
        repo.write(f"{ROOT}/files/{name}.pt", b"")
    folder = repo.path / ROOT / "files"
    torch.save({"state_dict": tensors, "epoch": 3}, folder / "new.pt")
    torch.save(tensors, folder / "old.pt", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 2), folder / "module.pt")
    # Wrong inside for the runtime, and nothing that scan speaks of.
    repo.write(f"{ROOT}/onnx/model.onnx", assemble.onnx())
    shown = repo.pmgit("verify", "--load", "--format", "json")
    assert shown.code == 1, shown
    assert not ran.exists()
    return {
        f"{model['model'].removeprefix(f'{ROOT}/')}:{part['path'] or part['by']}":
        f"{part['state']}: {part['note']}"
        for model in json.loads(shown.out)["models"]
        for part in model["parts"]
    }  # fmt: skip


def test_a_model_of_transformers_loads_with_its_tokenizer(found: dict[str, str]) -> None:
    assert found["good:model.safetensors"] == "loads: 26 tensors"
    assert found["good:transformers"] == "loads: BertForMaskedLM"
    assert re.fullmatch(r"loads: BertTokenizer\w*, 7 tokens", found["good:tokenizer"])


def test_tensors_that_do_not_fit_the_model_are_named(found: dict[str, str]) -> None:
    assert found["lacking:transformers"].startswith("does not load: the files lack 3 tensors of ")
    assert "bert.embeddings.token_type_embeddings.weight" in found["lacking:transformers"]
    assert found["larger:transformers"].startswith("does not load: ")
    assert found["more:transformers"] == "loads: BertForMaskedLM; not used: x.extra"


def test_code_of_a_model_is_never_run(found: dict[str, str]) -> None:
    needs = "not tried: it needs its own code (auto_map), which is not run"
    assert found["code:transformers"] == needs
    others = "loads: BertForMaskedLM; its own code (auto_map) was not run"
    assert found["both:transformers"] == others


def test_checkpoints_of_torch_load_by_weights_only(found: dict[str, str]) -> None:
    assert found["pt:pytorch_model.bin"] == "loads: 26 tensors"
    assert found["pt:transformers"] == "loads: BertForMaskedLM"
    assert found["files:new.pt"] == found["files:old.pt"] == "loads: 26 tensors"
    # A whole module needs its class: scan warns of it, and weights_only refuses it.
    refused = found["files:module.pt"]
    assert refused.startswith("does not load: weights_only refuses it: "), refused
    assert "torch.nn.modules.linear.Linear" in refused
    assert "weights_only=False" not in refused


def test_onnx_is_given_to_its_runtime(found: dict[str, str]) -> None:
    pytest.importorskip("onnxruntime")
    assert found["onnx:model.onnx"].startswith("does not load: ")


def test_a_model_that_needs_more_memory_than_it_may_take_is_not_tried(
    repo: Repo, bert: Path
) -> None:
    write(repo, bert, "bert")
    shown = repo.pmgit("verify", "--load", "--memory", "100MB")
    assert shown.code == 3, shown
    assert "(--memory)" in shown.out
