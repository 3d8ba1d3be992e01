"""The configuration as `pmgit init` writes it, and as it is there already."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from pmgit.core.config import HOOKS, IGNORE, LFS, Config
from pmgit.core.errors import UsageError
from pmgit.gitfiles import user_files
from pmgit.init import config_key
from pmgit.init.journal import ENTRY, Journal
from pmgit.init.step import SetupStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository


#: The command that switches to ignored weights, or to Git LFS.
_SWITCH = ("to leave Git LFS: pmgit lfs-setup --leave", "to switch to Git LFS: pmgit lfs-setup")


def refuse_contradiction(config: Config, asked: dict[str, str | tuple[str, ...]]) -> None:
    """A configuration that is there is kept; what is asked for must not be another."""
    if not config.source:
        return
    for key, value in asked.items():
        if value and value != getattr(config, key):
            shown = f'"{value}"' if isinstance(value, str) else _list(value)
            hint = f"write {key} = {shown} into {config.source}, then run it again without --{key}"
            if key == "storage" and config.storage:
                hint = _SWITCH[value == LFS]
            raise UsageError(
                f"{config.source} is there already and does not say {key} = {shown}", hint
            )


def text(roots: Sequence[str], where: str, language: str, hooks: str, file: str) -> bytes:
    """What `.pmgit.toml` says."""
    lines = [
        (f"models = {_list(roots)}", ""),
        (f'storage = "{where}"', f'or "{LFS if where == IGNORE else IGNORE}"'),
        (f'language = "{language}"', 'of INFO.md templates: "en" or "zh"'),
        (f'hooks = "{hooks}"', f"of a clone: {', '.join(map(json.dumps, HOOKS))}"),
        *([(f"hooks-config = {_text(file)}", "")] if file else []),
        ("", ""),
        ("[rules.missing-info]", ""),
        ('local = "error"', "weights that lie ignored in the work tree need an INFO.md too"),
    ]
    whole = "".join(f"{key:29} # {why}\n" if why else f"{key}\n" for key, why in lines)
    return whole.encode("utf-8", "surrogateescape")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(names: Sequence[str]) -> str:
    return json.dumps(list(names), ensure_ascii=False)


def record(repository: Repository, config: Config, keys: dict[str, str]) -> SetupStep:
    """Put keys about hooks into the configuration that is there."""
    name = config.source.partition(" ")[0]
    path = os.path.join(repository.top, name)
    before = after = user_files.read(path) or b""
    for key, value in keys.items():
        after = config_key.put(after, config.source, key, value)

    def run(journal: Journal) -> None:
        journal.write(ENTRY, path, after)

    what = " and ".join(f"{key} = {_text(value)}" for key, value in keys.items())
    return SetupStep(f"write {what} into {name}", [(name, before, after)], run)
