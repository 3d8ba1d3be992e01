"""Files of no format that is judged: programs, pictures, archives, raw numbers."""

from __future__ import annotations

import os
import struct

from pmgit.formats import core_ml_weights, fasttext, kinds, msgpack, word2vec, zips
from pmgit.formats.names import ARCHIVE, DATA, EMPTY, EXECUTORCH, PICTURE, PROGRAM, ZEROS
from pmgit.formats.opinion import BrokenError, Opinion, opinion
from pmgit.formats.protobuf import Messages
from pmgit.formats.regular import read_regular

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.caps import Caps
    from pmgit.formats.reader import Reader

_BEGINS = {
    b"\x7fELF": PROGRAM, b"MZ": PROGRAM, b"\xcf\xfa\xed\xfe": PROGRAM, b"\xce\xfa\xed\xfe": PROGRAM,
    b"\xca\xfe\xba\xbe": PROGRAM, b"BC\xc0\xde": PROGRAM, b"\0asm": PROGRAM,
    b"\x89PNG": PICTURE, b"\xff\xd8\xff": PICTURE, b"GIF8": PICTURE, b"%PDF": PICTURE,
    b"RIFF": PICTURE, b"OggS": PICTURE, b"ID3": PICTURE, b"\0\0\1\0": PICTURE, b"fLaC": PICTURE,
    b"7z\xbc\xaf\x27\x1c": ARCHIVE, b"Rar!": ARCHIVE, b"MSCF": ARCHIVE, b"xar!": ARCHIVE,
    b"!<arch>\n": ARCHIVE,
}  # fmt: skip
_SENTENCEPIECE = "SentencePiece"
#: Numbers of CTranslate2, by how its files begin.
_SPECIFICATION = b"Spec\0"
#: What Flax writes, and files of one message of protobuf: they may be cut.
_MSGPACK, _MESSAGES = (".msgpack", ".flax"), (".caffemodel", ".mlmodel")
#: How names of models of words end; other files begin with two numbers, too.
_OF_WORDS = ".bin"
#: Where it is looked whether a file is nothing but zeros, as a download leaves it that stopped.
_PROBES = 16
#: Where a package of Core ML has its numbers.
_OF_CORE_ML = ".mlpackage/Data/com.apple.CoreML/weights/weight.bin"
#: What a model that Core ML has compiled consists of, and the folder in which all of that lies.
_COMPILED, _OF_COMPILED = ".mlmodelc/", ("coremldata.bin", "weight.bin")
_OF_SPACY = ("lookups.bin", "strings.json")
#: So many models beside it, and so much of each, are searched for the name of a file.
_MOST_MODELS, _GRAPH_BYTES = 4, 4_000_000


def sniff(head: bytes, reader: Reader, caps: Caps) -> bool:  # noqa: ARG001 - one interface
    """Every file is something."""
    return True


def judge(reader: Reader, caps: Caps) -> Opinion:
    """What the file is; whether that is right depends on its name."""
    head = reader.read(0, 4096)
    if head and b"PK\x05\x06" in reader.read(max(0, reader.size - 4096), 4096):
        # Readers that look for the directory at the end open an archive with anything before it.
        return zips.judge(reader, caps)
    kind = _kind(head, reader)
    suffix = os.path.splitext(reader.name)[1].lower()
    if kind == DATA and core_ml_weights.begins(head):
        return core_ml_weights.judge(reader, caps)
    if kind == DATA and reader.name.lower().removesuffix(".gz").endswith(_OF_WORDS):
        if word2vec.begins(head):
            return word2vec.judge(reader, caps)
        if fasttext.is_older(head):
            return fasttext.judge(reader, caps)
    if kind == DATA and suffix in _MSGPACK and msgpack.begins(head):
        msgpack.check(reader, caps)
    elif (kind == DATA and suffix in _MESSAGES) or kind == _SENTENCEPIECE:
        for _ in Messages(reader, caps).fields(0, reader.size):
            pass
    elif kind == EXECUTORCH and head[8:12] == b"eh00":
        # Its own header, behind that of the flatbuffer: the bytes of the program, and where the
        # segments begin that lie behind it (see `.pte` in the documentation of ExecuTorch).
        program, segments = struct.unpack("<QQ", head[16:32].ljust(16, b"\xff"))
        if max(program, segments) > reader.size:
            raise BrokenError("it ends in its program or in front of its segments", reader.size)
    return opinion(kind, [])


def _kind(head: bytes, reader: Reader) -> str:
    if not head:
        return EMPTY
    if not head.strip(b"\0") and _is_zeros(reader):
        return ZEROS
    known = kinds.weights_kind(head)
    if known == "GGML":
        return known
    if kinds.is_sentencepiece(head):
        return _SENTENCEPIECE
    if _SPECIFICATION in head[:64]:
        return "CTranslate2"
    if head[4:8] == b"ORTM":
        return "ONNX Runtime"
    if head[4:8] == b"ET12":
        return EXECUTORCH
    return next((kind for begin, kind in _BEGINS.items() if head.startswith(begin)), DATA)


def _is_zeros(reader: Reader) -> bool:
    step = max(4096, reader.size // _PROBES)
    places = [*range(0, reader.size, step), max(0, reader.size - 4096)]
    return not any(reader.read(place, 4096).strip(b"\0") for place in places)


def has_companion(reader: Reader, name: str) -> bool:
    """Whether a file of raw numbers lies beside the file that says what they are.

    OpenVINO writes an .xml with a .bin, ncnn a .param with a .bin, TensorFlow.js a model.json with
    its shards, ONNX a model with its tensors outside (also in a folder below it), Core ML a package
    of folders, compiled or not, spaCy the tables of a vocabulary beside its words.
    """
    base = os.path.basename(name)
    path = name.replace("\\", "/")
    if path.endswith(_OF_CORE_ML) or (_COMPILED in path and base in _OF_COMPILED):
        return True
    stem = base.rpartition(".")[0]
    beside = [f"{stem}.xml", f"{stem}.param", f"{stem}.json"]
    if "-shard" in base or ("shard" in base and "of" in base):
        beside += ["model.json", "weights_manifest.json"]
    try:
        names = set(os.listdir(reader.folder) if reader.folder else reader.names)
    except OSError:
        return False
    if not names.isdisjoint(beside) or (base == _OF_SPACY[0] and names.issuperset(_OF_SPACY)):
        return True
    if not reader.folder:
        return any(one.endswith(".onnx") for one in names)  # of which nothing can be read here
    folder = os.path.abspath(reader.folder)
    above, inner = os.path.split(folder)
    return _is_named(folder, names, base) or _is_named(above, _names_in(above), f"{inner}/{base}")


def _names_in(folder: str) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def _is_named(folder: str, names: set[str], place: str) -> bool:
    """Whether a model of ONNX in a folder has tensors at a place."""
    models = sorted(one for one in names if one.endswith(".onnx"))[:_MOST_MODELS]
    named = place.encode("utf-8", "surrogateescape")
    return any(
        named in (read_regular(os.path.join(folder, one), _GRAPH_BYTES) or b"") for one in models
    )
