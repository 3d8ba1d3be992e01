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
        document = _document(data)
    except ValueError:
        if sure:
            raise
        return None
    names = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(names, dict):
        if sure:
            raise ValueError("it has no weight_map")
        return None
    # By types first: a list is no key, and a look at each of 140,000 takes ten times as long.
    if set(map(type, names.values())) != {str}:
        raise ValueError("its weight_map does not name a file for each tensor")
    files: dict[str, None] = dict.fromkeys(names.values())
    if len(files) > _MAX_FILES:
        raise ValueError(f"it names over {_MAX_FILES:,} files")
    for file in files:
        # A `./` leads nowhere else.
        trouble = trouble_with(file.removeprefix("./"))
        if trouble:
            raise ValueError(f"it names {cut(ascii(file[:200]))}, which {trouble}")
    metadata = document.get("metadata")
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    return ShardIndex(tuple(file.removeprefix("./") for file in files), _size(total))


def _document(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise ValueError(f"it has over {MAX_BYTES:,} bytes")
    if data.count(b",") > _MAX_VALUES or data.count(b"[") + data.count(b"{") > _MAX_TABLES:
        raise ValueError("it has more values than an index")
    import json  # a commit without an index does not wait for it

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, character {error.colno}"
        raise ValueError(f"it is no JSON: {error.msg} ({place})") from None
    except ValueError as error:
        raise ValueError(str(error)[:100]) from None


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
