"""Weights by name: three tiers, as patterns over the last part of a path.

*Always*: formats that exist for models only. *Ambiguous*: weights inside a model folder, unless
the content is text or a tokenizer; elsewhere only when content proves it. *Never*: text and
tokenizers, also when they are large. A name is a claim: `most_binary` says how much binary
content it is believed for (`subject` looks at the content).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.core.config import Config
    from pmgit.core.globs import NamePatterns

ALWAYS, AMBIGUOUS, NEVER, OTHER = "always", "ambiguous", "never", "other"

#: Inside a model folder any other binary over this many bytes counts as weights.
BINARY_BYTES = 100_000

ALWAYS_SUFFIXES = (
    # PyTorch and its exports
    ".safetensors", ".pt", ".pth", ".ckpt", ".pt2", ".pte", ".ptl", ".distcp", ".nemo",
    # llama.cpp
    ".gguf", ".ggml", ".ggmf", ".ggjt", ".llamafile",
    # exchange and runtimes
    ".onnx", ".onnx_data", ".onnx.data", ".ort", ".tflite", ".mlmodel", ".mnn", ".rknn", ".dlc",
    ".engine", ".trt", ".caffemodel",
    # TensorFlow, Keras, JAX
    ".keras", ".weights.h5", ".ckpt.index", ".ckpt.meta", ".msgpack", ".flax", ".orbax", ".ot",
    # Paddle, MindSpore, Darknet
    ".pdparams", ".pdopt", ".pdiparams", ".pdmodel", ".mindir", ".weights",
)  # fmt: skip
AMBIGUOUS_SUFFIXES = (
    ".bin", ".pkl", ".pickle", ".npy", ".npz", ".h5", ".hdf5", ".pb", ".model", ".dat", ".data",
    ".joblib", ".params", ".plan", ".lite", ".task", ".blob", ".hef", ".nb", ".ftz",
    ".mar", ".t7", ".net", ".bst", ".cbm", ".ubj", ".skops", ".annoy", ".faiss", ".weight",
    ".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".lz4",
)  # fmt: skip
#: What libraries load as weights, whatever folder it lies in, by the ends of the names. (Of other
#: names outside of a models folder nobody knows what they are for.)
LOADED_SUFFIXES = (
    ".bin", ".pkl", ".pickle", ".joblib", ".dill", ".npy", ".npz", ".h5", ".hdf5", ".skops",
    ".pkl.gz", ".joblib.gz", ".pkl.bz2", ".pkl.xz", ".pt.gz", ".pth.gz",
)  # fmt: skip
#: Source code beside a model.
CODE_SUFFIXES = (".py", ".sh", ".ipynb")
#: Configuration, vocabulary, documents, graphs without numbers (Caffe, ncnn, OpenVINO, Darknet).
TEXT_SUFFIXES = (
    ".json", ".txt", ".md", ".rst", ".jsonl", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf",
    ".csv", ".tsv", ".xml", ".html", ".jinja", ".pbtxt", ".prototxt", ".param",
    ".tiktoken", ".bpe", ".codes", ".vocab", ".merges",
)  # fmt: skip
NEVER_SUFFIXES = (*TEXT_SUFFIXES, *CODE_SUFFIXES)

#: Tokenizers that are binary, SentencePiece models above all: at most one `*` in each pattern.
NEVER_NAMES = (
    "*tokenizer.model", "tokenizer*.model", "tokenizer.model.v*", "*spiece.model",
    "sentencepiece*.model", "*bpe.model", "*spm.model", "spm*.model", "*.spm",
)  # fmt: skip
#: Vocabularies, which are text nearly always.
VOCABULARIES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "tekken.json", "vocab.json", "encoder.json", "vocab.txt", "merges.txt", "dict.txt",
    "*.tiktoken", "*.bpe", "*.codes", "*.vocab", "tokenizer.bin",
)  # fmt: skip
#: What `pmgit gitignore --keep-text` lets in, as patterns of .gitignore: the text of models and
#: their tokenizers. All but the documents are names that are never weights. The first one adds
#: nothing to `*.json`: by its line a block with text is known, whichever version wrote it.
DOCUMENTS = ("README*", "LICENSE*", "LICENCE*", "NOTICE*")
KEPT_TEXT = (
    "config.json", *(f"*{suffix}" for suffix in TEXT_SUFFIXES), *NEVER_NAMES, "tokenizer.bin",
    *DOCUMENTS,
)  # fmt: skip

#: A tokenizer may have so many bytes, whatever they are: nobody knows every format of one. The
#: largest SentencePiece models in use have 5 MB (XLM-R 5.07, mT5 4.31, Gemma 4.24).
TOKENIZER_BYTES = 8_000_000
#: A vocabulary that is no text may be as large as oversized-blob lets weights be anywhere.
VOCABULARY_BYTES = 1_000_000

#: What follows the last dot in the names of all that somebody may load, in any folder, but for
#: shards of TensorFlow (`x.ckpt.data-00000-of-00001`).
_LOADED_ENDS = frozenset(end[end.rfind(".") :] for end in (*ALWAYS_SUFFIXES, *LOADED_SUFFIXES))
#: A look by what follows the last dot takes a third of the time of `endswith` with them all.
_BY_END = dict.fromkeys(ALWAYS_SUFFIXES, ALWAYS) | dict.fromkeys(NEVER_SUFFIXES, NEVER)


class Tiers:
    """The tiers with what the configuration adds (`[weights]`); its patterns come first."""

    def __init__(self, config: Config) -> None:
        self._own: list[tuple[str, NamePatterns]] = []
        for tier in (NEVER, ALWAYS, AMBIGUOUS):
            if config.weights[tier]:
                from pmgit.core.globs import NamePatterns

                self._own.append((tier, NamePatterns(p.lower() for p in config.weights[tier])))

    def of(self, path: str) -> str:
        """The tier of a path: ALWAYS, AMBIGUOUS, NEVER or OTHER. Case does not count."""
        if not self._own:
            known = _BY_END.get(path[path.rfind(".") :])
            if known:
                return known
        own = self.configured(path)
        if own:
            return own
        name = path[path.rfind("/") + 1 :].lower()
        # The suffixes of these two tiers exclude each other; most names end here.
        known = _BY_END.get(name[name.rfind(".") :])
        if known:
            return known
        if name.endswith(ALWAYS_SUFFIXES):
            return ALWAYS
        if _matches(name, _TOKENIZERS) or _matches(name, _VOCABULARIES):
            return NEVER
        shard = ".data-" in name and "-of-" in name  # of TensorFlow: x.data-00000-of-00001
        if shard and ".ckpt" in name:
            return ALWAYS
        if shard or name.endswith(AMBIGUOUS_SUFFIXES) or _is_part(name):
            return AMBIGUOUS
        if name != name.rstrip():
            return self.of(path.rstrip())  # a blank behind the suffix hides nothing
        return OTHER

    @property
    def are_configured(self) -> bool:
        """Whether the configuration adds any pattern."""
        return bool(self._own)

    def is_loaded(self, path: str) -> bool:
        """Whether a library loads a file of this name as weights, whatever folder it lies in."""
        return self.of(path) == ALWAYS or path.lower().rstrip().endswith(LOADED_SUFFIXES)

    def configured(self, path: str) -> str:
        """The tier that the configuration gives to a path; '' when it says nothing of it."""
        if not self._own:
            return ""
        name = path[path.rfind("/") + 1 :].lower()
        return next((tier for tier, names in self._own if names.fit(name)), "")


def may_be_loaded(end: str) -> bool:
    """Whether what follows the last dot in a path, and the dot, may be of a file to load."""
    end = end.lower().rstrip()
    return end in _LOADED_ENDS or end.startswith(".data-")


def fits(tier: str, path: str, size: int, head: bytes, *, in_models: bool) -> bool:
    """Whether content of `size` bytes that begins with `head` is weights, at its path.

    `tier` is that of the path, which alone does not decide; `head` is empty where a partial clone
    lacks the content.
    """
    from pmgit.formats import kinds  # seldom needed

    if not in_models:
        return bool(kinds.weights_kind(head))
    if not head:
        return tier == AMBIGUOUS
    if kinds.is_text(head):
        return tier == AMBIGUOUS and is_serialised(path)
    if kinds.is_sentencepiece(head):
        return size > TOKENIZER_BYTES
    return tier == AMBIGUOUS or size > most_binary(path)


def most_binary(path: str) -> int:
    """The most bytes of binary content that a file of this name may have in a model folder.

    What is larger is weights, whatever its name says.
    """
    name = path[path.rfind("/") + 1 :].lower()
    if _matches(name, _TOKENIZERS):
        return TOKENIZER_BYTES
    return VOCABULARY_BYTES if _matches(name, _VOCABULARIES) else BINARY_BYTES


def is_serialised(path: str) -> bool:
    """Whether this is named as objects are that a program has written: they may be ASCII.

    Python 2 pickled so by default, and many models of that time are still in use.
    """
    return path.lower().endswith((".pkl", ".pickle", ".joblib", ".t7"))


def _matches(name: str, parts: Sequence[tuple[str, str, str]]) -> bool:
    """Whether a name begins and ends as one of the patterns does."""
    return any(
        name.startswith(first) and name.endswith(last) and len(name) >= len(first) + len(last)
        if star
        else name == first
        for first, star, last in parts
    )


_TOKENIZERS = tuple(pattern.partition("*") for pattern in NEVER_NAMES)
_VOCABULARIES = tuple(pattern.partition("*") for pattern in VOCABULARIES)


def _is_part(name: str) -> bool:
    """Whether this is a piece of a split file: `x.bin.001`, `x.tar.part-aa`, `x.zip.z01`."""
    stem, dot, last = name.rpartition(".")
    if not (stem and dot):
        return False
    if last.isdigit() and len(last) >= 2:
        return True
    if last.startswith("part"):
        return True
    return (
        len(last) == 2 and last.isalpha() and stem.endswith((*ALWAYS_SUFFIXES, *AMBIGUOUS_SUFFIXES))
    )
