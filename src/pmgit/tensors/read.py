"""The contents of a file of a kind that is known, within the caps that hold its judgement too."""

from __future__ import annotations

from dataclasses import replace

from pmgit.formats import compressed, names
from pmgit.formats.caps import Caps
from pmgit.formats.opinion import BrokenError, TooMuchError
from pmgit.formats.reader import BytesReader
from pmgit.tensors import (
    gguf_file,
    hdf5_file,
    numpy_file,
    onnx_file,
    pickle_file,
    safetensors_file,
    text_file,
    zip_file,
)  # fmt: skip
from pmgit.tensors.contents import FileContents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pmgit.formats.opinion import Opinion
    from pmgit.formats.reader import Reader

    FormatReader = Callable[[Reader, Caps], FileContents]

#: So many times the bytes of a compressed file are hashed.
_MOST_TIMES = 4
#: Between the kind of what is in a compressed file, and how it is packed.
_PACKED = " in "
#: What reads the contents of a kind of file.
READERS: dict[str, FormatReader] = {
    names.SAFETENSORS: safetensors_file.read,
    names.GGUF: gguf_file.read,
    names.HDF5: hdf5_file.read,
    names.KERAS_HDF5: hdf5_file.read,
    names.ARRAY: numpy_file.read,
    names.NUMPY: numpy_file.read_archive,
    names.TORCH: zip_file.read,
    names.SCRIPT: zip_file.read,
    names.KERAS: zip_file.read_keras,
    names.ZIP: zip_file.read_any,
    names.PICKLE: pickle_file.read,
    names.TORCH_CHECKPOINT: pickle_file.read,
    names.JOBLIB: pickle_file.read,
    names.ONNX: onnx_file.read,
    names.TEMPLATE: text_file.read_template,
    names.JSON: text_file.read_json,
}
#: Of these all that a file says is listed: two that are listed alike differ in no value.
COMPLETE = frozenset((names.SAFETENSORS, names.ARRAY))
#: What is not read of these, though they may hold tensors.
_NOT_READ = {
    names.OBJECTS: "the objects of numpy are not listed",
    names.TAR: "the members of a tar are not listed",
    names.TORCH_TAR: "the tensors of this format of before 2016 are not listed",
    names.SAVED_MODEL: "the operations of TensorFlow are not listed",
    names.GRAPH: "the operations of TensorFlow are not listed",
    names.KERAS_METADATA: "the layers of this format are not listed",
    names.CHECKPOINT_INDEX: "the tensors of TensorFlow are not listed",
    names.TFLITE: "the tensors of TFLite are not listed",
    "GGML": "the tensors of this format of before GGUF are not listed",
}


def read(reader: Reader, kind: str) -> FileContents:
    """What a file of this kind holds; a note says what was not read, and why."""
    inner, is_packed, _ = kind.partition(_PACKED)
    reads = READERS.get(inner)
    if reads is None:
        found = FileContents()
        if is_packed:
            found.notes.append("what is packed in it is not listed")
        elif kind in _NOT_READ:
            found.notes.append(_NOT_READ[kind])
        return found
    caps = Caps(_nothing_inside)
    try:
        if is_packed:
            return _packed(reads, reader, caps)
        found = reads(reader, caps)
    except (BrokenError, TooMuchError) as error:
        return FileContents(notes=[f"it could not be listed: {error}"])
    # A file that is whole has the bytes of all its tensors.
    found.tensors = [
        one if one.begin + one.length <= reader.size else replace(one, begin=-1, length=0)
        for one in found.tensors
    ]
    return found


def _packed(reads: FormatReader, reader: Reader, caps: Caps) -> FileContents:
    """What is in a compressed file; its tensors lie in no place of it, so each has a hash."""
    content = compressed.content_of(reader, caps)[1]
    inside = BytesReader(content or b"")
    found = reads(inside, caps)
    marks: dict[tuple[int, int], str] = {}
    left = _MOST_TIMES * inside.size
    tensors = []
    for one in found.tensors:
        place = (one.begin, one.length)
        if place not in marks:
            # They may lie in one another.
            left -= one.length
            marks[place] = _mark(inside.read(*place)) if one.begin >= 0 and left >= 0 else ""
        tensors.append(replace(one, begin=-1, length=0, mark=marks[place] or one.mark))
    found.tensors = tensors
    return found


def _mark(data: bytes) -> str:
    import hashlib

    return f"sha256 {hashlib.sha256(data).hexdigest()[:16]}"


def _nothing_inside(reader: Reader, name: str, caps: Caps) -> Opinion:  # noqa: ARG001
    raise TooMuchError("a content in another one")
