"""Files that hold the same weights in several formats, by their names."""

from __future__ import annotations

from pmgit.model.twins import twin_of, twin_of_index


def key(path: str) -> tuple[str, str, str] | None:
    twin = twin_of(path)
    return twin.key if twin else None


def test_twins_have_one_key() -> None:
    for names in (
        ("a/model.safetensors", "a/pytorch_model.bin", "a/tf_model.h5", "a/flax_model.msgpack",
         "a/rust_model.ot", "a/model-00001-of-00002.safetensors", "a/model.ckpt",
         "a/pytorch_model_00001-of-00072.bin"),
        ("model.fp16.safetensors", "pytorch_model.fp16.bin",
         "pytorch_model-00001-of-00002.fp16.bin", "model.fp16-00001-of-00002.safetensors"),
        ("v1-5.safetensors", "v1-5.ckpt", "v1-5.pth", "v1-5.bin"),
    ):  # fmt: skip
        assert len({key(name) for name in names}) == 1, names


def test_others_have_not() -> None:
    names = (
        "a/model.safetensors", "b/pytorch_model.bin", "a/adapter_model.bin", "a/model.fp16.ckpt",
        "a/open_clip_pytorch_model.bin", "a/diffusion_pytorch_model.bin", "a/other.safetensors",
        "a/model.non_ema.safetensors", "a/pytorch_model_old.bin", "model_head.safetensors",
    )  # fmt: skip
    assert len({key(name) for name in names}) == len(names)
    for name in ("model.onnx", "model.pt", "model.gguf", "optimizer.bin", "model.h5", "notes.txt"):
        assert key(name) is None, name


def test_the_format_to_keep_comes_first() -> None:
    names = ["rust_model.ot", "tf_model.h5", "model.safetensors", "pytorch_model.bin",
             "model-00001-of-00002.safetensors"]  # fmt: skip
    twins = [(twin.unit, name) for name in names if (twin := twin_of(name))]
    assert [name for _, name in sorted(twins)] == [
        "model.safetensors", "model-00001-of-00002.safetensors", "pytorch_model.bin",
        "tf_model.h5", "rust_model.ot",
    ]  # fmt: skip


def test_an_index_is_that_of_its_shards() -> None:
    for index, shard in (
        ("a/pytorch_model.bin.index.json", "a/pytorch_model-00001-of-00002.bin"),
        ("model.safetensors.index.fp16.json", "model.fp16-00001-of-00002.safetensors"),
        ("tf_model.h5.index.json", "tf_model-00001-of-00002.h5"),
    ):
        one, other = twin_of_index(index), twin_of(shard)
        assert one, index
        assert other
        assert (one.key, one.suffix) == (other.key, other.suffix)
    for name in ("model_index.json", "faiss.index.json", "config.json", ".index.json"):
        assert twin_of_index(name) is None, name
