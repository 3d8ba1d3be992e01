"""Twins: files of one folder that hold the same weights in several formats, by their names."""

from __future__ import annotations

from pmgit.model.shards import shard_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pmgit.model.shards import Shard

SAFE = ".safetensors"
#: What the libraries call the weights of one model in their formats: the group, how the name
#: begins, how it ends. Between the two is a variant at most (`.fp16`, `.non_ema`). A group is
#: called as its safetensors are.
TWINS = (
    ("model", "model", SAFE), ("model", "pytorch_model", ".bin"), ("model", "tf_model", ".h5"),
    ("model", "flax_model", ".msgpack"), ("model", "rust_model", ".ot"),
    ("diffusion_pytorch_model", "diffusion_pytorch_model", SAFE),
    ("diffusion_pytorch_model", "diffusion_pytorch_model", ".bin"),
    ("diffusion_pytorch_model", "diffusion_flax_model", ".msgpack"),
    ("adapter_model", "adapter_model", SAFE), ("adapter_model", "adapter_model", ".bin"),
    ("model", "model", ".ckpt"),
    ("open_clip_model", "open_clip_model", SAFE),
    ("open_clip_model", "open_clip_pytorch_model", ".bin"),
)  # fmt: skip
#: Formats of the same name that are likely the same weights when their sizes agree. Not `.pt`,
#: which may be an export (TorchScript), nor formats of other runtimes (`.onnx`).
_SAME_NAME = (SAFE, ".bin", ".pth", ".ckpt")
#: Which format is kept, the first before the others: safetensors, then what transformers loads
#: without being told to.
_ORDER = (SAFE, ".bin", ".pth", ".ckpt", ".h5", ".msgpack", ".ot")
#: Files of runtimes, which look for them by name, whatever is in them: MiniLM has the same model
#: under three names, for several kinds of processors.
EXPORTS = (".onnx", ".ort", ".tflite")
#: How names begin that stand for the state of a training, not for weights.
OF_TRAINING = (
    "optimizer", "scheduler", "scaler", "rng_state", "random_states", "training_args",
)  # fmt: skip


class Twin:
    """A file by its name: `key` (folder, group, variant) is that of its twins.

    `suffix` is its format, `shard` the shard that it is. `is_known`: the libraries call the files
    of this group so; other names only look alike.
    """

    __slots__ = ("is_known", "key", "shard", "suffix")

    def __init__(
        self, key: tuple[str, str, str], suffix: str, shard: Shard | None, is_known: bool
    ) -> None:
        self.key = key
        self.suffix = suffix
        self.shard = shard
        self.is_known = is_known

    @property
    def unit(self) -> tuple[int, bool]:
        """The key of the files that hold the weights together; the least is the one to keep."""
        return (_ORDER.index(self.suffix), self.shard is not None)


def twin_of(path: str) -> Twin | None:
    """What a file is by its name; None when files of its kind have no twins."""
    suffix = next((end for end in _ORDER if path.endswith(end)), "")
    if not suffix:
        return None
    folder, _, name = path.rpartition("/")
    if name.startswith(OF_TRAINING):
        return None
    shard = shard_of(path)
    if shard:
        name = f"{shard.begin}".rpartition("/")[2].rstrip("-_") + shard.end
    for group, begin, end in TWINS:
        if suffix == end and name.startswith(begin):
            variant = name[len(begin) : -len(end)]
            if not variant or variant.startswith("."):
                return Twin((folder, group, variant), suffix, shard, True)
    if suffix not in _SAME_NAME:
        return None
    stem, dot, variant = name.removesuffix(suffix).partition(".")
    return Twin((folder, stem, dot + variant), suffix, shard, False)


def twin_of_index(path: str) -> Twin | None:
    """What the shards of an index are (`pytorch_model.bin.index.json`); None where it is none."""
    folder, _, name = path.rpartition("/")
    whole, found, rest = name.rpartition(".index.")
    if not found or not rest.endswith("json"):
        return None
    stem, _, suffix = whole.rpartition(".")
    variant = rest.removesuffix("json")  # `fp16.` or nothing
    return twin_of(f"{folder}/{stem}.{variant}{suffix}")
