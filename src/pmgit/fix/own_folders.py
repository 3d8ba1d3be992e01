"""The folders that loose weights move into: one for each model, with a name that is accepted.

Shards of one file, and several formats of one model, lie together in one folder.
"""

from __future__ import annotations

import os
from itertools import chain, count

from pmgit.model.naming import fold, plain_form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pmgit.fix.renames import FreeNames
    from pmgit.model.subject import Subject

#: How files end that list the shards of a model; they lie beside them.
_INDEX = (".index.json", ".index", ".meta")
#: So much of a name is kept, which leaves room for a number.
_LONGEST = 80


def stem_of(name: str) -> str:
    """The name of a weights file without its formats, variants and the number of its shard.

    `qwen2.5-7b.Q4_K_M.gguf` is `qwen2.5-7b`, `model-00001-of-00002.safetensors` is `model`.
    """
    first, *others = name.split(".")
    stem = first
    for part in others[:-1]:
        if not part[:1].isdigit():
            break
        stem += f".{part}"
    before, of, count = stem.rpartition("-of-")
    if of and count.isdigit():
        begin, _, number = before.rpartition("-")
        if begin and number.isdigit():
            return begin
    return stem


class OwnFolders:
    """For each of some loose files, the folder of its model, and what has to come along.

    `paths` are all loose weights; `is_bad` says whether a name is accepted nowhere.
    """

    def __init__(
        self,
        subject: Subject,
        names: FreeNames,
        paths: Iterable[str],
        is_bad: Callable[[str], object],
    ) -> None:
        self._subject = subject
        self._names = names
        self._is_bad = is_bad
        self._files: dict[tuple[str, str], list[str]] = {}
        self._chosen: dict[tuple[str, str], str] = {}
        self._given: set[str] = set()
        for path in paths:
            self._files.setdefault(_group_of(path), []).append(path)

    def of(self, path: str) -> str:
        """The folder for one of the loose files."""
        group = _group_of(path)
        if group not in self._chosen:
            self._chosen[group] = self._choose(group, self._files[group])
        return self._chosen[group]

    def indexes(self, path: str) -> list[str]:
        """The files that list shards, for the first of a group's files; none for the others."""
        group = _group_of(path)
        if self._files[group][0] != path:
            return []
        root = group[0]
        places = self._subject.places
        there = {*places.listing, *places.on_disk.get(root, ())}
        return sorted(
            path
            for path in there.difference(self._files[group])
            if path.rpartition("/")[0] == root
            and path.endswith(_INDEX)
            and _group_of(path) == group
        )

    def _choose(self, group: tuple[str, str], files: list[str]) -> str:
        root = group[0]
        name = files[0].rpartition("/")[2]
        plain = plain_form(stem_of(name))[:_LONGEST].rstrip("-.") or "model"
        if self._is_bad(plain):
            plain += "-model"
        numbered = (f"{plain}-{number}" for number in count(2))
        places = (f"{root}/{name}" for name in chain((plain, f"{plain}-model"), numbered))
        fit = (p for p in places if fold(p) not in self._given and self._can_take(p, files))
        place = next(fit)
        self._given.add(fold(place))
        return place

    def _can_take(self, place: str, files: list[str]) -> bool:
        """Whether the files can move there: into a new folder, or the model of that very name."""
        is_free = self._names.is_free(place) or self._is_empty(place)
        if not is_free and place not in self._subject.places.every_model:
            return False
        targets = [f"{place}/{path.rpartition('/')[2]}" for path in files]
        return all(map(self._names.is_free, targets))

    def _is_empty(self, place: str) -> bool:
        """Whether this is an empty folder on disk, and none whose files are only absent there."""
        there = os.path.join(self._subject.repository.top, place)
        try:
            return not os.listdir(there) and not self._subject.places.tracked_below(place)
        except OSError:
            return False


def _group_of(path: str) -> tuple[str, str]:
    """The models folder and the model's name, whatever its case."""
    root, _, name = path.rpartition("/")
    return root, fold(stem_of(name) or name)
