"""What the name of a file claims that it is, and what is wrong when it is something else."""

from __future__ import annotations

from pmgit.formats import names
from pmgit.formats.opinion import BROKEN, UNKNOWN, WARN, FileFinding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.formats.reader import Reader

_TORCH = (
    names.PICKLE, names.TORCH_CHECKPOINT, names.JOBLIB, names.TORCH, names.SCRIPT, names.TAR,
    names.TORCH_TAR, names.ZIP,
)  # fmt: skip
#: The kinds that a suffix stands for. A compressed one counts as what is in it.
_EXACT = {
    ".safetensors": (names.SAFETENSORS,),
    ".gguf": (names.GGUF,),
    ".onnx": (names.ONNX,),
    ".npy": (names.ARRAY, names.OBJECTS),
    ".npz": (names.NUMPY,),
    ".h5": (names.HDF5, names.KERAS_HDF5),
    ".hdf5": (names.HDF5, names.KERAS_HDF5),
    ".keras": (names.KERAS, names.KERAS_HDF5),
    ".tflite": (names.TFLITE,),
    ".pte": (names.EXECUTORCH,),
    ".ftz": (names.FASTTEXT,),
}
#: Suffixes of what Python unpickles: whatever is no known kind under them is odd.
_UNPICKLED = (
    ".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".joblib", ".dill", ".pt2", ".ptl", ".p",
    ".pyt", ".distcp", ".nemo", ".pdparams", ".pdopt", ".mar",
)  # fmt: skip
#: Those of them that hold one model, and no archive of files.
_ONE_MODEL = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".joblib", ".p")
#: Those of them that only Python's unpickler opens, packed or not: what it cannot begin is broken.
_PICKLED = (".pkl", ".pickle", ".joblib")
#: How one begins whose protocol a later Python may have.
_NEWER_PICKLES = (b"\x80\x06", b"\x80\x07")
#: Those that also stand for something else in an archive of files: a `.pth` of Python is a text.
_AMBIGUOUS = (".bin", ".p", ".weights", ".pb", ".plan", ".engine", ".ot")
#: What torch and pickle do not load (tried with torch 2.13), and what other libraries open by the
#: suffix: under a name for Python it is not loaded. numpy and h5py read their own under any name.
_NOT_LOADED = (
    names.SAFETENSORS, names.GGUF, names.ONNX, names.TFLITE, names.SAVED_MODEL, names.GRAPH,
)  # fmt: skip
_NOT_BY_TORCH = (
    *_NOT_LOADED, names.ARRAY, names.OBJECTS, names.NUMPY, names.KERAS, names.HDF5,
    names.KERAS_HDF5,
)  # fmt: skip
_FOR_TORCH, _FOR_PYTHON = (".pt", ".pth"), (".ckpt", ".pkl", ".pickle", ".joblib", ".p", ".dill")
#: Files of torch by their names, with the suffix .bin.
_TORCH_NAMES = ("pytorch_model", "adapter_model")
#: Other suffixes of files that hold numbers: a text under them is none, but that a small message
#: of protobuf (.pb) may look like one.
_BINARY = (
    ".pb", ".msgpack", ".flax", ".caffemodel", ".mlmodel", ".engine", ".trt", ".plan", ".weights",
    ".onnx_data", ".ort", ".mnn", ".rknn", ".ggml", ".ggmf", ".ggjt", ".llamafile", ".pdiparams",
    ".pdmodel", ".mindir", ".skops", ".orbax", ".ot", ".t7", ".faiss",
)  # fmt: skip
#: Suffixes of one format each, which has no mark of its own; and kinds that have a sure one.
_ONE_FORMAT = (".msgpack", ".flax", ".caffemodel", ".mlmodel", ".ot", ".pb", ".onnx_data")
_SURE = (names.SAFETENSORS, names.GGUF, names.TFLITE, names.HDF5, names.KERAS_HDF5, names.KERAS)
#: How names of compressed files end: of these what is in them counts.
_PACKED = (".gz", ".bz2", ".xz", ".lzma", ".lz4", ".zst")
_PLAIN_TEXTS = (names.TEXT, names.JSON, names.XML, names.SHELL_SCRIPT)
#: The kinds of what may be a text of another use.
_TEXTS = (names.HTML, names.XML, names.TEXT)
#: Endings that people give to texts, too: Portuguese, paths of Python's `site`, weights of classes.
_ALSO_TEXTS = (".pt", ".pth", ".weights")
#: Texts of OpenSSL, a copy of which many projects have, end so.
_OF_OPENSSL = (".engine", ".mar")
_NEVER = {
    names.HTML: "a page of the web, such as a server sends in place of a file",
    names.CONFLICT: "a conflict of a merge",
    names.UTF16: "a text in UTF-16, as a shell of Windows writes what goes through it",
    names.EMPTY: "empty",
    names.ZEROS: "nothing but zeros, as a download leaves it that stopped",
    names.PROGRAM: "a program",
    names.PICTURE: "a picture or a document",
}
#: Models of SentencePiece, as transformers and others call them.
_TOKENIZERS = (
    "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "sentencepiece.model",
    "spm.model", "source.spm", "target.spm",
)  # fmt: skip
#: What transformers, diffusers and PEFT read as JSON beside weights.
_JSON_NAMES = (
    "config.json", "generation_config.json", "tokenizer_config.json", "tokenizer.json",
    "preprocessor_config.json", "processor_config.json", "special_tokens_map.json",
    "adapter_config.json", "model_index.json", "model.safetensors.index.json",
    "pytorch_model.bin.index.json",
)  # fmt: skip
_NO_JSON = (names.DATA, names.TEXT, names.EMPTY, names.ZEROS)
_NO_TOKENIZER = (names.HTML, names.CONFLICT, names.EMPTY, names.ZEROS)


