"""A job of a child: each check opens one file, or the model in one folder, with its own library.

A check has `by` (a key of LOADERS) and `path`. The answers: `begin` (the number of the check that
begins), then its `state` and `note`, and `library` with its version.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import zipfile

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
#: How Python, C++ and the loader of libraries say that there is not enough memory, in lower case.
_TOO_LITTLE = ("allocate", "bad_alloc", "out of memory", "failed to map", "memoryerror")


class NotTriedError(Exception):
    """Nothing was loaded: the state to answer with, and why."""

    def __init__(self, state: str, note: str) -> None:
        super().__init__(note)
        self.state = state


def library(name: str) -> Any:
    """A library. Raises NotTriedError when it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if error.name == name:
            raise NotTriedError(ABSENT, f"{name} is not installed") from None
        if is_memory(error):
            raise
        raise NotTriedError(ABSENT, f"{name} could not be imported: {short(error)}") from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - an installation may be broken in any way
        raise NotTriedError(ABSENT, f"{name} could not be imported: {short(error)}") from None


def checkpoint(torch: Any, path: str, device: str) -> Any:
    """What a checkpoint of torch holds, on a device; nothing of it is run."""
    try:
        # Storages of a zip stay in the file; before torch 1.6 they stood behind the pickle, and a
        # zip that somebody has packed again cannot be mapped.
        mapped = _is_plain_zip(path) or None
        return torch.load(path, map_location=device, weights_only=True, mmap=mapped)
    except NotImplementedError:
        if device != "meta":
            raise
        return checkpoint(torch, path, "cpu")  # quantized tensors exist nowhere else
    except Exception as error:
        # Around the reason stands how to load it all the same, which nobody should.
        _, found, reason = str(error).partition("WeightsUnpickler error:")
        if not found:
            raise
        reason = reason.partition("Please use")[0].partition("Check the documentation")[0]
        raise ValueError(f"weights_only refuses it: {reason.strip()}") from None


def _is_plain_zip(path: str) -> bool:
    """Whether a file is a zip whose members are not compressed."""
    try:
        with zipfile.ZipFile(path) as file:
            return all(one.compress_type == zipfile.ZIP_STORED for one in file.infolist())
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


class _Tried:
    """What a check of a request has found out: the library, and what to say of what it loaded."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.request = request
        self.library = ""
        self.note = ""

    def use(self, name: str) -> Any:
        """A library, which is noted with its version. Raises NotTriedError when it is not there."""
        module = library(name)
        self.library = f"{name} {getattr(module, '__version__', '')}".rstrip()
        return module


def run(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answers about each check of the request, in their order."""
    for number, check in enumerate(request["checks"]):
        yield {"begin": number}
        tried = _Tried(request)
        state, note = LOADS, ""
        try:
            LOADERS[check["by"]](tried, check["path"])
            note = tried.note
        except NotTriedError as answer:
            state, note = answer.state, str(answer)
        except ImportError as error:  # of a library that this model alone needs
            state = MEMORY if is_memory(error) else ABSENT
            note = short(error)
        except Exception as error:  # noqa: BLE001 - libraries raise whatever they like
            state = MEMORY if is_memory(error) else FAILS
            note = short(error)
        yield {"check": number, "state": state, "note": note, "library": tried.library}
        gc.collect()


def is_memory(error: Exception) -> bool:
    """Whether an error says that there is not enough memory."""
    return isinstance(error, MemoryError) or speaks_of_memory(str(error)[:10_000])


def speaks_of_memory(text: str) -> bool:
    """Whether a text that something printed when it ended says that there is not enough memory."""
    return any(words in text.lower() for words in _TOO_LITTLE)


def short(error: Exception) -> str:
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


def _safetensors(tried: _Tried, path: str) -> None:
    # The header needs no numpy, and no torch: the values of no tensor are asked for.
    with tried.use("safetensors").safe_open(path, framework="np") as file:
        names = list(file.keys())
        for name in names:
            part = file.get_slice(name)
            part.get_shape()
            part.get_dtype()
    tried.note = _counted(len(names), "tensor")


