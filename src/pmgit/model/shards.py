"""Shards by their names: `model-00001-of-00003.safetensors` is the first of three of one set.

transformers, diffusers, TensorFlow and llama.cpp write such names, TensorFlow.js
`group1-shard1of3.bin`. How many digits a number has differs, also within a name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGITS = frozenset("0123456789")
#: No set has a thousand million shards.
_MOST_DIGITS = 9
#: What is counted by these words is no part of a whole: a model of each fold, each epoch.
_COUNTED = ("checkpoint", "ckpt", "epoch", "step", "iter", "iteration", "fold", "run", "seed")


class Shard:
    """The name of a shard: `begin` and the digits `number`, `between`, the digits `count`, `end`.

    `begin` has the folder in it.
    """

    __slots__ = ("begin", "between", "count", "end", "number")

    def __init__(self, begin: str, number: str, between: str, count: str, end: str) -> None:
        self.begin = begin
        self.number = number
        self.between = between
        self.count = count
        self.end = end

    @property
    def key(self) -> tuple[str, str, str]:
        """The key that all shards of a set share, also one of sets of different sizes."""
        return (self.begin, self.between, self.end)

    @property
    def is_sure(self) -> bool:
        """Whether nothing but a shard has such a name: programs write numbers with zeros."""
        if self.between == "of":
            return True
        word = self.begin[self.begin.rfind("/") + 1 :].rstrip("-_.=").lower()
        padded = self.number.startswith("0") or len(self.number) >= 5
        return padded and not word.endswith(_COUNTED)

    @property
    def least(self) -> int:
        """The number of the first shard of such a set: 0 as TensorFlow counts, else mostly 1."""
        return 0 if self.begin.endswith(".data-") else 1

    def name(self, number: int) -> str:
        """The path of another shard of the same set."""
        digits = str(number).zfill(len(self.number))
        return f"{self.begin}{digits}{self.between}{self.count}{self.end}"


class ShardSet:
    """The shards of one key: for each count the paths by their numbers.

    `is_sure`: one of them is surely a shard (`Shard.is_sure`).
    """

    __slots__ = ("_samples", "is_sure", "paths")

    def __init__(self) -> None:
        self.paths: dict[int, dict[int, list[str]]] = {}
        self.is_sure = False
        self._samples: dict[int, Shard] = {}

    def add(self, path: str, shard: Shard) -> None:
        count = int(shard.count)
        self._samples.setdefault(count, shard)
        self.paths.setdefault(count, {}).setdefault(int(shard.number), []).append(path)
        self.is_sure = self.is_sure or shard.is_sure

    @property
    def is_whole(self) -> bool:
        """Whether this is one set, with each of its shards once and nothing else."""
        if len(self.paths) > 1:
            return False
        ((count, present),) = self.paths.items()
        only = len(present) == sum(map(len, present.values())) == count
        return only and not self.missing(count, 0)[0]

    @property
    def names(self) -> list[str]:
        """All paths, sorted."""
        return sorted(
            path for numbers in self.paths.values() for paths in numbers.values() for path in paths
        )

    def missing(self, count: int, most: int) -> tuple[int, list[str]]:
        """How many of `count` shards are missing, and the paths of the first `most` of these.

        They are numbered from 1, or from 0 where there is a shard 0, as TensorFlow does.
        """
        present, shard = self.paths[count], self._samples[count]
        first = 0 if 0 in present else shard.least
        there = sum(first <= number < first + count for number in present)
        names: list[str] = []
        number = first
        while len(names) < most and number < first + count:
            if number not in present:
                names.append(shard.name(number))
            number += 1
        return count - there, names


def shard_of(path: str) -> Shard | None:
    """The shard that a path is by its name; None: it is none."""
    at = path.rfind("-of-")
    between = "-of-"
    if at < 0:
        between = "of"
        at = path.rfind("of", path.rfind("/") + 1)
        if at < 0 or "shard" not in path:
            return None
    count = _digits(path, at + len(between))
    end = path[at + len(between) + len(count) :]
    begin = at
    while begin and path[begin - 1] in _DIGITS:
        begin -= 1
    number = path[begin:at]
    if not number or not count or "/" in end or (end and not end.startswith(".")):
        return None
    if max(len(number), len(count)) > _MOST_DIGITS:
        return None
    if between == "of" and not path[:begin].endswith("shard"):
        return None
    return Shard(path[:begin], number, between, count, end)


def sets_of(paths: Iterable[str]) -> dict[tuple[str, str, str], ShardSet]:
    """The sets among these paths, by `Shard.key`."""
    found: dict[tuple[str, str, str], ShardSet] = {}
    for path in paths:
        shard = shard_of(path)
        if shard:
            found.setdefault(shard.key, ShardSet()).add(path, shard)
    return found


def are_whole(paths: list[str]) -> bool:
    """Whether the shards among these paths are whole sets, with each shard once."""
    first = shard_of(paths[0])
    # One set, as nearly always: its names follow from the first, and none is taken apart.
    if first and int(first.count) == len(paths):
        begin = first.least
        if {first.name(number) for number in range(begin, begin + len(paths))} == {*paths}:
            return True
    return all(shards.is_whole for shards in sets_of(paths).values())


def _digits(text: str, begin: int) -> str:
    end = begin
    while end < len(text) and text[end] in _DIGITS:
        end += 1
    return text[begin:end]


def are_one_model(names: list[str]) -> bool:
    """Whether this is one file, or all parts of one: `x-00001-of-00003.safetensors` and so on."""
    if len(names) < 2 and "-of-" not in "".join(names):
        return True
    found = list(sets_of(names).values())
    if len(found) != 1 or found[0].names != sorted(names):
        return False
    (count, *others) = found[0].paths
    return not others and len(names) == count and found[0].missing(count, 0)[0] == 0
