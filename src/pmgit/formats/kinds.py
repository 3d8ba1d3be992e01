"""Kinds of files by their content (weights, text, a tokenizer), as the first bytes prove them.

Used where a name proves nothing: `model.bin` may be weights or a firmware image, `m.txt` need not
be text. Only formats that exist for models count as weights. A NumPy array, HDF5, a plain zip or a
plain pickle is data, even when some models come in it.

Nothing behind the first bytes is read: a text with weights behind them passes for text, and so
do weights written as text (base64). What bounds both are the limits for files of any kind.
"""

from __future__ import annotations

import codecs

#: The number that begins every checkpoint torch.save wrote before its zip format (torch 1.6),
#: as a pickled long: protocol 2, LONG1 of 10 bytes (torch/serialization.py, MAGIC_NUMBER).
_TORCH_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_GGML = (b"GGUF", b"lmgg", b"fmgg", b"tjgg", b"algg")
_SAFETENSORS_HEADER_MAX = 100_000_000


def is_binary(head: bytes) -> bool:
    """Whether Git would call this binary: there is a NUL in the first bytes."""
    return b"\0" in head


#: What no text has many of. Left out are tab, line ends, form feed, and those of old terminals.
_CONTROLS = bytes({*range(1, 32), 127} - {8, 9, 10, 11, 12, 13, 26, 27})
#: How many of them a text may have: a vocabulary holds each once. Of random bytes they are 10 %.
_MOST_CONTROLS = 0.05
#: Text in an unknown encoding (GBK, Latin-1) is believed from so many bytes on, and with fewer.
_FEWEST_BYTES, _MOST_CONTROLS_THERE = 200, 0.01


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file are text; nothing at all is.

    In UTF-8, in UTF-16, or in another encoding that has ASCII as it is.
    """
    codec = _utf16(head)
    most = _MOST_CONTROLS
    try:
        # The last character may be cut.
        text = codecs.getincrementaldecoder(codec or "utf-8")().decode(head)
        head = text.encode("utf-8")
    except UnicodeDecodeError:
        if codec or len(head) < _FEWEST_BYTES:
            return False
        most = _MOST_CONTROLS_THERE
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return b"\0" not in head and controls <= len(head) * most


def is_utf8(data: bytes) -> bool:
    """Whether all of these bytes are UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _utf16(head: bytes) -> str:
    """The codec of UTF-16, by its mark or by ASCII, where every other byte is NUL; else ''."""
    even, odd = head[::2], head[1::2]
    enough = len(head) >= _FEWEST_BYTES
    if head.startswith(b"\xff\xfe") or (enough and b"\0" not in even and not odd.strip(b"\0")):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff") or (enough and b"\0" not in odd and not even.strip(b"\0")):
        return "utf-16-be"
    return ""


#: How pointers of Git LFS begin (lfs/pointer.py reads them), and more bytes than one has.
_POINTERS = (b"version https://git-lfs", b"version https://hawser", b"version http://git-media")
POINTER_MAX = 1024


def is_pointer(head: bytes) -> bool:
    """Whether a content of these first bytes is a pointer of Git LFS, or was to be one."""
    return head.startswith(_POINTERS) and len(head) < POINTER_MAX


#: As many pieces as every SentencePiece model has: unknown, begin, end.
_FEWEST_PIECES = 3


def is_sentencepiece(head: bytes) -> bool:
    """Whether a file begins as a SentencePiece model does: a protobuf message with its pieces.

    The pieces are field 1 of the message; behind them stands how it was trained, field 2.
    """
    at = pieces = 0
    while head[at : at + 1] == b"\x0a":
        size, begin = _varint(head, at + 1)
        if begin + size > len(head):
            break  # cut: these are the first bytes only
        if not _is_piece(head[begin : begin + size]):
            return False
        at, pieces = begin + size, pieces + 1
    return pieces >= _FEWEST_PIECES and head[at : at + 1] in (b"", b"\x0a", b"\x12")


def _is_piece(piece: bytes) -> bool:
    """Whether this is a text (field 1), and after it a score (2, a float) and a type (3)."""
    size, begin = _varint(piece, 1)
    rest = piece[begin + size :]
    if piece[:1] != b"\x0a" or not 0 < size <= len(piece) - begin or rest[:1] != b"\x15":
        return False
    return len(rest) == 5 or (len(rest) == 7 and rest[5] == 0x18)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place (of protobuf, at most two bytes), and where it ends."""
    low = int.from_bytes(data[at : at + 1], "little")
    if low < 128:
        return low, at + 1
    return low - 128 + 128 * int.from_bytes(data[at + 1 : at + 2], "little"), at + 2


def weights_kind(head: bytes) -> str:
    """The weights format that the first bytes prove, such as `safetensors`; '' when none."""
    if not is_binary(head):
        return ""  # each of these formats has a NUL early on; a text may begin with "GGUF"
    if head.startswith(_GGML):
        return "GGUF" if head.startswith(b"GGUF") else "GGML"
    if head.startswith(_TORCH_LEGACY):
        return "torch checkpoint"
    if head[4:8] == b"TFL3":
        return "TFLite"
    if head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= _SAFETENSORS_HEADER_MAX:
        return "safetensors"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(head)
    return ""


def _zip_kind(head: bytes) -> str:
    """The weights format of a zip, by its first members; '' for any other zip."""
    begin = 30 + int.from_bytes(head[26:28], "little")
    name = head[30:begin]
    # torch pads every member with an extra field "FB", so that tensors are aligned
    # (caffe2/serialize/inline_container.cc). A TorchScript archive begins with its tensors, and
    # only far behind them come code/ and constants.pkl.
    if b"/" in name and head[begin : begin + 2] == b"FB":
        return "torch archive"
    if b"/data.pkl" in head or b"/constants.pkl" in head:
        return "torch archive"
    if b"model.weights.h5" in head or (name == b"metadata.json" and b"keras_version" in head):
        return "Keras archive"
    return ""
