"""GGUF: the tensors with their types, the entries, the chat templates."""

from __future__ import annotations

from pmgit.formats import dtypes
from pmgit.formats.gguf import GgufFile
from pmgit.formats.opinion import short
from pmgit.tensors.contents import FileContents, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader


def read(reader: Reader, caps: Caps) -> FileContents:
    """The contents; shapes as other formats have them, the outermost dimension first."""
    file = GgufFile(reader, caps, keeps=True)
    file.look()
    found = FileContents(templates=file.templates)
    found.say("GGUF version", file.version)
    for key, value in file.entries.items():
        found.say(key, value)
    for tensor in file.tensors:
        name = short(tensor.name)
        dtype = dtypes.GGML.get(tensor.kind, f"type {tensor.kind}")
        place = file.data + tensor.offset
        found.tensors.append(plain(name, dtype, tensor.shape[::-1], place, tensor.size))
    return found
