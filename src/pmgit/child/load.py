"""A job of a child: each check opens one file, or the model in one folder, with its own library.

A check has `by` (a key of LOADERS) and `path`. The answers: `begin` (the number of the check that
begins), then its `state` and `note`, and `library` with its version.
"""

from __future__ import annotations

import gc
import importlib
import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

#: It loads; it does not; it needs a library that is not there, code of its own, or more memory.
LOADS, FAILS, ABSENT, OWN_CODE, MEMORY = "loads", "fails", "absent", "own code", "memory"
#: So much of a text of a library or of a file goes into an answer.
_LONGEST = 500
#: So many names are in a note.
_NAMES = 3
_CONFIG_BYTES = 10_000_000
#: How libraries say that there is not enough memory.
_TOO_LITTLE = ("allocate memory", "bad_alloc", "out of memory", "failed to map", "MemoryError")


class NotTried(Exception):  # noqa: N818 - it is an answer
    """Nothing was loaded: the state to answer with, and why."""

    def __init__(self, state: str, note: str) -> None:
        super().__init__(note)
        self.state = state


class _Tried:
    """What a check has found out: the library, and what to say of what was loaded."""

    def __init__(self) -> None:
        self.library = ""
        self.note = ""

    def use(self, name: str) -> Any:
        """A library. Raises NotTried when it is not there."""
        try:
            module = importlib.import_module(name)
        except ImportError as error:
            if error.name == name:
                raise NotTried(ABSENT, f"{name} is not installed") from None
            if _is_memory(error):
                raise
            raise NotTried(ABSENT, f"{name} could not be imported: {_short(error)}") from None
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - an installation may be broken in any way
            raise NotTried(ABSENT, f"{name} could not be imported: {_short(error)}") from None
        version = getattr(module, "__version__", "")
        self.library = f"{name} {version}".rstrip()
        return module


