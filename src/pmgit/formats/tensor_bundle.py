"""The index of a checkpoint of TensorFlow: which tensor lies where in the files beside it.

A sorted table as LevelDB has it (tensorflow/core/lib/io/format.cc): blocks with a checksum, an
index of the blocks, and a foot. The places of the tensors are compared with the files, and the
numbers are not read.
"""

from __future__ import annotations

import os
from functools import cache

from pmgit.formats.names import CHECKPOINT_INDEX
from pmgit.formats.opinion import (
    BROKEN,
    BrokenError,
    FileFinding,
    Opinion,
    opinion,
    short,
)  # fmt: skip
from pmgit.formats.protobuf import Messages
from pmgit.formats.reader import BytesReader
from pmgit.formats.regular import read_regular
from pmgit.formats.snappy import unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOT = 48
#: What every index says of its own version.
_VERSION = b"\x1a\x02\x08\x01"
#: How a block is packed: not at all, or by snappy, as Google's own builds pack them.
_PLAIN, _SNAPPY = 0, 1
#: More bytes than the index of any model has, and so many of which the checksum is worked out.
_LONGEST, _MOST_SUMMED = 16_000_000, 200_000
_LONGEST_KEY, _MOST_SHARDS = 10_000, 1000
#: Bytes of one number, by its type (framework/types.proto); texts and the like are left out.
_WIDTHS = {
    1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 8: 8, 9: 8, 10: 1, 11: 1, 12: 1, 13: 4, 14: 2, 15: 2,
    16: 2, 17: 2, 18: 16, 19: 2, 22: 4, 23: 8, 24: 1, 25: 1,
}  # fmt: skip


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether this is the index of a checkpoint: by its first entry, which has no name.

    Other tables of LevelDB have the same foot.
    """
    return head[:2] == b"\0\0" and (_VERSION in head[3:40] or _has_foot(reader))


def _has_foot(reader: Reader) -> bool:
    return reader.size > _FOOT and reader.read(reader.size - 8, 8) == _MAGIC


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Judge the index, and the lengths of the files that it is about where they can be seen."""
    shards, ends, findings = _places(reader, caps)
    base = os.path.basename(reader.name)
    if shards and base.endswith(".index"):
        findings += _of_files(reader, base.removesuffix(".index"), shards, ends)
    return opinion(CHECKPOINT_INDEX, findings)


def of_data(reader: Reader, name: str, caps: Caps) -> list[FileFinding]:
    """What is wrong with a file of numbers, by the index that lies beside it; where it cannot be
    seen nothing is known."""
    base = os.path.basename(name)
    stem, _, number = base.partition(".data-")
    if not reader.folder or not number[:5].isdigit():
        return []
    index = read_regular(os.path.join(reader.folder, f"{stem}.index"), _LONGEST)
    if index is None or not sniff(index[:2], BytesReader(index), caps):
        return []
    _, ends, _ = _places(BytesReader(index), caps)
    return _too_short(base, reader.size, ends.get(int(number[:5]), 0))


def _places(reader: Reader, caps: Caps) -> tuple[int, dict[int, int], list[FileFinding]]:
    """How many files there are, where the last tensor of each ends, and what is wrong with the
    others; no files for a whole checkpoint, of before 2016. Raises BrokenError."""
    if reader.size > _LONGEST:
        raise BrokenError(f"an index of {reader.size:,} bytes is too long")
    shards = 0
    ends: dict[int, int] = {}
    findings: list[FileFinding] = []
    for number, (key, value) in enumerate(_entries(reader, caps)):
        entry = _Entry(value, caps)
        if number == 0:
            if key:
                raise BrokenError("an index without its begin")
            if entry.is_old:
                return 0, {}, []
            shards = entry.numbers.get(1, 0)
        elif entry.numbers.get(3, 0) >= shards:
            findings.append(FileFinding(BROKEN, "a tensor in a file that there is not", short(key)))
        elif entry.expected not in (None, entry.size):
            text = f"a tensor of {entry.expected:,} bytes has {entry.size:,}"
            findings.append(FileFinding(BROKEN, text, short(key)))
        else:
            shard = entry.numbers.get(3, 0)
            ends[shard] = max(ends.get(shard, 0), entry.numbers.get(4, 0) + entry.size)
    if not shards:
        raise BrokenError("an index of no files")
    return shards, ends, findings


