"""What weights are, by name: three tiers, as patterns over the last part of a path.

*Always*: formats that exist for models only. *Ambiguous*: weights inside a model folder,
elsewhere only when content proves it. *Never*: text and tokenizers, also when they are large.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.config import Config

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
    ".joblib", ".params", ".param", ".plan", ".lite", ".task", ".blob", ".hef", ".nb", ".ftz",
    ".mar", ".t7", ".net", ".bst", ".cbm", ".ubj", ".skops", ".annoy", ".faiss", ".weight",
    ".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".lz4",
)  # fmt: skip
NEVER_SUFFIXES = (
    ".md", ".txt", ".rst", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".csv",
    ".tsv", ".xml", ".html", ".jinja", ".py", ".sh", ".ipynb", ".pbtxt", ".prototxt",
    ".spm", ".tiktoken",
)  # fmt: skip
NEVER_NAMES = frozenset({"tokenizer.model", "sentencepiece.bpe.model", "spiece.model"})

#: A look by what follows the last dot takes a third of the time of `endswith` with them all.
_BY_END = dict.fromkeys(ALWAYS_SUFFIXES, ALWAYS) | dict.fromkeys(NEVER_SUFFIXES, NEVER)


class Tiers:
    """The tiers with what the configuration adds (`[weights]`); its patterns come first."""

    def __init__(self, config: Config) -> None:
        self._own = [
            (tier, [pattern.lower() for pattern in config.weights.get(tier, [])])
            for tier in (NEVER, ALWAYS, AMBIGUOUS)
        ]
        self._own = [(tier, patterns) for tier, patterns in self._own if patterns]

    def of(self, path: str) -> str:
        """The tier of a path: ALWAYS, AMBIGUOUS, NEVER or OTHER. Case does not count."""
        if not self._own:
            known = _BY_END.get(path[path.rfind(".") :])
            if known:
                return known
        name = path[path.rfind("/") + 1 :].lower()
        if self._own:
            from fnmatch import fnmatchcase

            for tier, patterns in self._own:
                if any(fnmatchcase(name, pattern) for pattern in patterns):
                    return tier
        # The suffixes of these two tiers exclude each other; most names end here.
        known = _BY_END.get(name[name.rfind(".") :])
        if known:
            return known
        if name.endswith(ALWAYS_SUFFIXES):
            return ALWAYS
        if name in NEVER_NAMES or name.endswith(NEVER_SUFFIXES):
            return NEVER
        shard = ".data-" in name and "-of-" in name  # of TensorFlow: x.data-00000-of-00001
        if shard and ".ckpt" in name:
            return ALWAYS
        if shard or name.endswith(AMBIGUOUS_SUFFIXES) or _is_part(name):
            return AMBIGUOUS
        return OTHER


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
