"""The index of a model in shards (`model.safetensors.index.json`): which tensor is in which file.

transformers and diffusers write it, and read the shards that it names. It comes from strangers:
it is bounded, and nothing that it names is opened.
"""

from __future__ import annotations

from pmgit.core.errors import cut
from pmgit.model.lock_file import trouble_with

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: The largest in use are those of models with 140,000 tensors; they have 14 MB.
MAX_BYTES = 20_000_000
#: So many values and so many tables: Python takes 100 bytes for each.
_MAX_VALUES = 500_000
_MAX_TABLES = 10_000
#: A model of the largest there are has 200 shards.
_MAX_FILES = 10_000
#: How the names begin that only an index of weights has before `.index.json`.
_OF_WEIGHTS = (".safetensors", ".bin", ".h5", ".msgpack")


class ShardIndex:
    """An index, read.

    `files` are the shards that it names, in the order of their first tensors; `total_size` is the
    bytes of all tensors, 0 where it does not say.
    """

    __slots__ = ("files", "total_size")

    def __init__(self, files: tuple[str, ...], total_size: int) -> None:
        self.files = files
        self.total_size = total_size


def may_be(path: str) -> bool:
    """Whether a file of this name may be an index; `x.index.fp16.json` is that of a variant."""
    return path.endswith(".json") and ".index." in path[path.rfind("/") + 1 :]


def parse(data: bytes, name: str) -> ShardIndex | None:
    """The index in `data`; None for another document that is only called alike.

    Raises ValueError with the reason when no shards can be loaded by it.
    """
    sure = name[: name.rfind(".index.")].endswith(_OF_WEIGHTS)
    try:
        names, metadata = _tables(data)
    except ValueError:
        if sure:
            raise
        return None
    _demand_files(names)
    files: dict[str, None] = dict.fromkeys(names.values())
    if len(files) > _MAX_FILES:
        raise ValueError(f"it names over {_MAX_FILES:,} files")
    for file in files:
        # A `./` leads nowhere else.
        trouble = trouble_with(file.removeprefix("./"))
        if trouble:
            raise ValueError(f"it names {cut(ascii(file[:200]))}, which {trouble}")
    total = _size(metadata.get("total_size"))
    return ShardIndex(tuple(file.removeprefix("./") for file in files), total)


def read(data: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """The file of each tensor, and the metadata of an index; its files may have any names.

    Raises ValueError with the reason when it is no index.
    """
    names, metadata = _tables(data)
    _demand_files(names)
    return names, metadata


def _tables(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    document = _document(data)
    names = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(names, dict):
        raise ValueError("it has no weight_map")
    metadata = document.get("metadata")
    return names, metadata if isinstance(metadata, dict) else {}


def _demand_files(names: dict[str, Any]) -> None:
    # By types first: a list is no key, and a look at each of 140,000 takes ten times as long.
    if set(map(type, names.values())) != {str}:
        raise ValueError("its weight_map does not name a file for each tensor")


def _document(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has over {MAX_BYTES:,} bytes")
    if data.count(b",") > _MAX_VALUES or data.count(b"[") + data.count(b"{") > _MAX_TABLES:
        raise ValueError("it has more values than an index")
    try:
        text = data.decode("utf-8")
    except UnicodeError:
        raise ValueError("it is not UTF-8") from None
    document = as_written(text)
    if document is not None:
        return document
    import json

    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, character {error.colno}"
        raise ValueError(f"it is no JSON: {error.msg} ({place})") from None
    except ValueError as error:
        raise ValueError(str(error)[:100]) from None


def as_written(text: str) -> dict[str, Any] | None:
    """The document in an index as the libraries write it: two tables, one line for each entry.

    None for all others. Importing json takes 5 ms, which a commit must not wait for.
    """
    head, found, rest = text.partition('\n  "weight_map": {\n    "')
    rest = rest.removesuffix("\n")
    if not found or not rest.endswith('"\n  }\n}'):
        return None
    names = _texts(rest.removesuffix('"\n  }\n}'))
    if names is None:
        return None
    if head == "{":
        return {"weight_map": names}
    inner = head.removeprefix('{\n  "metadata": {\n').removesuffix("\n  },")
    metadata = _texts_and_numbers(inner)
    if metadata is None or head != f'{{\n  "metadata": {{\n{inner}\n  }},':
        return None
    return {"metadata": metadata, "weight_map": names}


def _texts(lines: str) -> dict[str, str] | None:
    """A table of plain texts, between its first quote and its last one.

    There may be 140,000, so nothing is looked at one by one.
    """
    entries = lines.split('",\n    "')
    try:
        found = dict([entry.split('": "') for entry in entries])
    except ValueError:
        return None  # not two parts
    # Each entry has two quotes; between any two are two more, and the one line break.
    marks = (lines.count('"'), lines.count("\n"), len(found))
    if marks != (4 * len(entries) - 2, len(entries) - 1, len(entries)) or "\\" in lines:
        return None
    return found if lines.replace("\n", "").isprintable() else None


def _texts_and_numbers(lines: str) -> dict[str, str | int] | None:
    """A table of few plain texts and whole numbers by their names."""
    found: dict[str, str | int] = {}
    for entry in lines.split(",\n"):
        name, _, value = entry.partition('": ')
        key = name[5:]
        if name[:5] != '    "' or key in found or not _is_plain(key):
            return None
        if value[:1] == '"' == value[-1:] and len(value) > 1 and _is_plain(value[1:-1]):
            found[key] = value[1:-1]
        elif value.isascii() and value.isdecimal() and len(value) < 20 and value[0] != "0":
            found[key] = int(value)
        else:
            return None
    return found


def _is_plain(text: str) -> bool:
    """Whether a text stands in JSON as it is."""
    return text.isprintable() and '"' not in text and "\\" not in text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it has a key twice")
    return found


def _size(value: object) -> int:
    """A size in bytes; some programs write it as 1.5e10."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 < value < 1 << 62 else 0
