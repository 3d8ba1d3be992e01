"""A folder that is scanned has the shards that its indexes and its numbers promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save

from pmgit.inspection.shard_sets import scan_sets
from tests.formats.assemble import gguf, gguf_tensor
from tests.formats.hdf5_samples import hdf5_files
from tests.kit import pointer

if TYPE_CHECKING:
    from collections.abc import Callable

INDEX = "model.safetensors.index.json"
GGUF = gguf(tensors=(gguf_tensor(),), body=bytes(32))


def shard(number: int, count: int = 3) -> str:
    return f"model-{number:05}-of-{count:05}.safetensors"


def tensor(number: int) -> bytes:
    return save({f"layer.{number}.weight": np.ones((2, 2), dtype="f4")})


class Model:
    """A folder with a model in three shards and its index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.map = {f"layer.{number}.weight": shard(number) for number in (1, 2, 3)}
        for number in (1, 2, 3):
            self.path(number).write_bytes(tensor(number))
        self.write_index()

    def path(self, number: int, count: int = 3) -> Path:
        return self.folder / shard(number, count)

    def write_index(self, **more: object) -> None:
        document = {"metadata": {"total_size": 48}, "weight_map": self.map} | more
        (self.folder / INDEX).write_text(json.dumps(document, indent=2))

    def maps(self, name: str, file: object) -> None:
        document = {"weight_map": self.map | {name: file}}
        (self.folder / INDEX).write_text(json.dumps(document))


@pytest.fixture
def model(tmp_path: Path) -> Model:
    folder = tmp_path / "model"
    folder.mkdir()
    return Model(folder)


def wrong(folder: Path) -> dict[str, list[str]]:
    """What is wrong, by the names of the files that are not ok."""
    return {
        Path(one.path).name: [finding.sentence for finding in one.opinion.findings]
        for one in scan_sets([str(folder)])
        if one.opinion.findings
    }


