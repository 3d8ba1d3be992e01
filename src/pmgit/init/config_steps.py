"""The configuration as `pmgit init` writes it, and the keys that it puts into an existing one."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from pmgit.core.config import FILE, HOOKS, IGNORE, LFS, PYPROJECT, Config, parse
from pmgit.core.errors import UsageError
from pmgit.gitfiles import block, toml_file, user_files
from pmgit.init.journal import ENTRY, SetupStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pmgit.git.repository import Repository


_HEADER = re.compile(r"(?m)^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*pmgit[ \t]*\][ \t]*(#.*)?\r?$\n?")
#: The command that switches to ignored weights, or to Git LFS.
_SWITCH = ("to leave Git LFS: pmgit lfs-setup --leave", "to switch to Git LFS: pmgit lfs-setup")


def refuse_contradiction(config: Config, asked: dict[str, str | tuple[str, ...]]) -> None:
    """Raise UsageError when an option contradicts the configuration that exists: it is kept."""
    if not config.source:
        return
    for key, value in asked.items():
        if value and value != getattr(config, key):
            shown = _toml(value)
            hint = f"write {key} = {shown} into {config.source}, then run it again without --{key}"
            if key == "storage" and config.storage:
                hint = _SWITCH[value == LFS]
            raise UsageError(
                f"{config.source} is there already and does not say {key} = {shown}", hint
            )


def text(roots: Sequence[str], where: str, language: str, hooks: str, file: str) -> bytes:
    """The content of a new `.pmgit.toml`."""
    lines = [
        (f"models = {_toml(roots)}", ""),
        (storage_line(where), ""),
        (f'language = "{language}"', 'of INFO.md templates: "en" or "zh"'),
        (f'hooks = "{hooks}"', f"of a clone: {', '.join(map(_toml, HOOKS))}"),
        *([(f"hooks-config = {_toml(file)}", "")] if file else []),
        ("", ""),
        ("[rules.missing-info]", ""),
        ('local = "error"', "weights that lie ignored in the work tree need an INFO.md too"),
    ]
    whole = "".join(f"{key:29} # {why}\n" if why else f"{key}\n" for key, why in lines)
    return whole.encode("utf-8", "surrogateescape")


def storage_line(where: str) -> str:
    """The line about storage in a new `.pmgit.toml`; its comment names the other one."""
    key = f'storage = "{where}"'
    return f'{key:29} # or "{LFS if where == IGNORE else IGNORE}"'


def _toml(value: str | Sequence[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def record(repository: Repository, config: Config, keys: dict[str, str]) -> SetupStep:
    """The step that puts keys about hooks into the configuration that exists."""
    name = config.source.partition(" ")[0]
    before = after = user_files.read(os.path.join(repository.top, name)) or b""
    for key, value in keys.items():
        after = put_key(after, config.source, key, value)
    what = " and ".join(f"{key} = {_toml(value)}" for key, value in keys.items())
    return SetupStep(
        f"write {what} into {name}",
        [(name, before, after)],
        lambda journal: journal.write(ENTRY, name, after),
    )


def put_key(before: bytes, source: str, key: str, value: str) -> bytes:
    """The text of the configuration `source` with `key = "value"` at its top; all else stays.

    Both texts are read then: the new document must be the old one with the key. Raises UsageError.
    """
    name = PYPROJECT if source.startswith(PYPROJECT) else FILE
    text, end = before.decode("utf-8"), block.line_end(before).decode()
    begin = 0
    if name == PYPROJECT:
        header = _HEADER.search(text)
        begin = header.end() if header else len(text)
    new = f"{key} = {_toml(value)}"
    try:
        stop = begin + toml_file.first_table(text[begin:])
    except ValueError as error:
        raise UsageError(f"{source}: {error}", f"write {new} into {source}") from None
    line = re.compile(rf"(?m)^([ \t]*{key}[ \t]*=[ \t]*)(\"[^\"\\\n]*\"|'[^'\n]*')")
    found = line.search(text, begin, stop)
    if found:
        instead = f"{found.group(1)}{_toml(value)}"
        at, until = found.span()
    else:
        at = until = _behind_keys(text, begin, stop)
        gap = end if at and text[at - 1] != "\n" else ""
        instead = f"{gap}{new}{end}"
    after = (text[:at] + instead + text[until:]).encode()
    try:
        config, old = parse(after, name), parse(before, name)
        right = config.values == {**old.values, key: value} and config.rules == old.rules
    except UsageError:
        right = False
    if not right:
        raise UsageError(f"{source} does not say {new}", f"write {new} into {source}")
    return after


def _behind_keys(text: str, begin: int, stop: int) -> int:
    """Behind the last line between these places that is neither empty nor a comment."""
    at = place = begin
    for line in text[begin:stop].splitlines(keepends=True):
        at += len(line)
        if line.strip() and not line.lstrip().startswith("#"):
            place = at
    return place
