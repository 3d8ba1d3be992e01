"""The configuration of a Keras model: layers that are code, and names out of other modules."""

from __future__ import annotations

from pmgit.formats.members import wrong_name
from pmgit.formats.opinion import UNKNOWN, UNSAFE, WARN, FileFinding, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LAMBDAS = frozenset(("Lambda", "__lambda__", "TFOpLambda", "SlicingOpLambda"))
#: These two only name an operation of TensorFlow.
_NAMED_OPERATIONS = frozenset(("TFOpLambda", "SlicingOpLambda"))
#: Those of these modules only calculate, and so do those of no module but a few.
_CALCULATE = frozenset((
    "math", "nn", "linalg", "strings", "image", "signal", "random", "bitwise", "sparse", "ragged",
    "dtypes", "__operators__", "quantization", "sets",
))  # fmt: skip
_REACH = frozenset((
    "io", "py_function", "py_func", "numpy_function", "load_op_library", "load_library", "raw_ops",
    "print", "import_graph_def", "saved_model", "summary", "data", "train", "profiler",
    "distribute", "autograph", "function", "keras",
))  # fmt: skip
_OWN = ("keras", "keras_hub", "keras_nlp", "keras_cv", "tf_keras", "tensorflow.keras")
#: Functions of Keras itself that reach for files and the network when a configuration names them.
_REACHES_OUT = frozenset((
    "get_file", "load_model", "load_weights", "save_model", "load_img", "save_img",
    "image_dataset_from_directory", "run_command", "deserialize_keras_object",
    "enable_unsafe_deserialization", "load_from_file", "python_utils", "func_load", "pickle",
))  # fmt: skip
#: Modules of Keras whose functions do more than to calculate.
_MODULES_THAT_REACH_OUT = frozenset((
    "utils", "saving", "testing", "export", "datasets", "config", "callbacks", "backend",
    "distribution", "trainers", "legacy",
))  # fmt: skip
#: Functions of Python itself that do.
_OF_PYTHON = frozenset((
    "eval", "exec", "compile", "open", "__import__", "getattr", "setattr", "delattr", "globals",
    "locals", "vars", "input", "breakpoint", "exit", "quit", "help", "print", "memoryview",
))  # fmt: skip
#: Layers that read other files or hold a pickle, and those that read a list of words from a file
#: when its name stands there (CVE-2025-12058).
_LAYERS_THAT_LOAD = frozenset(("TFSMLayer", "TorchModuleWrapper", "FlaxLayer"))
_VOCABULARY = "vocabulary"
#: What Keras writes as a value of Python.
_PLAIN = frozenset((
    "function", "slice", "list", "tuple", "dict", "set", "str", "int", "float", "bool", "bytes",
    "__ellipsis__", "__numpy__", "__tensor__", "Ellipsis",
))  # fmt: skip
#: Modules of Python that other modules import, and by which a name leads out of them.
OF_THE_SYSTEM = frozenset((
    "os", "sys", "subprocess", "importlib", "shutil", "pickle", "socket", "ctypes", "posix", "pty",
    "runpy", "marshal",
))  # fmt: skip
_MOST_NODES = 500_000


def is_config(document: Any) -> bool:
    """Whether a JSON document describes a Keras model."""
    if not isinstance(document, dict) or not isinstance(document.get("class_name"), str):
        return False
    return isinstance(document.get("config"), dict | list)


def judge_config(document: Any, where: str) -> list[FileFinding]:
    """What speaks against a configuration; nothing of it is called."""
    found: dict[FileFinding, None] = {}
    waiting = [document]
    for number, node in enumerate(_nodes(waiting)):
        if number > _MOST_NODES:
            found[
                FileFinding(UNKNOWN, "a configuration that is too long to judge", where=where)
            ] = None
            break
        if isinstance(node, dict):
            for verdict, message, evidence in _of_node(node):
                found[FileFinding(verdict, message, short(evidence), where=where)] = None
    return list(found)


def _nodes(waiting: list[Any]) -> Any:
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _of_node(node: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = []
    name = node.get("class_name")
    if isinstance(name, str):
        plain = name.rpartition(">")[2].rpartition(".")[2]
        if plain in _LAMBDAS:
            wrong = _of_lambda(plain, node)
            found += [wrong] if wrong else []
        elif plain in _REACHES_OUT:
            found.append((UNSAFE, "a layer that reaches for files", name))
        elif plain in _LAYERS_THAT_LOAD:
            found.append((UNSAFE, "a layer that loads what it is given", name))
        elif ">" in name:
            found.append((WARN, "a layer that pmgit does not know", name))
    module = node.get("module")
    registered = node.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        found.append((WARN, "a layer that pmgit does not know", registered))
    if module == "builtins" and isinstance(name, str) and name not in _PLAIN:
        found.append((UNSAFE, "a function of Python", name))
    words = node.get("config")
    place = words.get(_VOCABULARY) if isinstance(words, dict) else None
    if isinstance(place, str) and place:
        is_near = not wrong_name(place) and ":" not in place
        found.append((WARN if is_near else UNSAFE, "a list of words in another file", place))
    if isinstance(module, str) and isinstance(name, str) and not _is_own(module):
        found.append((UNSAFE, "a layer out of another module", f"{module}.{name}"))
    function = node.get("config") if name == "function" else None
    if isinstance(function, str) and function in _REACHES_OUT:
        found.append((UNSAFE, "a function that reaches for files", function))
    if isinstance(function, str) and function in _OF_PYTHON:
        found.append((UNSAFE, "a function of Python", function))
    if isinstance(module, str) and _reaches_out(module, name, function):
        found.append((UNSAFE, "a function that reaches for files", f"{module}.{function or name}"))
    if name == "function" and isinstance(module, str) and _is_own(module):
        called = str(node.get("registered_name") or node.get("config") or "")
        if called.rpartition(".")[2] in _REACHES_OUT:
            found.append((UNSAFE, "a function that reaches for files", called))
    if "__lambda__" in node or node.get("function_type") == "lambda":
        found.append((UNSAFE, "a function that is code", "lambda"))
    return found


def _of_lambda(plain: str, node: dict[str, Any]) -> tuple[str, str, str] | None:
    if plain not in _NAMED_OPERATIONS:
        return UNSAFE, "a layer that is code", plain
    config = node.get("config")
    called = config.get("function") if isinstance(config, dict) else None
    words = str(called).removeprefix("compat.v1.").split(".")
    if _REACH & {*words}:
        return UNSAFE, "a layer that reaches for files", str(called)
    if isinstance(called, str) and (len(words) == 1 or words[0] in _CALCULATE):
        return None
    return WARN, "a layer that calls an operation by its name", str(called or plain)


def _reaches_out(module: str, name: Any, function: Any) -> bool:
    """Whether this is a function of a part of Keras that does more than to calculate."""
    parts = module.removeprefix("tensorflow.").removeprefix("keras.src.").removeprefix("keras.")
    is_function = function is not None or (isinstance(name, str) and name[:1].islower())
    return parts.partition(".")[0] in _MODULES_THAT_REACH_OUT and (
        is_function or parts.startswith("testing")
    )


def _is_own(module: str) -> bool:
    if not OF_THE_SYSTEM.isdisjoint(module.split(".")):
        return False  # what a module of Keras has imported is none of Keras
    if module and not all(part.isidentifier() for part in module.split(".")):
        return False
    return (
        module in ("builtins", "")
        or module.startswith(tuple(f"{name}." for name in _OWN))
        or (module in _OWN)
    )
