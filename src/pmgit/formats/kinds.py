"""What a file is by its content: enough of its first bytes to prove that it holds weights.

Used where a name proves nothing: `model.bin` may be weights or a firmware image. Only formats
that exist for models count. A NumPy array, HDF5, a plain zip or a plain pickle is data, even
when some models come in it.
"""

from __future__ import annotations

#: The number that begins every checkpoint torch.save wrote before its zip format (torch 1.6),
#: as a pickled long: protocol 2, LONG1 of 10 bytes (torch/serialization.py, MAGIC_NUMBER).
_TORCH_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_GGML = (b"GGUF", b"lmgg", b"fmgg", b"tjgg", b"algg")
_SAFETENSORS_HEADER_MAX = 100_000_000


def is_binary(head: bytes) -> bool:
    """Whether Git would call this binary: there is a NUL in the first bytes."""
    return b"\0" in head


def weights_kind(head: bytes) -> str:
    """The weights format that the first bytes prove, such as `safetensors`; '' when none."""
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
    """The weights format of a zip, told by its first members; '' for any other zip."""
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