def run(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answers about each check of the request, in their order."""
    for number, check in enumerate(request["checks"]):
        yield {"begin": number}
        tried = _Tried()
        state, note = LOADS, ""
        try:
            LOADERS[check["by"]](tried, check["path"], request)
            note = tried.note
        except NotTried as answer:
            state, note = answer.state, str(answer)
        except Exception as error:  # noqa: BLE001 - libraries raise whatever they like
            state = MEMORY if _is_memory(error) else FAILS
            note = _short(error)
        yield {"check": number, "state": state, "note": note, "library": tried.library}
        gc.collect()


def _is_memory(error: Exception) -> bool:
    text = str(error)[:10_000]
    return isinstance(error, MemoryError) or any(words in text for words in _TOO_LITTLE)


def _short(error: Exception) -> str:
    """The first lines of an error, as one."""
    text = " ".join(str(error)[:10_000].split()) or type(error).__name__
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _names(names: Any) -> str:
    shown = sorted(map(str, names))
    more = f" and {len(shown) - _NAMES} more" if len(shown) > _NAMES else ""
    return ", ".join(name[:100] for name in shown[:_NAMES]) + more


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


# --- files


def _safetensors(tried: _Tried, path: str, request: dict[str, Any]) -> None:  # noqa: ARG001
    library = tried.use("safetensors")
    # The header needs no numpy, and no torch: the values of no tensor are asked for.
    with library.safe_open(path, framework="np") as file:
        names = list(file.keys())
        for name in names:
            part = file.get_slice(name)
            part.get_shape()
            part.get_dtype()
    tried.note = _counted(len(names), "tensor")


def _torch(tried: _Tried, path: str, request: dict[str, Any]) -> None:  # noqa: ARG001
    torch = tried.use("torch")
    with open(path, "rb") as file:
        is_zip = file.read(4) == b"PK\x03\x04"
    # Storages of a zip stay in the file; before torch 1.6 they stood in the pickle's own file.
    try:
        content = torch.load(path, map_location="meta", weights_only=True, mmap=is_zip or None)
    except Exception as error:
        # Around the reason stands how to load it all the same, which nobody should.
        _, found, reason = str(error).partition("WeightsUnpickler error:")
        if not found:
            raise
        reason = reason.partition("Please use")[0].partition("Check the documentation")[0]
        raise ValueError(f"weights_only refuses it: {reason.strip()}") from None
    count = _tensors(content, torch.Tensor)
    tried.note = _counted(count, "tensor")


def _tensors(content: Any, kind: Any) -> int:
    """How many tensors are in a content of dictionaries and lists."""
    found, seen, waiting = 0, set(), [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, kind):
            found += 1
        elif id(one) not in seen:
            seen.add(id(one))
            if isinstance(one, dict):
                waiting += one.values()
            elif isinstance(one, (list, tuple)):
                waiting += one
    return found


def _onnx(tried: _Tried, path: str, request: dict[str, Any]) -> None:  # noqa: ARG001
    runtime = tried.use("onnxruntime")
    runtime.disable_telemetry_events()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = [one.name for one in session.get_inputs()]
    tried.note = f"inputs {_names(inputs)}" if inputs else "no inputs"


def _gguf(tried: _Tried, path: str, request: dict[str, Any]) -> None:  # noqa: ARG001
    reader = tried.use("gguf").GGUFReader(path)
    tried.note = _counted(len(reader.tensors), "tensor")


def _numpy(tried: _Tried, path: str, request: dict[str, Any]) -> None:  # noqa: ARG001
    numpy = tried.use("numpy")
    found = numpy.load(path, mmap_mode="r", allow_pickle=False)
    if hasattr(found, "files"):
        shapes = [found[name].shape for name in found.files]
        tried.note = _counted(len(shapes), "array")
    else:
        tried.note = f"{found.dtype} {list(found.shape)}"


# --- folders


def _read(folder: str, name: str) -> dict[str, Any]:
    """A configuration of a folder; {} when there is none."""
    try:
        with open(os.path.join(folder, name), "rb") as file:
            found = json.loads(file.read(_CONFIG_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _transformers(tried: _Tried, path: str, request: dict[str, Any]) -> None:
    library = tried.use("transformers")
    config = _read(path, "config.json")
    kind = config.get("model_type")
    known = importlib.import_module("transformers.models.auto.configuration_auto").CONFIG_MAPPING
    if kind not in known:
        if config.get("auto_map"):
            raise NotTried(OWN_CODE, "it needs its own code (auto_map), which is not run")
        version = tried.library
        raise NotTried(ABSENT, f"{version} does not know the model_type {str(kind)[:100]!r}")
    tried.use("torch")
    tried.library = f"transformers {library.__version__}"
    chosen = _architecture(library, config)
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    if _has("accelerate"):
        options["device_map"] = "meta"
    elif request["weights"] > request["memory"]:
        raise NotTried(
            MEMORY, "without accelerate, transformers loads all weights: more than the limit"
        )
    model, info = chosen.from_pretrained(path, output_loading_info=True, **options)
    name = type(model).__name__
    missing, other = info["missing_keys"], info["unexpected_keys"]
    if missing:
        count = _counted(len(missing), "tensor")
        raise ValueError(f"the files lack {count} of {name}: {_names(missing)}")
    own = "; its own code (auto_map) was not run" if config.get("auto_map") else ""
    left = f"; not used: {_names(other)}" if other else ""
    tried.note = f"{name}{left}{own}"


def _architecture(library: Any, config: dict[str, Any]) -> Any:
    """The class that a configuration names, if transformers has it; else the general one."""
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and names else ""
    if isinstance(name, str) and name.isidentifier() and not name.startswith("_"):
        found = getattr(library, name, None)
        if isinstance(found, type) and issubclass(found, library.PreTrainedModel):
            return found
    return library.AutoModel


def _has(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _tokenizer(tried: _Tried, path: str, request: dict[str, Any]) -> None:  # noqa: ARG001
    library = tried.use("transformers")
    if _read(path, "tokenizer_config.json").get("auto_map"):
        raise NotTried(OWN_CODE, "it needs its own code (auto_map), which is not run")
    found = library.AutoTokenizer.from_pretrained(
        path, local_files_only=True, trust_remote_code=False
    )
    tried.note = f"{type(found).__name__}, {len(found)} tokens"


LOADERS: dict[str, Callable[[_Tried, str, dict[str, Any]], None]] = {
    "safetensors": _safetensors,
    "torch": _torch,
    "onnxruntime": _onnx,
    "gguf": _gguf,
    "numpy": _numpy,
    "transformers": _transformers,
    "tokenizer": _tokenizer,
}
