"""`duplicate-weights`: the same weights in several formats or places; no false alarm on others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import Repo, weights_bytes, weights_for
from tests.rules.test_missing_shard import pointer_for

ROOT = "pretrained_model"
LFS_LINES = "".join(
    f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n"
    for suffix in (
        ".safetensors", ".bin", ".h5", ".msgpack", ".ot", ".pth", ".pt", ".ckpt", ".onnx", ".gguf",
    )
)  # fmt: skip
MB = 1_000_000


@pytest.fixture
def model(lfs_repo: Repo) -> Repo:
    """A repository with Git LFS, in which nothing but its attributes is staged."""
    lfs_repo.stage(".gitattributes", LFS_LINES)
    lfs_repo.commit("attributes")
    return lfs_repo


def findings(repo: Repo, *args: str) -> list[dict[str, Any]]:
    return repo.check("--select", "duplicate-weights", *args)


def said(repo: Repo, files: dict[str, int | bytes], *args: str) -> dict[str, str]:
    """The messages by path when the models folder has pointers to so many bytes."""
    repo.git("read-tree", "HEAD")
    repo.stage_blobs({
        f"{ROOT}/{path}": pointer_for(of, path) if isinstance(of, int) else of
        for path, of in files.items()
    })  # fmt: skip
    found = findings(repo, *args)
    assert {finding["severity"] for finding in found} <= {"warning"}
    return {f["path"].removeprefix(f"{ROOT}/"): f["message"] for f in found}


def test_layouts_of_the_hub_without_duplicates(model: Repo) -> None:
    same = pointer_for(500 * MB, "of two pipelines")
    state = pointer_for(40 * MB, "a state")
    files: dict[str, int | bytes] = {
        # the original files of the authors, for other loaders
        **{f"llama/model-0000{n}-of-00002.safetensors": 8000 * MB + n for n in (1, 2)},
        "llama/original/consolidated.00.pth": 16000 * MB,
        **{f"mistral/model-0000{n}-of-00002.safetensors": 7000 * MB + n for n in (1, 2)},
        "mistral/consolidated.safetensors": 14000 * MB,
        # variants, components, and a component that two pipelines have in common
        "sd/unet/diffusion_pytorch_model.safetensors": 3400 * MB,
        "sd/unet/diffusion_pytorch_model.fp16.safetensors": 1700 * MB,
        "sd/unet/diffusion_pytorch_model.non_ema.safetensors": 3400 * MB,
        "sd/vae/diffusion_pytorch_model.safetensors": same,
        "sd/safety_checker/model.safetensors": 1200 * MB,
        "sd-inpaint/vae/diffusion_pytorch_model.safetensors": same,
        "sd-inpaint/unet/diffusion_pytorch_model.safetensors": 3410 * MB,
        "sd/v1-5-pruned.ckpt": 7700 * MB,
        "sd/v1-5-pruned-emaonly.ckpt": 4200 * MB,
        # exports for other runtimes
        "minilm/model.safetensors": 90 * MB,
        "minilm/onnx/model.onnx": 90 * MB,
        "minilm/onnx/model_O1.onnx": 90 * MB,
        "minilm/onnx/model_qint8_avx512.onnx": pointer_for(23 * MB),
        "minilm/onnx/model_qint8_avx512_vnni.onnx": pointer_for(23 * MB),
        "minilm/openvino/openvino_model.bin": 90 * MB,
        "yolo/yolov8n.pt": 6 * MB,
        "yolo/yolov8n.safetensors": 6 * MB,
        # other numbers
        "gguf/qwen-q4_k_m.gguf": 4000 * MB,
        "gguf/qwen-q8_0.gguf": 8000 * MB,
        "half/model.safetensors": 500 * MB,
        "half/pytorch_model.bin": 1000 * MB,
        "clip/open_clip_model.safetensors": 600 * MB,
        "clip/model.safetensors": 600 * MB,
        # an adapter beside its base, states of training, checkpoints
        "lora/pytorch_model.bin": 500 * MB,
        "lora/adapter_model.safetensors": 500 * MB,
        "run/checkpoint-500/model.safetensors": 400 * MB,
        "run/checkpoint-500/optimizer.pt": 800 * MB,
        "run/checkpoint-500/rng_state.pth": state,
        "run/checkpoint-1000/pytorch_model.bin": 400 * MB,
        "run/checkpoint-1000/optimizer.bin": 800 * MB,
        "run/checkpoint-1000/optimizer.safetensors": 800 * MB,
        "run/checkpoint-1000/rng_state.pth": state,
        # too small to matter, or of one name only
        "tiny/model.safetensors": 20_000,
        "tiny/pytorch_model.bin": 20_000,
        "tiny/copy/model.safetensors": pointer_for(20_000, "tiny/model.safetensors"),
        "named/resnet50.safetensors": 100 * MB,
        "named/resnet50.pth": 300 * MB,
        "named/resnet101.pth": 100 * MB,
        "speech/model.safetensors": 100 * MB,
        "speech/model.ckpt": 150 * MB,
        # no weights
        "logo/figure.png": pointer_for(5 * MB, "a picture"),
        "logo/model.safetensors": 7 * MB,
        "logo/docs/figure.png": pointer_for(5 * MB, "a picture"),
        # shards that nobody filled
        "zeros/model-00001-of-00002.safetensors": pointer_for(5 * MB, "zeros"),
        "zeros/model-00002-of-00002.safetensors": pointer_for(5 * MB, "zeros"),
    }
    assert said(model, files) == {}
    model.commit("all of them")
    assert findings(model, "--all") == []
    assert findings(model, "--range", "HEAD~1..HEAD") == []


def test_the_same_weights_in_several_formats(model: Repo) -> None:
    whisper = {
        "model.safetensors": 967 * MB, "pytorch_model.bin": 967 * MB + 9000,
        "tf_model.h5": 968 * MB, "flax_model.msgpack": 966 * MB, "rust_model.ot": 1200 * MB,
    }  # fmt: skip
    found = said(model, {f"whisper/{name}": size for name, size in whisper.items()})
    assert sorted(found) == sorted(f"whisper/{name}" for name in list(whisper)[1:])
    assert found["whisper/pytorch_model.bin"].startswith(
        "pytorch_model.bin (967.0 MB) has the same weights as model.safetensors: keep"
        " model.safetensors, which runs nothing when it is loaded"
    )
    model.commit("all of it")
    model.stage(f"{ROOT}/whisper/config.json", "{}\n")
    assert findings(model) == []  # nobody adds weights
    assert len(findings(model, "--all")) == 4
    assert len(findings(model, "--range", "HEAD~1..HEAD")) == 4
    files: dict[str, int | bytes] = {
        "timm/model.safetensors": 100 * MB, "timm/pytorch_model.bin": 100 * MB,
        "clip/open_clip_model.safetensors": 100 * MB, "clip/open_clip_pytorch_model.bin": 100 * MB,
        "sd/unet/diffusion_pytorch_model.fp16.safetensors": 100 * MB,
        "sd/unet/diffusion_pytorch_model.fp16.bin": 100 * MB,
        "sd/v1-5.safetensors": 200 * MB, "sd/v1-5.ckpt": 200 * MB + 50_000,
        "lora/adapter_model.safetensors": 100 * MB, "lora/adapter_model.bin": 100 * MB,
        "old/pytorch_model.bin": 100 * MB, "old/tf_model.h5": 120 * MB,
        "both/pytorch_model.bin": 100 * MB,
        "both/pytorch_model-00001-of-00002.bin": 60 * MB,
        "both/pytorch_model-00002-of-00002.bin": 40 * MB,
    }  # fmt: skip
    found = said(model, files)
    assert sorted(found) == [
        "both/pytorch_model-00001-of-00002.bin", "clip/open_clip_pytorch_model.bin",
        "lora/adapter_model.bin", "old/tf_model.h5", "sd/unet/diffusion_pytorch_model.fp16.bin",
        "sd/v1-5.ckpt", "timm/pytorch_model.bin",
    ]  # fmt: skip
    assert found["old/tf_model.h5"].endswith("; keep the format that your code loads")
    # Whatever becomes of it, nothing is printed that would take a file away unseen.
    assert all(f["fix"] is None for f in findings(model) if "/old/" in f["path"])


def test_the_fix_takes_the_copy_out_and_keeps_it_on_disk(model: Repo) -> None:
    folder = f"{ROOT}/llama"
    names = [f"pytorch_model-0000{n}-of-00002.bin" for n in (1, 2)]
    model.write(f"{folder}/model.safetensors", weights_bytes(400_000))
    for number, name in enumerate(names):
        model.write(f"{folder}/{name}", weights_bytes(200_000, seed=number))
    map_of = ", ".join(f'"{n}": "{name}"' for n, name in enumerate(names))
    model.write(f"{folder}/pytorch_model.bin.index.json", f'{{"weight_map": {{{map_of}}}}}')
    model.add_info(folder)
    model.git("add", ".")
    (finding,) = findings(model)
    assert finding["path"] == f"{folder}/{names[0]}"
    assert "with 1 more shard (400.0 kB) has the same weights" in finding["message"]
    model.paste(finding["fix"]["shell"])
    assert model.rules("--select", "content") == []
    assert [path for path in model.staged() if "pytorch_model" in path] == []
    # Committed already: the fix says who loses the file.
    model.git("add", ".")
    model.commit("both")
    (finding,) = findings(model, "--all")
    assert finding["fix"]["safe"] is False
    model.paste(finding["fix"]["shell"])
    assert findings(model) == findings(model, "--all") == []
    # Committed already, and a better copy comes.
    model.git("reset", "-q", "--hard", "HEAD~1")
    model.stage(f"{ROOT}/gpt2/pytorch_model.bin", weights_bytes(300_000))
    model.commit("a pickle")
    model.stage(f"{ROOT}/gpt2/model.safetensors", weights_bytes(300_000, seed=2))
    (finding,) = findings(model)
    assert (finding["path"], finding["fix"]["safe"]) == (f"{ROOT}/gpt2/pytorch_model.bin", False)
    model.paste(finding["fix"]["shell"])
    assert findings(model) == []
    # Where the content is not on disk, it would be lost with its pointer.
    assert said(model, {"a/model.safetensors": 5 * MB, "a/pytorch_model.bin": 5 * MB})
    (finding,) = findings(model)
    assert (finding["fix"], "not on disk" in finding["message"]) == (None, True)


def test_the_same_bytes_in_several_places(model: Repo) -> None:
    same = pointer_for(440 * MB, "bert")
    files: dict[str, int | bytes] = {
        "bert/model.safetensors": same, "bert-copy/model.safetensors": same,
        "bert/checkpoint-900/model.safetensors": same, "bert/copy.bin": same,
        "bert.safetensors": same,
    }  # fmt: skip
    model.stage_blobs({"src/weights.safetensors": same})
    found = said(model, files)
    kept = f"the same 440.0 MB as {ROOT}/bert/model.safetensors"
    assert found == {
        "bert-copy/model.safetensors": f"{kept}: one of the two models is enough",
        "bert/checkpoint-900/model.safetensors": f"{kept}, which stays; its content is not on disk:"
        " git lfs pull it first",
        "bert/copy.bin": f"{kept}, which stays; its content is not on disk: git lfs pull it first",
        "bert.safetensors": f"{kept}, which a model has in its folder: delete this loose copy",
    }
    model.stage_blobs({"src/weights.safetensors": same})
    assert any(f["path"] == "src/weights.safetensors" for f in findings(model))
    model.commit("all")
    assert len(findings(model, "--all")) == len(findings(model, "--range", "HEAD~1..HEAD")) == 5
    # Of two models that are the same, all files together.
    shards = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    whole = {f"{m}/{n}": pointer_for(50 * MB, n) for m in ("a", "a-copy") for n in shards}
    assert said(model, {"x/model.safetensors": 5 * MB, **whole}) == {
        f"a-copy/{shards[0]}": f"this and 1 other file are the same 100.0 MB as in {ROOT}/a: one of"
        " the two models is enough"
    }
    model.git("read-tree", "HEAD")
    # A move is no copy; a copy of what is there already is the one that goes.
    old = [path for path in model.staged() if path != ".gitattributes"]
    model.git("update-index", "--force-remove", *old)
    model.stage_blobs({f"{ROOT}/zebra/model.safetensors": same})
    assert findings(model) == []
    model.commit("moved")
    model.stage_blobs({f"{ROOT}/zebra/config.json": b"{}", f"{ROOT}/ant/model.safetensors": same})
    assert [f["path"] for f in findings(model)] == [f"{ROOT}/ant/model.safetensors"]


def test_a_loose_copy_leaves_the_index(model: Repo) -> None:
    data = weights_bytes(300_000)
    model.stage(f"{ROOT}/bert/model.safetensors", data)
    model.add_info(f"{ROOT}/bert")
    model.stage("experiments/best.safetensors", data)
    (finding,) = findings(model)
    assert finding["path"] == "experiments/best.safetensors"
    model.paste(finding["fix"]["shell"])
    assert findings(model) == []
    assert "experiments/best.safetensors" not in model.staged()
    # What was changed since it was staged is left to people: Git refuses.
    model.stage("experiments/best.safetensors", data)
    model.write("experiments/best.safetensors", weights_bytes(300_000, seed=5))
    (finding,) = findings(model)
    assert model.sh(finding["fix"]["shell"]).code != 0
    assert "experiments/best.safetensors" in model.staged()


def test_raw_weights_have_one_finding_each(repo: Repo) -> None:
    """What tracked-weights takes out of Git needs no second finding."""
    data = weights_for("x.pt", 300_000)
    repo.stage_all(
        {
            f"{ROOT}/bert/model.safetensors": weights_bytes(300_000, seed=2),
            f"{ROOT}/bert/pytorch_model.bin": data,
            f"{ROOT}/bert/other/copy.bin": data,
        }
    )
    repo.add_info(f"{ROOT}/bert")
    assert repo.rules() == ["tracked-weights"]
    (formats, places) = sorted(findings(repo), key=lambda finding: finding["path"], reverse=True)
    assert formats["path"].endswith("pytorch_model.bin")
    assert places["path"].endswith("other/copy.bin")
    for finding in (formats, places):
        repo.paste(finding["fix"]["shell"])
    assert findings(repo) == []
    assert repo.rules() == ["tracked-weights"]


def test_names_that_act(model: Repo) -> None:
    data = weights_bytes(300_000)
    model.stage(f"{ROOT}/bert/model.safetensors", data)
    path = "$(touch HACKED)\n-rf '\x1b[31m.safetensors"
    model.stage(path, data)
    shown = model.pmgit("check", "--select", "duplicate-weights")
    assert "\x1b" not in shown.out
    (finding,) = findings(model)
    model.paste(finding["fix"]["shell"])
    assert findings(model) == []
    assert path not in model.staged()
    assert not (model.path / "HACKED").exists()
