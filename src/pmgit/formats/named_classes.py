"""Configurations of models that name classes: the libraries import their modules without asking."""

from __future__ import annotations

import sys

from pmgit.formats.opinion import UNSAFE, WARN, FileFinding, short
from pmgit.formats.policy import of_global

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

#: The files, by their names: PEFT, sentence-transformers, diffusers; and that of transformers.
ADAPTER, MODULES, PIPELINE, CONFIG = (
    "adapter_config.json", "modules.json", "model_index.json", "config.json",
)  # fmt: skip
FILES = (ADAPTER, MODULES, PIPELINE)
#: Before 5.3 transformers takes a repository of kernels from here, and runs it (CVE-2026-4372).
_KERNELS = ("_attn_implementation_internal", "_attn_implementation")
#: What LightGlue passes on from here, whatever its caller says (CVE-2026-5241).
_TRUST = "trust_remote_code"
_DEEPEST = 8


def findings(base: str, document: Any) -> list[FileFinding]:
    """What is wrong with the classes that a file of this name, in lower case, names."""
    found = []
    for name in _named(base, document):
        module, _, last = name.rpartition(".")
        if is_of_python(module) and of_global(module, last)[0] == UNSAFE:
            found.append(FileFinding(UNSAFE, "a class out of Python's own library", short(name)))
    return found + (_of_transformers(document) if base == CONFIG else [])


def is_of_python(module: str) -> bool:
    """Whether a module is of Python's own library, and does more than to name paths."""
    return module.partition(".")[0] in sys.stdlib_module_names and module != "os.path"


def _named(base: str, document: Any) -> Iterator[str]:
    if base == ADAPTER and isinstance(document, dict):
        # The class of the base model, which PEFT takes out of its module.
        mapping = document.get("auto_mapping")
        if isinstance(mapping, dict):
            yield f"{mapping.get('parent_library')}.{mapping.get('base_model_class')}"
    elif base == MODULES and isinstance(document, list):
        yield from (str(one["type"]) for one in document if isinstance(one, dict) and "type" in one)
    elif base == PIPELINE and isinstance(document, dict):
        pairs = (one for one in document.values() if isinstance(one, list) and len(one) == 2)
        yield from (f"{library}.{name}" for library, name in pairs)


def _of_transformers(document: Any, depth: int = 0) -> list[FileFinding]:
    """What runs code of a repository that a configuration names, or one in it."""
    if not isinstance(document, dict) or depth > _DEEPEST:
        return []
    found = []
    for key, value in document.items():
        if key in _KERNELS and isinstance(value, str) and "/" in value:
            text = "kernels of a repository, which are run"
            found.append(FileFinding(UNSAFE, text, short(value)))
        elif key == _TRUST and value is True:
            text = "a configuration that asks for its own code to be trusted"
            found.append(FileFinding(WARN, text, _TRUST))
        elif isinstance(value, dict):
            found += _of_transformers(value, depth + 1)
    return found
