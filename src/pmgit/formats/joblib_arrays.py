"""The raw arrays of joblib, which lie in a pickle stream behind the object that describes them.

joblib's unpickler reads them when it has given a NumpyArrayWrapper its state (BUILD): one byte
with the length of a padding, the padding, then the numbers (`read_array` of its numpy_pickle;
before joblib 1.2 there is no padding). An array of objects is another pickle stream.
"""

from __future__ import annotations

from pmgit.formats.opcodes import walk
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.pickle_values import Box, GlobalName, Made, PickleStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_ELEMENTS_MAX = 2**63


class Arrays:
    """Passes over the arrays in a stream; `streams` are those of arrays of objects."""

    def __init__(self, reader: Reader, caps: Caps) -> None:
        self._reader = reader
        self._caps = caps
        self.found = 0
        self.streams: list[PickleStream] = []

    def behind(self, made: Made, place: int) -> int:
        """Where the stream goes on, when `made` has got its state right before `place`."""
        if not _is_wrapper(made.callee) or not isinstance(made.state, Box):
            return place
        self.found += 1
        width = item_size(made.state.get("dtype"))
        if width == 0:
            self._caps.step(100)  # one stream in the other may go deep
            if self.found > 1000:
                raise TooMuchError("too many arrays of objects")
            stream = walk(self._reader, place, self._caps)
            self.streams.append(stream)
            if stream.fault or stream.too_much:
                raise BrokenError(f"an array of objects: {stream.fault or stream.too_much}")
            return stream.end
        if "numpy_array_alignment_bytes" in made.state:
            place += 1 + int.from_bytes(self._reader.read(place, 1), "little")
        elements = 1
        shape: Any = made.state.get("shape")
        if not isinstance(shape, tuple) or width is None:
            raise BrokenError("an array whose shape or type cannot be made out")
        for size in shape:
            if type(size) is not int or size < 0 or elements * size >= _ELEMENTS_MAX:
                raise BrokenError("an array whose shape is no shape")
            elements *= size
        end = place + elements * width
        if end > self._reader.size:
            raise BrokenError(f"an array ends {end - self._reader.size:,} bytes after the file")
        return end


def _is_wrapper(callee: Any) -> bool:
    return (
        isinstance(callee, GlobalName)
        and callee.name == "NumpyArrayWrapper"
        and callee.module.endswith("joblib.numpy_pickle")
    )


def item_size(dtype: Any) -> int | None:
    """The bytes of one element of a pickled numpy type: 0 of objects, None of an unknown one.

    It is `numpy.dtype('f8', False, True)`, with a state whose sixth part is the size of a type
    that has a variable one.
    """
    if not isinstance(dtype, Made) or not isinstance(dtype.args, tuple) or not dtype.args:
        return None
    code = dtype.args[0]
    if not isinstance(code, str) or len(code) < 2 or not code[1:].isdigit() or len(code) > 12:
        return None
    kind, width = code[0], int(code[1:])
    if kind == "O":
        return 0
    if isinstance(dtype.state, tuple) and len(dtype.state) > 6 and kind in "SUV":
        given = dtype.state[5]
        width = given if type(given) is int and given > 0 else width
    elif kind == "U":
        width *= 4
    return width or None