def _torch(tried: _Tried, path: str) -> None:
    torch = tried.use("torch")
    content = checkpoint(torch, path, "meta")
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


def _onnx(tried: _Tried, path: str) -> None:
    runtime = tried.use("onnxruntime")
    runtime.disable_telemetry_events()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = [one.name for one in session.get_inputs()]
    tried.note = f"inputs {_names(inputs)}" if inputs else "no inputs"


def _gguf(tried: _Tried, path: str) -> None:
    reader = tried.use("gguf").GGUFReader(path)
    tried.note = _counted(len(reader.tensors), "tensor")


def _numpy(tried: _Tried, path: str) -> None:
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


def _transformers(tried: _Tried, path: str) -> None:
    transformers = tried.use("transformers")
    config = _read(path, "config.json")
    kind = config.get("model_type")
    known = importlib.import_module("transformers.models.auto.configuration_auto").CONFIG_MAPPING
    if kind not in known:
        if config.get("auto_map"):
            raise NotTriedError(OWN_CODE, "it needs its own code (auto_map), which is not run")
        version = tried.library
        raise NotTriedError(ABSENT, f"{version} does not know the model_type {str(kind)[:100]!r}")
    tried.use("torch")
    tried.library = f"transformers {transformers.__version__}"
    named = _architecture(transformers, config)
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    if _has("accelerate"):
        options["device_map"] = "meta"
    elif tried.request["weights"] > tried.request["memory"]:
        raise NotTriedError(
            MEMORY, "without accelerate, transformers loads all weights: more than the limit"
        )
    # What has another shape is named below, in fewer words.
    model, info = (named or transformers.AutoModel).from_pretrained(
        path, output_loading_info=True, ignore_mismatched_sizes=True, **options
    )
    name = type(model).__name__
    other_shape = [one[0] if isinstance(one, tuple) else one for one in info["mismatched_keys"]]
    if other_shape:
        count = _counted(len(other_shape), "tensor")
        raise ValueError(
            f"{count} of {name} have another shape in the files: {_names(other_shape)}"
        )
    missing, unused = info["missing_keys"], info["unexpected_keys"]
    if missing and named:
        count = _counted(len(missing), "tensor")
        raise ValueError(f"the files lack {count} of {name}: {_names(missing)}")
    notes = [name]
    notes += [f"not in the files: {_names(missing)}"] if missing else []
    notes += [f"not used: {_names(unused)}"] if unused else []
    notes += ["its own code (auto_map) was not run"] if config.get("auto_map") else []
    tried.note = "; ".join(notes)


def _architecture(transformers: Any, config: dict[str, Any]) -> Any:
    """The class that a configuration names, if transformers has it; else None."""
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and names else ""
    if isinstance(name, str) and name.isidentifier() and not name.startswith("_"):
        found = getattr(transformers, name, None)
        if isinstance(found, type) and issubclass(found, transformers.PreTrainedModel):
            return found
    return None


def _has(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _tokenizer(tried: _Tried, path: str) -> None:
    transformers = tried.use("transformers")
    if _read(path, "tokenizer_config.json").get("auto_map"):
        raise NotTriedError(OWN_CODE, "it needs its own code (auto_map), which is not run")
    found = transformers.AutoTokenizer.from_pretrained(
        path, local_files_only=True, trust_remote_code=False
    )
    tried.note = f"{type(found).__name__}, {len(found)} tokens"


LOADERS: dict[str, Callable[[_Tried, str], None]] = {
    "safetensors": _safetensors,
    "torch": _torch,
    "onnxruntime": _onnx,
    "gguf": _gguf,
    "numpy": _numpy,
    "transformers": _transformers,
    "tokenizer": _tokenizer,
}
