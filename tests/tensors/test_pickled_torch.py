"""What real torch saves is listed as real torch loads it: names, types, shapes, shared tensors."""

from __future__ import annotations

import io
import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import pytest

from pmgit.formats import dtypes
from pmgit.formats.judge import judge
from pmgit.formats.reader import BytesReader
from pmgit.tensors.read import read

if TYPE_CHECKING:
    from pmgit.tensors.contents import FileContents

torch = pytest.importorskip("torch")


def saved(value: Any, *, legacy: bool = False) -> bytes:
    data = io.BytesIO()
    torch.save(value, data, _use_new_zipfile_serialization=not legacy)
    return data.getvalue()


def listed(data: bytes) -> FileContents:
    reader = BytesReader(data)
    return read(reader, judge(reader, "model.pt").kind)


def name_of(dtype: Any) -> str:
    return dtypes.TORCH[str(dtype).removeprefix("torch.")]


def tensors_in(value: Any, name: str = "") -> dict[str, Any]:
    """The tensors of nested dictionaries and lists, by the names that pmgit gives them."""
    if isinstance(value, torch.Tensor):
        return {name: value}
    if not isinstance(value, dict | list | tuple):
        return {}
    found: dict[str, Any] = {}
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        found |= tensors_in(one, f"{name}.{key}" if name else f"{key}")
    return found


def bytes_of(tensor: Any) -> bytes:
    flat = tensor.detach().contiguous().reshape(-1)
    return bytes(flat.view(torch.uint8).numpy()) if tensor.numel() else b""


def differing(value: Any, *, legacy: bool) -> list[str]:
    """The tensors that are listed otherwise than torch has them."""
    data = saved(value, legacy=legacy)
    contents = listed(data)
    expected = tensors_in(value)
    wrong = [] if contents.notes == [] else [f"notes: {contents.notes}"]
    if [one.name for one in contents.tensors] != list(expected):
        wrong.append(f"names: {[one.name for one in contents.tensors]}")
    for one in contents.tensors:
        tensor = expected.get(one.name)
        if tensor is None:
            continue
        if (one.dtype, one.shape) != (name_of(tensor.dtype), tuple(tensor.shape)):
            wrong.append(f"{one}")
        if not one.layout and one.elements:
            there = data[one.begin : one.begin + one.length]
            if there != bytes_of(tensor):
                wrong.append(f"bytes of {one}")
    return wrong


def values() -> dict[str, Any]:
    torch.manual_seed(1)
    base = torch.randn(6, 4)
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(5, 4)).sum().backward()
    optimizer.step()
    every = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8",
             "uint8", "bool", "complex64", "complex128", "uint16", "uint32", "uint64",
             "float8_e4m3fn", "float8_e5m2"]  # fmt: skip
    return {
        "state": model.state_dict(),
        "ordered": OrderedDict(a=base, b=base.clone()),
        "nested": {"a": {"b": [base, {"c": torch.zeros(2)}]}, "t": (torch.ones(1), 3, "x")},
        "types": {n: torch.zeros(3, 2).to(getattr(torch, n)) for n in every},
        "checkpoint": {
            "model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3,
        },
        "views": {"row": base[2], "part": base[1:3], "column": base[:, 1], "turned": base.t(),
                  "wide": torch.zeros(1).expand(5), "scalar": base[0, 0], "none": base[:0]},
        "parameter": {"p": torch.nn.Parameter(base), "frozen": torch.nn.Parameter(base, False)},
        "foreign": {"größe": base, "名": base + 1, "a.b/c": base + 2, "": base + 3},
        "numbers": {0: base, -1: base + 1, 3: {2: base + 2}},
        "small": {"four": torch.zeros(3, dtype=torch.uint8).view(torch.float4_e2m1fn_x2)},
        "one": torch.zeros(2, 3), "list": [torch.zeros(2), torch.zeros(3)],
    }  # fmt: skip


