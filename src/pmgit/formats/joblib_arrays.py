"""The raw arrays of joblib, which lie in a pickle stream behind the object that describes them.

joblib's unpickler reads them when it has given a NumpyArrayWrapper its state (BUILD): one byte
with the length of a padding, the padding, then the numbers (`read_array` of its numpy_pickle;
before joblib 1.2 there is no padding). An array of objects is another pickle stream.

Whoever goes on at another place than joblib does sees other opcodes than it runs. So what cannot
be known for sure is no array: a state that is worked out while it is loaded, or is set twice, and
a type that says of itself both that it is of objects and that it is not.
"""

from __future__ import annotations

from pmgit.formats.members import wrong_name
from pmgit.formats.opcodes import walk
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.pickle_values import Box, GlobalName, Made, PickleStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_ELEMENTS_MAX = 2**63
#: Arrays of objects in one file.
_MOST_STREAMS = 1000
#: joblib pads numbers to places that this divides.
_ALIGNMENT = 16
#: What no raw numbers do by chance: be followed as opcodes for so many bytes.
_NO_CHANCE = 12
#: What makes numpy's type of texts of any length, whose arrays joblib pickles.
_TEXTS = ("numpy._core._internal._convert_to_stringdtype_kwargs",)
#: numpy's mark for a type with objects in it, and the version of the state that has these marks.
_HAS_OBJECTS, _WITH_MARKS = 1, 3


class Arrays:
    """Passes over the arrays in a stream; `streams` are those of arrays of objects, `outside` the
    names of files elsewhere that are loaded for an array.

    `numbers` are what a reader would do that takes the numbers of an array for opcodes, as pickle
    itself does.
    """

    def __init__(self, reader: Reader, caps: Caps) -> None:
        self._reader = reader
        self._caps = caps
        self.found = 0
        self.streams: list[PickleStream] = []
        self.outside: list[str] = []
        self.numbers: list[PickleStream] = []
        self._made: set[Made] = set()

    def behind(self, made: Made, place: int, as_pickle: Callable[[int], PickleStream]) -> int:
        """Where the stream goes on, when `made` has got its state right before `place`.

        `as_pickle` says what a reader does there that knows nothing of arrays.
        """
        if _is_old_wrapper(made.callee) and isinstance(made.state, Box):
            # Of before joblib 0.10: the array is a file beside this one, which is loaded too.
            name = made.state.get("filename")
            if not isinstance(name, str) or wrong_name(name):
                self.outside.append(str(name))
        if not is_wrapper(made.callee):
            return place
        state = made.state
        if not isinstance(state, Box) or state.is_partial or made in self._made:
            raise TooMuchError("an array of joblib whose place cannot be made out")
        self._made.add(made)
        self.found += 1
        width = item_size(state.get("dtype"))
        shape: Any = state.get("shape")
        if width == 0:
            self._caps.step(100)  # one stream in the other may go deep
            if len(self.streams) >= _MOST_STREAMS:
                raise TooMuchError("too many arrays of objects")
            stream = walk(self._reader, place, self._caps)
            self.streams.append(stream)
            made.held = [one for one in stream.globals.values() if one.is_kept]
            if stream.fault or stream.too_much:
                raise BrokenError(f"an array of objects: {stream.fault or stream.too_much}")
            return stream.end
        if state.get("numpy_array_alignment_bytes") is not None:
            padding = int.from_bytes(self._reader.read(place, 1), "little")
            if padding > _ALIGNMENT:  # no opcode has so small a number
                raise BrokenError("an array with a padding that joblib does not write")
            place += 1 + padding
        elif not (width and _is_empty(shape)):  # where there are no numbers, readers agree
            numbers = as_pickle(place)
            if numbers.end - place >= _NO_CHANCE:
                self.numbers.append(numbers)
        elements = 1
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


def _is_empty(shape: Any) -> bool:
    """Whether an array of this shape has no numbers."""
    is_plain = isinstance(shape, tuple) and all(type(one) is int and one >= 0 for one in shape)
    return is_plain and 0 in shape


def _is_old_wrapper(callee: Any) -> bool:
    return isinstance(callee, GlobalName) and callee.name in ("NDArrayWrapper", "ZNDArrayWrapper")


def is_wrapper(callee: Any) -> bool:
    """Whether this is the class of joblib behind whose state an array lies."""
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
    if not isinstance(dtype.callee, GlobalName):
        return None
    if str(dtype.callee) in _TEXTS:
        return 0
    if str(dtype.callee) != "numpy.dtype":
        return None
    code = dtype.args[0]
    if not isinstance(code, str) or len(code) < 2 or not code[1:].isdigit() or len(code) > 12:
        return None
    kind, width = code[0], int(code[1:])
    has_objects = _has_objects(kind, dtype.state)
    if has_objects is None:
        return None
    if has_objects:
        return 0
    if isinstance(dtype.state, tuple) and len(dtype.state) > 6 and kind in "SUV":
        given = dtype.state[5]
        width = given if type(given) is int and given > 0 else width
    elif kind == "U":
        width *= 4
    return width or None


def _has_objects(kind: str, state: Any) -> bool | None:
    """Whether numpy takes a type for one with objects in it; None where nobody can know.

    Its state says so itself, and is believed, whatever the type is.
    """
    if state is None:
        return kind == "O"
    if not isinstance(state, tuple) or not state or type(state[0]) is not int:
        return None
    if len(state) < 8 or state[0] < _WITH_MARKS:
        has_fields = len(state) > 4 and state[4] is not None
        return None if has_fields else kind == "O"
    if type(state[7]) is not int:
        return None
    marked = bool(state[7] & _HAS_OBJECTS)
    return marked if kind == "V" or marked == (kind == "O") else None
