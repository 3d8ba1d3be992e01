"""Models of CRFsuite, as python-crfsuite and sklearn-crfsuite write them.

A header has the size of the file and the places of five parts (`header_t` in the source of
CRFsuite's `crf1d` model, 0.12).
"""

from __future__ import annotations

import struct

from pmgit.formats import kinds
from pmgit.formats.names import CRFSUITE
from pmgit.formats.opinion import BrokenError, Opinion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

MAGIC = b"lCRF"
_HEADER = struct.Struct("<4sI4s9I")
#: A model of a chain of labels, and the version of its format.
_KIND, _VERSION = b"FOMC", 100
#: The parts in their order, each with its own size behind its name: of texts that is all of them.
_PARTS = (b"FEAT", b"CQDB", b"CQDB", b"LFRF", b"AFRF")
_FEATURE, _OF_PART = 20, 12


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Whether the first bytes are the mark of CRFsuite, and no text."""
    return head.startswith(MAGIC) and kinds.is_binary(head)


def judge(reader: Reader, caps: Caps) -> Opinion:
    """Whether it is as long as its header says, and each part where it should be."""
    caps.step(len(_PARTS))
    head = reader.read(0, _HEADER.size)
    if len(head) < _HEADER.size:
        raise BrokenError("cut in its header", reader.size)
    _, size, kind, version, *_, features, labels, names, of_labels, of_names = _HEADER.unpack(head)
    if (kind, version) != (_KIND, _VERSION):
        raise BrokenError("a kind or a version that CRFsuite does not have", 8)
    if size != reader.size:
        raise BrokenError(f"its header says {size:,} bytes, it has {reader.size:,}", 4)
    places = (features, labels, names, of_labels, of_names)
    for part, begin, end in zip(_PARTS, places, (*places[1:], size), strict=True):
        head = reader.read(begin, _OF_PART)
        length = int.from_bytes(head[4:8], "little")
        if begin < _HEADER.size or head[:4] != part or not _OF_PART <= length <= end - begin:
            raise BrokenError(f"no part {part.decode()} where its header says", begin)
        if part == _PARTS[0] and length != _OF_PART + _FEATURE * int.from_bytes(head[8:], "little"):
            raise BrokenError("another count of features than there is room for", begin)
    return Opinion(CRFSUITE)
