"""The header of a safetensors file, read within bounds and checked against the format.

8 bytes hold the length of a JSON header, the header lists where each tensor lies; the tensors
themselves are never read. The checks are those of the format's own description, and stricter
than its reference reader, which lets five faults pass (duplicate keys among them).
"""

from __future__ import annotations

import os

from pmgit.formats.fields import Fields
from pmgit.formats.names import SAFETENSORS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from pmgit.formats.caps import Caps
    from pmgit.formats.opinion import Opinion
    from pmgit.formats.reader import Reader
    from pmgit.formats.zero_tail import Extent


#: The reference reader's own bound.
MAX_HEADER = 100_000_000
#: A file is judged by a header of up to so many bytes: those of 40,000 tensors.
_MOST_JUDGED = 4_000_000
#: Each of these has eight, if it has many dimensions.
_MOST_COMMAS = 400_000
#: Enough for 2^63; int() itself takes quadratic time.
_MAX_DIGITS = 19

_BITS = {
    "F4": 4,
    "F6_E2M3": 6, "F6_E3M2": 6,
    "BOOL": 8, "U8": 8, "I8": 8,
    "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E5M2FNUZ": 8, "F8_E4M3FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip


class Tensor(Fields):
    """One tensor of the header: its type, its shape, and the bytes it takes after the header."""

    __slots__ = ("begin", "dtype", "end", "shape")

    def __init__(self, dtype: str, shape: tuple[int, ...], begin: int, end: int) -> None:
        self.dtype = dtype
        self.shape = shape
        self.begin = begin
        self.end = end

    @property
    def elements(self) -> int:
        count = 1
        for size in self.shape:
            count *= size
        return count


class TensorHeader(Fields):
    """The tensors of a file, by name, in a header of `length` bytes, and its `metadata`."""

    __slots__ = ("length", "metadata", "tensors")

    def __init__(
        self, tensors: dict[str, Tensor], length: int, metadata: dict[str, str] | None = None
    ) -> None:
        self.tensors = tensors
        self.length = length
        self.metadata = metadata or {}

    @property
    def parameters(self) -> dict[str, int]:
        """The number of numbers in the file, by their type; integer buffers are among them."""
        found: dict[str, int] = {}
        for tensor in self.tensors.values():
            found[tensor.dtype] = found.get(tensor.dtype, 0) + tensor.elements
        return found


def file_of(numbers: bytes) -> bytes:
    """A safetensors file of one tensor of these numbers (U8), such as a trial of hooks needs."""
    size = len(numbers)
    header = f'{{"w":{{"dtype":"U8","shape":[{size}],"data_offsets":[0,{size}]}}}}'
    return len(header).to_bytes(8, "little") + header.encode("ascii") + numbers


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this begins as a safetensors file does: a length, then JSON."""
    return head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= MAX_HEADER


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge the header, and whether the tensors are where it says."""
    from pmgit.formats import zero_tail
    from pmgit.formats.opinion import WARN, FileFinding, opinion

    header, data = bounded_header(reader, caps)
    findings = zero_tail.findings(reader, caps, _spans(header))
    if data.rstrip() != data.rstrip(b" "):
        findings.append(FileFinding(WARN, "a header that is filled up with other than spaces"))
    return opinion(SAFETENSORS, findings)


def _spans(header: TensorHeader) -> list[Extent]:
    """Where the tensors are in the file, in their order."""
    from pmgit.formats.zero_tail import Extent

    data = 8 + header.length
    found = []
    for tensor in sorted(header.tensors.values(), key=lambda one: (one.begin, one.end)):
        bits = _BITS[tensor.dtype]
        row = tensor.shape[-1] * bits // 8 if len(tensor.shape) > 1 else 0
        found.append(Extent(data + tensor.begin, data + tensor.end, row, max(bits // 8, 1)))
    return found


def bounded_header(reader: Reader, caps: Caps) -> tuple[TensorHeader, bytes]:
    """The header of a file, and its bytes; BrokenError or TooMuchError says why not."""
    from pmgit.formats.opinion import BrokenError, TooMuchError

    try:
        length = _length(reader.size, reader.read(0, 8))
        if length > _MOST_JUDGED:
            raise TooMuchError(f"a header of {length:,} bytes is over {_MOST_JUDGED:,}")
        caps.reading(length)
        data = reader.read(8, length)
        if data.count(b",") > _MOST_COMMAS:
            raise TooMuchError(f"a header with more than {_MOST_COMMAS:,} commas")
        return parse_header(data, reader.size - 8 - length), data
    except ValueError as error:
        raise BrokenError(str(error)) from None


def read_header(path: str, limit: int = MAX_HEADER) -> TensorHeader:
    """The header of the regular file at `path`, which has at most `limit` bytes.

    ValueError with the reason when it is no sound safetensors file; OSError when it cannot be
    read.
    """
    from pmgit.formats.regular import open_regular

    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        length = _length(size, file.read(8), limit)
        return parse_header(file.read(length), size - 8 - length)


def _length(size: int, head: bytes, limit: int = MAX_HEADER) -> int:
    """The length, at most `limit`, of the header of a file of `size` bytes, by its first 8."""
    if size < 8:
        raise ValueError(f"{size} bytes are too few for a header")
    length = int.from_bytes(head, "little")
    # Before anything is read: a length of 2^63 must not become a buffer.
    if length > limit:
        raise ValueError(f"a header of {length:,} bytes is over {limit:,}")
    if length > size - 8:
        raise ValueError(f"the header ends {length - (size - 8):,} bytes after the file")
    return length


def parse_header(data: bytes, body: int) -> TensorHeader:
    """The header in `data`, of a file with `body` bytes after it; ValueError says why not."""
    if not data.startswith(b"{"):
        raise ValueError("the header does not begin with `{`")
    document = _json(data)
    metadata = document.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError("__metadata__ does not map text to text")
    tensors = {name: _tensor(name, entry) for name, entry in document.items()}
    at = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != at:
            raise ValueError(f"tensor {_short(name)} begins at {tensor.begin}, not at {at}")
        at = tensor.end
    if at != body:
        raise ValueError(f"the tensors end at {at:,}, the file at {body:,}")
    return TensorHeader(tensors, len(data), metadata)


def _json(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`: UTF-8, no duplicates, no floats, no endless numbers."""
    import json

    try:
        text = data.decode("utf-8")
        document = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except RecursionError:
        raise ValueError("the header is nested too deeply") from None
    except UnicodeError:
        raise ValueError("the header is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"the header is not JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(document, dict):
        raise ValueError("the header is no JSON object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the header holds a key twice")
    for key, value in pairs:
        # "\ud800" is JSON, but no text: half a character.
        key.encode("utf-8")
        if isinstance(value, str):
            value.encode("utf-8")
    return found


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS or digits.startswith("-"):
        raise ValueError(f"the header holds the number {_short(digits)}")
    return int(digits)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"the header holds the number {_short(text)}, which is no whole number")


def _tensor(name: str, entry: Any) -> Tensor:
    """One entry of the header, checked in itself."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"tensor {_short(name)} has not exactly dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise ValueError(f"tensor {_short(name)} has the unknown type {_short(str(dtype))}")
    if not _are_sizes(shape):
        raise ValueError(f"tensor {_short(name)} has no list of whole numbers as its shape")
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise ValueError(f"tensor {_short(name)} has no pair of offsets")
    bits = _BITS[dtype]
    for size in shape:
        bits *= size
        if bits >= 2**63 * 8:
            raise ValueError(f"tensor {_short(name)} is too large for any file")
    tensor = Tensor(dtype, tuple(shape), offsets[0], offsets[1])
    if bits % 8 or bits // 8 != tensor.end - tensor.begin:
        raise ValueError(
            f"tensor {_short(name)} takes {tensor.end - tensor.begin} bytes,"
            f" its shape and type take {bits} bits"
        )
    return tensor


def _are_sizes(value: Any) -> bool:
    # bool is an int to Python, and true is no size.
    return isinstance(value, list) and all(type(item) is int for item in value)


def _short(text: str) -> str:
    """Text from a file, for a message: short, and nothing a terminal would act on."""
    return ascii(text[:80])