def may_be_another_text(kind: str, name: str) -> bool:
    """Whether a file of this kind is a text under an ending that people give to texts, too."""
    return kind in (*_PLAIN_TEXTS, names.HTML) and suffix_of(name) in _ALSO_TEXTS


def against_name(kind: str, name: str, reader: Reader) -> list[FileFinding]:
    """What is wrong with a file of this kind under its name."""
    suffix = suffix_of(name)
    if base_of(name) in _TOKENIZERS and kind in _NO_TOKENIZER:
        return [FileFinding(BROKEN, f"no tokenizer: it is {_NEVER[kind]}", offset=0)]
    if base_of(name) in _JSON_NAMES and kind in _NO_JSON:
        return [FileFinding(BROKEN, f"it is no JSON but {kind}", offset=0)]
    if not is_for_weights(name):
        return []
    kind, _, packed = kind.partition(" in ")
    if suffix in (".pt", ".pth") and kind in _TEXTS:
        from pmgit.formats import other_uses

        if other_uses.is_one(kind, suffix, reader):
            return []
    if packed and suffix in _EXACT and not base_of(name).endswith(_PACKED):
        text = f"packed with {packed.rpartition(' in ')[2]}: no reader of {suffix} files unpacks it"
        return [FileFinding(BROKEN, text, offset=0)]
    if kind in _NEVER:
        if kind == names.PROGRAM and suffix == ".llamafile":
            return [FileFinding(WARN, "a program with weights in it")]
        return [FileFinding(BROKEN, f"not {_article(suffix)}: it is {_NEVER[kind]}", offset=0)]
    if kind in _PLAIN_TEXTS and not (kind == names.TEXT and suffix == ".pb"):
        verdict = WARN if suffix in _OF_OPENSSL else BROKEN
        return [FileFinding(verdict, f"not {_article(suffix)}: it is {kind}", offset=0)]
    if suffix in _EXACT:
        if kind in _EXACT[suffix]:
            return []
        what = "of no known format" if kind == names.DATA else f"a file of {kind}"
        return [FileFinding(BROKEN, f"not {_article(suffix)}: it is {what}", offset=0)]
    if kind in _SURE and suffix in _ONE_FORMAT:
        text = f"not {_article(suffix)}: it is a file of {kind}"
        return [FileFinding(BROKEN, text, offset=0)]
    if kind == names.ARCHIVE:
        if suffix in _ONE_MODEL:
            text = f"not {_article(suffix)}: it is an archive that no library opens as one"
            return [FileFinding(BROKEN, text, offset=0)]
        return [FileFinding(UNKNOWN, "packed in a way that pmgit does not open", offset=0)]
    if suffix not in _UNPICKLED:
        return []
    if kind in (names.ZIP, names.TAR) and suffix in _ONE_MODEL:
        return [FileFinding(BROKEN, f"not {_article(suffix)}: no model is in the {kind}", offset=0)]
    if kind in _TORCH or (suffix == ".ckpt" and kind == names.CHECKPOINT_INDEX):
        return []
    if kind == names.DATA:
        from pmgit.formats import others

        if suffix == ".bin" and others.has_companion(reader, name):
            return []
        if suffix in _PICKLED and not reader.read(0, 2).startswith(_NEWER_PICKLES):
            return [FileFinding(BROKEN, f"not {_article(suffix)}: no pickle begins so", offset=0)]
        return [FileFinding(UNKNOWN, "it is of no format that pmgit knows", offset=0)]
    is_for_torch = suffix in _FOR_TORCH or any(one in base_of(name) for one in _TORCH_NAMES)
    if kind in _NOT_BY_TORCH if is_for_torch else suffix in _FOR_PYTHON and kind in _NOT_LOADED:
        text = f"a file of {kind}, which is not loaded under the name of {_article(suffix)}"
        return [FileFinding(BROKEN, text, offset=0)]
    # Of what could not be unpacked that is said.
    if suffix == ".bin" or kind in (names.TEXT, names.COMPRESSED):
        return []
    return [FileFinding(WARN, f"a file of {kind} under the name of {_article(suffix)}", offset=0)]


