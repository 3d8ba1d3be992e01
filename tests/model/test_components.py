"""Models that lie in parts, and folders that hold models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pmgit.model import folder
from tests.e2e.push_server import Server
from tests.e2e.test_pre_receive import server

if TYPE_CHECKING:
    from tests.kit import Repo

__all__ = ["server"]

ROOT = "pretrained_model"


def find(*paths: str) -> list[str]:
    found = folder.find([f"{ROOT}/{path}" for path in paths], ROOT)
    return [path.removeprefix(f"{ROOT}/") for path in found]


ONE = {
    "diffusers without model_index.json": "unet vae text_encoder tokenizer scheduler",
    "two copied parts": "unet vae",
    "numbered parts": "transformer transformer_2 vae text_encoder-2 Text_Encoder_3",
    "a part of one's own": "unet vae text_encoder my_adapter",
    "save_pretrained, twice": "model tokenizer",
    "a tokenizer alone": "tokenizer",
    "encoder and decoder": "encoder decoder",
    "sentence-transformers": "0_Transformer 1_Pooling 2_Dense",
    "one module": "1_Pooling",
    "exports": "onnx openvino",
    "one export": "onnx",
    "ONNX of diffusers": "unet vae_encoder vae_decoder",
    "SavedModel": "variables assets",
    "versions for serving": "1 2 10",
    "Core ML": "Encoder.mlpackage Decoder.mlmodelc",
    "a training run": "checkpoint-500 checkpoint-1000 runs",
    "one checkpoint": "checkpoint-500",
    "with the best": "checkpoint-500 checkpoint-best best final",
    "epochs": "epoch_1 epoch_2",
    "Megatron": "iter_0000100 iter_0000200",
    "folds": "fold0 fold1",
}
SEVERAL = {
    "an organisation": "bert gpt2 vit-base",
    "of one model": "bert",
    "architectures": "unet deeplab segformer",
    "one architecture": "unet",
    "a part's name among models": "vae bert",
    "a checkpoint among models": "checkpoint-500 bert",
    "sizes": "llama-7b llama-13b",
    "versions": "yolo-v8 yolo-v11",
    "names with numbers": "bert2 gpt2 t5",
}


@pytest.mark.parametrize("depth", ["sd", "org/sd"])
def test_parts_are_one_model(depth: str) -> None:
    for what, names in ONE.items():
        files = [f"{depth}/{name}/model.bin" for name in names.split()]
        assert find(*files, f"{depth}/README.md") == [depth], what
        assert find(*files, "sd-2/config.json") == [depth, "sd-2"], what
        # Deeper in its parts, and before a file of its own makes it one in any case.
        assert find(*(file.replace("/model.bin", "/fp16/x.bin") for file in files)) == [depth], what
        assert find(*files, f"{depth}/INFO.md") == [depth], what


def test_models_stay_apart() -> None:
    for what, names in SEVERAL.items():
        files = [f"org/{name}/model.bin" for name in names.split()]
        assert find(*files) == sorted(f"org/{name}" for name in names.split()), what


def test_the_models_folder_itself_is_no_model() -> None:
    for names in ONE.values():
        files = [f"{name}/model.bin" for name in names.split()]
        assert find(*files) == sorted(names.split())


def test_a_part_that_somebody_has_described_is_a_model() -> None:
    files = ["zoo/unet/model.bin", "zoo/vae/model.bin"]
    assert find(*files, "zoo/vae/INFO.md") == ["zoo/unet", "zoo/vae"]
    assert find(*files, "zoo/vae/fp16/INFO.md") == ["zoo"]


def test_one_model_one_info(repo: Repo) -> None:
    for name in ("unet", "vae", "text_encoder"):
        repo.stage(f"{ROOT}/sd/{name}/config.json", "{}")
        repo.write(f"{ROOT}/sd/{name}/model.safetensors", 2000)
    (finding,) = repo.check("--select", "missing-info")
    assert finding["path"] == f"{ROOT}/sd"
    repo.paste(finding["fix"]["shell"])
    assert (repo.path / ROOT / "sd/INFO.md").exists()
    assert repo.check("--select", "missing-info") == []
    assert repo.pmgit("info", "new", "sd/vae").code == 2
    # The parts of a described model may come one by one.
    repo.commit()
    repo.stage(f"{ROOT}/sd/safety_checker/config.json", "{}")
    assert repo.rules("--select", "info,naming") in ([], ["incomplete-info"])  # its placeholders


def test_a_push_of_one_part(server: Server) -> None:
    """Only the folder of the part changes; which model it is of, the others tell."""
    clone = server.clone
    clone.stage_all({f"{ROOT}/sd/unet/config.json": "{}", f"{ROOT}/sd/vae/config.json": "{}"})
    clone.commit()
    server.accepted("main")
    clone.git("remote", "add", "origin", str(server.path))
    clone.git("fetch", "-q", "origin")
    clone.stage(f"{ROOT}/sd/vae/model.bin", 500)
    clone.commit()
    assert f"{ROOT}/sd: missing-info: no INFO.md" in server.refused("main")
    found = clone.check("--range", "origin/main..main", "--select", "missing-info")
    assert [finding["path"] for finding in found] == [f"{ROOT}/sd"]
