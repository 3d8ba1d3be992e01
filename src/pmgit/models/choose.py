"""The files of a source that a model needs: one format of its weights, not all of them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.sources.listing import RemoteFile

_SAFE = ".safetensors"
#: Weights that repositories of the Hub have beside safetensors, with the same numbers: by the
#: begin of the name and its end. An index of shards ends in `.index.json`.
_TWINS = (
    ("pytorch_model", ".bin"), ("tf_model", ".h5"), ("flax_model", ".msgpack"),
    ("rust_model", ".ot"), ("diffusion_pytorch_model", ".bin"), ("adapter_model", ".bin"),
    ("diffusion_flax_model", ".msgpack"), ("model", ".ckpt"), ("open_clip_pytorch_model", ".bin"),
)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """The files to take, and those that are left out because others hold the same numbers."""

    taken: Sequence[RemoteFile]
    left_out: Sequence[RemoteFile]

    @property
    def size(self) -> int:
        """The bytes of the files to take, as far as they are known."""
        return sum(max(file.size, 0) for file in self.taken)

    @property
    def saved(self) -> int:
        """The bytes of what is left out."""
        return sum(max(file.size, 0) for file in self.left_out)


def choose(
    files: Iterable[RemoteFile],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    only: str = "",
) -> Choice:
    """The files that match a pattern of `include` (all without one) and none of `exclude`.

    Without a pattern, `only` is the path of the one file that is wanted ('': all of them).

    Patterns are those of the Hub's own client: `*` also matches `/`, and case counts. Without
    `include`, of the same weights in several formats only safetensors are taken.
    """
    if only and not include:
        return Choice([file for file in files if file.path == only], [])
    matching = [
        file
        for file in files
        if (not include or _matches(file.path, include)) and not _matches(file.path, exclude)
    ]
    if include:
        return Choice(matching, [])
    with_safe = {_folder(file.path) for file in matching if file.path.endswith(_SAFE)}
    left_out = [
        file for file in matching if _folder(file.path) in with_safe and _is_twin(file.path)
    ]
    return Choice([file for file in matching if file not in left_out], left_out)


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(
        fnmatchcase(path, f"{pattern}*" if pattern.endswith("/") else pattern)
        for pattern in patterns
    )


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _is_twin(path: str) -> bool:
    """Whether a file is weights, or their index, in a format that safetensors stands beside."""
    name = path.rpartition("/")[2].removesuffix(".index.json")
    return any(name.startswith(begin) and name.endswith(end) for begin, end in _TWINS)