FAULTS: dict[str, tuple[Callable[[Model], object], str]] = {
    "missing": (lambda m: m.path(2).unlink(), f"1 shard missing: {shard(2)}"),
    "other letters": (
        lambda m: m.path(2).rename(m.folder / shard(2).title()), f"1 shard missing: {shard(2)}",
    ),
    "not named": (
        lambda m: m.write_index(weight_map=dict([*m.map.items()][:2])),
        f"1 shard beside it that it does not name: {shard(3)}",
    ),
    "a copy": (
        lambda m: m.path(2).write_bytes(tensor(1)),
        "1 tensor not in the shard that it names: layer.2.weight",
    ),
    "no such tensor": (
        lambda m: m.maps("other", shard(1)), "1 tensor not in the shard that it names: other",
    ),
    "wrong shard": (
        lambda m: m.maps("layer.2.weight", shard(1)),
        f"1 shard beside it that it does not name: {shard(2)}",
    ),
    "out of the folder": (
        lambda m: m.maps("other", "../../etc/passwd"), "is not one below the model's folder",
    ),
    "address": (
        lambda m: m.maps("other", "https://a/b"), "is not one below the model's folder",
    ),
    "no text": (lambda m: m.maps("other", 3), "does not name a file for each tensor"),
    "no table": (lambda m: m.write_index(weight_map=[]), "it has no weight_map"),
    "empty": (lambda m: m.write_index(weight_map={}), "does not name a file for each tensor"),
    "twice": (
        lambda m: (m.folder / INDEX).write_text('{"weight_map": {"a": "b", "a": "c"}}'),
        "it has a key twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_an_index_and_its_shards(model: Model, name: str) -> None:
    assert wrong(model.folder) == {}
    change, text = FAULTS[name]
    change(model)
    found = wrong(model.folder)
    assert list(found) == [INDEX]
    assert text in found[INDEX][0]
    verdicts = {Path(one.path).name: one.opinion.verdict for one in scan_sets([str(model.folder)])}
    assert verdicts.pop(INDEX) == "broken"
    assert {*verdicts.values()} == {"ok"}


def test_shards_without_an_index(model: Model) -> None:
    (model.folder / INDEX).unlink()
    assert wrong(model.folder) == {}
    model.path(2).unlink()
    assert wrong(model.folder) == {shard(1): [f"1 of 3 shards missing: {shard(2)}"]}
    model.path(2).write_bytes(tensor(2))
    model.path(1, 2).write_bytes(tensor(1))
    assert wrong(model.folder) == {
        shard(1, 2): ["shards of several sets, and no index says which: of 2, of 3"]
    }


def test_only_weights_come_in_shards_that_belong_together(tmp_path: Path) -> None:
    for name in ("train-00000-of-00009.parquet", "eval-00001-of-00002.txt", "m-1-of-3.gguf"):
        (tmp_path / name).write_bytes(GGUF if name.endswith("gguf") else b"text\n")
    assert wrong(tmp_path) == {}
    (tmp_path / "m-00002-of-00002.gguf").write_bytes(GGUF)
    (tmp_path / "variables.data-00001-of-00002").write_bytes(b"\xff\xfe\xfd" * 100)
    found = wrong(tmp_path)
    assert found["variables.data-00001-of-00002"][0].startswith("1 of 2 shards missing")
    assert {*found} == {"variables.data-00001-of-00002", "m-00002-of-00002.gguf"}


def test_shards_of_a_set_that_was_there_before_only_warn(model: Model) -> None:
    model.path(4, 4).write_bytes(tensor(4))
    assert wrong(model.folder) == {INDEX: [f"1 shard of another set beside it: {shard(4, 4)}"]}
    verdicts = {one.opinion.verdict for one in scan_sets([str(model.folder)])}
    assert verdicts == {"ok", "warn"}
    model.path(2).unlink()
    assert wrong(model.folder) == {INDEX: [f"1 shard missing: {shard(2)}"]}


def test_a_tied_tensor_that_was_left_out_is_known_by_the_metadata(model: Model) -> None:
    kept = {"layer.2.weight": np.ones((2, 2), dtype="f4")}
    model.path(2).write_bytes(save(kept, {"lm_head.weight": "layer.2.weight"}))
    model.maps("lm_head.weight", shard(2))
    assert wrong(model.folder) == {}
    model.maps("lm_head.bias", shard(2))
    assert list(wrong(model.folder)) == [INDEX]


def test_what_is_enough(model: Model) -> None:
    """Pointers stand for shards; of another format there may be the index alone."""
    for number in (1, 2, 3):
        model.path(number).write_bytes(pointer(tensor(number)))
    verdicts = {Path(one.path).name: one.opinion.verdict for one in scan_sets([str(model.folder)])}
    assert verdicts.pop(INDEX) == "ok"
    assert {*verdicts.values()} == {"pointer"}
    (model.folder / "m.index.json").write_text('{"some": "document"}')
    other = {"weight_map": {"a": "pytorch_model-00001-of-00002.bin"}}
    (model.folder / "pytorch_model.bin.index.json").write_text(json.dumps(other))
    warned = {
        Path(one.path).name: [(x.verdict, x.message) for x in one.opinion.findings]
        for one in scan_sets([str(model.folder)])
        if one.opinion.verdict == "warn"
    }
    assert warned == {"pytorch_model.bin.index.json": [("warn", "none of its 1 shard is here")]}


def test_an_index_without_any_weights(model: Model) -> None:
    """As a killed download leaves it, or a clone without its weights: it cannot be loaded."""
    for number in (1, 2, 3):
        model.path(number).unlink()

    def verdicts() -> list[str]:
        return [x.opinion.verdict for x in scan_sets([str(model.folder)]) if x.path.endswith(INDEX)]

    assert wrong(model.folder) == {INDEX: ["none of its 3 shards is here"]}
    assert verdicts() == ["broken"]
    (model.folder / "model.gguf").write_bytes(b"GGUF")
    assert verdicts() == ["warn"]


def test_an_index_of_keras(tmp_path: Path) -> None:
    path = tmp_path / "model.weights.json"
    for number in range(2):
        (tmp_path / f"model_{number:05}.weights.h5").write_bytes(hdf5_files()["dense.h5"][1])
    layers: dict[str, object] = {
        "/layers/a/vars": ["model_00000.weights.h5", "model_00001.weights.h5"],
        "/layers/b/vars": "model_00001.weights.h5",
    }
    path.write_text(json.dumps({"metadata": {"total_size": 1.0}, "weight_map": layers}))
    assert wrong(tmp_path) == {}
    faults = {
        "model_00002.weights.h5": "1 shard missing: model_00002.weights.h5",
        "../../x.h5": "no index of shards: it names a file with a name that leads out",
    }
    for file, text in faults.items():
        path.write_text(json.dumps({"weight_map": layers | {"/layers/c/vars": [file]}}))
        assert wrong(tmp_path)[path.name][0].startswith(text)
    for document in (
        "",
        '{"weight_map": {}}',
        '{"weight_map": {"a": [3]}}',
        "[1",
        "[" * 99_999,
    ):
        path.write_text(document)
        assert wrong(tmp_path)[path.name][0].startswith("no index of shards: ")
    path.write_text('{"cat": 0.5, "dog": 1.5}')
    assert wrong(tmp_path) == {}


def test_what_somebody_names_is_judged_alone(model: Model) -> None:
    model.path(2).unlink()
    for name in (INDEX, shard(1)):
        (one,) = scan_sets([str(model.folder / name)])
        assert one.opinion.verdict == "ok"


def test_an_index_below_the_folder_of_its_shards(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/a.safetensors").write_bytes(tensor(1))
    index = {"weight_map": {"layer.1.weight": "parts/a.safetensors"}}
    (tmp_path / INDEX).write_text(json.dumps(index))
    assert wrong(tmp_path) == {}
    index["weight_map"]["layer.2.weight"] = "parts/b.safetensors"
    (tmp_path / INDEX).write_text(json.dumps(index))
    assert wrong(tmp_path) == {INDEX: ["1 shard missing: parts/b.safetensors"]}