class _Entry:
    """What the index says of a tensor, or of itself: numbers by their field, and the bytes that
    the shape and the type ask for (None: that is not known). `is_old`: it is no such entry."""

    __slots__ = ("expected", "is_old", "numbers", "size")

    def __init__(self, value: bytes, caps: Caps) -> None:
        caps.step(20)
        messages = Messages(BytesReader(value), caps)
        self.numbers: dict[int, int] = {}
        self.is_old = is_sliced = False
        elements = 1
        for number, wire, begin, end in messages.fields(0, len(value)):
            if wire == 0:
                self.numbers[number] = begin
            elif number == 2 and wire == 2:
                for field, kind, first, last in messages.fields(begin, end):
                    if field == 2 and kind == 2:
                        sizes = [
                            one[2] for one in messages.fields(first, last) if one[:2] == (1, 0)
                        ]
                        elements = min(elements * (sizes[-1] if sizes else 0), 1 << 62)
            elif number == 7:
                is_sliced = True
            elif number == 1:
                self.is_old = True
        self.size = self.numbers.get(5, 0)
        width = _WIDTHS.get(self.numbers.get(1, 0))
        self.expected = elements * width if width and not is_sliced else None


def _of_files(reader: Reader, stem: str, shards: int, ends: dict[int, int]) -> list[FileFinding]:
    """What is wrong with the files of numbers beside an index: missing, or cut."""
    found = []
    for shard in range(min(shards, _MOST_SHARDS)):
        name = f"{stem}.data-{shard:05d}-of-{shards:05d}"
        if not reader.folder:
            if reader.names and name not in reader.names:
                found.append(FileFinding(BROKEN, "a file with its tensors is missing", short(name)))
            continue
        try:
            size = os.stat(os.path.join(reader.folder, name)).st_size
        except OSError:
            found.append(FileFinding(BROKEN, "a file with its tensors is missing", short(name)))
            continue
        found += _too_short(name, size, ends.get(shard, 0))
    return found


def _too_short(name: str, size: int, end: int) -> list[FileFinding]:
    if size >= end:
        return []
    text = f"its tensors end {end - size:,} bytes after the file"
    return [FileFinding(BROKEN, text, short(name))]


# --- the table


def _entries(reader: Reader, caps: Caps) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of the table, in order."""
    if not _has_foot(reader):
        raise BrokenError("an index without its end: it was cut", reader.size)
    foot = reader.read(reader.size - _FOOT, _FOOT)
    at = 0
    for _ in range(2):  # where the block about the blocks is, which nobody writes, is passed over
        _, at = _varint(foot, at)
    begin, at = _varint(foot, at)
    length, _ = _varint(foot, at)
    for _, handle in _block(reader, begin, length, caps):
        first, at = _varint(handle, 0)
        size, _ = _varint(handle, at)
        yield from _block(reader, first, size, caps)


def _block(reader: Reader, begin: int, length: int, caps: Caps) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a block. BrokenError when it is none, or its checksum is wrong."""
    if begin + length + 5 > reader.size:
        raise BrokenError("a block of the index lies behind its end", reader.size)
    caps.reading(length)
    data = reader.read(begin, length + 5)
    if data[length] not in (_PLAIN, _SNAPPY):
        raise BrokenError("a block of the index that is packed in an unknown way", begin)
    if length <= _MOST_SUMMED:
        caps.step(length // 8)
        given = int.from_bytes(data[length + 1 :], "little")
        if _sum(data[: length + 1]) != given:
            raise BrokenError("the checksum of a block of the index is wrong", begin)
    if data[length] == _SNAPPY:
        data = unpack(data[:length], _LONGEST, caps)
        length = len(data)
    restarts = int.from_bytes(data[length - 4 : length], "little")
    end = length - 4 - 4 * restarts
    if length < 4 or end < 0:
        raise BrokenError("a block of the index is none", begin)
    at, key = 0, b""
    while at < end:
        caps.step(4)
        shared, at = _varint(data, at)
        own, at = _varint(data, at)
        size, at = _varint(data, at)
        if shared > len(key) or at + own + size > end or shared + own > _LONGEST_KEY:
            raise BrokenError("an entry of the index is none", begin + at)
        key = key[:shared] + data[at : at + own]
        yield key, data[at + own : at + own + size]
        at += own + size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for byte in data[at : at + 10]:
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise BrokenError("a number without an end", at)


@cache
def _table() -> tuple[int, ...]:
    """CRC-32C of each byte."""
    found = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        found.append(value)
    return tuple(found)


def _sum(data: bytes) -> int:
    """The checksum of a block as it stands behind it: CRC-32C, turned and shifted."""
    table, value = _table(), 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF
