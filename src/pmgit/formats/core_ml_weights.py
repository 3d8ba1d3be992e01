"""The numbers of a package of Core ML: how many blobs, then each behind 64 bytes about it.

As MILBlob in coremltools 9 writes it, version 2 of the format: what is about a blob begins at a
multiple of 64, and the blob follows at once.
"""

from __future__ import annotations

import struct

from pmgit.formats import behind
from pmgit.formats.names import CORE_ML_WEIGHTS
from pmgit.formats.opinion import BrokenError, Opinion, opinion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_ALIGNED = 64
_VERSION, _MARK = b"\2\0\0\0", b"\xef\xbe\xad\xde"
_BLOB = struct.Struct("<4sIQQ")


def begins(head: bytes) -> bool:
    """Whether this begins with a version, and with what is about a first blob."""
    return head[4:8] == _VERSION and head[_ALIGNED : _ALIGNED + 4] == _MARK


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Whether there are as many blobs as its header says, and each ends in the file."""
    count = int.from_bytes(reader.read(0, 4), "little")
    end = _ALIGNED
    for number in range(count):
        caps.step(3)
        at = -(-end // _ALIGNED) * _ALIGNED
        head = reader.read(at, _BLOB.size)
        if len(head) < _BLOB.size:
            raise BrokenError(f"it has {number:,} blobs of {count:,}", reader.size)
        mark, _, size, place = _BLOB.unpack(head)
        if mark != _MARK or place != at + _ALIGNED:
            raise BrokenError("no blob where one should begin", at)
        end = place + size
        if end > reader.size:
            raise BrokenError(f"a blob ends {end - reader.size:,} bytes after the file", at)
    return opinion(CORE_ML_WEIGHTS, behind.findings(reader, end, caps, "the last blob"))
