"""The parameters of checkpoints of torch, counted by what their pickles would rebuild.

Nothing is loaded, and only what a scan passes is listed. Zips alone (torch 1.6 and later): in an
older file the numbers stand between the pickles, and all of it would have to be read.
"""

from __future__ import annotations

from pmgit.formats import names
from pmgit.formats.opinion import PASSES
from pmgit.formats.reader import FileReader
from pmgit.formats.regular import open_regular
from pmgit.model import shards
from pmgit.model.twins import OF_TRAINING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pmgit.tensors.contents import FileContents

_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt")
#: The file that transformers loads, whatever else lies beside it.
_MAIN = "pytorch_model.bin"
#: How a part of a name begins that is the state of a training; `ema` is a second copy.
_STATES = ("optim", "exp_avg", "momentum_buffer")


def count_parameters(places: Mapping[str, str]) -> dict[str, int]:
    """The parameters by their type, where it is clear which files belong together; else {}.

    Of a checkpoint that holds the state of an optimizer too, nobody knows which tensors count.
    """
    found = [
        path
        for path in places
        if path.endswith(_SUFFIXES) and "/" not in path and not path.lower().startswith(OF_TRAINING)
    ]
    chosen = [_MAIN] if _MAIN in found else sorted(found)
    if not shards.are_one_model(chosen):
        return {}
    total: dict[str, int] = {}
    for name in chosen:
        contents = _contents(places[name], name)
        if contents is None or not contents.tensors or contents.notes:
            return {}
        if any(_is_state(part) for one in contents.tensors for part in one.name.split(".")):
            return {}
        for dtype, count in contents.parameters.items():
            total[dtype] = total.get(dtype, 0) + count
    return total


def _is_state(part: str) -> bool:
    return part == "ema" or part.startswith(_STATES)


def _contents(place: str, name: str) -> FileContents | None:
    """What is in a zip of torch; None for all else, and for what a scan stops."""
    from pmgit.formats.judge import judge
    from pmgit.tensors import read

    try:
        with open_regular(place) as file:
            reader = FileReader(file)
            if reader.read(0, 2) != b"PK":
                return None
            opinion = judge(reader, name)
            if opinion.verdict not in PASSES or opinion.kind != names.TORCH:
                return None
            return read.read(reader, names.TORCH)
    except (OSError, ValueError):
        return None
