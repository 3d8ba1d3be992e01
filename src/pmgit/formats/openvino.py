"""Models of OpenVINO: an XML text with the graph, which says where in a .bin its constants lie."""

from __future__ import annotations

import os
import re

from pmgit.formats import kinds
from pmgit.formats.opinion import BROKEN, FileFinding, short
from pmgit.formats.regular import open_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_BEGIN = re.compile(rb"<net\b[^>]*\bversion\s*=")
_END = b"</net>"
#: A graph of a large language model has 10 MB. Of a larger one only the end is looked at.
_LONGEST = 32_000_000
#: `<data>` of today, `<weights>` and `<biases>` of before 2020; what has a place is one of them.
#: No part is given back: with 20,000 blanks or letters in a tag that took seconds.
_TAG = re.compile(rb"<\w++\s([^<>]*+)>")
_PLACE = b"offset"
_VALUE = re.compile(rb"(?<![\w-])([\w-]++)\s*+=\s*+\"([^\"]*+)\"")
_NUMBER = re.compile(rb"\d{1,19}")
#: Bits of one number, by the name of its type. Of the others (`string`, `u3`) nothing is compared.
_BITS = {
    b"f64": 64, b"f32": 32, b"f16": 16, b"bf16": 16, b"i64": 64, b"u64": 64, b"i32": 32,
    b"u32": 32, b"i16": 16, b"u16": 16, b"i8": 8, b"u8": 8, b"boolean": 8, b"i4": 4, b"u4": 4,
    b"nf4": 4, b"u1": 1, b"f8e4m3": 8, b"f8e5m2": 8, b"f8e8m0": 8, b"f4e2m1": 4,
}  # fmt: skip


def is_model(head: bytes) -> bool:
    """Whether an XML text is a graph of OpenVINO."""
    return _BEGIN.search(head) is not None


def findings(reader: Reader, caps: Caps) -> list[FileFinding]:
    """What is wrong with a graph, and with the file of numbers beside it."""
    if not reader.read(max(0, reader.size - 4096), 4096).rstrip().endswith(_END):
        return [FileFinding(BROKEN, "a graph that does not end: it was cut", offset=reader.size)]
    if reader.size > _LONGEST:
        return []
    caps.reading(reader.size)
    end = 0
    for tag in _TAG.finditer(reader.read(0, reader.size)):
        if _PLACE not in tag[1]:
            continue
        caps.step(5)
        values = dict(_VALUE.findall(tag[1]))
        if not {b"offset", b"size"} <= values.keys():
            continue
        offset, size = values[b"offset"], values[b"size"]
        if not (_NUMBER.fullmatch(offset) and _NUMBER.fullmatch(size)):
            text = "a constant whose place is no number"
            return [FileFinding(BROKEN, text, short(tag[1]), tag.start())]
        needed = _needed(values)
        if needed and needed != int(size):  # of no numbers OpenVINO 2026.4 writes one byte
            text = f"a constant of {int(size):,} bytes, its shape and type take {needed:,}"
            return [FileFinding(BROKEN, text, short(tag[1]), tag.start())]
        end = max(end, int(offset) + int(size))
    return _of_numbers(reader, end) if end and reader.folder else []


def _needed(values: dict[bytes, bytes]) -> int | None:
    """The bytes that a constant takes by its shape; None where it does not say."""
    bits = _BITS.get(values.get(b"element_type", b""))
    shape = values.get(b"shape")
    if bits is None or shape is None:
        return None
    for size in filter(None, shape.split(b",")):
        if not _NUMBER.fullmatch(size.strip()):
            return None
        bits *= int(size)
    return -(-bits // 8)


def _of_numbers(reader: Reader, end: int) -> list[FileFinding]:
    """What is wrong with the file that has the constants, which end at a place."""
    name = os.path.basename(reader.name.replace("\\", "/")).rpartition(".")[0] + ".bin"
    try:
        with open_regular(os.path.join(reader.folder, name)) as file:
            size = os.fstat(file.fileno()).st_size
            if size < kinds.POINTER_MAX and kinds.is_pointer(file.read(size)):
                return []
    except FileNotFoundError:
        return [FileFinding(BROKEN, "the file with its constants is missing", short(name))]
    except (OSError, ValueError):
        return []  # of what lies there its own verdict speaks
    if size >= end:
        return []
    return [FileFinding(BROKEN, f"its constants end {end - size:,} bytes after", short(name))]
