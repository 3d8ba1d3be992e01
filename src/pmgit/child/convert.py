"""A job of a child: checkpoints of torch become safetensors, tensor by tensor, with nothing lost.

The request has `action` (a key of ACTIONS) and `files`, each with a `source` and a `target`. The
answers: `begin` (the number of the file that begins), then `file` with its `state`.

Shared tensors are written once for each name: to drop a name would need a loader that ties them
again, and not every one does.
"""

from __future__ import annotations

import json
import os
import runpy
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

#: What became of a file: it is done; it would lose something; its target holds something else.
DONE, LOST, DIFFERS, FAILED = "done", "lost", "differs", "failed"
#: How libraries are found and checkpoints opened is the same as for loading.
_LOADING = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.py"))
#: Under these names checkpoints hold the tensors of the model, if they hold more.
_WRAPPERS = ("state_dict", "model", "module", "model_state_dict", "weights", "net", "params")
#: Types of tensors as safetensors call them.
_DTYPES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "complex64": "C64",
    "int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8",
    "uint64": "U64", "uint32": "U32", "uint16": "U16", "bool": "BOOL",
}  # fmt: skip
#: A longer header no reader takes.
_LONGEST_HEADER = 100_000_000
#: So many losses are named.
_NAMED = 20


class LossError(Exception):
    """Something of a checkpoint has no place in safetensors; `lost` names it."""

    def __init__(self, lost: list[str]) -> None:
        super().__init__()
        self.lost = lost


class DifferenceError(Exception):
    """A file does not hold the tensors that it should; the text says which."""


def run(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answers about each file of the request, in their order."""
    action = ACTIONS[request["action"]]
    for number, file in enumerate(request["files"]):
        yield {"begin": number}
        try:
            answer = action(file["source"], file["target"])
        except _LOADING["NotTriedError"] as error:
            answer = {"state": error.state, "note": str(error)}
        except LossError as error:
            lost = [_plain(one) for one in error.lost[:_NAMED]]
            answer = {"state": LOST, "lost": lost, "count": len(error.lost)}
        except DifferenceError as error:
            answer = {"state": DIFFERS, "note": _plain(str(error))}
        except Exception as error:  # noqa: BLE001 - torch raises whatever it likes
            state = _LOADING["MEMORY"] if _LOADING["is_memory"](error) else FAILED
            answer = {"state": state, "note": _LOADING["short"](error)}
            answer["errno"] = error.errno if isinstance(error, OSError) else 0
        yield {"file": number, **answer}


def _plain(text: str) -> str:
    return text if len(text) <= 200 else text[:200] + "…"


def _look(source: str) -> dict[str, Any]:
    """What a checkpoint would become: how many tensors, its names, its size in bytes."""
    torch = _LOADING["library"]("torch")
    _LOADING["library"]("safetensors")
    # On the meta device no storage is shared (torch 2.13); those of a zip are mapped, not read.
    tensors, wrapper = _tensors(torch, _LOADING["checkpoint"](torch, source, "cpu"))
    header, places = _header(tensors)
    whole = sum(_bytes_of(one) for one in tensors.values())
    parts = {
        (one.data_ptr(), one.dtype, tuple(one.shape), one.stride()): one for one in tensors.values()
    }
    return {
        "state": DONE,
        "names": sorted(tensors),
        "size": len(header) + places[-1][1] if places else len(header),
        "numbers": whole,
        "shared": whole - sum(_bytes_of(one) for one in parts.values()),
        "wrapper": wrapper,
    }


def _write(source: str, target: str) -> dict[str, Any]:
    """Write the new file, and read it back."""
    torch = _LOADING["library"]("torch")
    tensors, _ = _tensors(torch, _LOADING["checkpoint"](torch, source, "cpu"))
    header, places = _header(tensors)
    with open(target, "xb") as file:
        file.write(header)
        for name, _ in places:
            _write_tensor(tensors[name], file)
        file.flush()
        os.fsync(file.fileno())
    _demand_same(torch, tensors, target)
    return {"state": DONE}


def _compare(source: str, target: str) -> dict[str, Any]:
    """Whether a file that exists already holds the tensors of the checkpoint, and no others."""
    torch = _LOADING["library"]("torch")
    tensors, _ = _tensors(torch, _LOADING["checkpoint"](torch, source, "cpu"))
    _demand_same(torch, tensors, target)
    return {"state": DONE}


ACTIONS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "look": lambda source, _: _look(source),
    "write": _write,
    "compare": _compare,
}


def _tensors(torch: Any, content: Any) -> tuple[dict[str, Any], str]:
    """The tensors of a checkpoint by name, and the name of what they were wrapped in ('': none).

    Raises LossError when it holds anything else.
    """
    if not isinstance(content, dict):
        raise LossError([f"it is no dictionary of tensors but {type(content).__name__}"])
    wrapper = next(
        (name for name in _WRAPPERS if isinstance(content.get(name), dict) and content[name]), ""
    )
    found = content[wrapper] if wrapper else content
    others = [(key, value) for key, value in content.items() if wrapper and key != wrapper]
    lost = [f"{_shown(key)} ({type(value).__name__})" for key, value in others]
    for key, value in found.items():
        why = _trouble(torch, key, value)
        if why:
            lost.append(f"{_shown(key)} ({why})")
    if lost:
        raise LossError(lost)
    if not found:
        raise LossError(["it holds no tensor"])
    return {name: value.detach() for name, value in found.items()}, wrapper


def _shown(key: Any) -> str:
    return key if isinstance(key, str) else repr(key)[:100]


def _trouble(torch: Any, key: Any, value: Any) -> str:
    """Why an entry has no place in safetensors; '' when it has one."""
    if not isinstance(key, str):
        return "its name is no text"
    if key == "__metadata__" or any("\ud800" <= char <= "\udfff" for char in key):
        return "no tensor can have this name"
    if not isinstance(value, torch.Tensor):
        return type(value).__name__
    if type(value) not in (torch.Tensor, torch.nn.Parameter):
        return f"a tensor of its own kind, {type(value).__name__}"
    if value.layout != torch.strided or value.is_quantized or value.is_nested:
        return "a sparse, quantized or nested tensor"
    if _dtype(value) not in _DTYPES:
        return f"its type {_dtype(value)}"
    return ""


def _dtype(tensor: Any) -> str:
    return str(tensor.dtype).rpartition(".")[2]


def _bytes_of(tensor: Any) -> int:
    size: int = tensor.numel() * tensor.element_size()
    return size


def _header(tensors: dict[str, Any]) -> tuple[bytes, list[tuple[str, int]]]:
    """The header of the new file, and the names in the order of their numbers, each with where
    its numbers end.

    Numbers of many bytes come first, so that each lies where its type may lie.
    """
    if sys.byteorder != "little":
        raise LossError(["safetensors are little-endian, this machine is not"])
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    places, end = [], 0
    for name in order:
        begin, end = end, end + _bytes_of(tensors[name])
        header[name] = {
            "dtype": _DTYPES[_dtype(tensors[name])],
            "shape": list(tensors[name].shape),
            "data_offsets": [begin, end],
        }
        places.append((name, end))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)
    if len(text) > _LONGEST_HEADER:
        raise LossError(["its names and shapes are longer than a header may be"])
    return len(text).to_bytes(8, "little") + text, places


def _whole(tensor: Any) -> Any:
    """A tensor with its numbers one after the other, as they are in a file."""
    return tensor.resolve_conj().resolve_neg().contiguous()


def _write_tensor(tensor: Any, file: BinaryIO) -> None:
    import ctypes  # numpy need not be there

    whole, size = _whole(tensor), _bytes_of(tensor)
    if size:
        file.write((ctypes.c_char * size).from_address(whole.data_ptr()))


def _demand_same(torch: Any, tensors: dict[str, Any], path: str) -> None:
    """Raise DifferenceError unless a file has these tensors, byte for byte, and no others."""
    with _LOADING["library"]("safetensors").safe_open(path, framework="pt") as file:
        names = set(file.keys())
        if names != set(tensors):
            one = min(names ^ set(tensors))
            raise DifferenceError(f"{one} is in one of both files alone")
        for name, tensor in tensors.items():
            other = file.get_tensor(name)
            if other.dtype != tensor.dtype or other.shape != tensor.shape:
                raise DifferenceError(f"{name} has another type or shape")
            if not torch.equal(_raw(torch, tensor), _raw(torch, other)):
                raise DifferenceError(f"{name} has other numbers")


def _raw(torch: Any, tensor: Any) -> Any:
    """The bytes of a tensor: two that are not a number are the same by their bytes alone."""
    whole = _whole(tensor)
    if whole.is_complex():
        whole = torch.view_as_real(whole)
    return whole.reshape(-1).view(torch.uint8)