@pytest.mark.parametrize("legacy", [False, True])
def test_what_torch_saves_is_listed_as_it_is(legacy: bool) -> None:
    found = {name: differing(value, legacy=legacy) for name, value in values().items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("legacy", [False, True])
def test_shared_tensors_count_once(legacy: bool) -> None:
    tied = torch.zeros(10, 4)
    module = torch.nn.Module()
    module.a, module.b = torch.nn.Linear(4, 10, bias=False), torch.nn.Linear(4, 10, bias=False)
    module.b.weight = module.a.weight
    for value in ({"a": tied, "b": tied, "c": tied[:2]}, module.state_dict()):
        contents = listed(saved(value, legacy=legacy))
        assert [one.same_as for one in contents.tensors][:2] == ["", contents.tensors[0].name]
    contents = listed(saved({"a": tied, "b": tied, "c": tied[:2]}, legacy=legacy))
    assert contents.parameters == {"F32": 48}
    assert contents.tensors[2].same_as == ""


@pytest.mark.parametrize("legacy", [False, True])
def test_how_a_view_lies(legacy: bool) -> None:
    base = torch.arange(24.0).reshape(6, 4)
    value = {"turned": base.t(), "column": base[:, 1], "row": base[1]}
    contents = listed(saved(value, legacy=legacy))
    layouts = {one.name: one.layout for one in contents.tensors}
    assert layouts == {"turned": "strides [1, 4]", "column": "strides [4]", "row": ""}
    turned = torch.zeros(3, dtype=torch.complex64).conj()
    two = listed(saved([turned.conj(), turned], legacy=legacy)).tensors
    assert [(one.layout, one.same_as) for one in two] == [("", ""), ("conj", "")]
    for value, layout in ((turned, "conj"), (turned.imag, "neg strides [2]")):
        assert [one.layout for one in listed(saved(value, legacy=legacy)).tensors] == [layout]


def test_what_lies_otherwise_than_in_rows() -> None:
    with warnings.catch_warnings(action="ignore"):
        quantised = torch.quantize_per_tensor(torch.randn(3, 2), 0.1, 0, torch.qint8)
        csr = torch.eye(3).to_sparse_csr()
    value = {
        "coo": torch.eye(4).to_sparse(), "csr": csr, "q": quantised,
        "meta": torch.empty(5, 2, device="meta"),
    }  # fmt: skip
    contents = listed(saved(value))
    assert contents.notes == []
    found = {one.name: (one.dtype, one.shape, one.elements) for one in contents.tensors}
    assert found == {
        "coo": ("F32", (4, 4), 4), "csr": ("F32", (3, 3), 3), "q": ("QINT8", (3, 2), 6),
        "meta": ("F32", (5, 2), 10),
    }  # fmt: skip


@pytest.mark.parametrize("legacy", [False, True])
def test_a_whole_module_has_the_names_of_its_state(legacy: bool) -> None:
    linear = torch.nn.Linear(4, 3)
    inner = torch.nn.Sequential(linear, torch.nn.ReLU(), torch.nn.BatchNorm1d(3))
    for module in (
        torch.nn.ModuleDict({"body": inner, "head": torch.nn.Linear(3, 2)}),
        torch.nn.DataParallel(linear), torch.nn.LSTM(4, 3, 2), torch.nn.Embedding(5, 2),
    ):  # fmt: skip
        contents = listed(saved(module, legacy=legacy))
        expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
        # An LSTM has its weights a second time, in a list.
        first = {one.name: one.shape for one in contents.tensors if not one.same_as}
        assert first == expected
        assert f"{type(module).__module__}.{type(module).__name__}" in contents.globals


def test_the_values_beside_the_tensors() -> None:
    contents = listed(saved({"w": torch.zeros(1), "epoch": 7, "who": {"name": "us", "lr": 0.5}}))
    assert {"epoch": "7", "who.name": "us", "who.lr": "0.5"}.items() <= contents.metadata.items()


def test_a_script_has_the_tensors_of_its_module() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    data = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):  # newer torch says that it is old
        torch.jit.save(torch.jit.script(module.eval()), data)
    contents = listed(data.getvalue())
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    assert {one.name: one.shape for one in contents.tensors} == expected
    assert any(name.endswith(".py") for name in contents.files)
