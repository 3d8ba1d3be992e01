"""One file judged: what it is by its content, whether it is whole, and what loading it would do.

Nothing of a file is ever run, unpickled or unpacked to disk. Adding a format is a module with
`sniff` and `judge`, and its name in FORMATS.
"""

from __future__ import annotations

from pmgit.formats import claims, kinds, names
from pmgit.formats.caps import Caps
from pmgit.formats.opinion import (
    BROKEN,
    UNKNOWN,
    UNSAFE,
    BrokenError,
    FileFinding,
    Opinion,
    TooMuchError,
    opinion,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from pmgit.formats.reader import Reader

    class Format(Protocol):
        """What every format has: whether a content begins as it, and the judgement of one."""

        def sniff(self, head: bytes, reader: Reader, caps: Caps) -> bool: ...
        def judge(self, reader: Reader, caps: Caps) -> Opinion: ...


#: What is asked, in this order: the kind, its module, and how a content begins that the module may
#: know (nothing: any). A module is imported when it is asked, because a commit waits for it. A
#: pickle without a mark begins as a text does; a text is what is left of both.
FORMATS: tuple[tuple[str, str, bytes], ...] = (
    (names.ZIP, "zips", b"PK"),
    (names.GGUF, "gguf", b"GGUF"),
    (names.ARRAY, "npy", b"\x93NUMPY"),
    (names.HDF5, "hdf5", b"\x89HDF"),
    (names.FASTTEXT, "fasttext", b"\xba\x16\x4f\x2f"),
    (names.CRFSUITE, "crfsuite", b"lCRF"),
    (names.TFLITE, "tflite", b""),
    (names.SAFETENSORS, "safetensors", b""),
    (names.COMPRESSED, "compressed", b""),
    (names.TAR, "tars", b""),
    (names.PICKLE, "pickles", b""),
    (names.ONNX, "onnx", b""),
    (names.SAVED_MODEL, "tensorflow", b""),
    (names.CHECKPOINT_INDEX, "tensor_bundle", b""),
    (names.TEXT, "texts", b""),
    (names.DATA, "others", b""),
)
#: So many first bytes are shown to a format.
_HEAD = 4096
#: The kind of what could not even be told apart. It is not DATA, which may be taken on trust.
_UNDECIDED = "undecided"
#: Formats whose first bytes are a number or a name, and so may be opcodes too.
_ALSO_PICKLES = (names.SAFETENSORS, names.TAR, names.GGUF, names.TFLITE)
#: Formats with numbers at their end, and as many bytes as the end of a zip has with its comment.
_MAY_END_AS_ARCHIVE = (
    names.SAFETENSORS, names.GGUF, names.ARRAY, names.HDF5, names.ONNX, names.FASTTEXT,
    names.CRFSUITE,
)  # fmt: skip
_LONGEST_TAIL = 65_557
#: Formats of which more is to be said where they are broken.
_LOOKED_AT_AGAIN = (*_ALSO_PICKLES, names.FASTTEXT, names.CRFSUITE)
_HDF5_NAMES = (".h5", ".hdf5", ".keras")
#: Where the name claims a format and the first bytes show none: the format says what is wrong.
_BY_NAME = {
    ".safetensors": (names.SAFETENSORS, "safetensors"),
    ".onnx": (names.ONNX, "onnx"),
}


def judge(reader: Reader, name: str) -> Opinion:
    """The opinion on a whole file; OSError when it cannot be read."""
    return _judge(reader, name, Caps(_judge))


_modules: dict[str, Format] = {}


def _format(name: str) -> Format:
    """The module of a format. Kept, because a scan asks ten of them about every file."""
    if name not in _modules:
        _modules[name] = __import__(f"pmgit.formats.{name}", fromlist=["judge"])
    return _modules[name]


def _by_name(kind: str, module: str, reader: Reader, name: str, caps: Caps) -> tuple[str, str]:
    """The kind and the module of what its first bytes leave open."""
    suffix = claims.suffix_of(name)
    if suffix == ".pb":
        # A small message looks like a text, and its fields may stand in any order.
        from pmgit.formats import tensorflow

        graph = tensorflow.by_name(reader, caps, name)
        if graph:
            return graph, "tensorflow"
    if suffix in _HDF5_NAMES:
        from pmgit.formats import hdf5

        if hdf5.behind_user_block(reader):
            return names.HDF5, "hdf5"
    if claims.is_of_checkpoint(name):
        if suffix == ".meta":
            return names.GRAPH, "tensorflow"
        return names.CHECKPOINT_INDEX, "tensor_bundle"
    return _BY_NAME.get(suffix, (kind, module)) if kind == names.DATA else (kind, module)


def _runs_something(head: bytes, reader: Reader, caps: Caps) -> bool:
    from pmgit.formats import pickles

    return pickles.runs_something(head, reader, caps)


def _ends_as_archive(reader: Reader, caps: Caps) -> bool:
    """Whether a zip ends with the file, in what the format itself takes for numbers."""
    tail = reader.read(max(0, reader.size - _LONGEST_TAIL), _LONGEST_TAIL)
    if b"PK\x05\x06" not in tail:
        return False
    from pmgit.formats import zip_directory

    try:
        return bool(zip_directory.read_directory(reader, caps)[0])
    except BrokenError:
        return False


def _judge(reader: Reader, name: str, caps: Caps) -> Opinion:
    reader.name = name
    head = reader.read(0, _HEAD)
    kind = _UNDECIDED
    if caps.depth and kinds.is_pointer(head):
        # The archive was made where only the pointer was.
        text = "a Git LFS pointer in place of what was to be packed"
        return opinion(names.POINTER, [FileFinding(BROKEN, text, offset=0)])
    try:
        kind, module = next(
            (kind, module)
            for kind, module, begin in FORMATS
            if head.startswith(begin) and _format(module).sniff(head, reader, caps)
        )
        is_empty = not head.strip(b"\0") and claims.suffix_of(name) not in _HDF5_NAMES
        if kind in (names.DATA, names.TEXT) and not is_empty:
            kind, module = _by_name(kind, module, reader, name, caps)
        try:
            found = _format(module).judge(reader, caps)
        except (BrokenError, TooMuchError) as error:
            found = opinion(kind, [FileFinding(error.verdict, str(error), offset=error.offset)])
            if kind not in _LOOKED_AT_AGAIN:
                return found
        if kind in _ALSO_PICKLES and _runs_something(head, reader, caps):
            text = "a pickle that calls something too: two files in one"
            found = opinion(found.kind, [*found.findings, FileFinding(UNSAFE, text, offset=0)])
    except (BrokenError, TooMuchError) as error:
        return opinion(kind, [FileFinding(error.verdict, str(error), offset=error.offset)])
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - a file that pmgit trips over is never ok
        text = f"pmgit could not judge it: {type(error).__name__}"
        return opinion(kind, [FileFinding(UNKNOWN, text)])
    if caps.depth:
        wrong = claims.against_member_name(found.kind, name)
        return opinion(found.kind, [*found.findings, *wrong]) if wrong else found
    if kind in _MAY_END_AS_ARCHIVE and _ends_as_archive(reader, caps):
        text = "an archive at its end, which some readers open: two files in one"
        found = opinion(found.kind, [*found.findings, FileFinding(UNSAFE, text)])
    if found.kind == names.DATA and ".data-" in name:
        from pmgit.formats import tensor_bundle

        found = opinion(found.kind, [*found.findings, *tensor_bundle.of_data(reader, name, caps)])
    return opinion(found.kind, [*found.findings, *claims.against_name(found.kind, name, reader)])
