"""Models that lie in parts: a folder without files of its own, and one folder for each part.

`sd/unet/` and `sd/vae/` are one model `sd`, like the modules of sentence-transformers, the
checkpoints of one training run and the exports of one model. An organisation's folders are called
as models are. A part that has an INFO.md of its own is a model.
"""

from __future__ import annotations

from pmgit.git.blob import folders_above

#: Names of parts that no model has: of pipelines (diffusers, transformers), of exports.
_PARTS = frozenset(
    {
        "text_encoder", "tokenizer", "scheduler", "safety_checker", "feature_extractor",
        "image_encoder", "image_processor", "vae_encoder", "vae_decoder", "variables", "assets",
        "onnx", "openvino",
    }
)  # fmt: skip
#: Parts by these names only beside others, because there are models called so.
_BESIDE_OTHERS = frozenset(
    {
        "unet", "vae", "vqvae", "movq", "transformer", "prior", "encoder", "decoder", "controlnet",
        "vocoder", "processor", "model", "language_model", "vision_model", "text_model", "best",
        "last", "latest", "final",
    }
)  # fmt: skip
#: What a part is called that is one of many: `checkpoint-500`, `epoch_1`, `fold0`.
_COUNTED = frozenset(
    {"", "checkpoint", "ckpt", "epoch", "step", "global_step", "iter", "iteration", "fold"}
)
#: What a training run leaves beside its parts.
_LEFT = frozenset({"runs", "logs", "lightning_logs", "wandb", "samples", "images", "docs"})


def joined(models: set[str], described: set[str], root: str) -> set[str]:
    """The model folders `models` below `root`, with the parts of a model as one.

    `described` are the folders that have an INFO.md.
    """
    children: dict[str, set[str]] = {}
    for model in models:
        child = model
        for above in folders_above(model, root):
            children.setdefault(above, set()).add(child.rpartition("/")[2])
            child = above
    if not children:
        return models
    containers = {above for model in models & described for above in folders_above(model, root)}
    found: set[str] = set()
    for folder in sorted(children, key=lambda folder: folder.count("/")):
        free = folder not in containers and found.isdisjoint(folders_above(folder, root))
        if free and _are_parts(children[folder]):
            found.add(folder)
    return {model for model in models if found.isdisjoint(folders_above(model, root))} | found


def _are_parts(names: set[str]) -> bool:
    """Whether the folders of these names, all that a folder has, are the parts of one model."""
    plain = {_plain(name) for name in names} - _LEFT
    own = plain & _PARTS
    parts = own | (plain & _BESIDE_OTHERS)
    if own and len(parts) > 1:
        return True
    counted = {name for name in plain if _is_counted(name)}
    if parts | counted != plain:
        return False
    return bool(own or counted) or len(parts) > 1


def _plain(name: str) -> str:
    """A name as these lists have it; `text_encoder_2` is a second `text_encoder`."""
    name = name.lower().replace("-", "_")
    stem, _, number = name.rpartition("_")
    return stem if number.isdigit() and stem in _PARTS | _BESIDE_OTHERS else name


def _is_counted(name: str) -> bool:
    """Whether a part is numbered (`checkpoint_500`, `1_pooling`), or a folder that is one file."""
    first, _, rest = name.partition("_")
    if rest and (first.isdigit() or first in ("checkpoint", "ckpt")):
        return True
    stem = name.rstrip("0123456789")
    numbered = stem != name and stem.rstrip("_=") in _COUNTED
    return numbered or name.endswith((".mlpackage", ".mlmodelc"))