def against_member_name(kind: str, name: str) -> list[FileFinding]:
    """What is wrong with a member of an archive under its name. Its content counts, and is judged;
    here is only said what no weights are."""
    suffix = suffix_of(name)
    kind = kind.partition(" in ")[0]
    if kind == names.PROGRAM or suffix in _AMBIGUOUS or not is_for_weights(name):
        return []
    if kind not in _NEVER:
        return []
    return [FileFinding(BROKEN, f"not {_article(suffix)}: it is {_NEVER[kind]}", offset=0)]


def is_for_weights(name: str) -> bool:
    """Whether a name claims that a file holds weights."""
    suffix = suffix_of(name)
    is_known = suffix in _EXACT or suffix in _UNPICKLED or suffix in _BINARY
    return is_known or is_of_checkpoint(name)


def is_of_checkpoint(name: str) -> bool:
    """Whether this is what a checkpoint of TensorFlow calls its index (`model.ckpt-9.index`), or
    the graph beside it (`.meta`)."""
    stem, _, suffix = base_of(name).rpartition(".")
    before, dash, number = stem.rpartition("-")
    if dash and number.isdecimal():
        stem = before
    is_one = stem == "ckpt" or stem.endswith((".ckpt", "-ckpt"))
    return suffix in ("index", "meta") and (is_one or base_of(name) == "variables.index")


def base_of(name: str) -> str:
    """The name without its folder, in lower case."""
    return name.replace("\\", "/").rpartition("/")[2].strip().lower()


def suffix_of(name: str) -> str:
    """The suffix that decides, in lower case; white space behind it does not count."""
    base = base_of(name)
    for packed in _PACKED:
        base = base.removesuffix(packed)
    dot = base.rfind(".")
    return base[dot:] if dot >= 0 else ""


def _article(suffix: str) -> str:
    return f"an {suffix} file" if suffix[1:2] in "aeiouhmn" else f"a {suffix} file"
