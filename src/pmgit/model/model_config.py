"""The config.json of a model: which architecture it is, and where it was loaded from.

transformers writes it. It comes from strangers: no more than some megabytes are read, and kept are
plain short texts and numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from pmgit.formats.regular import read_regular
from pmgit.model.card import is_plain

#: Names of 22,000 classes have one megabyte. What Python makes of it is 50 times as large at worst.
MAX_BYTES = 4_000_000
_MAX_ITEMS = 5
#: As families of models call the same numbers.
_WIDTH = ("hidden_size", "hidden_sizes", "n_embd", "d_model", "dim", "hidden_dim", "embed_dim")
_LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers", "depth")
_MAX_NUMBER = 10**9


@dataclass(frozen=True)
class ModelConfig:
    """What a config.json has of these; '' and empty where it has none.

    `hidden_sizes` are the widths of its layers, `layers` how many there are, `name_or_path` where
    transformers loaded the model from.
    """

    architectures: tuple[str, ...] = ()
    model_type: str = ""
    dtype: str = ""
    hidden_sizes: tuple[int, ...] = ()
    layers: int = 0
    name_or_path: str = ""

    @property
    def shown(self) -> str:
        """The architecture in one line: `BertForMaskedLM (bert), float32, hidden size 768`."""
        kind = f"({self.model_type})" if self.architectures else self.model_type
        name = " ".join(word for word in (", ".join(self.architectures), kind) if word.strip("()"))
        widths = ", ".join(map(str, self.hidden_sizes))
        plural = "s" if len(self.hidden_sizes) > 1 else ""
        parts = [name, self.dtype, f"hidden size{plural} {widths}" if widths else ""]
        parts.append(f"{self.layers} layers" if self.layers > 1 else "")
        return ", ".join(part for part in parts if part)


def document_in(path: str) -> dict[str, object] | None:
    """The JSON object in the regular file at `path`; None when it holds none, or is too long."""
    data = read_regular(path, MAX_BYTES + 1)
    if not data or len(data) > MAX_BYTES:
        return None
    import json

    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def read(path: str) -> ModelConfig:
    """The configuration in the regular file at `path`; an empty one where it is none."""
    document = document_in(path)
    if document is None:
        return ModelConfig()
    noted = document.get("_name_or_path")
    names = _list(document.get("architectures"))
    return ModelConfig(
        architectures=tuple(name for name in names if isinstance(name, str) and is_plain(name)),
        model_type=_text(document.get("model_type")),
        dtype=_text(document.get("torch_dtype")) or _text(document.get("dtype")),
        hidden_sizes=_numbers(document, _WIDTH),
        layers=next(iter(_numbers(document, _LAYERS)), 0),
        name_or_path=noted if isinstance(noted, str) else "",
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and is_plain(value) else ""


def _list(value: object) -> list[object]:
    return value[:_MAX_ITEMS] if isinstance(value, list) else []


def _numbers(document: dict[str, object], names: tuple[str, ...]) -> tuple[int, ...]:
    """The whole numbers that the first of `names` has, which has any."""
    for name in names:
        value = document.get(name)
        numbers = _list(value) if isinstance(value, list) else [value]
        found = tuple(n for n in numbers if type(n) is int and 0 < n < _MAX_NUMBER)
        if found:
            return found
    return ()
