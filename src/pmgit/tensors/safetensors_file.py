"""safetensors: all tensors and the metadata, as the header has them."""

from __future__ import annotations

from pmgit.formats import safetensors
from pmgit.tensors.contents import FileContents, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader


def read(reader: Reader, caps: Caps) -> FileContents:
    """The contents; BrokenError or TooMuchError when the header cannot be read."""
    header, _ = safetensors.bounded_header(reader, caps)
    found = FileContents()
    for key, value in header.metadata.items():
        found.say(key, value)
    begin = 8 + header.length
    for name, tensor in header.tensors.items():
        length = tensor.end - tensor.begin
        found.tensors.append(plain(name, tensor.dtype, tensor.shape, begin + tensor.begin, length))
    return found
