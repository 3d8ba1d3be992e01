"""The text of models, which pmgit's ignore block hides with the weights unless it is let in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pmgit.core.config import IGNORE
from pmgit.core.units import listed
from pmgit.formats import kinds
from pmgit.formats.regular import read_regular
from pmgit.gitfiles import models_folders
from pmgit.model import folder
from pmgit.model.weights import ALWAYS, NEVER, Tiers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pmgit.core.config import Config
    from pmgit.git.repository import Repository
    from pmgit.gitfiles.ignore_block import IgnorePlan

#: As many first bytes as Git looks at to tell binary from text apart.
_HEAD = 8000
#: So many models are named.
_MOST_NAMED = 5


def notes(repository: Repository, config: Config, made: IgnorePlan) -> list[str]:
    """The notes about text that the block hides; none when it hides no text."""
    if made.storage != IGNORE or made.keep_text:
        return []
    found = []
    if made.changes:
        found.append(
            "configurations and tokenizers are ignored with the weights; to have them in Git:"
            " pmgit gitignore --keep-text"
        )
    models = text_models(repository, config, made.roots, made.tracked)
    if models:
        found.append(
            f"{sentence(models)}, and all of it is ignored; to have it in Git:"
            " pmgit gitignore --keep-text"
        )
    return found


def sentence(models: Sequence[str]) -> str:
    """The sentence that these models hold text alone."""
    named = listed([f"{model}/" for model in models], _MOST_NAMED)
    return f"{named} {'holds' if len(models) == 1 else 'hold'} text alone"


def text_models(
    repository: Repository, config: Config, roots: Iterable[str], tracked: Collection[str]
) -> list[str]:
    """The models that hold text and nothing else, and of which Git has nothing, nor an INFO.md;
    `tracked` are the paths of the index.
    """
    tiers = Tiers(config)
    found = []
    for root in roots:
        files = models_folders.files_below(repository, [root], tracked)
        for model in folder.find(files, root):
            own = [path for path in files if path.startswith(f"{model}/")]
            seen = f"{model}/{folder.INFO}" in own or any(path in tracked for path in own)
            if not seen and all(_is_text(repository.top, path, tiers) for path in own):
                found.append(model)
    return found


def _is_text(top: str, path: str, tiers: Tiers) -> bool:
    """Whether a file is text or a tokenizer, by its name or, where that is not enough, content."""
    tier = tiers.of(path)
    if tier in (ALWAYS, NEVER):
        return tier == NEVER
    head = read_regular(os.path.join(top, path), _HEAD) or b""
    return kinds.is_text(head) or kinds.is_sentencepiece(head)
