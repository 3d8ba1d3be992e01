"""The files of a source that a model needs: one format of its weights, not all of them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pmgit.core.errors import UsageError
from pmgit.model import twins
from pmgit.model.shards import shard_of
from pmgit.model.traces import MAX_FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pmgit.sources.listing import RemoteFile


#: Formats that a repository may have of the same model.
_FORMATS = (
    ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".ot", ".gguf",
    *twins.EXPORTS,
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

    def formats(self) -> dict[str, int]:
        """The bytes of each format of weights that is taken, by its ending."""
        found: dict[str, list[int]] = {}
        for file in self.taken:
            ending = next((end for end in _FORMATS if file.path.lower().endswith(end)), "")
            if ending and not file.path.rpartition("/")[2].startswith(twins.OF_TRAINING):
                found.setdefault(ending, []).append(max(file.size, 0))
        return {ending: sum(sizes) for ending, sizes in sorted(found.items())}

    def precisions(self) -> list[RemoteFile]:
        """The GGUF files that are taken, but for shards: mostly one model in several precisions."""
        found = [one for one in self.taken if one.path.lower().endswith(".gguf")]
        return sorted((f for f in found if not shard_of(f.path)), key=lambda f: f.size)


def choose(
    files: Iterable[RemoteFile],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Choice:
    """The files that match a pattern of `include` (all without one) and none of `exclude`.

    Patterns are those of the Hub's own client: `*` also matches `/`, and case counts. Without
    `include`, of the same weights in several formats only safetensors are taken.

    Raises UsageError for more files than a lock holds that can be read again.
    """
    found = _choose(files, include, exclude)
    if len(found.taken) > MAX_FILES:
        raise UsageError(
            f"{len(found.taken):,} files, where a lock holds {MAX_FILES:,}",
            "choose those that are needed: --include PATTERN",
        )
    return found


def _choose(files: Iterable[RemoteFile], include: Sequence[str], exclude: Sequence[str]) -> Choice:
    matching = [
        file
        for file in files
        if (not include or _matches(file.path, include)) and not _matches(file.path, exclude)
    ]
    if include:
        return Choice(matching, [])
    names = {file.path: twins.twin_of(file.path) for file in matching}
    with_safe = {t.key[:2] for t in names.values() if t and t.suffix == twins.SAFE}
    left_out = {}
    for file in matching:
        twin = names[file.path] or twins.twin_of_index(file.path)
        if twin and twin.is_known and twin.suffix != twins.SAFE and twin.key[:2] in with_safe:
            left_out[file.path] = file
    return Choice([one for one in matching if one.path not in left_out], list(left_out.values()))


def _matches(path: str, patterns: Iterable[str]) -> bool:
    return any(
        fnmatchcase(path, f"{pattern}*" if pattern.endswith("/") else pattern)
        for pattern in patterns
    )
