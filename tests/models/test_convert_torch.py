"""`pmgit convert` with the real torch: every tensor stays the same, or the file stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from safetensors import safe_open  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

from tests.kit import ACTING, Repo, Result  # noqa: E402

ROOT = "pretrained_model"
KEPT = f".git/pmgit/converted/{ROOT}"


def tensors(names: str = "abc") -> dict[str, Any]:
    """Some tensors, the same for the same names."""
    torch.manual_seed(len(names))
    return {f"layer.{name}.weight": torch.randn(3, 4) for name in names}


def odd_tensors() -> dict[str, Any]:
    """Of every type, and of every form in which tensors lie in memory."""
    torch.manual_seed(1)
    whole = torch.arange(24.0).reshape(4, 6)
    nan = torch.tensor([0x7FC00001, 0x7F800001, -1], dtype=torch.int32).view(torch.float32)
    types = "float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 float8_e4m3fn"
    return {
        **{f"of.{name}": torch.ones(3).to(getattr(torch, name)) for name in types.split()},
        "transposed": whole.t(),
        "slice": whole[1:3, ::2],
        "expanded": torch.tensor([1.5]).expand(5),
        "conjugated": torch.tensor([1 + 2j, 3j], dtype=torch.complex64).conj(),
        "channels.last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(7),
        "nan": nan,
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "tied": whole,
        "tied.again": whole,
        "name \x1b[31m with “quotes”\n": torch.ones(1),
    }


def save(repo: Repo, path: str, content: Any, **options: Any) -> Path:
    file = repo.write(f"{ROOT}/{path}", b"")
    torch.save(content, file, **options)
    return file


def convert(repo: Repo, *args: str, code: int = 0) -> Result:
    shown = repo.pmgit("convert", *args, "--yes")
    assert shown.code == code, shown
    assert not ACTING.search(shown.out + shown.err)
    assert not list((repo.path / ".git/pmgit/incoming").glob("*"))
    return shown


def raw(tensor: Any) -> bytes:
    whole = tensor.detach().resolve_conj().contiguous()
    whole = torch.view_as_real(whole) if whole.is_complex() else whole
    return bytes(whole.reshape(-1).view(torch.uint8).tolist())


def assert_same(file: Path, wanted: dict[str, Any]) -> None:
    with safe_open(file, framework="pt") as opened:
        assert opened.metadata() == {"format": "pt"}
    found = load_file(file)
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        one = found[name]
        assert (one.dtype, one.shape) == (tensor.dtype, tensor.shape), name
        assert raw(one) == raw(tensor), name


def state(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def back(shown: Result) -> str:
    return next(line for line in shown.out.splitlines() if line.startswith("back: "))[6:]


def test_every_tensor_stays_the_same_and_the_old_file_comes_back(repo: Repo) -> None:
    """Whatever type it has and however it lies in memory; a lock and an INFO.md follow."""
    names = ["odd/pytorch_model.bin", "odd/unet/old.pth", "odd/part.fp16.ckpt"]
    save(repo, names[0], odd_tensors())
    save(repo, names[1], tensors(), _use_new_zipfile_serialization=False)
    save(repo, names[2], {"state_dict": tensors("xy")})
    assert repo.pmgit("add", f"{ROOT}/odd").code == 0
    folder = repo.path / ROOT / "odd"
    before = state(folder)
    dry = repo.pmgit("convert", "odd", "--dry-run")
    assert dry.code == 0
    assert f"{ROOT}/{names[0]}: converts: to model.safetensors, 23 tensors, " in dry.out, dry
    assert " of it shared, written for each name" in dry.out
    assert state(folder) == before
    assert not (repo.path / ".git/pmgit/converted").exists()
    shown = convert(repo, "odd")
    assert_same(folder / "model.safetensors", odd_tensors())
    assert_same(folder / "unet/old.safetensors", tensors())
    assert_same(folder / "part.fp16.safetensors", tensors("xy"))
    assert "2 tensors, " in shown.out
    assert "out of its 'state_dict'" in shown.out
    assert not [name for name in names if (repo.path / ROOT / name).exists()]
    assert repo.pmgit("verify").code == 0
    assert [one["rule"] for one in repo.pmgit("info", "check", "--format", "json").json["findings"]
            if one["severity"] == "error"] == []  # fmt: skip
    assert repo.sh(back(shown)).code == 0
    assert state(folder) == before


def test_what_would_lose_something_stays_and_names_it(repo: Repo) -> None:
    save(repo, "lossy/epoch.pt", {"state_dict": tensors(), "epoch": 3, "opt": {"lr": 0.1}})
    save(repo, "lossy/numbers.pt", {**tensors(), 3: torch.ones(1), "steps": 5})
    save(repo, "lossy/list.pt", [torch.ones(1)])
    save(repo, "lossy/sparse.pt", {"a": torch.eye(2).to_sparse()})
    save(repo, "lossy/wide.pt", {"a": torch.ones(2, dtype=torch.complex128)})
    save(repo, "lossy/none.pt", {})
    save(repo, "lossy/module.pt", torch.nn.Linear(1, 1))
    save(repo, "lossy/optimizer.pt", {"state": {}, "param_groups": []})
    save(repo, "lossy/fine.pt", tensors())
    before = state(repo.path / ROOT / "lossy")
    shown = convert(repo, "lossy", code=1)
    for line in (
        "epoch.pt: stays: this would be lost: epoch (int), opt (dict)",
        "numbers.pt: stays: this would be lost: 3 (its name is no text), steps (int)",
        "list.pt: stays: this would be lost: it is no dictionary of tensors but list",
        "sparse.pt: stays: this would be lost: a (a sparse, quantized or nested tensor)",
        "wide.pt: stays: this would be lost: a (its type complex128)",
        "none.pt: stays: this would be lost: it holds no tensor",
        "module.pt: stays: weights_only refuses it: ",
    ):
        assert f"{ROOT}/lossy/{line}" in shown.out
    assert "optimizer" not in shown.out
    assert "fine.pt: converts: to fine.safetensors, 3 tensors" in shown.out
    after = state(repo.path / ROOT / "lossy")
    assert_same(repo.path / ROOT / "lossy/fine.safetensors", tensors())
    del after["fine.safetensors"], before["fine.pt"]
    assert after == before


def test_the_new_files_load_in_transformers_as_the_old_ones_did(repo: Repo) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=12, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, max_position_embeddings=8,
    )  # fmt: skip
    model = transformers.BertForMaskedLM(config)
    model.tie_weights()
    folder = save(repo, "bert/pytorch_model.bin", model.state_dict()).parent
    config.save_pretrained(folder)
    wanted = transformers.BertForMaskedLM.from_pretrained(folder).state_dict()
    shown = convert(repo, "bert")
    assert " of it shared" in shown.out
    found, info = transformers.BertForMaskedLM.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"]
    assert {name: raw(one) for name, one in found.state_dict().items()} == {
        name: raw(one) for name, one in wanted.items()
    }
