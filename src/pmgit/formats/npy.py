"""Arrays of numpy (.npy): the header, the length of the numbers, and pickled objects."""

from __future__ import annotations

import ast
import re

from pmgit.formats import behind, pickles
from pmgit.formats.names import ARRAY, OBJECTS
from pmgit.formats.opinion import (
    BROKEN,
    UNSAFE,
    BrokenError,
    FileFinding,
    Opinion,
    opinion,
    short,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_MAGIC = b"\x93NUMPY"
#: numpy itself warns of a longer one, and reads it only when it trusts the file.
_LONGEST_HEADER = 100_000
_WIDTHS = frozenset("biufcSUVOMmt?")


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is an array of numpy."""
    return head.startswith(_MAGIC)


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge the array, and those behind it: numpy.save appends to an open file."""
    kind, findings, end = _one(reader, caps)
    while 0 < end < reader.size and sniff(reader.read(end, len(_MAGIC)), reader, caps):
        _, more, length = _one(reader.part(end, reader.size), caps)
        findings += more
        end += length or reader.size
    return opinion(kind, findings + behind.findings(reader, end or reader.size, caps, "the array"))


def _one(reader: Reader, caps: Caps) -> tuple[str, list[FileFinding], int]:
    """The kind of the first array, what is wrong with it, and where it ends; 0 where that is not
    known, because it is judged to the end of the file."""
    caps.step(150)
    header, begin = read_header(reader)
    elements = elements_of(header["shape"])
    try:
        bytes_each = item_size(header["descr"])
    except BrokenError as error:
        # numpy knows more words for types than it writes (`object`, `i4,O`).
        found = pickles.judge(reader.part(begin, reader.size), caps).findings
        unsafe = [one for one in found if one.verdict == UNSAFE]
        return ARRAY, [FileFinding(BROKEN, str(error), offset=error.offset), *unsafe], 0
    if bytes_each == 0 and begin == reader.size:
        raise BrokenError("it ends before its objects", begin)
    if bytes_each == 0:
        return OBJECTS, [*pickles.judge(reader.part(begin, reader.size), caps).findings], 0
    end = begin + elements * bytes_each
    if end > reader.size:
        raise BrokenError(f"its numbers end {end - reader.size:,} bytes after the file", begin)
    return ARRAY, [], end


def elements_of(shape: tuple[int, ...]) -> int:
    """How many numbers an array of this shape has. Raises BrokenError."""
    elements = 1
    for size in shape:
        elements *= size
        if elements >= 2**63:
            raise BrokenError("its shape is too large for any file", 8)
    return elements


def read_header(reader: Reader) -> tuple[dict[str, Any], int]:
    """The header, and where the numbers begin; BrokenError says why it is none."""
    version = reader.read(6, 2)
    if version not in (b"\x01\x00", b"\x02\x00", b"\x03\x00"):
        raise BrokenError("an unknown version of the format of arrays", 6)
    width = 2 if version[0] == 1 else 4
    length = int.from_bytes(reader.read(8, width), "little")
    begin = 8 + width + length
    if begin > reader.size or length == 0:
        raise BrokenError("it ends in its header", reader.size)
    if length > _LONGEST_HEADER:
        raise BrokenError(f"a header of {length:,} bytes is over {_LONGEST_HEADER:,}", 8)
    return _header(reader.read(8 + width, length)), begin


def _header(data: bytes) -> dict[str, Any]:
    """The header: a dictionary in the syntax of Python, with exactly three keys."""
    if data.endswith(b"\r"):
        # The header ends with its line. A transfer made two bytes of that: all numbers are shifted.
        raise BrokenError("its header ends within two bytes for one end of a line", 10)
    try:
        # Python 2 wrote `(3L, 4L)`.
        text = re.sub(r"(\d)L(?=[,)])", r"\1", data.decode("utf-8"))
        found = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise BrokenError("its header is no dictionary", 10) from None
    if not isinstance(found, dict) or found.keys() != {"descr", "fortran_order", "shape"}:
        raise BrokenError("its header has not exactly descr, fortran_order and shape", 10)
    shape = found["shape"]
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise BrokenError("its shape is no tuple of whole numbers", 10)
    if not isinstance(found["fortran_order"], bool):
        raise BrokenError("its fortran_order is neither true nor false", 10)
    return found


def item_size(descr: Any, depth: int = 0) -> int:
    """The bytes of one element: 0 where they are objects. BrokenError for what is no type."""
    if isinstance(descr, str):
        text = descr.partition("[")[0].lstrip("<>|=")
        kind, digits = text[:1], text[1:]
        if kind == "O":
            return 0
        if kind in _WIDTHS and kind and digits.isdigit() and len(digits) < 10:
            return int(digits) * (4 if kind == "U" else 1) or 1
    if isinstance(descr, tuple) and len(descr) == 2 and depth < 16:  # a type and a shape
        return _times(item_size(descr[0], depth + 1), descr[1])
    if isinstance(descr, list) and descr and depth < 16:
        total = 0
        for field in descr:
            if not isinstance(field, tuple) or len(field) not in (2, 3):
                raise BrokenError(f"its type is no type of numpy: {short(str(descr)[:200])}", 10)
            size = item_size(field[1], depth + 1)
            if size == 0:
                return 0
            total += _times(size, field[2]) if len(field) == 3 else size
        return total
    raise BrokenError(f"its type is no type of numpy: {short(str(descr)[:200])}", 10)


def _times(size: int, shape: Any) -> int:
    shape = (shape,) if type(shape) is int else shape
    if not isinstance(shape, tuple) or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
        raise BrokenError("its type has no shape of whole numbers", 10)
    for n in shape[:32]:
        size *= n
    return size
