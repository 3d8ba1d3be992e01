"""Files that the libraries themselves write are ok, and not ok any more when they are cut."""

from __future__ import annotations

import pickle
import random
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from pmgit.scan.scanned import scan

if TYPE_CHECKING:
    from pmgit.formats.opinion import Opinion
    from tests.weights import Weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "files"
    found.mkdir()
    return found


def opinions(folder: Path) -> dict[str, Opinion]:
    return {Path(one.path).name: one.opinion for one in scan([str(folder)])}


def not_ok(folder: Path) -> dict[str, Opinion]:
    return {name: one for name, one in opinions(folder).items() if one.verdict != "ok"}


def all_cut(folder: Path) -> list[str]:
    """The names of the files that are passed although they were cut."""
    passed = []
    for file in list(folder.iterdir()):
        whole = file.read_bytes()
        for part in (0.1, 0.5, 0.9, 0.999):
            file.write_bytes(whole[: int(len(whole) * part)])
            (found,) = scan([str(file)])
            if found.opinion.verdict in ("ok", "warn"):
                passed.append(f"{file.name}: {part}")
        file.write_bytes(whole)
    return passed


def test_weights_from_the_registry(weights: Weights, folder: Path) -> None:
    kinds = {
        "silero_vad_16k.safetensors": "safetensors", "silero_vad.jit": "TorchScript archive",
        "silero_vad.onnx": "ONNX", "onet.pt": "torch checkpoint", "alex.pth": "torch checkpoint",
        "nmp.tflite": "TFLite", "nmp.onnx": "ONNX",
    }  # fmt: skip
    for name in kinds:
        (folder / name).write_bytes(weights[name])
    assert not_ok(folder) == {}
    assert {name: one.kind for name, one in opinions(folder).items()} == kinds
    assert all_cut(folder) == []


def test_files_of_numpy_and_safetensors(folder: Path) -> None:
    numbers = np.arange(600, dtype="f4").reshape(20, 30)
    objects = np.array([{"a": 1}, [1, 2], "x"], dtype=object)
    save_file({"w": numbers, "b": numbers[:2].astype("f2")}, folder / "m.safetensors", {"a": "b"})
    np.save(folder / "plain.npy", numbers)
    np.save(folder / "fortran.npy", np.asfortranarray(numbers))
    np.save(folder / "objects.npy", objects, allow_pickle=True)
    np.save(folder / "fields.npy", np.zeros(3, dtype=[("x", "i4"), ("y", "f8", (2,))]))
    np.save(folder / "dates.npy", np.array(["2020-01-01"], dtype="M8[D]"))
    np.save(folder / "texts.npy", np.array(["äb", "c"]))
    np.savez(folder / "two.npz", a=numbers, b=numbers)
    np.savez_compressed(folder / "packed.npz", a=numbers, o=objects)
    state = {
        "numbers": numbers, "one": np.float32(1), "type": np.dtype("f4"), "order": OrderedDict(a=1),
        "random": np.random.RandomState(1), "generator": np.random.default_rng(1),
        "python": random.Random(1).getstate(),
    }  # fmt: skip
    for protocol in range(6):
        (folder / f"{protocol}.pkl").write_bytes(pickle.dumps(state, protocol))
    assert not_ok(folder) == {}
    assert all_cut(folder) == []


def test_files_of_torch(folder: Path) -> None:
    """Where torch is installed: it has 200 MB, and no other test needs it."""
    torch: Any = pytest.importorskip("torch")
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2)
    )
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(3, 4)).sum().backward()
    optimizer.step()
    state = model.state_dict()
    types = {
        "bfloat": torch.zeros(3, dtype=torch.bfloat16), "half": torch.zeros(2).half(),
        "bool": torch.tensor([True]), "view": torch.arange(10)[2:5], "size": torch.Size([1]),
        "parameter": torch.nn.Parameter(torch.ones(2)), "device": torch.device("cpu"),
        "sparse": torch.zeros(3).to_sparse(), "dtype": torch.float16,
    }  # fmt: skip
    checkpoint = {
        "model": state, "optimizer": optimizer.state_dict(), "epoch": 1,
        "schedule": torch.optim.lr_scheduler.StepLR(optimizer, 1).state_dict(),
    }  # fmt: skip
    whole = {"state": state, "types": types, "checkpoint": checkpoint, "model": model}
    for name, value in whole.items():
        torch.save(value, folder / f"{name}.pt")
        torch.save(value, folder / f"{name}-5.pt", pickle_protocol=5)
        torch.save(value, folder / f"{name}.pth", _use_new_zipfile_serialization=False)
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(value))
    torch.save({"cpu": torch.get_rng_state()}, folder / "rng_state.pth")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of 2.13: it is to go, and its files stay
        torch.jit.trace(model, torch.zeros(3, 4)).save(str(folder / "trace.pt"))
    assert not_ok(folder) == {}
    assert all_cut(folder) == []
